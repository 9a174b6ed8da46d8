// Command parley-lambda is the production function: the front door of Amazon Connect chats
// behind API Gateway, a function URL or a load balancer. Its settings are the variables of the
// function's environment; package frontdoor puts its parts together.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/lambdahost"
	"github.com/parley-chat/parley/internal/settings"
)

// version is set by the linker for releases.
var version string

func main() {
	ctx := context.Background()
	s, faults := settings.LoadLambda(os.Environ())
	// Lines are written before the call that logs them returns, and not from a queue as in
	// `parley serve`: Lambda freezes the process after its answer, and what is in memory then is
	// written at the next invocation, or never.
	log := lambdahost.NewLogger(level(s))
	slog.SetDefault(log) // the lines of libraries, too, in one form
	handler, err := frontdoor.NewLambda(ctx, s, faults, "parley-lambda/"+cmp.Or(version, "devel"), log)
	if err != nil {
		if err := lambdahost.FailInit(ctx, err, os.Getenv("AWS_LAMBDA_RUNTIME_API"), os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err) // the reason stands above it
		}
		os.Exit(1)
	}
	lambdahost.New(handler, lambdahost.Options{Log: log}).Start()
}

// level returns the level that LOG_LEVEL asks for; without it, that of the function's own
// configuration counts.
func level(s *settings.Settings) slog.Leveler {
	var given slog.Level
	if !s.Given("log-level") || given.UnmarshalText([]byte(s.LogLevel)) != nil {
		return nil
	}
	return given
}
