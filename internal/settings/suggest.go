package settings

import (
	"strconv"

	"github.com/parley-chat/parley/internal/hint"
)

// didYouMean returns a question to append to a complaint about an unknown name, or
// nothing when no known name is near.
func didYouMean(name string, known []string) string {
	if best := hint.Nearest(name, known); best != "" {
		return "; did you mean " + best + "?"
	}
	return ""
}

// forPort is the address to write for a port alone, which many programs take; empty for what is no port.
func forPort(text string) string {
	if _, err := strconv.ParseUint(text, 10, 16); err != nil {
		return ""
	}
	return "127.0.0.1:" + text
}
