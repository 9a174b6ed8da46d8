package connectserver

import (
	"slices"
	"testing"
)

// Pages hold everything once, in order, whatever their size, and a list is made no further than one
// entry behind its page, which tells whether there is another one.
func TestPageOf(t *testing.T) {
	t.Parallel()
	const all = 10
	for _, size := range []int{1, 3, 5, 10, 11} {
		var got []int
		token := ""
		for {
			made := 0
			some, next, err := pageOf(func(yield func(int) bool) {
				for i := range all {
					if made++; !yield(i) {
						return
					}
				}
			}, token, size, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, some...); made > len(got)+1 {
				t.Errorf("a page that ends at %d of %d: %d were made", len(got), all, made)
			}
			if token = next; token == "" {
				break
			}
			if len(some) != size {
				t.Fatalf("a page of %d that is not the last, want %d", len(some), size)
			}
		}
		if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}; !slices.Equal(got, want) {
			t.Errorf("pages of %d hold %v, want %v", size, got, want)
		}
	}
	if _, _, err := page([]int{1}, "nonsense", 1, 1); err == nil {
		t.Error("a token of nobody's is taken")
	}
}
