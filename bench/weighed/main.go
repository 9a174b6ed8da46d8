// Command weighed is the server of parley serve, with two things more that a measurement needs: it tells
// how many bytes of its heap are reachable, on a line for each line that it reads, and its built-in
// partner answers at once, without the time it types.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"

	"github.com/spf13/pflag"

	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "weighed:", err)
		os.Exit(1) //nolint:forbidigo // this is a command's main
	}
}

// run serves with the settings that flags give, until standard input ends, which it does at the latest
// with the benchmark.
func run(ctx context.Context, args []string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	flags := pflag.NewFlagSet("weighed", pflag.ContinueOnError)
	settings.Register(flags, settings.Fields())
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("reading the flags: %w", err)
	}
	s, err := settings.Load(settings.Sources{Flags: flags, GOOS: runtime.GOOS})
	if err := errors.Join(settings.Join(err, serve.Check(s))); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	server, err := serve.Open(ctx, serve.Config{Settings: s, Version: "bench", PartnerPause: -1, Log: log})
	if err != nil {
		return err
	}
	go func() {
		defer stop()
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			fmt.Println(heap()) //nolint:forbidigo // the answer
		}
	}()
	_, err = server.Run(ctx)
	return err
}

// heap is how many bytes are reachable. What a pool holds goes with the second collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
