package store

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// clockName is where the time is kept, in decimal digits.
const clockName = "clock"

// Clock implements [chat.Store].
func (s *Store) Clock(ctx context.Context) (time.Time, error) {
	value, err := s.meta(ctx, clockName)
	if err != nil || value == nil {
		return time.Time{}, err
	}
	ms, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("decoding the time: %w", err)
	}
	return fromMillis(ms), nil
}

func putClock(at time.Time) step { return putMeta(clockName, strconv.AppendInt(nil, millis(at), 10)) }
