package participant_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// lean is a client of a socket that holds next to nothing itself.
type lean struct{ net.Conn }

// openLean opens a socket by hand and subscribes.
func (w *world) openLean(b *testing.B, address string) lean {
	b.Helper()
	conn, err := w.dial(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	path := address[strings.Index(address, "/participant"):]
	_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	if err != nil {
		b.Fatal(err)
	}
	c := lean{conn}
	c.until(b, "\r\n\r\n")
	if _, err := conn.Write(frame(0x81, []byte(subscribeFrame))); err != nil {
		b.Fatal(err)
	}
	c.until(b, `["aws/chat"]}}`)
	return c
}

// until reads until a text has come.
func (c lean) until(b *testing.B, end string) {
	b.Helper()
	var got []byte
	var buffer [256]byte
	for !strings.HasSuffix(string(got), end) {
		n, err := c.Read(buffer[:])
		if err != nil {
			b.Error(err)
			return
		}
		got = append(got, buffer[:n]...)
	}
}

// text reads the next text frame and answers the pings before it.
func (c lean) text(b *testing.B) {
	b.Helper()
	var head [4]byte
	for {
		if _, err := io.ReadFull(c, head[:2]); err != nil {
			b.Error(err)
			return
		}
		n := int(head[1])
		if n == 126 {
			if _, err := io.ReadFull(c, head[2:4]); err != nil {
				b.Error(err)
				return
			}
			n = int(head[2])<<8 | int(head[3])
		}
		payload := make([]byte, n)
		if _, err := io.ReadFull(c, payload); err != nil {
			b.Error(err)
			return
		}
		if head[0] == 0x81 {
			return
		}
		if head[0] == 0x89 {
			_, _ = c.Write(frame(0x8a, payload))
		}
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// BenchmarkIdleSocket measures what an open, subscribed and heartbeating socket holds. The
// chat behind it and both ends of the connection are in the same process: the chats are there
// before, and what the clients' ends take is measured apart and left out.
func BenchmarkIdleSocket(b *testing.B) {
	const n = 2000
	for b.Loop() {
		w := newWorld(b, setup{})
		addresses := make([]string, n)
		for i := range addresses {
			addresses[i] = w.newCustomer().socketURL
		}
		w.client.CloseIdleConnections()
		ends := clientEnds(b, n)
		before := heap()
		conns := make([]lean, n)
		for i, address := range addresses {
			conns[i] = w.openLean(b, address)
		}
		for range 3 {
			for _, c := range conns {
				_, _ = c.Write(frame(0x81, []byte(`{"topic":"aws/heartbeat"}`)))
				c.text(b)
			}
		}
		after := heap()
		b.ReportMetric((float64(after-before)-ends)/n/1024, "KiB/socket")
		b.ReportMetric(float64(after-before)/n/1024, "KiB/both-ends")
		for _, c := range conns {
			_ = c.Close()
		}
		w.shutdown()
	}
}

// clientEnds measures two ends of idle TCP connections and returns what one end of each takes.
func clientEnds(b *testing.B, n int) float64 {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	before := heap()
	conns := make([]net.Conn, 0, 2*n)
	for range n {
		client, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		server, err := listener.Accept()
		if err != nil {
			b.Fatal(err)
		}
		conns = append(conns, client, server)
	}
	after := heap()
	for _, c := range conns {
		_ = c.Close()
	}
	return float64(after-before) / 2
}

// BenchmarkFanOut says something in a thousand chats at once and waits until every customer
// has it.
func BenchmarkFanOut(b *testing.B) {
	const n = 1000
	w := newWorld(b, setup{})
	conns, contacts, agents := make([]lean, n), make([]string, n), make([]string, n)
	for i := range n {
		c := w.newCustomer()
		contacts[i], agents[i] = c.ContactID, w.join(c.ContactID, "Ann")
		conns[i] = w.openLean(b, c.socketURL)
	}
	var mu sync.Mutex
	var took []time.Duration
	for b.Loop() {
		var all sync.WaitGroup
		for i := range n {
			var began time.Time
			heard := make(chan struct{})
			all.Go(func() {
				conns[i].text(b)
				<-heard
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			})
			w.say(contacts[i], agents[i], "hello")
			began = time.Now() // durable now, and being shown
			close(heard)
		}
		all.Wait()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "frames/s")
	for _, c := range conns {
		_ = c.Close()
	}
}

// BenchmarkSendMessage sends messages over HTTP with 64 writers, each in a chat of its own,
// durable in memory.
func BenchmarkSendMessage(b *testing.B) {
	w := newWorld(b, setup{})
	const writers = 64
	tokens := make([]string, writers)
	for i := range tokens {
		tokens[i] = w.newCustomer().token
	}
	var mu sync.Mutex
	var took []time.Duration
	work := make(chan int)
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for k := range work {
				began := time.Now()
				a := w.post("message", tokens[i], fmt.Sprintf(`{"ContentType":"text/plain","Content":"message number %d","ClientToken":"%d"}`, k, k))
				if a.Status != http.StatusOK {
					b.Errorf("%d %s", a.Status, a.Body)
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	k := 0
	for b.Loop() {
		k++
		work <- k
	}
	close(work)
	all.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkTranscript fetches the page a chat window shows first.
func BenchmarkTranscript(b *testing.B) {
	w := newWorld(b, setup{})
	c := w.newCustomer()
	agent := w.join(c.ContactID, "Ann")
	for range 100 {
		w.say(c.ContactID, agent, "How can I help?")
	}
	b.ReportAllocs()
	for b.Loop() {
		w.must("transcript", c.token, `{"MaxResults":15,"SortOrder":"ASCENDING"}`)
	}
}
