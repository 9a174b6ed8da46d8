package hint

import "strings"

// Nearest returns the known name that somebody who wrote name most likely meant, or
// "" when none is near enough. Case, dashes and underscores do not count, so that
// instanceId and INSTANCE_ID find instance-id.
func Nearest(name string, known []string) string { return near(name, known, true) }

// Misspelled is Nearest for names of which the beginning says little, as that of SetVoice and SetQueue.
func Misspelled(name string, known []string) string { return near(name, known, false) }

// near finds a known name, by its beginning too when beginnings tell names apart.
func near(name string, known []string, beginnings bool) string {
	const tooLong = 64 // nobody mistypes a name as this
	if name == "" || len(name) > tooLong {
		return ""
	}
	const telling = 4 // letters that are enough to recognise a name by its beginning
	plain := fold(name)
	best, bestDistance := "", 1+max(1, len(plain)/3)
	for _, candidate := range known {
		other := fold(candidate)
		d := distance(plain, other)
		if beginnings && (len(plain) >= telling && strings.HasPrefix(other, plain) || len(other) >= telling && strings.HasPrefix(plain, other)) {
			d = min(d, 1)
		}
		if d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

func fold(name string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
}

// distance counts the single-byte insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
