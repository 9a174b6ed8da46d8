package identity

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// renewAfter is how long keys are used before they are fetched anew, so that a key that
	// the provider has withdrawn is not accepted for ever.
	renewAfter = time.Hour
	// retryAfter is when a fetch that failed is tried again, if no unknown key asks for one
	// before.
	retryAfter = time.Minute
)

// remoteKeys are the keys that an identity provider publishes.
//
// The library's key set fetches them for the first token and whenever a token names a key it
// does not know; around it stand what it lacks: a bound on fetches (see limited), finding the
// address when the first token comes, fetching anew now and then, and telling a token that no
// key fits from keys that could not be had.
type remoteKeys struct {
	issuer, url          string // url is empty when the discovery document says it
	discovery, publisher *http.Client
	turn                 chan struct{} // holds a value while somebody looks for the keys

	mu      sync.Mutex
	set     *oidc.RemoteKeySet // nil until the address is known
	renewAt time.Time
	failing bool // the last fetch failed

	// wrong is what the last reading of the discovery document found, if that was a mistake in the
	// configuration. It belongs to whoever has the turn.
	wrong *issuerError
}

func newRemoteKeys(issuer, url string, client *http.Client) *remoteKeys {
	k := &remoteKeys{
		issuer: issuer, url: url, turn: make(chan struct{}, 1),
		discovery: newClient(client), publisher: newClient(client),
	}
	if url != "" {
		k.set, k.renewAt = k.newSet(url), time.Now().Add(renewAfter)
	}
	return k
}

// newSet returns a key set that has fetched nothing yet.
func (k *remoteKeys) newSet(url string) *oidc.RemoteKeySet {
	return oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), k.publisher), url)
}

// verify returns the payload of a token that one of the keys has signed. Its errors are a
// refusal or an *outage.
func (k *remoteKeys) verify(ctx context.Context, token string) ([]byte, error) {
	set, due, err := k.known(ctx)
	if err != nil {
		return nil, err
	}
	if due {
		select {
		case k.turn <- struct{}{}:
			defer func() { <-k.turn }()
			payload, err := k.renew(ctx, token)
			if _, down := errors.AsType[*outage](err); !down {
				return payload, err
			}
			// The keys that are known serve on.
		default: // somebody else does it
		}
	}
	payload, err := set.VerifySignature(ctx, token)
	if err != nil {
		return nil, k.judge(ctx, err)
	}
	return payload, nil
}

// known returns the key set, and whether it is time for a new one. Without a set it finds
// out where the keys are, one caller at a time.
func (k *remoteKeys) known(ctx context.Context) (set *oidc.RemoteKeySet, due bool, err error) {
	look := func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		set, due = k.set, time.Now().After(k.renewAt)
		return set != nil
	}
	if look() {
		return set, due, nil
	}
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return nil, false, &outage{"finding the identity provider's keys", ctx.Err()}
	}
	if look() {
		return set, due, nil
	}
	url, err := k.discover(ctx)
	if err != nil {
		return nil, false, err
	}
	set = k.newSet(url)
	k.replace(set)
	return set, false, nil
}

// renew checks a token with a new key set, which replaces the old one when its keys could be
// fetched. Whoever calls it has the turn.
func (k *remoteKeys) renew(ctx context.Context, token string) ([]byte, error) {
	url := k.url
	if url == "" {
		var err error
		if url, err = k.discover(ctx); err != nil {
			k.postpone()
			return nil, &outage{"finding the identity provider's keys", err} // those that are known serve on
		}
	}
	set := k.newSet(url)
	payload, err := set.VerifySignature(ctx, token)
	if errors.Is(err, errLimited) { // the new set knows nothing yet, so this is no judgement
		k.postpone()
		return nil, &outage{"fetching the identity provider's keys", err}
	}
	if err != nil {
		err = k.judge(ctx, err)
		if _, down := errors.AsType[*outage](err); down {
			k.postpone()
			return nil, err
		}
	}
	k.replace(set)
	return payload, err
}

func (k *remoteKeys) replace(set *oidc.RemoteKeySet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.set, k.renewAt, k.failing = set, time.Now().Add(renewAfter), false
}

func (k *remoteKeys) postpone() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.renewAt = time.Now().Add(retryAfter)
}

// judge says what an error of the key set means.
func (k *remoteKeys) judge(ctx context.Context, err error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return &outage{"waiting for the identity provider's keys", ctx.Err()}
	case errors.Is(err, errLimited):
		if k.failing {
			return &outage{"fetching the identity provider's keys", err}
		}
		return errSignature // the keys were fetched a moment ago, and it is none of them
	case strings.HasPrefix(err.Error(), "fetching keys "): // the library has no type for it
		k.failing = true
		if soon := time.Now().Add(retryAfter); k.renewAt.After(soon) {
			k.renewAt = soon // and then ask for their address too
		}
		return &outage{"fetching the identity provider's keys", err}
	}
	k.failing = false // a set that knows no fitting key has fetched them just now
	return errSignature
}

// discover asks the provider where its keys are.
//
// Source: https://openid.net/specs/openid-connect-discovery-1_0.html, section 4
func (k *remoteKeys) discover(ctx context.Context) (string, error) {
	const doing = "reading the identity provider's discovery document"
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, k.discovery), k.issuer)
	if errors.Is(err, errLimited) && k.wrong != nil {
		return "", k.wrong // nothing has changed since
	}
	if k.wrong = misplaced(k.issuer, err); k.wrong != nil {
		return "", k.wrong
	}
	if err != nil {
		return "", &outage{doing, err}
	}
	var document struct {
		KeysURL string `json:"jwks_uri"`
	}
	if err := found.Claims(&document); err != nil {
		return "", &outage{doing, err}
	}
	if err := checkAddress(document.KeysURL); err != nil {
		return "", &outage{doing, fmt.Errorf("its jwks_uri %w", err)}
	}
	return document.KeysURL, nil
}

// misplaced returns what an error of reading the discovery document says about the issuer; nil
// when it may be gone the next time.
func misplaced(issuer string, err error) *issuerError {
	const remedy = "set jwt-issuer (JWT_ISSUER) exactly as the provider writes it"
	if other, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		wrong := &issuerError{fmt.Sprintf("the provider at %s names itself %q", issuer, other.Discovered), remedy, err}
		if checkAddress(other.Discovered) == nil {
			wrong.remedy = "set jwt-issuer (JWT_ISSUER) to " + other.Discovered
		}
		return wrong
	}
	what := ""
	if status, ok := errors.AsType[statusError](err); ok && (status == http.StatusNotFound || status == http.StatusGone || status/100 == 3) {
		what = status.Error()
	}
	if unknown, ok := errors.AsType[*net.DNSError](err); ok && unknown.IsNotFound {
		what = "there is no such host"
	}
	if err != nil && strings.Contains(err.Error(), "decode provider discovery object") { // the library has no type for it
		what = "the answer is another document"
	}
	if what == "" {
		return nil
	}
	return &issuerError{"no provider is found at " + strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration: " + what, remedy, err}
}
