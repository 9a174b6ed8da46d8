package inspect

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"time"
)

// packed is an exchange as it is kept: one text, because ten thousand as structs would be half a
// million pointers, which the garbage collector would follow again and again.
type packed struct {
	seq  uint64
	text string
}

// pack appends an exchange.
func pack(dst []byte, e *Exchange) []byte {
	flags := uint64(0)
	for i, set := range [...]bool{e.Truncated, e.RequestOmitted, e.ResponseOmitted, e.Problem != nil, e.Flow != nil} {
		if set {
			flags |= 1 << i
		}
	}
	for _, n := range [...]uint64{
		flags, uint64(e.Time.UnixMicro()), uint64(e.Status), math.Float64bits(e.FirstByteMs), math.Float64bits(e.DurationMs),
		uint64(e.RequestSize), uint64(e.Size), uint64(e.CloseCode),
	} {
		dst = binary.AppendUvarint(dst, n)
	}
	for _, text := range [...]string{
		string(e.Kind), e.ContactID, e.ParticipantID, e.Role, e.Action, string(e.Direction), e.Method, e.Scheme, e.Host, e.Path,
		e.Protocol, e.Origin, e.ContentType, e.Topic, e.SocketID, e.Fault,
	} {
		dst = packText(dst, text)
	}
	if p := e.Problem; p != nil {
		for _, text := range [...]string{p.Rule, p.Sentence, p.Hint, p.Docs} {
			dst = packText(dst, text)
		}
	}
	if e.Flow != nil {
		dst = e.Flow.pack(dst)
	}
	for _, list := range [...][]Header{e.RequestHeaders, e.ResponseHeaders} {
		dst = binary.AppendUvarint(dst, uint64(len(list)))
		for i := range list {
			dst = packText(packText(dst, list[i].Name), list[i].Value)
		}
	}
	return packText(packText(dst, e.RequestBody), e.ResponseBody)
}

func packText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// unpacker reads what pack wrote, in its order.
type unpacker struct{ rest string }

func (u *unpacker) number() uint64 {
	n, shift := uint64(0), 0
	for i := range len(u.rest) {
		c := u.rest[i]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			u.rest = u.rest[i+1:]
			return n
		}
		shift += 7
	}
	u.rest = ""
	return n
}

func (u *unpacker) text() string {
	n := int(min(u.number(), uint64(len(u.rest))))
	text := u.rest[:n]
	u.rest = u.rest[n:]
	return text
}

// headers are in the order of their names.
func (u *unpacker) headers() []Header {
	n := u.number()
	if n == 0 {
		return nil
	}
	list := make([]Header, 0, n)
	for range n {
		list = append(list, Header{u.text(), u.text()})
	}
	slices.SortStableFunc(list, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// unpack returns the exchange; its texts are parts of the string it was kept as. A summary has
// no headers and no bodies.
func (p packed) unpack(summary bool) (e Exchange) {
	u := &unpacker{p.text}
	flags := u.number()
	e.ID, e.Seq = idOf(p.seq), p.seq
	e.Truncated, e.RequestOmitted, e.ResponseOmitted = flags&1 != 0, flags&2 != 0, flags&4 != 0
	e.Time = time.UnixMicro(int64(u.number())).UTC()
	e.Status = int(u.number())
	e.FirstByteMs, e.DurationMs = math.Float64frombits(u.number()), math.Float64frombits(u.number())
	e.RequestSize, e.Size, e.CloseCode = int64(u.number()), int64(u.number()), int(u.number())
	e.Kind = Kind(u.text())
	e.ContactID, e.ParticipantID, e.Role, e.Action = u.text(), u.text(), u.text(), u.text()
	e.Direction = Direction(u.text())
	e.Method, e.Scheme, e.Host, e.Path, e.Protocol, e.Origin = u.text(), u.text(), u.text(), u.text(), u.text(), u.text()
	e.ContentType, e.Topic, e.SocketID, e.Fault = u.text(), u.text(), u.text(), u.text()
	if flags&8 != 0 {
		e.Problem = &Problem{Rule: u.text(), Sentence: u.text(), Hint: u.text(), Docs: u.text()}
	}
	if flags&16 != 0 {
		e.Flow = u.flowStep(summary)
	}
	if !summary {
		e.RequestHeaders, e.ResponseHeaders = u.headers(), u.headers()
		e.RequestBody, e.ResponseBody = u.text(), u.text()
	}
	return e
}
