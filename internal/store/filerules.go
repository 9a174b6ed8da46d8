package store

import (
	"context"
	"encoding/json"
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

// fileRulesName is where the rules are kept, as one value: there are few, and they are read all at once.
const fileRulesName = "file-rules"

// FileRules returns the rules for attachments that were changed.
func (s *Store) FileRules(ctx context.Context) ([]chat.FileRules, error) {
	value, err := s.meta(ctx, fileRulesName)
	if err != nil || value == nil {
		return nil, err
	}
	var records []fileRulesRecord
	if err := json.Unmarshal(value, &records); err != nil {
		return nil, fmt.Errorf("decoding the rules for attachments: %w", err)
	}
	rules := make([]chat.FileRules, len(records))
	for i, r := range records {
		rules[i] = chat.FileRules(r)
	}
	return rules, nil
}

func putFileRules(rules []chat.FileRules) (step, error) {
	records := make([]fileRulesRecord, len(rules))
	for i, r := range rules {
		records[i] = fileRulesRecord(r)
	}
	body, err := json.Marshal(records)
	if err != nil {
		return nil, fmt.Errorf("encoding the rules for attachments: %w", err)
	}
	return putMeta(fileRulesName, body), nil
}
