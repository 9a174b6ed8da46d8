package frontdoor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awscall"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/rawjson"
	"github.com/parley-chat/parley/internal/secret"
)

const (
	// secretMaxAge is the age from which on a secret is read again.
	secretMaxAge = 5 * time.Minute
	// secretRetry is the wait after a reading that failed.
	secretRetry = 30 * time.Second
	// firstReadWait and rereadWait bound reading both versions. A Lambda function has ten
	// seconds to start, and a request that reads anew has to be answered too.
	firstReadWait = 8 * time.Second
	rereadWait    = 3 * time.Second
	// minKey is the least length of a key of HMAC-SHA-256, in bytes (RFC 7518, section 3.2).
	minKey = 32

	stageCurrent, stagePrevious = "AWSCURRENT", "AWSPREVIOUS"
)

// SecretConfig says which secret to read.
type SecretConfig struct {
	// ARN names the secret, as AWS Secrets Manager does:
	// arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME. Its Region is where it is read,
	// whatever Region chats are started in.
	ARN string
	// Profile and Transport are those of [awscall.Config].
	Profile   string
	Transport http.RoundTripper
	// Log receives the failures of later readings, and the SDK's warnings; nil discards them.
	Log *slog.Logger
}

// SecretSource reads a signing key, and the one before it, from AWS Secrets Manager: the
// versions staged AWSCURRENT and AWSPREVIOUS. A version is the key itself or a JSON object
// with the member "key". It keeps what it read and reads it again, in the course of a call,
// once it is five minutes old; when that fails, the keys before stay good. So a new key is
// known everywhere five minutes after it became current, which is when to begin to sign with
// it.
//
// No error, log line or printed form of it holds a value of the secret. It is safe for
// concurrent use.
type SecretSource struct {
	arn    string
	region string
	client *awscall.Client
	log    *slog.Logger

	mu      sync.Mutex
	keys    []secret.Text
	readAt  time.Time // by the wall clock: a frozen function's monotonic clock stands still
	tryAt   time.Time // not before
	reading bool
	failing bool
}

// NewSecretSource reads the secret for the first time. Errors have a Hint method: an
// [awscall.ConfigError] or [awscall.CredentialsError], and a [SecretError] about the secret.
func NewSecretSource(ctx context.Context, cfg SecretConfig) (*SecretSource, error) {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	name, _ := arn.Parse(cfg.ARN)
	if name.Secret() == "" {
		return nil, &SecretError{
			problem: fmt.Sprintf("finding the secret: %q is not the arn of a secret", cfg.ARN),
			hint:    "give the whole ARN, as the console of AWS Secrets Manager shows it",
		}
	}
	session, err := awscall.Load(ctx, awscall.Config{Region: name.Region, Profile: cfg.Profile, MaxIdleConns: 1, Transport: cfg.Transport, Log: log})
	if err != nil {
		return nil, err
	}
	service := awscall.Service{ID: "Secrets Manager", Signing: "secretsmanager", Title: "AWS Secrets Manager"}
	client, err := session.Client(service, "")
	if err != nil {
		return nil, err
	}
	if err := session.Obtain(ctx); err != nil {
		return nil, err
	}
	s := &SecretSource{arn: cfg.ARN, region: name.Region, client: client, log: log}
	bounded, cancel := context.WithTimeout(ctx, firstReadWait)
	defer cancel()
	keys, err := s.read(bounded)
	if err != nil {
		return nil, err
	}
	s.keep(keys)
	return s, nil
}

// Keys implements [identity.KeySource]: the current key and, if there is one, its predecessor. The
// error is always nil, because [NewSecretSource] has read a key.
func (s *SecretSource) Keys(ctx context.Context) ([]secret.Text, error) {
	now := time.Now().Round(0)
	s.mu.Lock()
	keys := s.keys
	due := !s.reading && now.Sub(s.readAt) >= secretMaxAge && !now.Before(s.tryAt)
	if due {
		s.reading = true // the others go on with what is known
	}
	s.mu.Unlock()
	if !due {
		return keys, nil
	}
	return s.reread(ctx), nil
}

// reread reads the secret again and returns the keys that are good then. The caller may go
// away meanwhile: what is read serves the others.
func (s *SecretSource) reread(ctx context.Context) []secret.Text {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), rereadWait)
	defer cancel()
	keys, err := s.read(bounded)

	s.mu.Lock()
	failedBefore := s.failing
	s.reading, s.failing = false, err != nil
	if err != nil {
		s.tryAt = time.Now().Round(0).Add(secretRetry)
		keys = s.keys
	}
	s.mu.Unlock()
	switch {
	case err == nil:
		s.keep(keys)
		if failedBefore {
			s.log.InfoContext(ctx, "the secret can be read again", "secret", s.arn)
		}
	case !failedBefore:
		hint := ""
		if e, ok := errors.AsType[*SecretError](err); ok {
			hint = e.hint
		}
		s.log.ErrorContext(ctx, "cannot read the secret again; the keys before stay in use",
			"secret", s.arn, "error", err, "hint", hint)
	}
	return keys
}

func (s *SecretSource) keep(keys []secret.Text) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.readAt, s.tryAt = keys, time.Now().Round(0), time.Time{}
}

