package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// inspect looks at the file before the database engine does, which might change a foreign
// file or take a broken one for an empty one.
func inspect(path string) (isNew bool, err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err == nil {
			_ = file.Close() // nothing was written
		}
		return err == nil, firstOf(orphanLog(path), wrapFile(path, err))
	}
	if err != nil {
		return false, explainFile(path, err)
	}
	defer func() { _ = file.Close() }() // nothing was written
	// Source: https://www.sqlite.org/fileformat2.html#the_database_header
	header := make([]byte, 100)
	n, err := io.ReadFull(file, header)
	switch {
	case errors.Is(err, io.EOF):
		return true, orphanLog(path)
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return false, explainFile(path, err)
	case n >= 16 && string(header[:16]) == "SQLite format 3\x00" && n < len(header):
		return false, damaged(path, "the file is cut off", nil)
	case n < len(header) || string(header[:16]) != "SQLite format 3\x00":
		return false, foreign(path, "it is not a database")
	}
	if id := binary.BigEndian.Uint32(header[68:72]); id != applicationID {
		return false, foreign(path, fmt.Sprintf("it is the database of another program (application id %#x)", id))
	}
	return false, cutOff(path, file, header)
}

// cutOff refuses a file that is shorter than its header says, unless the log has the pages
// that are missing, as after a crash while they were being moved. The engine would take them
// for zeros.
func cutOff(path string, file *os.File, header []byte) error {
	info, err := file.Stat()
	if err != nil {
		return explainFile(path, err)
	}
	size := int64(binary.BigEndian.Uint16(header[16:18]))
	if size == 1 {
		size = 65536
	}
	pages, have := int64(binary.BigEndian.Uint32(header[28:32])), info.Size()/max(1, size)
	if have >= pages {
		return nil
	}
	logged, err := loggedPages(path+"-wal", size)
	if err != nil {
		return explainFile(path, err)
	}
	for page := have + 1; page <= pages; page++ {
		if !logged[page] {
			return damaged(path, fmt.Sprintf("the file has %d of %d pages", have, pages), nil)
		}
	}
	return nil
}

// loggedPages returns which pages are in a write-ahead log.
//
// Source: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
func loggedPages(path string, pageSize int64) (map[int64]bool, error) {
	log, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // no log has no pages
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // it was only read
	header, frame := make([]byte, 32), make([]byte, 24)
	if _, err := io.ReadFull(log, header); err != nil {
		return nil, nil // a log without a whole header has no pages
	}
	pages := map[int64]bool{}
	for at := int64(len(header)); ; at += int64(len(frame)) + pageSize {
		if _, err := log.ReadAt(frame, at); err != nil || string(frame[8:16]) != string(header[16:24]) { // the salts
			return pages, nil // the log ends here
		}
		pages[int64(binary.BigEndian.Uint32(frame))] = true
	}
}

// orphanLog refuses a log without its database: the engine would delete it, and with it
// what was acknowledged.
func orphanLog(path string) error {
	info, err := os.Stat(path + "-wal")
	if err != nil || info.Size() == 0 {
		return nil //nolint:nilerr // no log is what is hoped for
	}
	return damaged(path, "the file is missing or empty while its log "+filepath.Base(path)+"-wal is not", nil)
}

func foreign(path, detail string) error {
	return &Error{Problem: ErrForeign, Path: path, Detail: detail, hint: "move the file away, " + elsewhere}
}

func wrapFile(path string, err error) error {
	if err == nil {
		return nil
	}
	return explainFile(path, err)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
