package store

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
)

// tally is a file that says how many transactions were acknowledged. It is written after
// each commit and never flushed, so it costs next to nothing, may lag behind after a power
// failure, but is never ahead of an intact database. A database that holds fewer has lost
// something: the engine itself takes a log that was cut for one that ended there.
type tally struct {
	path  string
	file  *os.File
	value int64
}

const tallySize = 8 + 4

func openTally(path string) (*tally, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, explainFile(path, err)
	}
	t := &tally{path: path, file: file}
	raw := make([]byte, tallySize)
	_, err = io.ReadFull(file, raw)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // new, or not written in time
	case err != nil:
		return nil, errors.Join(explainFile(path, err), file.Close())
	case crc32.ChecksumIEEE(raw[:8]) == binary.BigEndian.Uint32(raw[8:]):
		t.value = int64(binary.BigEndian.Uint64(raw))
	}
	return t, nil
}

// set notes that there are n acknowledged transactions.
func (t *tally) set(n int64) error {
	raw := binary.BigEndian.AppendUint64(make([]byte, 0, tallySize), uint64(n))
	raw = binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw))
	_, err := t.file.WriteAt(raw, 0)
	return err
}

func (t *tally) close() error { return t.file.Close() }
