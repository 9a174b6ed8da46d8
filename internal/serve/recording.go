package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/recording"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/settings"
)

// openRecording opens a recording as an upstream.
func openRecording(c *Config, watching *observers) (*upstream, error) {
	s := c.Settings
	file, _ := s.Upstream.Recording()
	content, err := c.ReadFile(file)
	if err != nil {
		return nil, hint.Misuse(
			fmt.Errorf("--upstream: opening a recording: %w", err), "`parley serve --record FILE` writes one while chats are held",
		)
	}
	read, err := recording.Read(bytes.NewReader(content))
	if err != nil {
		return nil, hint.Misuse(
			fmt.Errorf("--upstream: reading the recording %s: %w", screen.Printable(file), err), "name a file that --record has written; a chat has to be in it",
		)
	}
	if read.CutOff {
		c.Log.Warn("the last line of the recording is not complete and left out", slog.String("file", file))
	}
	config := recording.Config{
		Recording: read, Name: filepath.Base(file), Speed: float64(s.ReplaySpeed), PublicURL: s.PublicURL, Log: c.Log,
	}
	if watching.recorder != nil {
		config.Tap = watching.recorder
	}
	player, err := recording.New(config)
	if err != nil {
		return nil, err
	}
	return &upstream{starter: player, clients: player, text: screen.Printable(player.Text())}, nil
}

// keeper writes recorded exchanges to a file.
type keeper struct {
	stop func()
	done chan error
}

// keep begins to write a recording; it returns nil when the settings ask for none.
func (o *observers) keep(s *settings.Settings, upstream string, log *slog.Logger) (*keeper, error) {
	if s.Record == "" || o.recorder == nil {
		return nil, nil
	}
	// Secrets are masked, but what people said is in it, and their names.
	file, err := os.OpenFile(s.Record, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		next := "name a file in a directory that can be written"
		if errors.Is(err, fs.ErrExist) {
			next = "a recording is never overwritten: delete the file, or name another one"
		}
		return nil, hint.Misuse(fmt.Errorf("--record: %w", err), next)
	}
	writer, err := recording.NewWriter(file, time.Now(), upstream)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	k := &keeper{stop: stop, done: make(chan error, 1)}
	go func() {
		err := writer.Keep(ctx, o.recorder)
		if err != nil {
			log.Error("the recording has stopped", slog.String("cause", err.Error()))
		}
		k.done <- errors.Join(err, file.Close())
	}()
	return k, nil
}

// close ends the recording, with everything that was recorded before.
func (k *keeper) close() error {
	if k == nil {
		return nil
	}
	k.stop()
	if err := <-k.done; err != nil {
		return hint.New(fmt.Errorf("--record: %w", err), "the file holds what came before")
	}
	return nil
}
