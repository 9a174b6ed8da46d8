package recording

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

const (
	// maxLine is the longest line that is read, in bytes; maxEvents how many events.
	maxLine   = 8 << 20
	maxEvents = 200_000
)

// Recording is what a file holds.
type Recording struct {
	Header Header
	// Chats are in the order in which they began.
	Chats []*Chat
	// CutOff says that the last line was not complete and is left out, as after the end of the
	// program in the middle of it.
	CutOff bool
}

// Chat is one recorded chat of a customer.
type Chat struct {
	// Contact is its id; empty for one that did not start.
	Contact string
	// Events are in the order in which they began.
	Events []Event

	participant string
	start       int       // of the events: the call that started it; less than zero for none
	created     time.Time // what Event.At counts from
	last        float64   // At of the last event
	ids         []string  // that stand in it
}

// FormatError is a file that is no recording.
type FormatError struct {
	Line    int
	Problem string
}

// Error implements error.
func (e *FormatError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Problem) }

// Read reads a recording. Errors about what it holds are of type [*FormatError].
func Read(from io.Reader) (*Recording, error) {
	lines := bufio.NewReaderSize(from, 64<<10)
	r := &Recording{}
	var events []Event
	for number := 1; ; number++ {
		line, err := readLine(lines)
		whole := err == nil
		if err != nil && !errors.Is(err, io.EOF) {
			if errors.Is(err, errLongLine) {
				return nil, &FormatError{number, err.Error()}
			}
			return nil, fmt.Errorf("reading a recording: %w", err)
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			problem := r.read(number, text, &events)
			if problem != "" && !whole && number > 1 {
				r.CutOff = true
			} else if problem != "" {
				return nil, &FormatError{number, problem}
			}
		}
		if !whole {
			break
		}
	}
	if r.Header.Format == "" {
		return nil, &FormatError{1, "the file is empty"}
	}
	r.group(events)
	if len(r.Chats) == 0 {
		return nil, &FormatError{1, "the recording holds no chat"}
	}
	return r, nil
}

var errLongLine = fmt.Errorf("the line is too long: it has more than %d bytes", maxLine)

// readLine reads a line; the last one may lack its end, which is io.EOF.
func readLine(from *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := from.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, errLongLine
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		}
	}
}

// read reads a line that is not empty, and says what is wrong with it.
func (r *Recording) read(number int, line []byte, events *[]Event) (problem string) {
	if r.Header.Format == "" {
		return r.readHeader(line)
	}
	event := Event{line: number}
	if err := json.Unmarshal(line, &event); err != nil {
		return "it is no event: " + err.Error()
	}
	switch event.Kind {
	case Call, Open, Close, Frame:
	default:
		return fmt.Sprintf("its kind is %.20q, not call, open, close or frame", event.Kind)
	}
	const longest = float64(365 * 24 * time.Hour / time.Millisecond)
	switch {
	case len(*events) == maxEvents:
		return fmt.Sprintf("there are more than %d events", maxEvents)
	case math.IsNaN(event.At) || event.At < 0 || event.At > longest || event.Took < 0 || event.Took > longest:
		return "its time is no length of time"
	case event.Kind == Call && (event.Action == "" || event.Status < 100 || event.Status > 599):
		return "the call has no action or no status"
	case event.Contact == "" && (event.Action != startAction || event.Status < 400):
		return "it names no contact"
	}
	*events = append(*events, event)
	return ""
}

func (r *Recording) readHeader(line []byte) (problem string) {
	var header Header
	if json.Unmarshal(line, &header) != nil || header.Format != format {
		return "this is no recording of Parley: its first line is another"
	}
	if header.Version > Version {
		return fmt.Sprintf("the recording has version %d, and this Parley reads up to %d: use a newer one", header.Version, Version)
	}
	if header.Version < 1 {
		return "the recording has no version"
	}
	r.Header = header
	return ""
}

// group sorts events into chats.
func (r *Recording) group(events []Event) {
	// A call is noted down when it is over, but what it causes comes after its beginning.
	slices.SortStableFunc(events, func(a, b Event) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	chats := map[string]*Chat{}
	for _, event := range events {
		chat := chats[event.Contact]
		if chat == nil || event.Contact == "" {
			chat = &Chat{Contact: event.Contact, start: -1, created: r.Header.Created}
			chats[event.Contact] = chat
			r.Chats = append(r.Chats, chat)
		}
		if event.Action == startAction && chat.start < 0 {
			chat.start = len(chat.Events)
		}
		if chat.participant == "" {
			chat.participant = event.Participant
		}
		chat.last = max(chat.last, event.At)
		chat.Events = append(chat.Events, event)
	}
	for _, chat := range r.Chats {
		chat.ids = idsIn(chat)
	}
}
