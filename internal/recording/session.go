package recording

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/secret"
)

// session is a recorded chat while it is played.
//
// What the recorded server said by itself, the frames, is played in order: each after the calls
// that came before it in the recording have been made, and after the pause there was. A player's
// lock is taken before a session's, that before a socket's.
type session struct {
	player      *Player
	chat        *Chat
	ids         *mapping
	token       secret.Text
	clientToken string
	// issued and tickets are guarded by the player's lock.
	issued  map[tokenKind]secret.Text
	tickets int

	ctx  context.Context //nolint:containedctx // it ends the playing
	stop context.CancelFunc

	mu      sync.Mutex
	news    chan struct{}     // closed when something has happened
	taken   map[int]bool      // the calls that were matched
	used    map[int]time.Time // and when they were made
	sent    map[string]int    // by client token: the call that it was answered with
	sockets map[*socket]struct{}
	playing bool
	over    bool // chat.ended was said
	files   map[string][]byte
	kept    int // bytes of files
}

func newSession(p *Player, chat *Chat) *session {
	s := &session{
		player: p, chat: chat, ids: newMapping(chat, p.speed, time.Now()), issued: map[tokenKind]secret.Text{},
		news: make(chan struct{}), taken: map[int]bool{}, used: map[int]time.Time{}, sent: map[string]int{},
		sockets: map[*socket]struct{}{}, files: map[string][]byte{},
	}
	s.ctx, s.stop = context.WithCancel(p.ctx)
	return s
}

// happened tells the playing goroutine to look again. The caller holds the lock.
func (s *session) happened() {
	close(s.news)
	s.news = make(chan struct{})
}

// made notes that the client has made a recorded call.
func (s *session) made(index int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, done := s.used[index]; !done {
		s.used[index] = time.Now()
		s.happened()
	}
}

// subscribed adds a socket that wants to hear the chat, and begins to play.
func (s *session) subscribed(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets[k] = struct{}{}
	s.happened()
	if !s.playing {
		s.playing = true
		s.player.open.Go(s.play)
	}
}

// left takes a socket out.
func (s *session) left(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sockets, k)
}

func (s *session) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// causes are the calls that what comes after them waits for: those that change the chat. The
// others depend on the client's mood: when it shows that somebody types, how often it fetches
// the transcript.
func causes(action string) bool {
	switch action {
	case "SendMessage", "CompleteAttachmentUpload", "DisconnectParticipant":
		return true
	}
	return false
}

// play plays what the recorded server said by itself.
func (s *session) play() {
	steps := s.chat.steps()
	last := time.Now() // when the step before happened
	for i, step := range steps {
		pause := time.Duration(0)
		if i > 0 && s.player.speed > 0 {
			pause = time.Duration((step.At - steps[i-1].At) * float64(time.Millisecond) / s.player.speed)
		}
		if step.Kind == Call {
			made, ok := s.await(step.index)
			if !ok {
				return
			}
			last = later(last, made)
			continue
		}
		if !s.pause(time.Until(last.Add(pause))) || !s.audience() {
			return
		}
		if step.Kind == Close {
			s.close(step.Code)
		} else {
			s.say(step.Event)
		}
		last = time.Now()
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// await waits until the client has made a call.
func (s *session) await(index int) (made time.Time, ok bool) {
	ok = s.until(func() bool {
		at, done := s.used[index]
		made = at
		return done
	})
	return made, ok
}

// audience waits until somebody listens.
func (s *session) audience() bool { return s.until(func() bool { return len(s.sockets) > 0 }) }

// until waits for a condition, which is asked with the lock held; false when the session ends
// first.
func (s *session) until(is func() bool) bool {
	for {
		s.mu.Lock()
		done, news := is(), s.news
		s.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-news:
		case <-s.ctx.Done():
			return false
		}
	}
}

func (s *session) pause(d time.Duration) bool {
	if d <= 0 {
		return s.ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// say sends a recorded frame to everybody who listens.
func (s *session) say(e *Event) {
	text := s.ids.say(string(e.Text), s.chat.time(e.At))
	s.mu.Lock()
	sockets := make([]*socket, 0, len(s.sockets))
	for k := range s.sockets {
		sockets = append(sockets, k)
	}
	s.over = s.over || strings.Contains(text, endedType)
	s.mu.Unlock()
	for _, k := range sockets {
		k.send(text)
	}
}

// close closes the sockets as the recorded server, or the network, did.
func (s *session) close(code int) {
	s.mu.Lock()
	sockets := s.sockets
	s.sockets = map[*socket]struct{}{}
	s.mu.Unlock()
	for k := range sockets {
		k.Leave(chatsocket.Code(code))
	}
}

const endedType = "application/vnd.amazonaws.connect.event.chat.ended"

// step is what is played or waited for.
type step struct {
	*Event

	index int // of the chat's events
}

// steps returns what is played of a chat. A client that has several sockets hears everything
// several times; it is played once. The end of a socket is played when it was the server's doing
// and another one was opened after it, or when it is the end of the chat.
func (c *Chat) steps() []step {
	var steps []step
	heardOn := map[string]string{} // by text
	lastOpen := -1
	for i := range c.Events {
		if c.Events[i].Kind == Open {
			lastOpen = i
		}
	}
	over := false
	for i := range c.Events {
		e := &c.Events[i]
		switch e.Kind {
		case Call:
			if causes(e.Action) && e.Status < 400 {
				steps = append(steps, step{e, i})
			}
		case Frame:
			if topic, _ := chatsocket.Read([]byte(e.Text)); !e.Out || e.Truncated || topic != chatsocket.TopicChat {
				continue
			}
			if on, heard := heardOn[string(e.Text)]; heard && on != e.Socket {
				continue
			}
			heardOn[string(e.Text)] = e.Socket
			over = over || strings.Contains(string(e.Text), endedType)
			steps = append(steps, step{e, i})
		case Close:
			if e.Out && (i < lastOpen || over) {
				steps = append(steps, step{e, i})
			}
		case Open:
		}
	}
	return steps
}
