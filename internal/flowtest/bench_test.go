package flowtest

import (
	"os"
	"runtime"
	"testing"

	"github.com/parley-chat/parley/internal/clock"
	"github.com/parley-chat/parley/internal/flowrun"
)

// BenchmarkHeapAtMenu is the heap that a chat takes whose flow waits at a menu, and
// BenchmarkHeapWithoutFlow that of a chat without a flow: of a thousand, after a collection.
func BenchmarkHeapAtMenu(b *testing.B) { heap(b, "menu.json") }

// BenchmarkHeapWithoutFlow is the chat to compare BenchmarkHeapAtMenu with.
func BenchmarkHeapWithoutFlow(b *testing.B) { heap(b, "") }

func heap(b *testing.B, flow string) {
	b.Helper()
	const chats = 1000
	library := flowrun.NewLibrary(nil)
	if flow != "" {
		if _, _, err := flowrun.NewFolder(os.DirFS("../../examples/flows"), library).Load(); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		w := &world{clock: &clock.Clock{}, beside: true}
		if err := w.open(b.Context(), library, &Script{}); err != nil {
			b.Fatal(err)
		}
		script := Script{Flow: flow, Name: "Ada"}
		if flow == "" {
			script.Flow = "none"
		}
		one := func() *visit {
			v := &visit{world: w, script: script}
			if err := v.begin(b.Context()); err != nil {
				b.Fatal(err)
			}
			return v
		}
		warm := []*visit{one()}
		before := live()
		visits := make([]*visit, 0, chats)
		for range chats {
			visits = append(visits, one())
		}
		for _, v := range visits {
			standing, err := w.runner.Await(b.Context(), v.chat.ContactID)
			if err != nil || (standing.Type == showView) != (flow != "") {
				b.Fatalf("%+v %v", standing, err)
			}
		}
		w.mu.Lock()
		w.ran = nil // what this package keeps to tell
		w.mu.Unlock()
		b.ReportMetric(float64(live()-before)/chats, "B/chat")
		runtime.KeepAlive(warm)
		runtime.KeepAlive(visits)
		w.close()
	}
}

// live is how many bytes are reachable.
func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
