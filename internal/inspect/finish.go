package inspect

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/parley-chat/parley/internal/excerpt"
)

// finish makes the exchange that is kept of one that went by: masked, and with what is known
// of it. It returns nil for what is not worth keeping. Its texts are good until the next call,
// or until x is released. The caller holds settling.
func (r *Recorder) finish(x *raw) *Exchange {
	switch x.kind {
	case Frame:
		return r.finishFrame(x)
	case Socket:
		return r.finishEnd(x)
	case Flow:
		return r.finishFlow(x)
	case HTTP:
	}
	if allowedPreflight(x) {
		return nil
	}
	e := &r.scratch.exchange
	*e = Exchange{
		ID: idOf(x.seq), Seq: x.seq, Time: stamp(x.began), Kind: HTTP,
		ContactID: x.contact, ParticipantID: x.caller, Role: x.role, Action: x.action,
		Method: x.request.Method, Scheme: "http", Protocol: x.request.Proto, Status: x.status,
		RequestOmitted: x.askedOmitted, ResponseOmitted: x.answerOmitted && x.answerSize > 0,
		FirstByteMs: millis(x.firstByte), DurationMs: millis(x.took),
		RequestSize: max(x.askedSize, x.request.ContentLength, 0), Size: x.answerSize,
		Fault: x.fault,
	}
	if x.request.TLS != nil {
		e.Scheme = "https"
	}
	r.mask(x, e)
	if r.public != nil && strings.EqualFold((&url.URL{Host: x.request.Host}).Hostname(), r.public.Hostname()) {
		e.Scheme, e.Host = r.public.Scheme, r.public.Host
	}
	r.identify(x, e)
	if x.socket != 0 {
		e.Kind = Socket
		r.seen.open(x.seq, e)
	}
	e.Problem = r.diagnose(x, e)
	return e
}

// mask fills in an exchange's texts.
func (r *Recorder) mask(x *raw, e *Exchange) {
	m := r.scratch.fresh()
	m.codes = strings.Contains(x.request.URL.Path, "participant-authentication")
	asked, askedWhole := r.bodyOf(x.asked, &e.RequestOmitted)
	answer, answerWhole := r.bodyOf(x.answer, &e.ResponseOmitted)
	e.Truncated = !askedWhole || !answerWhole
	uri := x.request.RequestURI
	if !strings.HasPrefix(uri, "/") { // that of a proxy's client, or of no network at all
		uri = x.request.URL.RequestURI()
	}
	r.scratch.asked = m.headers(r.scratch.asked[:0], x.request.Header)
	e.RequestHeaders, e.Path = r.scratch.asked, m.uri(uri)
	atFirst := len(m.known)
	r.scratch.answers = m.headers(r.scratch.answers[:0], x.answered)
	e.RequestBody, e.ResponseHeaders, e.ResponseBody = m.body(asked, x.request.Header.Get("Content-Type")), r.scratch.answers, m.whole(answer)
	if len(m.known) > atFirst {
		e.RequestBody, e.ResponseBody = m.again(e.RequestBody), m.again(e.ResponseBody)
	}
	if len(m.known) > 0 {
		e.Path = m.loose(e.Path)
		m.headersAgain(e.RequestHeaders)
		m.headersAgain(e.ResponseHeaders)
	}
	e.Method, e.Host, e.ContactID = m.loose(e.Method), m.loose(x.request.Host), m.loose(e.ContactID)
	if !askedWhole {
		e.RequestBody = m.ending(e.RequestBody)
	}
	if !answerWhole {
		e.ResponseBody = m.ending(e.ResponseBody)
	}
	for _, h := range e.RequestHeaders {
		if h.Name == "Origin" {
			e.Origin = h.Value
		}
	}
	for _, h := range e.ResponseHeaders {
		if h.Name == "Content-Type" {
			e.ContentType = h.Value
		}
	}
}

