package logqueue

// maxSpare is the size, in bytes, up to which the memory of a written batch is used again, so
// that a burst of long lines does not stay in memory.
const maxSpare = 256 << 10

// batch is a number of lines, one behind the other. Lines are added at its end and taken from
// its front.
type batch struct {
	text  []byte
	ends  []int // where each line ends in text
	taken int   // number of lines taken from the front
}

// add appends a copy of a line.
func (b *batch) add(line []byte) {
	b.text = append(b.text, line...)
	b.ends = append(b.ends, len(b.text))
}

// len returns the number of lines that were not taken.
func (b *batch) len() int { return len(b.ends) - b.taken }

// start returns where the first line that was not taken begins in text.
func (b *batch) start() int {
	if b.taken == 0 {
		return 0
	}
	return b.ends[b.taken-1]
}

// front returns the lines that may be written at once, and their number: at least one and at
// most limit. The batch must not be empty.
func (b *batch) front(limit int) (text []byte, lines int) {
	lines = 1
	for lines < min(limit, b.len()) && b.ends[b.taken+lines]-b.start() <= atomicWrite {
		lines++
	}
	return b.text[b.start():b.ends[b.taken+lines-1]], lines
}

// take removes lines from the front. It returns how many of them end within the first written
// bytes.
func (b *batch) take(lines, written int) (complete int) {
	start := b.start()
	for complete < lines && b.ends[b.taken+complete]-start <= written {
		complete++
	}
	b.taken += lines
	return complete
}

// emptied returns a batch without lines, in the same memory.
func (b *batch) emptied() batch {
	if cap(b.text) > maxSpare {
		return batch{}
	}
	return batch{text: b.text[:0], ends: b.ends[:0]}
}
