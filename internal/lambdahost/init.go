package lambdahost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// errorType is what Lambda shows beside the text of a failed init.
const errorType = "Runtime.InvalidConfiguration"

// FailInit reports why a function cannot start: as one line to log, and to Lambda's Runtime
// API, which shows it as the reason in its own lines and as the answer of invocations. api is
// what Lambda puts into AWS_LAMBDA_RUNTIME_API; empty, when the program is started by hand,
// reports to nobody. The caller ends the process afterwards. The error is that of reporting.
//
// The text is the cause's Sentence, if it has one, otherwise its error, in one line.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror
func FailInit(ctx context.Context, cause error, api string, log io.Writer) error {
	text := scrub(sentence(cause))
	handler := slog.NewJSONHandler(log, &slog.HandlerOptions{ReplaceAttr: lambdacontext.ReplaceAttr})
	slog.New(handler).LogAttrs(ctx, slog.LevelError, "the function does not start", slog.String("reason", text))
	if api == "" {
		return nil
	}
	body, err := json.Marshal(map[string]string{"errorType": errorType, "errorMessage": text})
	if err != nil {
		return fmt.Errorf("encoding the reason: %w", err)
	}
	// The address is on the same machine, which may be busy; without a limit a broken one would hold the
	// init, for which Lambda gives ten seconds.
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+api+"/2018-06-01/runtime/init/error", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("addressing the runtime api: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Lambda-Runtime-Function-Error-Type", errorType)
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r) // never through a proxy
	if err != nil {
		return fmt.Errorf("telling the runtime api: %w", err)
	}
	_ = answer.Body.Close() // nothing in it is needed
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("telling the runtime api: it answered %d", answer.StatusCode)
	}
	return nil
}

func sentence(cause error) string {
	if one, ok := errors.AsType[interface {
		error
		Sentence() string
	}](cause); ok {
		return one.Sentence()
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(cause.Error(), "\n", "; ")), " ")
}
