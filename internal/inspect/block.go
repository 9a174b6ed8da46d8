package inspect

import (
	"bytes"
	"encoding/binary"
	"iter"
	"unsafe"

	"github.com/klauspost/compress/s2"
)

// The record is a list of blocks: exchanges that follow each other, compressed together. The
// exchanges of one page repeat most of their headers and bodies, so a block takes about a tenth
// of its text, and the garbage collector finds a few hundred pieces of memory without a pointer
// in them, instead of ten thousand exchanges of fifty texts each. The newest exchanges wait as
// plain text until a block is full; the memory for that grows with them, from nothing. Of the
// compressions, S2 is the one that keeps up with requests: compress/flate makes blocks a quarter
// smaller, but takes several times as long and tables of half a megabyte.

const (
	// blockSize is how much text a block has at most. With more it would be hardly smaller, and
	// reading one exchange of it slower.
	blockSize = 64 << 10
	// leastCompressed is the least text that is compressed.
	leastCompressed = 2 << 10
	// longText is how long an exchange is that gets a block of its own, as plain text: to
	// compress long bodies would delay those that come after them.
	longText = 16 << 10
	// blockOverhead is what a block takes beside its text.
	blockOverhead = 128
	// mostEntryHead is the most that an exchange takes in a block beside its text.
	mostEntryHead = 2 * binary.MaxVarintLen64
)

// block holds exchanges that follow each other, oldest first. It does not change.
type block struct {
	count int    // of exchanges
	last  uint64 // the sequence number of the newest
	// data is the text of the exchanges, or that text compressed; size is the text's length.
	data       []byte
	size       int
	compressed bool
}

// weight is how much memory a block takes, about: memory is handed out in sizes.
func (b *block) weight() int64 { return int64(cap(b.data) + cap(b.data)/8 + blockOverhead) }

// text returns the text of the exchanges. Nothing writes there again.
func (b *block) text() string {
	text := b.data
	if b.compressed {
		text, _ = s2.Decode(make([]byte, b.size), b.data) // written by s2.Encode
	}
	return unsafe.String(unsafe.SliceData(text), len(text))
}

// appendEntry adds an exchange to the text of a block.
func appendEntry(dst []byte, seq uint64, text []byte) []byte {
	return append(binary.AppendUvarint(binary.AppendUvarint(dst, seq), uint64(len(text))), text...)
}

// entryAt returns the sequence number of the first exchange in the text of a block, and how
// much of the text is its.
func entryAt(text []byte) (seq uint64, size int) {
	seq, n := binary.Uvarint(text)
	length, m := binary.Uvarint(text[n:])
	return seq, n + m + int(length)
}

// entries yields the exchanges in the text of a block.
func entries(text string) iter.Seq[packed] {
	return func(yield func(packed) bool) {
		for u := (&unpacker{text}); u.rest != ""; {
			if !yield(packed{seq: u.number(), text: u.text()}) {
				return
			}
		}
	}
}

// compressor makes blocks of texts.
type compressor struct{ out []byte }

// block returns a block of a text that the caller may then write over.
func (c *compressor) block(text []byte, count int, last uint64) *block {
	b := &block{count: count, last: last, size: len(text)}
	if len(text) >= leastCompressed {
		if c.out == nil {
			c.out = make([]byte, s2.MaxEncodedLen(blockSize))
		}
		small := s2.Encode(c.out, text)
		if b.compressed = len(small) < len(text); b.compressed {
			text = small
		}
	}
	b.data = bytes.Clone(text)
	return b
}
