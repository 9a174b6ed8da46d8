package instance

import (
	"context"
	"fmt"
	"slices"
)

// Functions returns the ARNs of the functions that the instance may call, in their order.
func (k *Keeper) Functions() []string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return slices.Clone(k.functions)
}

// AddFunction lets the instance call a function. Errors: ErrDuplicate, ErrLimit and those of the
// store.
func (k *Keeper) AddFunction(ctx context.Context, arn string) error {
	k.changing.Lock()
	defer k.changing.Unlock()
	at, found := slices.BinarySearch(k.functions, arn)
	switch {
	case found:
		return ErrDuplicate
	case k.cfg.Limited && len(k.functions) >= MaxFunctions:
		return ErrLimit
	}
	return k.setFunctions(ctx, arn, []byte("{}"), slices.Insert(slices.Clone(k.functions), at, arn))
}

// RemoveFunction takes a function away. Errors: ErrNotFound and those of the store.
func (k *Keeper) RemoveFunction(ctx context.Context, arn string) error {
	k.changing.Lock()
	defer k.changing.Unlock()
	at, found := slices.BinarySearch(k.functions, arn)
	if !found {
		return ErrNotFound
	}
	return k.setFunctions(ctx, arn, nil, slices.Delete(slices.Clone(k.functions), at, at+1))
}

func (k *Keeper) setFunctions(ctx context.Context, arn string, body []byte, functions []string) error {
	if err := k.cfg.Store.PutDocument(ctx, functionDocument, arn, body); err != nil {
		return fmt.Errorf("keeping a function of the instance: %w", err)
	}
	k.mu.Lock()
	k.functions = functions
	k.mu.Unlock()
	return nil
}
