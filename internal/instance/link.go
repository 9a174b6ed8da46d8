package instance

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Link is a kind of what an instance may use that is not its own.
type Link string

// What an instance may use: functions by their ARNs, bots of Lex V2 by the ARNs of their aliases, and
// bots of Lex V1 by "REGION/NAME". Their values are kinds of documents.
const (
	Function Link = "function"
	Bot      Link = "bot"
	OldBot   Link = "lex-v1-bot"
)

// most is how many of a kind an instance may have.
func (l Link) most() int {
	switch l {
	case Bot:
		return MaxBots
	case OldBot:
		return MaxOldBots
	case Function:
	}
	return MaxFunctions
}

// openLinks reads what the instance may use.
func (k *Keeper) openLinks(ctx context.Context) error {
	for _, link := range []Link{Function, Bot, OldBot} {
		stored, err := k.cfg.Store.Documents(ctx, string(link))
		if err != nil {
			return fmt.Errorf("opening what the instance was given: %w", err)
		}
		k.links[link] = slices.Sorted(maps.Keys(stored))
	}
	return nil
}

// Linked returns what of a kind the instance may use, in the order of names.
func (k *Keeper) Linked(link Link) []string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return slices.Clone(k.links[link])
}

// Link lets the instance use something. Errors: ErrDuplicate, ErrLimit and those of the store.
func (k *Keeper) Link(ctx context.Context, link Link, name string) error {
	k.changing.Lock()
	defer k.changing.Unlock()
	names := k.Linked(link)
	at, found := slices.BinarySearch(names, name)
	switch {
	case found:
		return ErrDuplicate
	case k.cfg.Limited && len(names) >= link.most():
		return ErrLimit
	}
	return k.setLinks(ctx, link, name, []byte("{}"), slices.Insert(names, at, name))
}

// Unlink takes something away. Errors: ErrNotFound and those of the store.
func (k *Keeper) Unlink(ctx context.Context, link Link, name string) error {
	k.changing.Lock()
	defer k.changing.Unlock()
	names := k.Linked(link)
	at, found := slices.BinarySearch(names, name)
	if !found {
		return ErrNotFound
	}
	return k.setLinks(ctx, link, name, nil, slices.Delete(names, at, at+1))
}

func (k *Keeper) setLinks(ctx context.Context, link Link, name string, body []byte, names []string) error {
	if err := k.cfg.Store.PutDocument(ctx, string(link), name, body); err != nil {
		return fmt.Errorf("keeping a %s of the instance: %w", link, err)
	}
	k.mu.Lock()
	k.links[link] = names
	k.mu.Unlock()
	return nil
}
