package costguard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/arn"
)

// longestChat is AWS's limit of ChatDurationInMinutes, seven days, and a day's margin:
// an older contact has ended by itself.
const longestChat = 8 * 24 * time.Hour

// Recover ends the contacts that crashed runs have left: those of journals in Dir whose
// lock is free and whose contacts were started with this Target. Contacts of another
// target stay in their journal for a run with its settings, and the log says so;
// contacts that could not be ended stay for the next start, and the error says how many
// they are. Without EndOnExit it does nothing.
func (g *Guard) Recover(ctx context.Context) error {
	if g.book == nil || !g.book.journals() {
		return nil
	}
	files, err := os.ReadDir(g.dir)
	if err != nil {
		return fmt.Errorf("looking for the journals of earlier runs: %w", err)
	}
	var failures []error
	for _, file := range files {
		if ctx.Err() != nil {
			failures = append(failures, ctx.Err())
			break
		}
		path := filepath.Join(g.dir, file.Name())
		switch filepath.Ext(path) {
		case journalSuffix:
			if err := g.recoverRun(ctx, path); err != nil {
				failures = append(failures, err)
			}
		case lockSuffix:
			tidyLock(path)
		}
	}
	return errors.Join(failures...)
}

// recoverRun ends what one run has left, if that run is no more.
func (g *Guard) recoverRun(ctx context.Context, path string) error {
	if path == g.book.journal.path || !strings.HasPrefix(filepath.Base(path), journalPrefix) {
		return nil
	}
	lock, err := lockJournal(path)
	if errors.Is(err, errInUse) {
		return nil // that run is alive and ends its contacts itself
	}
	if err != nil {
		return fmt.Errorf("recovering the journal %s: %w", filepath.Base(path), err)
	}
	old := &journal{path: path, lock: lock}
	entries, unreadable, err := readEntries(path)
	if errors.Is(err, fs.ErrNotExist) { // its run, or another one, was just done with it
		return old.remove()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("recovering the journal %s: %w", filepath.Base(path), err), old.close())
	}
	if unreadable > 0 {
		g.log.WarnContext(ctx, "the journal of an earlier run has lines that are no entries",
			"file", filepath.Base(path), "lines", unreadable)
	}
	return g.recoverEntries(ctx, old, entries)
}

// recoverEntries ends the chats of a journal that were started where this run starts its own. Others stay in
// the journal for a run with their settings, but for those that have ended by their age.
func (g *Guard) recoverEntries(ctx context.Context, old *journal, entries []entry) error {
	b := newBook(old)
	var mine []entry
	foreign := 0
	for _, e := range entries {
		switch {
		case !e.Started.IsZero() && time.Since(e.Started) > longestChat:
			continue
		case g.target.owns(e):
			mine = append(mine, e)
		default:
			foreign++
		}
		b.hold(e)
	}
	result := g.endAll(ctx, mine)
	for _, id := range result.gone {
		b.drop(id)
	}
	name := filepath.Base(old.path)
	if len(mine) > 0 {
		g.log.InfoContext(ctx, "ended the chats of a run that crashed",
			"file", name, "ended", result.ended, "already_ended", result.already, "left", result.failed)
	}
	if foreign > 0 {
		g.log.WarnContext(ctx, "left chats of a run that crashed: they belong to another region, profile, endpoint or instance",
			"file", name, "chats", foreign)
	}
	_, err := b.finish()
	if err != nil {
		err = fmt.Errorf("recovering the journal %s: %w", name, err)
	}
	if result.failed > 0 {
		err = errors.Join(fmt.Errorf("ending the chats of a run that crashed: %d still open, the next start tries again: %w",
			result.failed, result.err), err)
	}
	return err
}

// owns reports whether a contact was started where this target is, so that the same
// credentials can end it.
func (t Target) owns(e entry) bool {
	if e.Region != t.Region || e.Profile != t.Profile || e.EndpointURL != t.EndpointURL {
		return false
	}
	own := arn.InstanceOf(t.InstanceID)
	return own == "" || strings.EqualFold(own, arn.InstanceOf(e.InstanceID)) ||
		strings.EqualFold(own, arn.InstanceOf(e.ConfiguredInstanceID))
}

// tidyLock removes a lock file that has no journal: its run died while making or
// removing them. A run that is about to make its journal holds the lock.
func tidyLock(path string) {
	journalPath := strings.TrimSuffix(path, lockSuffix) + journalSuffix
	if !strings.HasPrefix(filepath.Base(path), journalPrefix) || exists(journalPath) {
		return
	}
	lock, err := lockJournal(journalPath)
	if err != nil {
		return
	}
	if exists(journalPath) { // made, and left behind, while we looked
		_ = lock.Unlock()
		return
	}
	removeLock(lock)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
