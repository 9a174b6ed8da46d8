package inspect_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/inspect"
)

// allocated is how many bytes a function allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A record takes memory with what is recorded, not before.
//
//nolint:paralleltest // it counts what the whole process allocates
func TestStartsSmall(t *testing.T) {
	const rounds = 100
	if each := allocated(func() {
		for range rounds {
			inspect.New(inspect.Config{})
		}
	}) / rounds; each > 16<<10 {
		t.Errorf("a new recorder takes %d bytes", each)
	}
	r := inspect.New(inspect.Config{})
	handler := r.Wrap(answer(200, "application/json", `{"Id":"a0000000-0000-4000-8000-000000000010"}`))
	handler.ServeHTTP(blank{http.Header{}}, post("/participant/message", `{"Content":"hello"}`))
	if held := r.Held(); held == 0 || held > 2<<10 {
		t.Errorf("one exchange takes %d bytes", held)
	}
}

// typical is what a page of chats sends and is answered, with ids of its own each time.
func typical(i int) (asked, answered string) {
	random := rand.New(rand.NewPCG(1, uint64(i)))
	id := func() string {
		return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", random.Uint32(), random.Uint32()>>16, random.Uint32()>>20, random.Uint32()>>20, random.Uint64()>>16)
	}
	contact, participant := id(), id()
	return `{"InstanceId":"11111111-1111-4111-8111-111111111111","ContactFlowId":"22222222-2222-4222-8222-222222222222",` +
			`"ParticipantDetails":{"DisplayName":"Pat"},"Attributes":{"customerName":"Pat","plan":"gold"},"ClientToken":"` + id() + `"}`,
		`{"data":{"startChatResult":{"ContactId":"` + contact + `","ParticipantId":"` + participant + `","ParticipantToken":"` + canary + `"}},` +
			`"ContactId":"` + contact + `","ParticipantId":"` + participant + `"}`
}

// Ten thousand typical exchanges, a full record, take a few hundred bytes each, with everything
// that is known from them.
//
//nolint:paralleltest // it measures the heap of the whole process
func TestFullRecord(t *testing.T) {
	const exchanges = 10_000
	r := inspect.New(inspect.Config{})
	heap := func() uint64 {
		r.Held() // everything is put in order
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range exchanges {
		asked, answered := typical(i)
		r.Wrap(answer(200, "application/json", answered)).ServeHTTP(blank{http.Header{}}, post("/startChatContact", asked))
	}
	held := int64(heap()) - int64(before)
	t.Logf("%d bytes each, of which %d are the record", held/exchanges, r.Held()/exchanges)
	if held > exchanges*512 {
		t.Errorf("a full record takes %.1f MiB", float64(held)/(1<<20))
	}
	if got := all(r); len(got) != exchanges || got[4711].RequestBody != first(typical(4711)) || got[4711].Role != "CUSTOMER" {
		t.Errorf("%d are kept, the 4712th is %+v", len(got), got[min(4711, len(got)-1)])
	}
}

func first(text, _ string) string { return text }

// However exchanges are put together, each is found as it was, and the oldest are forgotten one
// by one.
func TestBlocks(t *testing.T) {
	t.Parallel()
	const most, exchanges = 1000, 3456
	r := inspect.New(inspect.Config{Max: most})
	random := rand.New(rand.NewPCG(1, 2))
	bodies := map[uint64]string{}
	for seq := uint64(1); seq <= exchanges; seq++ {
		body := fmt.Sprintf("%d %s", seq, strings.Repeat("word ", random.IntN(40)))
		switch random.IntN(50) {
		case 0: // long, and a block of its own
			body += strings.Repeat("long ", 4000+random.IntN(4000))
		case 1: // nothing is repeated
			noise := make([]byte, 3000)
			for i := range noise {
				noise[i] = '!' + byte(random.IntN(14))
			}
			body += string(noise)
		}
		bodies[seq] = body
		do(r, post("/participant/message", body), answer(200, "text/plain", ""))
		if seq%500 == 0 { // reading in between changes nothing
			if list, last := r.List(inspect.Query{Limit: 1}); last != seq || len(list) != 1 || list[0].Seq != seq {
				t.Errorf("after %d: %d, last %d", seq, len(list), last)
			}
		}
	}
	check := func(how string, list []inspect.Exchange, from uint64) {
		t.Helper()
		for i, e := range list {
			if want := from + uint64(i); e.Seq != want || e.RequestBody != bodies[want] {
				t.Fatalf("%s: %d. is %d with %d bytes, want %d with %d", how, i, e.Seq, len(e.RequestBody), want, len(bodies[want]))
			}
		}
	}
	const oldest = exchanges - most + 1
	list := all(r)
	if check("all", list, oldest); len(list) != most {
		t.Errorf("%d are kept", len(list))
	}
	for _, after := range []uint64{0, oldest - 1, oldest, oldest + 77, exchanges - 1, exchanges} {
		list, last := r.List(inspect.Query{After: after})
		from := max(after+1, oldest)
		if check(fmt.Sprint("after ", after), list, from); len(list) != int(exchanges+1-from) || last != exchanges {
			t.Errorf("after %d: %d, last %d", after, len(list), last)
		}
	}
	list, _ = r.List(inspect.Query{Limit: 333})
	if check("the newest", list, exchanges-332); len(list) != 333 {
		t.Errorf("%d are the newest", len(list))
	}
	for seq := uint64(1); seq <= exchanges; seq++ {
		if e, ok := r.Get(fmt.Sprint(seq)); ok != (seq >= oldest) || ok && e.RequestBody != bodies[seq] {
			t.Fatalf("Get(%d): %t, %d bytes", seq, ok, len(e.RequestBody))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	list = nil
	for e := range r.Watch(ctx, 5) {
		if list = append(list, e); len(list) == most {
			break
		}
	}
	check("watched", list, oldest)
}

// What is known of participants outlives the answers that it was read from, whose memory is used
// again.
func TestRemembersRoles(t *testing.T) {
	t.Parallel()
	r := inspect.New(inspect.Config{})
	const participants = 100
	for i := range participants { // without a secret, so that nothing in it is replaced
		do(r, post("/startChatContact", "{}"), answer(200, "application/json", fmt.Sprintf(`{"ContactId":"c-%03d","ParticipantId":"p-%03d"}`, i, i)))
		all(r)
	}
	for i := range participants {
		do(r, post("/participant/message", "{}"), func(w http.ResponseWriter, request *http.Request) {
			r.Called(request, "SendMessage", "", fmt.Sprintf("p-%03d", i), "")
			answer(200, "application/json", "{}")(w, request)
		})
	}
	for i, e := range all(r)[participants:] {
		if e.Role != "CUSTOMER" {
			t.Errorf("participant %d has the role %q", i, e.Role)
		}
	}
}

// The memory that a record may take is kept to by forgetting the oldest.
func TestMaxBytes(t *testing.T) {
	t.Parallel()
	const most = 256 << 10
	r := inspect.New(inspect.Config{MaxBytes: most})
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		noise := make([]byte, 2000)
		for i := range noise {
			noise[i] = '!' + byte(random.IntN(14))
		}
		do(r, post("/participant/message", string(noise)), answer(200, "text/plain", ""))
		if held := r.Held(); held > most {
			t.Fatalf("%d bytes are held", held)
		}
	}
	list := all(r)
	if len(list) < 50 || list[len(list)-1].Seq != 500 || list[0].Seq != 501-uint64(len(list)) {
		t.Errorf("%d are kept", len(list))
	}
}
