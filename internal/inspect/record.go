package inspect

import (
	"bytes"
	"iter"
	"slices"
)

// record holds the exchanges that are kept: full blocks, oldest first, and the block that is
// being filled. Its owner locks it.
type record struct {
	max      int   // exchanges
	maxBytes int64 // of memory, about

	blocks []*block
	skip   int   // how many exchanges of the oldest block are forgotten
	count  int   // of the exchanges in blocks, skipped ones included
	bytes  int64 // that blocks take
	// open is the block that is being filled. Its text is part of the memory of a [filler],
	// which writes behind it only.
	open block
}

// push adds a full block. It holds the exchanges of the open one, which is empty afterwards,
// or is the next after an empty one.
func (r *record) push(b *block) {
	r.blocks = append(r.blocks, b)
	r.count += b.count
	r.bytes += b.weight()
	r.open = block{}
	r.trim()
}

// trim forgets the oldest exchanges: one at a time over the number, by blocks over the memory.
func (r *record) trim() {
	r.skip += max(0, r.held()-r.max)
	for len(r.blocks) > 0 && (r.skip >= r.blocks[0].count || r.bytes+r.open.weight() > r.maxBytes) {
		oldest := r.blocks[0]
		r.blocks[0] = nil
		r.blocks = r.blocks[1:]
		r.skip = max(0, r.skip-oldest.count)
		r.count -= oldest.count
		r.bytes -= oldest.weight()
	}
}

// held is the number of exchanges that are kept.
func (r *record) held() int { return r.count + r.open.count - r.skip }

// clear forgets all exchanges.
func (r *record) clear() { *r = record{max: r.max, maxBytes: r.maxBytes} }

// last returns the sequence number of the newest exchange, false when there is none.
func (r *record) last() (uint64, bool) {
	switch {
	case r.open.count > 0:
		return r.open.last, true
	case len(r.blocks) > 0:
		return r.blocks[len(r.blocks)-1].last, true
	}
	return 0, false
}

// after returns what is kept after a sequence number, at most so many blocks of it.
func (r *record) after(seq uint64, most int) kept {
	i := indexAfter(r.blocks, seq)
	k := kept{blocks: slices.Clone(r.blocks[i:min(len(r.blocks), i+most)]), after: seq}
	if i == 0 {
		k.skip = r.skip
	}
	if len(k.blocks) < most && r.open.count > 0 && r.open.last > seq {
		k.blocks = append(k.blocks, r.copyOpen(&k))
	}
	return k
}

// copyOpen returns a copy of the open block. Where it is all there is to see, those exchanges
// are left out that are not asked for: somebody who watches asks after each one.
func (r *record) copyOpen(k *kept) *block {
	b := r.open
	if len(k.blocks) == 0 {
		text := b.data
		for len(text) > 0 {
			seq, size := entryAt(text)
			if seq > k.after && k.skip <= 0 {
				break
			}
			text = text[size:]
			b.count--
			k.skip--
		}
		b.data, k.skip = text, 0
	}
	b.data = bytes.Clone(b.data)
	return &b
}

// kept is what was kept at one moment, after a sequence number.
type kept struct {
	blocks []*block
	// skip is how many exchanges of the first block are forgotten.
	skip  int
	after uint64
}

// of returns the exchanges of the block with an index, oldest first.
func (k kept) of(i int) []packed {
	b, skip := k.blocks[i], 0
	if i == 0 {
		skip = k.skip
	}
	list := make([]packed, 0, b.count)
	for p := range entries(b.text()) {
		if skip--; skip < 0 && p.seq > k.after {
			list = append(list, p)
		}
	}
	return list
}

// all yields the exchanges, oldest first.
func (k kept) all() iter.Seq[packed] {
	return func(yield func(packed) bool) {
		for i := range k.blocks {
			for _, p := range k.of(i) {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// backward yields the exchanges, newest first.
func (k kept) backward() iter.Seq[packed] {
	return func(yield func(packed) bool) {
		for i := range slices.Backward(k.blocks) {
			for _, p := range slices.Backward(k.of(i)) {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// indexAfter finds the first block with an exchange after a sequence number.
func indexAfter(blocks []*block, seq uint64) int {
	i, _ := slices.BinarySearchFunc(blocks, seq, func(b *block, seq uint64) int {
		if b.last <= seq {
			return -1
		}
		return 1
	})
	return i
}
