package flowdraw

import (
	"cmp"
	"math"
	"slices"

	"github.com/parley-chat/parley/internal/flow"
)

// Measures of a drawing, in its units. The designer draws blocks about as wide and as far apart.
const (
	width     = 220 // of a block
	head      = 46  // the height of a block without branches
	row       = 20  // the height of a branch
	gapX      = 90  // between columns
	gapY      = 28  // between blocks of a column
	margin    = 24
	maxSpread = 3 // how far positions of a file are moved apart, so that no two blocks overlap
)

// point is a place in a drawing.
type point struct{ x, y float64 }

// box is a block in its place.
type box struct {
	action   *flow.Action
	branches []flow.Branch
	point
}

func (b *box) height() float64 { return head + row*float64(len(b.branches)) }

// layout gives every block a place: that of the file where it has one for each, else columns by the
// distance from the start.
func layout(d *flow.Document) []box {
	boxes := make([]box, len(d.Actions))
	at := make(map[string]int, len(d.Actions))
	for i := range d.Actions {
		a := &d.Actions[i]
		boxes[i] = box{action: a, branches: a.Transitions.Branches()}
		at[a.Identifier] = i
	}
	if !placed(d, boxes) {
		columns(boxes, at, d.StartAction)
	}
	least := point{math.Inf(1), math.Inf(1)}
	for i := range boxes {
		least = point{min(least.x, boxes[i].x), min(least.y, boxes[i].y)}
	}
	for i := range boxes {
		boxes[i].x += margin - least.x
		boxes[i].y += margin - least.y
	}
	return boxes
}

// placed puts the blocks where the designer had them, and reports whether that is a drawing. Blocks
// are a little higher here, so that positions may have to be spread.
func placed(d *flow.Document, boxes []box) bool {
	for i := range boxes {
		p := d.Metadata.ActionMetadata[boxes[i].action.Identifier].Position
		if p == nil {
			return false
		}
		boxes[i].point = point{p.X, p.Y}
	}
	spread := point{1, 1}
	for i := range boxes {
		for j := range boxes[:i] {
			x, y := apart(&boxes[i], &boxes[j])
			switch {
			case x <= spread.x || y <= spread.y: // they are apart already
			case min(x, y) > maxSpread:
				return false
			case x < y:
				spread.x = x
			default:
				spread.y = y
			}
		}
	}
	for i := range boxes {
		boxes[i].x *= spread.x
		boxes[i].y *= spread.y
	}
	return true
}

// apart is how far positions have to be spread in each direction until two blocks are side by side.
func apart(a, b *box) (x, y float64) {
	x = (width + gapY) / math.Abs(a.x-b.x)
	upper := a
	if b.y < a.y {
		upper = b
	}
	return x, (upper.height() + gapY/2) / math.Abs(a.y-b.y)
}

// columns puts the blocks into columns: each to the right of those that lead to it, circles apart, and
// within a column near those.
//
// Source of the method: K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of
// Hierarchical System Structures", 1981.
func columns(boxes []box, at map[string]int, start string) {
	links := forward(boxes, at, start)
	column := longest(links, len(boxes))
	before := make([][]int, len(boxes))
	for _, l := range links {
		before[l.to] = append(before[l.to], l.from)
	}
	var order [][]int
	for i := range boxes {
		for len(order) <= column[i] {
			order = append(order, nil)
		}
		order[column[i]] = append(order[column[i]], i)
	}
	for c, members := range order {
		for _, i := range members { // as high as the middle of those that lead to it
			if len(before[i]) == 0 {
				continue
			}
			sum := 0.0
			for _, from := range before[i] {
				sum += boxes[from].y
			}
			boxes[i].y = sum / float64(len(before[i]))
		}
		slices.SortStableFunc(members, func(i, j int) int { return cmp.Compare(boxes[i].y, boxes[j].y) })
		free := math.Inf(-1)
		for _, i := range members {
			boxes[i].x = float64(c) * (width + gapX)
			boxes[i].y = max(boxes[i].y, free)
			free = boxes[i].y + boxes[i].height() + gapY
		}
	}
}

// link leads from one block to another.
type link struct{ from, to int }

// forward are the links of a flow without those that close a circle, in the order of a walk from the
// start, then from every block that the walk has not come to. The links from a block come after all that
// lead to it: blocks stand in the reverse of the order in which the walk left them.
func forward(boxes []box, at map[string]int, start string) []link {
	const entered, left = 1, 2
	state := make([]int, len(boxes))
	var leaving []int
	var links []link
	var walk func(i int)
	walk = func(i int) {
		state[i] = entered
		for _, b := range boxes[i].branches {
			to, ok := at[b.To]
			if !ok || state[to] == entered {
				continue
			}
			links = append(links, link{i, to})
			if state[to] == 0 {
				walk(to)
			}
		}
		state[i] = left
		leaving = append(leaving, i)
	}
	if i, ok := at[start]; ok {
		walk(i)
	}
	for i := range boxes {
		if state[i] == 0 {
			walk(i)
		}
	}
	place := make([]int, len(boxes))
	for n, i := range leaving {
		place[i] = -n
	}
	slices.SortStableFunc(links, func(a, b link) int { return cmp.Compare(place[a.from], place[b.from]) })
	return links
}

// longest is for each block the number of links on the longest way to it.
func longest(links []link, blocks int) []int {
	far := make([]int, blocks)
	for _, l := range links {
		far[l.to] = max(far[l.to], far[l.from]+1)
	}
	return far
}
