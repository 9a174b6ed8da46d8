package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parley-chat/parley/internal/hint"
)

// maxLine bounds what is typed in one line, in bytes.
const maxLine = 1 << 20

// typed is a line that the user typed, without its end; err says why it is not taken.
type typed struct {
	text string
	err  error
}

// readLines reads what the user types. The channel is closed at the end of the input; a line that is too
// long is left out, and the next one is read.
func readLines(ctx context.Context, env *Env) <-chan typed {
	lines := make(chan typed)
	if env.Stdin == nil {
		close(lines)
		return lines
	}
	go func() { // waits for the terminal, which nothing can interrupt: it ends with the process
		defer close(lines)
		input := bufio.NewReader(env.Stdin)
		for {
			line, err := readLine(input)
			if errors.Is(err, io.EOF) && line == (typed{}) {
				return
			}
			select {
			case lines <- line:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return lines
}

// readLine reads the next line, of which it holds no more than maxLine bytes. The error is the input's, with
// what came before it.
func readLine(input *bufio.Reader) (typed, error) {
	var text []byte
	for length := 0; ; {
		part, err := input.ReadSlice('\n')
		length += len(part)
		if length <= maxLine+len("\r\n") {
			text = append(text, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case length > maxLine+len("\r\n"):
			return typed{err: hint.New(
				fmt.Errorf("a line of %d bytes is left out: a line has at most %d", length, maxLine),
				"break it into shorter lines: a message of a chat has at most 1,024 characters",
			)}, err
		}
		return typed{text: strings.TrimRight(string(text), "\r\n")}, err
	}
}
