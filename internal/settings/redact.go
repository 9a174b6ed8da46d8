package settings

import (
	"net/url"
	"strings"
)

// hidden stands for a secret, or a user name and password, that is not to be shown.
const hidden = "***"

// Redact returns a text without the user name and password of an address in it, so that it
// may be printed: "http://user:secret@host" becomes "http://***@host". That such an address
// is refused wherever it stands does not keep it from being shown beside the refusal.
func Redact(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	at := strings.LastIndexByte(rest, '@')
	if !found || at < 0 {
		return text
	}
	// An @ can also be a part of the path. Where that is not plain, it is not.
	if u, err := url.Parse("x://" + rest); err == nil && u.User == nil && !strings.Contains(rest, ",") {
		return text
	}
	return scheme + "://" + hidden + rest[at:]
}

// shown returns a value of the setting as it may be printed. What is meant to be an address
// need not have a scheme to hold a password.
func (f Field) shown(value string) string {
	if f.Secret {
		return hidden
	}
	shown := Redact(value)
	switch f.Placeholder {
	case "URL", "ORIGIN", "HOST", "HOST:PORT", "ARN=URL":
		if at := strings.LastIndexByte(value, '@'); at >= 0 && !strings.Contains(value, "://") {
			return hidden + value[at:]
		}
	}
	return shown
}

func (f Field) shownList(values []string) []string {
	shown := make([]string, 0, len(values))
	for _, value := range values {
		shown = append(shown, f.shown(value))
	}
	return shown
}
