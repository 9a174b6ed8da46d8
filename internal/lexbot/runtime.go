package lexbot

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/glob"
	"github.com/parley-chat/parley/internal/lex"
)

// Called is a bot that runs here, in one language, as a caller of the runtime API of Lex V2 names it. It is
// safe for concurrent use; a session is for one call at a time.
type Called struct {
	// Key is the entry of the configuration.
	Key string

	botID, aliasID string
	engine         *offline
	locale         *lex.Locale
	log            *slog.Logger
}

// pathOf is an entry's name without what the paths of the runtime API do not have: the region and the
// account of an ARN.
func pathOf(key string) string {
	if _, ids, ok := strings.Cut(key, "bot-alias/"); ok && strings.HasPrefix(key, "arn:") {
		return ids
	}
	if strings.HasPrefix(key, "arn:") && strings.HasSuffix(key, "*") {
		return "*"
	}
	return key
}

// Call finds the bot of a path of the runtime API. Errors are a [lex.Failure], with what to write.
func (b *Bots) Call(botID, aliasID, localeID string) (*Called, error) {
	shown := excerpt.Of(botID+"/"+aliasID, longestName)
	e, ok := b.at(botID, aliasID)
	if !ok {
		return nil, unknown("no bot is configured for %s: write in parley.yaml under bots %q: bot.zip, with the export of the bot", shown, shown)
	}
	if e.local == nil {
		return nil, unknown("the bot %s of %s does not run here, so it is not answered for here: call it where it is, or give path in its entry", e.key, shown)
	}
	engine, _ := e.engine.(*offline)
	if engine.broken != "" {
		return nil, &lex.Failure{Kind: "ValidationException", Text: "Invalid Bot Configuration: " + engine.broken}
	}
	wanted := strings.ReplaceAll(cmp.Or(e.locale, localeID), "-", "_")
	at := slices.IndexFunc(e.local.Locales, func(l *lex.Locale) bool { return strings.EqualFold(l.ID, wanted) })
	if at < 0 {
		return nil, unknown("the bot %s has no locale %s, only %s: call it with that, or give locale in its entry",
			e.key, excerpt.Of(wanted, longestName), strings.Join(e.local.LocaleIDs(), ", "))
	}
	return &Called{Key: e.key, botID: botID, aliasID: aliasID, engine: engine, locale: e.local.Locales[at], log: b.log}, nil
}

// longestName bounds what an error repeats of a name.
const longestName = 100

func unknown(format string, args ...any) error {
	return &lex.Failure{Kind: "ResourceNotFoundException", Text: fmt.Sprintf(format, args...)}
}

// at returns the bot of a path.
func (b *Bots) at(botID, aliasID string) (*entry, bool) {
	r := reference{botID: botID, aliasID: aliasID, names: []string{botID + "/" + aliasID, botID}}
	if e, ok := glob.Find(b.paths, r.names...); ok {
		return e, true
	}
	return b.ofFiles(r)
}

// TTL is for how long a session is kept after its last call.
func (c *Called) TTL() time.Duration { return c.engine.bot.TTL }

// Turn takes a step of a conversation: in says what happened, its Hooked and Options left out. Errors are a
// [lex.Failure], those of a context that ended and of a service behind an intent.
func (c *Called) Turn(ctx context.Context, sessionID string, before Memory, in lex.Input) (lex.Turn, Memory, error) {
	r := run{c.engine, c.locale, c.engine.caller(sessionID, c.botID, c.aliasID), longestHook}
	done, after, err := r.step(ctx, before, in)
	if err == nil && len(done.Notes) > 0 {
		c.log.LogAttrs(ctx, slog.LevelWarn, "bot answered", slog.String("bot", c.Key), slog.Any("notes", done.Notes))
	}
	return done, after, err
}

// State is a session's state as the runtime API shows it, Interpretations how its last text was
// understood.
func (c *Called) State(s *lex.Session) lex.State { return c.locale.State(s) }

// Interpretations are the readings of the last text of a session, the best first.
func (c *Called) Interpretations(s *lex.Session) []lex.Interpretation {
	return c.locale.Interpretations(s, false)
}
