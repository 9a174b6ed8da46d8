package cli

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

	"github.com/parley-chat/parley/internal/recording"
	"github.com/parley-chat/parley/internal/settings"
)

// openRecording makes a recording ready to be played.
func openRecording(env *Env, s *settings.Settings, beside *workbench, log *slog.Logger) (*upstream, error) {
	file, _ := s.Upstream.Recording()
	content, err := env.ReadFile(file)
	if err != nil {
		return nil, &hintError{
			fmt.Errorf("--upstream: opening a recording: %w", err), "`parley serve --record FILE` writes one while chats are held",
		}
	}
	read, err := recording.Read(bytes.NewReader(content))
	if err != nil {
		return nil, &hintError{
			fmt.Errorf("--upstream: reading the recording %s: %w", printable(file), err), "name a file that --record has written; a chat has to be in it",
		}
	}
	if read.CutOff {
		log.Warn("the last line of the recording is not complete and left out", slog.String("file", file))
	}
	config := recording.Config{
		Recording: read, Name: filepath.Base(file), Speed: float64(s.ReplaySpeed), PublicURL: s.PublicURL, Log: log,
	}
	if beside.recorder != nil {
		config.Tap = beside.recorder
	}
	player, err := recording.New(config)
	if err != nil {
		return nil, err
	}
	return &upstream{starter: player, clients: player, text: printable(player.Text())}, nil
}

// keeper writes what a recorder hears to a file.
type keeper struct {
	stop func()
	done chan error
}

// keep begins to write a recording, when that was asked for; nil is none.
func (w *workbench) keep(s *settings.Settings, upstream string, log *slog.Logger) (*keeper, error) {
	if s.Record == "" || w.recorder == nil {
		return nil, nil
	}
	// Everything secret is masked, so that whoever may read the directory may read the file.
	file, err := os.OpenFile(s.Record, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		hint := "name a file in a directory that can be written"
		if errors.Is(err, fs.ErrExist) {
			hint = "a recording is never overwritten: delete the file, or name another one"
		}
		return nil, &hintError{fmt.Errorf("--record: %w", err), hint}
	}
	writer, err := recording.NewWriter(file, time.Now(), upstream)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	k := &keeper{stop: stop, done: make(chan error, 1)}
	go func() {
		err := writer.Keep(ctx, w.recorder)
		if err != nil {
			log.Error("the recording has stopped", slog.String("cause", err.Error()))
		}
		k.done <- errors.Join(err, file.Close())
	}()
	return k, nil
}

// close ends the recording, with what was heard up to now in it.
func (k *keeper) close() error {
	if k == nil {
		return nil
	}
	k.stop()
	if err := <-k.done; err != nil {
		return &hintError{fmt.Errorf("--record: %w", err), "the file holds what came before"}
	}
	return nil
}
