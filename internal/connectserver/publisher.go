package connectserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// PublisherConfig is what a [Publisher] needs.
type PublisherConfig struct {
	// Targets are the addresses that stand for the endpoints of streams: by the ARN of an
	// endpoint, an http or https URL. What goes to an endpoint without one is written to the log.
	Targets map[string]string
	// Encode makes the JSON text of an item, as a chat socket delivers it. Required.
	Encode func(item *transcript.Item) ([]byte, error)
	// Client makes the calls; nil means one that waits 10 seconds and follows no redirect.
	Client *http.Client
	// Account stands in the attributes of messages; empty means 000000000000.
	Account string
	// Log is told of endpoints without a target (Warn, once each), of messages to them (Info) and
	// of lost ones (Warn); nil discards.
	Log *slog.Logger
}

// Bounds of publishing. Amazon SNS also gives up after a while.
const (
	maxWaiting      = 1024
	maxTold         = 1024
	publishAttempts = 4
	firstRetry      = 250 * time.Millisecond // doubled each time
)

// Publisher sends the items of contacts that are streamed to where they go, each target in
// order. A target that is too slow or stays away loses messages; chats never wait for it.
// It is safe for concurrent use.
type Publisher struct {
	encode  func(item *transcript.Item) ([]byte, error)
	client  *http.Client
	account string
	log     *slog.Logger
	targets map[string]*target // by ARN
	logged  *target            // for endpoints without an address; nil until there is something for them
	running sync.WaitGroup
	ctx     context.Context //nolint:containedctx // ends with the publisher, which owns its goroutines
	cancel  context.CancelFunc

	mu     sync.Mutex
	closed bool
	told   map[string]bool // the endpoints without an address that the log knows of
}

// target is one place items go to; url is empty for the log.
type target struct {
	url   string
	queue chan published
}

// published is an item on its way to an endpoint.
type published struct {
	endpoint, instanceID, visibility string
	item                             transcript.Item
}

