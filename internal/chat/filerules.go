package chat

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/excerpt"
)

// longestExtension is how much of an extension a refusal repeats, in characters.
const longestExtension = 20

// ChatFiles is the scope of the attachments of chats. Those of others are kept only.
const ChatFiles = "CHAT"

// FileRules say which attachments an instance takes. Zero members are the service's: those of its
// [Limits].
type FileRules struct {
	InstanceID, Scope string
	// Bytes is the largest size, in bytes.
	Bytes int64
	// Extensions are the allowed ends of names, without a dot, in either case. An empty list that
	// is not nil allows none.
	Extensions []string
	// Modified is when they were last changed; zero for never.
	Modified time.Time
}

// extensions are the file types that attachments of chats may have by default.
//
// Source: "Amazon Connect service quotas", attachments.
func extensions() []string {
	return []string{
		"csv", "doc", "docx", "heic", "jfif", "jpeg", "jpg", "mov", "mp4", "pdf", "png", "ppt", "pptx", "rtf", "txt", "wav",
		"xls", "xlsx",
	}
}

// FileRules returns what an instance takes in a scope, the service's defaults where nothing was
// changed.
func (s *Service) FileRules(instanceID, scope string) FileRules {
	s.mu.Lock()
	defer s.mu.Unlock()
	rules := FileRules{InstanceID: instanceID, Scope: scope}
	if i := s.rulesOf(instanceID, scope); i >= 0 {
		rules = s.fileRules[i]
	}
	rules.Bytes = cmp.Or(rules.Bytes, s.limits.FileBytes)
	if rules.Extensions == nil {
		rules.Extensions = s.limits.Extensions
	}
	rules.Extensions = slices.Clone(rules.Extensions)
	return rules
}

// rulesOf returns the place of the rules that were changed, -1 for none. The caller holds s.mu.
func (s *Service) rulesOf(instanceID, scope string) int {
	return slices.IndexFunc(s.fileRules, func(r FileRules) bool { return r.InstanceID == instanceID && r.Scope == scope })
}

// SetFileRules changes what an instance takes in a scope; members that are zero stay. It returns
// all of them as they are then.
func (s *Service) SetFileRules(ctx context.Context, change FileRules) (FileRules, error) {
	s.ruling.Lock()
	defer s.ruling.Unlock()
	s.mu.Lock()
	all := slices.Clone(s.fileRules)
	i := s.rulesOf(change.InstanceID, change.Scope)
	s.mu.Unlock()
	if i < 0 {
		i, all = len(all), append(all, FileRules{InstanceID: change.InstanceID, Scope: change.Scope})
	}
	all[i].Bytes = cmp.Or(change.Bytes, all[i].Bytes)
	if change.Extensions != nil {
		all[i].Extensions = slices.Clone(change.Extensions)
	}
	all[i].Modified = s.clock.Now().UTC().Truncate(time.Millisecond)
	if err := s.commit(ctx, Changes{FileRules: all}); err != nil {
		return FileRules{}, fmt.Errorf("keeping what attachments are taken: %w", err)
	}
	s.mu.Lock()
	s.fileRules = all
	s.mu.Unlock()
	return s.FileRules(change.InstanceID, change.Scope), nil
}

// LargestFile is the size up to which some instance takes attachments of chats, in bytes. It is for
// what limits bodies in front of the service.
func (s *Service) LargestFile() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	most := s.limits.FileBytes
	for _, rules := range s.fileRules {
		if rules.Scope == ChatFiles {
			most = max(most, rules.Bytes)
		}
	}
	return most
}

// check holds an announced attachment against the rules.
func (r *FileRules) check(name string, size int64) error {
	if size < 1 || size > r.Bytes {
		return Outside("AttachmentSizeInBytes", 1, r.Bytes, size)
	}
	extension := strings.TrimPrefix(filepath.Ext(name), ".")
	if slices.ContainsFunc(r.Extensions, func(allowed string) bool { return strings.EqualFold(allowed, extension) }) {
		return nil
	}
	end := "has no extension"
	if extension != "" {
		end = "ends in " + excerpt.Of(extension, longestExtension)
	}
	if len(r.Extensions) == 0 {
		return invalid("AttachmentName", "%s, and this instance takes no attachments: it allows no extension.", end)
	}
	return invalid("AttachmentName", "must end in one of %s, but %s.", strings.Join(r.Extensions, ", "), end)
}
