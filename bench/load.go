package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// request is what the load consists of, the same bytes every time.
type request struct{ method, path, origin string }

// message is a chat start of usual size. A peer and the fake endpoint both take it.
const message = `{"InstanceId":"12345678-1234-1234-1234-123456789012",` +
	`"ContactFlowId":"87654321-4321-4321-4321-210987654321",` +
	`"ParticipantDetails":{"DisplayName":"Ana"},` +
	`"Attributes":{"customerName":"Ana","plan":"gold","page":"/orders/4711"},` +
	`"InitialMessage":{"ContentType":"text/plain","Content":"Where is my order?"},` +
	`"SupportedMessagingContentTypes":["text/plain","text/markdown"]}`

func (r request) bytes(address string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAccept: */*\r\n", r.method, r.path, address)
	if r.origin != "" {
		fmt.Fprintf(&b, "Origin: %s\r\n", r.origin)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(message), message)
	return b.Bytes()
}

// timing is when a run starts to count and when it stops.
type timing struct{ from, to time.Time }

// tally is what one run counted.
type tally struct {
	latencies []time.Duration // of the good answers, sorted
	errors    int
	firstErr  error
}

// source gives what the connection with a number sends, one request after the other.
type source func(connection int) func() []byte

// always is a request that is the same for everybody.
func (r request) always(address string) source {
	wire := r.bytes(address)
	return func(int) func() []byte { return func() []byte { return wire } }
}

// load keeps conns connections busy, each with one request at a time, until the
// end of the timing. Only answers that arrive within it are counted.
func load(ctx context.Context, address string, requests source, conns int, t timing) tally {
	ctx, cancel := context.WithDeadline(ctx, t.to.Add(5*time.Second))
	defer cancel()
	workers := make([]tally, conns)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() { workers[i].work(ctx, address, requests(i), t) })
	}
	wg.Wait()
	var sum tally
	for _, w := range workers {
		sum.latencies = append(sum.latencies, w.latencies...)
		sum.errors += w.errors
		if sum.firstErr == nil {
			sum.firstErr = w.firstErr
		}
	}
	slices.Sort(sum.latencies)
	return sum
}

func (w *tally) work(ctx context.Context, address string, next func() []byte, t timing) {
	w.latencies = make([]time.Duration, 0, 1<<14)
	var c *client
	defer func() { c.close() }()
	for ctx.Err() == nil {
		start := time.Now()
		if start.After(t.to) {
			return
		}
		var err error
		if c == nil {
			c, err = dial(ctx, address)
		}
		if err == nil {
			err = c.exchange(next(), nil)
		}
		now := time.Now()
		switch counted := now.After(t.from) && now.Before(t.to); {
		case err != nil:
			w.errors++
			if w.firstErr == nil {
				w.firstErr = err
			}
			c.close()
			c = nil
			pause(ctx, time.Millisecond)
		case counted:
			w.latencies = append(w.latencies, now.Sub(start))
		}
	}
}

// client is one keep-alive connection with as little HTTP as the load needs: it
// shares its core with the fake endpoint and must not be what is measured.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dial(ctx context.Context, address string) (*client, error) {
	conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return &client{conn: conn, reader: bufio.NewReaderSize(conn, 8<<10)}, nil
}

func (c *client) close() {
	if c != nil {
		_ = c.conn.Close()
	}
}

// exchange sends one request and reads its answer; body, if given, gets a copy of
// the answer's body. An answer other than 200 is an error.
func (c *client) exchange(wire []byte, body *bytes.Buffer) error {
	if _, err := c.conn.Write(wire); err != nil {
		return err
	}
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return err
	}
	var status error
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
		status = fmt.Errorf("answer %q", bytes.TrimSpace(line))
	}
	length, chunked := -1, false
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	switch {
	case chunked:
		err = c.chunks(body)
	case length >= 0:
		err = c.take(length, body)
	default:
		err = errors.New("answer without a length")
	}
	return errors.Join(status, err)
}

// chunks reads a chunked body (RFC 9112, section 7.1).
func (c *client) chunks(body *bytes.Buffer) error {
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		if err := c.take(int(size), body); err != nil {
			return err
		}
		if _, err := c.reader.Discard(2); err != nil || size == 0 {
			return err
		}
	}
}

func (c *client) take(n int, body *bytes.Buffer) error {
	if body != nil {
		_, err := io.CopyN(body, c.reader, int64(n))
		return err
	}
	_, err := c.reader.Discard(n)
	return err
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