// NewPublisher returns a publisher. Close ends it.
func NewPublisher(cfg PublisherConfig) (*Publisher, error) {
	if cfg.Encode == nil {
		return nil, errors.New("a publisher needs to know how items are encoded")
	}
	p := &Publisher{encode: cfg.Encode, client: cfg.Client, account: cfg.Account, log: cfg.Log, targets: map[string]*target{}, told: map[string]bool{}}
	if p.client == nil {
		p.client = &http.Client{
			Timeout:       10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if p.account == "" {
		p.account = "000000000000"
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	for arn, url := range cfg.Targets {
		p.targets[arn] = p.begin(url)
	}
	return p, nil
}

// begin begins to send to a target.
func (p *Publisher) begin(url string) *target {
	t := &target{url: url, queue: make(chan published, maxWaiting)}
	p.running.Go(func() { p.run(p.ctx, t) })
	return t
}

// Publish hands over an item of a contact that is streamed. It does not block.
func (p *Publisher) Publish(contact chat.Contact, item transcript.Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	for _, stream := range contact.Streaming {
		t := p.targets[stream.Endpoint]
		if t == nil {
			if p.logged == nil {
				p.logged = p.begin("")
			}
			t = p.logged
			p.tell(stream.Endpoint)
		}
		select {
		case t.queue <- published{stream.Endpoint, contact.InstanceID, visibility(&contact, &item), item}:
		default:
			p.log.LogAttrs(context.Background(), slog.LevelWarn, "streamed item lost: the endpoint is too slow",
				slog.String("endpoint", stream.Endpoint), slog.String("contact_id", contact.ID))
		}
	}
}

// visibility says which side sees an item: one that a whisper flow says only one does.
func visibility(contact *chat.Contact, item *transcript.Item) string {
	if only, ok := contact.Participant(item.Only); ok {
		return string(only.Role)
	}
	return "ALL"
}

// tell says once that nothing will arrive at an endpoint, because nobody sees that from the
// answer of StartContactStreaming.
func (p *Publisher) tell(endpoint string) {
	if p.told[endpoint] || len(p.told) >= maxTold {
		return
	}
	p.told[endpoint] = true
	p.log.LogAttrs(context.Background(), slog.LevelWarn, "a chat is streamed to a topic without a stream target: this log says which items it has, and they go nowhere",
		slog.String("endpoint", endpoint), slog.String("hint", "start with --stream-target "+endpoint+"=URL"))
}

// Close sends what is waiting, until ctx is done, and ends the publisher.
func (p *Publisher) Close(ctx context.Context) error {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		if p.logged != nil {
			close(p.logged.queue)
		}
		for _, t := range p.targets {
			close(t.queue)
		}
	}
	p.mu.Unlock()
	stop := context.AfterFunc(ctx, p.cancel)
	p.running.Wait()
	p.cancel()
	if !stop() {
		return fmt.Errorf("publishing what was left: %w", context.Cause(ctx))
	}
	return nil
}

func (p *Publisher) run(ctx context.Context, t *target) {
	for one := range t.queue {
		if t.url == "" {
			p.log.LogAttrs(ctx, slog.LevelInfo, "streamed item", slog.String("endpoint", one.endpoint),
				slog.String("contact_id", one.item.ContactID), slog.String("type", string(one.item.Type)),
				slog.String("content_type", one.item.ContentType))
			continue
		}
		id := uuid.NewString()
		message, err := p.message(id, one)
		if err == nil {
			err = p.deliver(ctx, t.url, id, one.endpoint, message)
		}
		if err != nil {
			p.log.LogAttrs(ctx, slog.LevelWarn, "streamed item lost", slog.String("endpoint", one.endpoint),
				slog.String("contact_id", one.item.ContactID), slog.Any("error", err))
		}
	}
}

// deliver posts a message, again after failures that may pass.
func (p *Publisher) deliver(ctx context.Context, url, id, endpoint string, message []byte) error {
	for attempt, wait := 1, firstRetry; ; attempt, wait = attempt+1, 2*wait {
		again, err := p.post(ctx, url, id, endpoint, message)
		if err == nil || !again || attempt == publishAttempts || ctx.Err() != nil {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// post makes one attempt and says whether another one makes sense.
func (p *Publisher) post(ctx context.Context, url, id, endpoint string, message []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(message))
	if err != nil {
		return false, fmt.Errorf("making the call: %w", err)
	}
	req.Header.Set("Content-Type", "text/plain; charset=UTF-8") // as Amazon SNS labels its JSON
	req.Header.Set("x-amz-sns-message-type", "Notification")
	req.Header.Set("x-amz-sns-message-id", id)
	req.Header.Set("x-amz-sns-topic-arn", endpoint)
	resp, err := p.client.Do(req)
	if err != nil {
		return true, fmt.Errorf("posting: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	_ = resp.Body.Close()                                         // it was only read
	if resp.StatusCode/100 == 2 {
		return false, nil
	}
	return resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests, fmt.Errorf("posting: the endpoint answered %d", resp.StatusCode)
}

// notification is a message as Amazon SNS posts it, without its signature.
//
// Source: https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html
type notification struct {
	Type              string
	MessageID         string `json:"MessageId"`
	TopicARN          string `json:"TopicArn"`
	Message           string
	Timestamp         string
	MessageAttributes map[string]attribute
}

// attribute is a message attribute.
type attribute struct{ Type, Value string }

// message makes the notification of an item.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/sns-payload.html
func (p *Publisher) message(id string, one published) ([]byte, error) {
	text, err := p.encode(&one.item)
	if err != nil {
		return nil, fmt.Errorf("encoding an item: %w", err)
	}
	n := notification{
		Type: "Notification", MessageID: id, TopicARN: one.endpoint, Message: string(text), Timestamp: isoTime(one.item.Time),
		MessageAttributes: map[string]attribute{},
	}
	for name, value := range map[string]string{
		"InitialContactId": one.item.InitialContactID, "ContactId": one.item.ContactID, "ParticipantRole": string(one.item.Role),
		"InstanceId": one.instanceID, "AccountId": p.account, "Type": string(one.item.Type), "ContentType": one.item.ContentType,
		"MessageVisibility": one.visibility,
	} {
		if value != "" { // an attribute cannot be empty
			n.MessageAttributes[name] = attribute{"String", value}
		}
	}
	body, err := json.Marshal(&n, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encoding a message: %w", err)
	}
	return body, nil
}