// again looks for secrets in what was masked before they were known.
func (m *masker) again(text string) string {
	if m.has(text) || strings.IndexByte(text, '\\') >= 0 {
		return m.whole(text)
	}
	return text
}

// headersAgain is again for header fields.
func (m *masker) headersAgain(list []Header) {
	for i := range list {
		if m.has(list[i].Value) {
			list[i].Value = m.loose(list[i].Value)
		}
	}
}

// ending takes the beginning of a secret off the end of a text that was cut there.
func (m *masker) ending(text string) string {
	for _, secret := range m.known {
		for n := min(len(secret)-1, len(text)); n >= tail; n-- {
			if strings.HasSuffix(text, secret[:n]) {
				return text[:len(text)-n] + Mark
			}
		}
	}
	return text
}

// fresh returns a masker that knows no secret. What the one before it has masked is not good
// any more.
func (s *scratch) fresh() *masker {
	clear(s.masker.known)
	if s.masker.familiar == nil {
		s.masker.familiar = map[string]bool{}
	}
	s.masker = masker{known: s.masker.known[:0], familiar: s.masker.familiar, space: s.masker.space[:0]}
	return &s.masker
}

// bodyOf returns the text of a body, cut to what is kept; whole is false when it was longer.
func (r *Recorder) bodyOf(buffer *[]byte, omitted *bool) (text string, whole bool) {
	if buffer == nil {
		return "", true
	}
	kept := *buffer
	if whole = len(kept) <= r.maxBody; !whole {
		kept = cut(kept, r.maxBody)
	}
	if !utf8.Valid(kept) {
		*omitted = true
		return "", true
	}
	return unsafe.String(unsafe.SliceData(kept), len(kept)), whole // unchanged until it is released
}

// longestLabel is how many characters of a text stand in a list.
const longestLabel = 200

// cut shortens a text without breaking a character.
func cut[T ~string | ~[]byte](text T, n int) T {
	for back := 0; back < utf8.UTFMax && n > 0 && text[n]&0xC0 == 0x80; back++ {
		n--
	}
	return text[:n]
}

// release gives an exchange's buffers back.
func (r *Recorder) release(x *raw) {
	for _, buffer := range [...]*[]byte{x.asked, x.answer} {
		if buffer != nil {
			r.buffers.Put(buffer)
		}
	}
	x.asked, x.answer = nil, nil
}

// allowedPreflight reports whether an exchange is a browser's question that was answered yes:
// one comes before nearly every call.
func allowedPreflight(x *raw) bool {
	return isPreflight(x.request) && x.status < http.StatusBadRequest && x.answered.Get("Access-Control-Allow-Origin") != ""
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// finishFrame makes the exchange of a frame.
func (r *Recorder) finishFrame(x *raw) *Exchange {
	e := r.seen.part(x)
	e.Kind, e.Size = Frame, int64(x.textSize)
	m := r.scratch.fresh()
	text := x.text
	if e.Truncated = len(text) > r.maxBody; e.Truncated {
		text = cut(text, r.maxBody)
	}
	text = m.whole(text)
	if len(m.known) > 0 {
		text = m.whole(text)
	}
	if e.Truncated {
		text = m.ending(text)
	}
	if e.Direction == In {
		e.RequestBody = text
	} else {
		e.ResponseBody = text
	}
	e.Topic = excerpt.Of(member(text, "topic"), longestLabel)
	e.ContentType = excerpt.Of(member(member(text, "content"), "ContentType"), longestLabel)
	e.Problem = cmp.Or(r.seen.frame(x, e), injected(e))
	return e
}

// finishEnd makes the exchange of the end of a socket.
func (r *Recorder) finishEnd(x *raw) *Exchange {
	e := r.seen.part(x)
	e.Kind, e.CloseCode = Socket, x.code
	e.Problem = cmp.Or(injected(e), r.seen.closed(x))
	return e
}

func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// millis is a duration in milliseconds, to the microsecond.
func millis(d time.Duration) float64 { return math.Round(float64(d)/float64(time.Microsecond)) / 1000 }
