package awscall

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
)

// sighting is an answer's evidence of the service's clock.
type sighting struct {
	ahead time.Duration
	ok    bool
}

// skewThreshold is the difference from which on a refusal is put down to the clock.
const skewThreshold = 4 * time.Minute

// learnClock keeps the service's time for later signatures and reports whether the
// failure came from signing with the wrong one. These are the SDK's rules: any of
// the codes may mean something else, so the answer's Date decides.
func (x *exchange) learnClock(seen sighting, err error) (skewed bool) {
	if x.client.fixedClock {
		return false
	}
	if !seen.ok {
		return false
	}
	used := x.skew
	x.skew = seen.ahead
	x.client.skew.Store(int64(seen.ahead))
	refusal, ok := errors.AsType[*awswire.Error](err)
	if !ok {
		return false
	}
	switch refusal.Name {
	case "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed", "AccessDeniedException":
		return (used - seen.ahead).Abs() > skewThreshold
	}
	return false
}

// sight compares an answer's Date with this machine's clock. Answers of caches and
// of calls that took very long say nothing.
func sight(header http.Header, sent, received time.Time) sighting {
	const longest = 15 * time.Minute
	date := header.Get("Date")
	if date == "" || header.Get("Age") != "" || received.Sub(sent) > longest {
		return sighting{}
	}
	server, err := http.ParseTime(date)
	if err != nil {
		return sighting{}
	}
	return sighting{ahead: server.Sub(received), ok: true}
}

// ServerDate asks the endpoint for its time, with one unsigned request that needs no
// permission. Any answer will do: the call also shows whether the endpoint can be
// reached.
func (c *Client) ServerDate(ctx context.Context) (time.Time, error) {
	request := (&http.Request{
		Method: http.MethodGet, URL: c.address("/", ""), Host: c.base.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"User-Agent": {c.session.userAgent}},
	}).WithContext(ctx)
	response, err := c.session.transport.RoundTrip(request)
	if err != nil {
		return time.Time{}, fmt.Errorf("calling %s: %w", c.service.Title, err)
	}
	defer func() { _ = response.Body.Close() }() // its text does not matter
	_, _ = readAnswer(response)                  // read only so that the connection can be used again
	date, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the date of %s: %w", c.Endpoint(), err)
	}
	return date, nil
}
