package inspect

import (
	"encoding/binary"
	"math/bits"
)

// Blocks are compressed as Lempel and Ziv did it in 1977, and no further: a text that stood
// earlier in the block is replaced by where it stood. Exchanges that follow each other are nearly
// the same, so that is where the gain is. What compress/flate does beyond it makes a block a
// quarter smaller, but takes four times as long, eight times to read, and tables of more than
// half a megabyte, which would be a third of a full record.
//
// The format is a repetition of: the number of bytes that stand for themselves, these bytes, the
// length of a repeated text less leastMatch, and how far before it stands. Numbers are written as
// in encoding/binary. The end of the input comes after the first two.

const (
	leastMatch = 8
	matchBits  = 12
)

// matcher finds repeated texts: it holds the last place of a text of leastMatch bytes, by a hash.
type matcher [1 << matchBits]uint16

// compress appends a compressed text of at most 64 KiB.
func (m *matcher) compress(dst, src []byte) []byte {
	clear(m[:])
	plain := 0 // where the bytes begin that stand for themselves
	for i := 0; i+leastMatch <= len(src); {
		at, now := binary.LittleEndian.Uint64(src[i:]), i
		place := &m[at*0x9E3779B97F4A7C15>>(64-matchBits)] // 2⁶⁴ by the golden ratio
		from := int(*place)
		*place = uint16(now)
		if from >= i || binary.LittleEndian.Uint64(src[from:]) != at {
			i += 1 + (i-plain)>>6 // faster where nothing is repeated
			continue
		}
		for i > plain && from > 0 && src[i-1] == src[from-1] {
			i, from = i-1, from-1
		}
		length := now - i + leastMatch
		length += common(src[from+length:], src[i+length:])
		dst = binary.AppendUvarint(dst, uint64(i-plain))
		dst = append(dst, src[plain:i]...)
		dst = binary.AppendUvarint(dst, uint64(length-leastMatch))
		dst = binary.AppendUvarint(dst, uint64(i-from))
		i += length
		plain = i
	}
	dst = binary.AppendUvarint(dst, uint64(len(src)-plain))
	return append(dst, src[plain:]...)
}

// common is the length of what two texts both begin with; b is not longer than a.
func common(a, b []byte) int {
	n := 0
	for ; n+8 <= len(b); n += 8 {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// decompress appends what was compressed, at most as much as dst has room for. It returns false
// for what compress does not write.
func decompress(dst, src []byte) ([]byte, bool) {
	number := func(most int) (int, bool) {
		n, size := binary.Uvarint(src)
		if size <= 0 || most < 0 || n > uint64(most) {
			return 0, false
		}
		src = src[size:]
		return int(n), true
	}
	for {
		n, ok := number(min(len(src), cap(dst)-len(dst)))
		if !ok || n > len(src) {
			return dst, false
		}
		dst, src = append(dst, src[:n]...), src[n:]
		if len(src) == 0 {
			return dst, true
		}
		length, ok := number(cap(dst) - len(dst) - leastMatch)
		if !ok {
			return dst, false
		}
		back, ok := number(len(dst))
		if !ok || back == 0 {
			return dst, false
		}
		for length += leastMatch; length > 0; { // what is repeated may repeat itself
			start := len(dst) - back
			n := min(length, back)
			dst = append(dst, dst[start:start+n]...)
			length -= n
		}
	}
}
