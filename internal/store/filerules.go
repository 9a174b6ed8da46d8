package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// fileRulesRecord is the rules of an instance for one scope.
type fileRulesRecord struct {
	InstanceID string    `json:"instance"`
	Scope      string    `json:"scope"`
	Bytes      int64     `json:"bytes,omitempty"`
	Extensions []string  `json:"extensions"` // null follows the settings, [] allows none
	Modified   time.Time `json:"modified"`
}

// FileRules returns the rules for attachments that were changed.
func (s *Store) FileRules(ctx context.Context) ([]chat.FileRules, error) {
	var records []fileRulesRecord
	err := s.look(ctx, func(ctx context.Context, c *session) error {
		var body []byte
		err := c.row(ctx, "SELECT value FROM meta WHERE name = 'file-rules'", nil, &body)
		if errors.Is(err, chat.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(body, &records)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the rules for attachments: %w", err)
	}
	rules := make([]chat.FileRules, len(records))
	for i, r := range records {
		rules[i] = chat.FileRules(r)
	}
	return rules, nil
}

// putFileRules keeps the rules as one value: there are few, and they are read all at once.
func putFileRules(rules []chat.FileRules) (step, error) {
	records := make([]fileRulesRecord, len(rules))
	for i, r := range rules {
		records[i] = fileRulesRecord(r)
	}
	body, err := json.Marshal(records)
	if err != nil {
		return nil, fmt.Errorf("encoding the rules for attachments: %w", err)
	}
	return func(ctx context.Context, c *session) error {
		_, err := c.run(ctx, `INSERT INTO meta (name, value) VALUES ('file-rules', ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, body)
		return err
	}, nil
}
