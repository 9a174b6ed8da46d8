package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Examine asks the identity provider of a configuration, in mode OIDC, for what tokens are checked
// with: its discovery document, which has to name the configured issuer, and its keys. It returns
// one line about what it found. An error whose remedy is known has a method Hint.
func Examine(ctx context.Context, config Config) (string, error) {
	k := newRemoteKeys(config.Issuer, config.JWKSURL, config.HTTP)
	address, err := k.discover(ctx)
	said := config.Issuer + " names itself so"
	if config.JWKSURL != "" { // then nothing else of the provider has to be reached
		if other, ok := errors.AsType[*issuerError](err); ok && other.names() {
			return "", err
		}
		if err != nil {
			said = config.Issuer + " has no discovery document that can be read"
		}
		address, err = config.JWKSURL, nil
	}
	if err != nil {
		return "", err
	}
	n, err := k.count(ctx, address)
	if err != nil {
		return "", fmt.Errorf("fetching the identity provider's keys: %w", err)
	}
	return fmt.Sprintf("%s; %d keys at %s", said, n, address), nil
}

// names reports whether the provider was found, under another name.
func (e *issuerError) names() bool {
	_, ok := errors.AsType[*oidc.IssuerMismatchError](e.cause)
	return ok
}

// count returns how many keys a document has.
func (k *remoteKeys) count(ctx context.Context, address string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	answer, err := k.publisher.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }() // it is in memory
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&document); err != nil || len(document.Keys) == 0 {
		return 0, errors.New(address + " holds no keys")
	}
	return len(document.Keys), nil
}
