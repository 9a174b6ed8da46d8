package chat_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
)

func TestStart(t *testing.T) {
	t.Parallel()
	s := chat.NewService()
	started := s.Start(chat.StartRequest{
		InstanceID: "i", FlowID: "f", DisplayName: "Pat", Attributes: map[string]string{"k": "v"},
		ContentTypes: []string{"text/plain"}, InitialMessage: &chat.Message{ContentType: "text/plain", Content: "hi"},
	})
	for _, id := range []string{started.ContactID, started.ParticipantID} {
		if _, err := uuid.Parse(id); err != nil {
			t.Errorf("%q is not a UUID", id)
		}
	}
	if token := started.Token.Reveal(); !strings.HasPrefix(token, "QVFJREFI") || len(token) > 1000 || len(token) < 32 {
		t.Errorf("the token has %d characters", len(token))
	}
	if strings.Contains(fmt.Sprintf("%+v", started), started.Token.Reveal()) {
		t.Error("a started chat prints its token")
	}
	contact, err := s.Contact(started.ContactID)
	if err != nil {
		t.Fatal(err)
	}
	if contact.InitialID != contact.ID || contact.Customer.ID != started.ParticipantID || contact.Customer.DisplayName != "Pat" ||
		contact.Customer.Role != chat.Customer || contact.Attributes["k"] != "v" || contact.Duration != 25*time.Hour {
		t.Errorf("contact = %+v", contact)
	}
	contact.Attributes["k"] = "changed"
	if again, _ := s.Contact(started.ContactID); again.Attributes["k"] != "v" {
		t.Error("a caller can change a contact's attributes from outside")
	}
	if _, err := s.Contact("no-such-contact"); err == nil {
		t.Error("a contact that does not exist was found")
	}
}

func TestClientTokenStartsOneChat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := chat.NewService()
		request := chat.StartRequest{InstanceID: "i", ClientToken: "once"}
		first := s.Start(request)
		<-time.After(time.Hour)
		second := s.Start(request)
		if !second.Repeated || second.ContactID != first.ContactID || second.Token != first.Token {
			t.Errorf("the same client token started another chat: %v, %v", first, second)
		}
		request.InstanceID = "another"
		if other := s.Start(request); other.Repeated {
			t.Error("a client token of one instance was taken for another's")
		}
		if a, b := s.Start(chat.StartRequest{}), s.Start(chat.StartRequest{}); a.ContactID == b.ContactID {
			t.Error("two starts without a token made one chat")
		}
		<-time.After(chat.IdempotencyWindow)
		request.InstanceID = "i"
		if late := s.Start(request); late.Repeated {
			t.Error("the client token is remembered for longer than its window")
		}
	})
}

func TestContactNobodyConnectsToEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := chat.NewService()
		started := s.Start(chat.StartRequest{})
		<-time.After(chat.ConnectWithin - time.Second)
		later := s.Start(chat.StartRequest{})
		if s.Active() != 2 {
			t.Errorf("%d contacts are active, want 2", s.Active())
		}
		<-time.After(time.Second)
		if _, err := s.Contact(started.ContactID); err == nil {
			t.Error("the contact is active after five minutes without its customer")
		}
		if _, err := s.Contact(later.ContactID); err != nil {
			t.Error("the later contact ended too")
		}
	})
}

// However many starts repeat a token at the same time, there is one chat.
func TestConcurrentRepeats(t *testing.T) {
	t.Parallel()
	s := chat.NewService()
	var wg sync.WaitGroup
	ids := make([]string, 64)
	for i := range ids {
		wg.Go(func() { ids[i] = s.Start(chat.StartRequest{ClientToken: "same"}).ContactID })
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("two chats were started: %s and %s", ids[0], id)
		}
	}
	if s.Active() != 1 {
		t.Errorf("%d contacts are active, want 1", s.Active())
	}
}