// read asks for both versions.
func (s *SecretSource) read(ctx context.Context) ([]secret.Text, error) {
	current, err := s.version(ctx, stageCurrent)
	if err != nil {
		return nil, s.callError(err, stageCurrent)
	}
	key, problem := keyOf(current)
	if problem != "" {
		return nil, &SecretError{
			problem: fmt.Sprintf("reading the secret %s: its value %s", s.arn, problem),
			hint:    "store a random key, for example of `openssl rand -base64 33`, as the secret's text or as the member key of a JSON object",
		}
	}
	keys := []secret.Text{key}
	previous, err := s.version(ctx, stagePrevious)
	if err != nil {
		if refusal, ok := errors.AsType[*awswire.Error](err); ok && refusal.Name == "ResourceNotFoundException" {
			return keys, nil // the secret has had one value only
		}
		return nil, s.callError(err, stagePrevious)
	}
	// A value that is no key never signed anything: secrets often begin with a placeholder.
	if key, problem := keyOf(previous); problem == "" {
		keys = append(keys, key)
	}
	return keys, nil
}

// version asks for the text of one version, which is nil for a binary secret.
//
// Sources: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html and
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
func (s *SecretSource) version(ctx context.Context, stage string) (*string, error) {
	body, err := json.Marshal(struct {
		ID    string `json:"SecretId"`
		Stage string `json:"VersionStage"`
	}{s.arn, stage})
	if err != nil {
		return nil, err
	}
	answer, err := s.client.Call(ctx, awscall.Operation{
		Method: http.MethodPost, Path: "/", ContentType: "application/x-amz-json-1.1", Target: "secretsmanager.GetSecretValue",
	}, body)
	if err != nil {
		return nil, err
	}
	var out struct{ SecretString *string }
	err = answer.JSON(&out)
	return out.SecretString, err
}

// keyOf returns the key in the text of a version, or the problem with it.
func keyOf(version *string) (key secret.Text, problem string) {
	if version == nil {
		return secret.Text{}, "is binary and not text"
	}
	text := *version
	if object := jsontext.Value(text); object.IsValid() && object.Kind() == '{' {
		member := rawjson.Member(object, "key")
		if member.Kind() != '"' {
			return secret.Text{}, `is a JSON object without a text member "key"`
		}
		text = rawjson.Text(member)
	}
	if len(text) < minKey {
		return secret.Text{}, fmt.Sprintf("is a key of %d bytes, and %d are needed at least", len(text), minKey)
	}
	return secret.New(text), ""
}

// Format implements [fmt.Formatter]: the source holds keys, and no verb prints them.
func (s *SecretSource) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "frontdoor.SecretSource(%s)", s.arn) // fmt reports a failed write itself
}

// LogValue implements [slog.LogValuer].
func (s *SecretSource) LogValue() slog.Value { return slog.StringValue(s.arn) }

// SecretError says why a secret could not be read, or holds no key.
type SecretError struct {
	problem, hint string
	err           error
}

// Error implements error.
func (e *SecretError) Error() string { return e.problem }

// Unwrap returns the context's error when a deadline or a cancellation ended the reading.
func (e *SecretError) Unwrap() error { return e.err }

// Hint says what to do about it.
func (e *SecretError) Hint() string { return e.hint }

// callError explains a failed call.
func (s *SecretSource) callError(err error, stage string) error {
	e := &SecretError{}
	for _, kept := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, kept) {
			e.err = kept
		}
	}
	code, text := "", err.Error()
	if refusal, ok := errors.AsType[*awswire.Error](err); ok && refusal.Name != "" {
		code, text = refusal.Name, refusal.Name+": "+refusal.Message
	}
	e.problem = fmt.Sprintf("reading the secret %s (%s): %s", s.arn, stage, text)
	switch code {
	case "AccessDeniedException":
		e.hint = "allow secretsmanager:GetSecretValue on the secret to the role that runs this, and kms:Decrypt if the secret " +
			"is encrypted with a key of your own; a secret of another account needs a resource policy too"
	case "ResourceNotFoundException":
		e.hint = fmt.Sprintf("there is no such secret, or no value of it, in the Region %s; compare the ARN with "+
			"`aws secretsmanager list-secrets --region %s`", s.region, s.region)
	case "DecryptionFailure":
		e.hint = "the KMS key of the secret cannot be used; see whether it is enabled and whether the role may kms:Decrypt with it"
	case "InvalidRequestException":
		e.hint = "the secret may be marked for deletion; restore it with `aws secretsmanager restore-secret`"
	case "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException", "InvalidClientTokenId":
		e.hint = "the credentials are not accepted; renew them, and check that they are of the secret's partition"
	case "":
		e.hint = fmt.Sprintf("AWS Secrets Manager could not be reached in the Region %s; in a VPC without a way out it needs "+
			"an interface endpoint", s.region)
		if missing, ok := errors.AsType[*awscall.CredentialsError](err); ok {
			e.hint = missing.Hint()
		}
	default:
		e.hint = "try again later; if it goes on, look the error up in the reference of GetSecretValue"
	}
	return e
}
