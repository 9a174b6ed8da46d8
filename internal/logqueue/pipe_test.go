package logqueue_test

import (
	"bufio"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/logqueue"
)

// TestUnreadPipe writes to a pipe of the system that nobody reads, from many goroutines.
func TestUnreadPipe(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	defer writer.Close()
	w := logqueue.New(writer, notice)
	const goroutines, lines = 8, 2000
	text := strings.Repeat("x", 199) + "\n"
	var writing sync.WaitGroup
	for range goroutines {
		writing.Go(func() {
			for range lines {
				if _, err := io.WriteString(w, text); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	read := make(chan string)
	go func() {
		var found string
		for scanner := bufio.NewScanner(reader); scanner.Scan(); {
			found += scanner.Text()[:1]
			if strings.HasPrefix(scanner.Text(), "dropped ") {
				found += scanner.Text()[1:]
			}
		}
		read <- found
	}()
	if err := w.Close(within(t, time.Minute)); err != nil {
		t.Errorf("closing: %v", err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	found := <-read
	match := regexp.MustCompile(`dropped (\d+)`).FindAllStringSubmatch(found, -1)
	told := 0
	for _, m := range match {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		told += n
	}
	if n := strings.Count(found, "x"); n+told != goroutines*lines || told == 0 {
		t.Errorf("%d lines are written and %d told of, of %d", n, told, goroutines*lines)
	}
}

// BenchmarkWrite compares a line of a request's length written through a queue with one written
// to the output itself.
func BenchmarkWrite(b *testing.B) {
	line := []byte(strings.Repeat("x", 249) + "\n")
	outputs := map[string]func(b *testing.B) io.Writer{
		"null": func(b *testing.B) io.Writer {
			b.Helper()
			f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = f.Close() })
			return f
		},
		"pipe": func(b *testing.B) io.Writer {
			b.Helper()
			reader, writer, err := os.Pipe()
			if err != nil {
				b.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = io.Copy(io.Discard, reader)
			}()
			b.Cleanup(func() { _ = writer.Close(); <-done; _ = reader.Close() })
			return writer
		},
	}
	for name, open := range outputs {
		b.Run(name+"/direct", func(b *testing.B) {
			out := open(b)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = out.Write(line)
			}
		})
		b.Run(name+"/queue", func(b *testing.B) {
			out := open(b)
			var dropped uint64
			w := logqueue.New(out, func(n uint64) []byte { dropped += n; return nil })
			b.ReportAllocs()
			for b.Loop() {
				_, _ = w.Write(line)
			}
			_ = w.Close(within(b, time.Minute))
			b.ReportMetric(float64(dropped)/float64(b.N), "dropped/op")
		})
	}
}
