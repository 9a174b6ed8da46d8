// Package lexbot answers for the Lex bots that contact flows name, where the configuration says that
// they are: an exported bot that runs offline, an address with the runtime API of Lex V2, or the
// real Lex in AWS; and for the AI agents behind bots and the applications of Agentic CX Designer, by
// the configuration or an address.
//
// It owns what the block "Get customer input" does with a bot: which bot is meant, what it is told,
// what its answer means to the flow, and what the flow keeps of its session. [Bots] is safe for
// concurrent use.
package lexbot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/glob"
	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/lexfile"
	"github.com/parley-chat/parley/internal/transcript"
)

// Bot says where a bot is: one of Path, URL and AWS. The members are those of an entry of bots in
// parley.yaml.
type Bot struct {
	// Path is the zip, the folder or the file of a bot that runs here.
	Path string `json:"path"`
	// URL is an address with the runtime API of Lex V2.
	URL string `json:"url"`
	// AWS is the ARN of an alias, or "true" for the one that the flow names.
	AWS string `json:"aws"`
	// Locale replaces the contact's language.
	Locale string `json:"locale"`
	// Function is the function of the bot's code hooks, an entry of functions or an ARN that one
	// stands for; empty means the one that the bot's files name.
	Function string `json:"function"`
	// Strict is "true" where guesses are none.
	Strict string `json:"strict"`
	// Pinned are the intents of texts, Answers what stands for services behind a bot.
	Pinned  map[string]lex.Pin `json:"pinned"`
	Answers map[string]Service `json:"answers"`
}

// Functions call the functions of code hooks.
type Functions interface {
	// Has reports whether a function is configured.
	Has(ref, shown string) bool
	// Invoke returns the answer of a function to an event, within the context's deadline.
	Invoke(ctx context.Context, ref, shown string, event []byte) ([]byte, error)
}

// Config is what [New] needs.
type Config struct {
	// Bots are those of the configuration, by the ARN of an alias, by "BOTID/ALIASID", id or name; *
	// stands for anything.
	Bots map[string]Bot
	// Folder is what relative paths start from; empty means the current one.
	Folder string
	// Functions are for code hooks; nil has none.
	Functions Functions
	// Region and Profile are for bots of AWS; empty means as the AWS CLI chooses. UserAgent names the
	// program to AWS.
	Region, Profile, UserAgent string
	// Log gets what bots understood and what went wrong; nil discards.
	Log *slog.Logger
}

// Bots are the bots of one configuration.
type Bots struct {
	bots map[string]*entry
	// paths are the same by "BOTID/ALIASID", id or name: as the runtime API names bots.
	paths     map[string]*entry
	functions Functions
	log       *slog.Logger
}

// entry is a bot of the configuration.
type entry struct {
	key    string
	locale string
	engine engine
	local  *lex.Bot // nil for one that runs elsewhere
}

// engine holds one turn of a conversation.
type engine interface {
	turn(ctx context.Context, t *turn) (*said, error)
}

// turn is what a customer said to a bot.
type turn struct {
	named     reference
	sessionID string
	locale    string
	text      string
	now       time.Time
	// limit is how long it may take.
	limit time.Duration
	// attributes replace the session attributes; nil leaves them.
	attributes map[string]string
	// session is what the flow keeps for the bot.
	session json.RawMessage
}

// request are the attributes that Amazon Connect sends with every text of a chat.
//
// Source: "Use a Lambda function with Lex" in the Amazon Connect administrator guide.
func request() map[string]string {
	return map[string]string{
		"x-amz-lex:accept-content-types": "PlainText", "x-amz-lex:channels:platform": "Connect Chat",
		"x-amz-lex:connect-originating-request-id": uuid.NewString(), // on no page; functions of others look for it
	}
}

// said is a bot's answer.
type said struct {
	messages []lex.Message
	state    lex.State
	readings []lex.Interpretation
	session  json.RawMessage
	notes    []string
	match    *lex.Match // of a bot that runs here
}

// New returns the bots of a configuration; their files are read at once, and what they will not do is
// logged. Errors are about the configuration.
func New(cfg Config) (*Bots, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	b := &Bots{bots: map[string]*entry{}, paths: map[string]*entry{}, functions: cfg.Functions, log: cfg.Log}
	aws := lexRuntime(&cfg)
	for _, key := range slices.Backward(slices.Sorted(maps.Keys(cfg.Bots))) { // the first of two with one path has it
		bot := cfg.Bots[key]
		e := &entry{key: key, locale: bot.Locale}
		switch {
		case bot.Path != "":
			read, err := b.local(key, &bot, cfg.Folder)
			if err != nil {
				return nil, fmt.Errorf("bots.%s: %w", key, err)
			}
			e.engine, e.local = read, read.bot
		case bot.URL != "":
			e.engine = newEndpoint(bot.URL)
		case bot.AWS != "":
			e.engine = remoteBot(aws, bot.AWS)
		default:
			return nil, fmt.Errorf("bots.%s: it does not say where the bot is", key)
		}
		b.bots[key] = e
		b.paths[pathOf(key)] = e
	}
	return b, nil
}

// Settles reports whether a finding about the bot's files asks for what the entry says.
func (b *Bot) Settles(f lex.Finding) bool {
	return f.Rule == "function" && b.Function != "" || f.Rule == "generative" && len(b.Answers) > 0
}

// Path is where the path of an entry leads: it starts from a folder when it is relative.
func Path(path, folder string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// local reads a bot that runs here.
func (b *Bots) local(key string, bot *Bot, folder string) (*offline, error) {
	read, findings, err := lexfile.Open(Path(bot.Path, folder))
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file
	}
	engine := newOffline(read, bot, b.functions)
	for _, f := range slices.DeleteFunc(findings, bot.Settles) {
		level := slog.LevelWarn
		if f.Level == lex.Broken {
			level, engine.broken = slog.LevelError, cmp.Or(engine.broken, f.String())
		}
		b.log.LogAttrs(context.Background(), level, "bot", slog.String("bot", key), slog.String("finding", f.String()), slog.String("rule", f.Rule))
	}
	return engine, nil
}

// reference is how a flow names a bot.
type reference struct {
	arn, region, botID, aliasID string
	// names are the others by which it may be known.
	names []string
}

// referenceOf reads which bot a flow means. The ARN of an alias is
// arn:aws:lex:REGION:ACCOUNT:bot-alias/BOTID/ALIASID; an older block names a bot by name.
func referenceOf(ask *flow.Ask) reference {
	r := reference{names: []string{ask.Shown}}
	if v2, ok := ask.Parameters["LexV2Bot"].(map[string]any); ok {
		r.arn, _ = v2["AliasArn"].(string)
		r.read()
	}
	if v1, ok := ask.Parameters["LexBot"].(map[string]any); ok {
		name, _ := v1["Name"].(string)
		r.names = append(r.names, name)
	}
	return r
}

// read takes the ARN apart.
func (r *reference) read() {
	parts := strings.SplitN(r.arn, ":", 6)
	if len(parts) < 6 {
		return
	}
	r.region = parts[3]
	if ids := strings.Split(parts[5], "/"); len(ids) == 3 && ids[0] == "bot-alias" {
		r.botID, r.aliasID = ids[1], ids[2]
		r.names = append(r.names, r.botID+"/"+r.aliasID, r.botID)
	}
}

// find returns the bot that a flow means: by an entry for one of its names, else by the id or the name
// that the bot's own files have.
func (b *Bots) find(r reference) (*entry, bool) {
	if b == nil {
		return nil, false
	}
	if e, ok := glob.Find(b.bots, append([]string{r.arn}, r.names...)...); ok {
		return e, true
	}
	return b.ofFiles(r)
}

// ofFiles returns the bot whose own files have the id or the name.
func (b *Bots) ofFiles(r reference) (*entry, bool) {
	for _, key := range slices.Sorted(maps.Keys(b.bots)) {
		e := b.bots[key]
		if e.local == nil {
			continue
		}
		if e.local.ID != "" && e.local.ID == r.botID {
			return e, true
		}
		for _, name := range r.names {
			if name != "" && name == e.local.Name {
				return e, true
			}
		}
	}
	return nil, false
}

// Answers implements [flowrun.Outside].
func (b *Bots) Answers(ask *flow.Ask) bool {
	if ask.Type != "ConnectParticipantWithLexBot" {
		return false
	}
	_, ok := b.find(referenceOf(ask))
	return ok
}

// How long a bot may take: usually, and in a chat whose client takes messages in pieces.
//
// Source: "Get customer input" and "Message streaming for AI-powered chat" in the Amazon Connect
// administrator guide.
const (
	usualLimit     = 10 * time.Second
	streamingLimit = time.Minute
)

// limitOf is how long the bot of a call may take.
func limitOf(call *flowrun.Call) time.Duration {
	if call.Incremental {
		return streamingLimit
	}
	return usualLimit
}

// kept is what a flow keeps of a bot.
type kept struct {
	// Session is the engine's own.
	Session json.RawMessage `json:"session,omitempty"`
	// Turns counts the texts of the block that runs.
	Turns int `json:"turns"`
}

// Answer implements [flowrun.Outside].
func (b *Bots) Answer(ctx context.Context, call *flowrun.Call) flow.Event {
	named := referenceOf(&call.Ask)
	e, ok := b.find(named)
	if !ok {
		return flow.Event{Kind: flow.Failed, Note: "no bot is configured for " + named.arn}
	}
	var before kept
	_ = json.Unmarshal(call.Kept.Bots[e.key], &before) // one of another version begins anew
	text, opening := call.Ask.Text, call.Ask.Text == ""
	if opening {
		before.Turns = 0
		first, given := initial(&call.Ask)
		if !given {
			return b.open(e, call, before)
		}
		if strings.TrimSpace(first) == "" {
			return flow.Event{Kind: flow.Failed, Note: "the bot is to begin with the chat's first message, and there is none"}
		}
		text = first
	}
	t := &turn{named: named, sessionID: call.ContactID, locale: cmp.Or(e.locale, call.Kept.Data["LanguageCode"]), text: text, now: call.Asked, session: before.Session, limit: limitOf(call)}
	var notes []string
	if runes := []rune(text); len(runes) > lex.LongestText {
		notes = append(notes, fmt.Sprintf("the customer's %d characters do not fit Lex, which takes %d: the rest is left out", len(runes), lex.LongestText))
		t.text = string(runes[:lex.LongestText])
	}
	if before.Turns == 0 {
		t.attributes = attributes(&call.Ask)
	}
	before.Turns++
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	answer, err := e.engine.turn(ctx, t)
	if err != nil {
		return b.failed(ctx, e, call, err, notes)
	}
	before.Session = answer.session
	answer.notes = append(notes, answer.notes...)
	if before.Turns == manyTurns {
		answer.notes = append(answer.notes, fmt.Sprintf("%d texts in one block: a bot that answers with ElicitIntent never leaves it", manyTurns))
	}
	return b.event(e, call, answer, before)
}

// manyTurns is after how many texts of one block a reader is told that it may never end.
const manyTurns = 20

// open says the block's own text, and waits for the customer.
func (b *Bots) open(e *entry, call *flowrun.Call, before kept) flow.Event {
	event := flow.Event{Kind: flow.Answered, Open: true, Seconds: Seconds(&call.Ask)}
	event.Replies = Opening(&call.Ask)
	b.keep(&event, e, before)
	return event
}

// Opening is the block's own text, which is said before the customer is listened to; nil for none. A path
// may give it a number.
func Opening(ask *flow.Ask) []flow.Reply {
	for _, name := range []string{"Text", "SSML"} {
		if text := flow.Text(ask.Parameters[name]); strings.TrimSpace(text) != "" {
			return []flow.Reply{{Text: text, Content: transcript.TextPlain, Whole: true}}
		}
	}
	return nil
}

// keep lets the flow keep what belongs to a bot.
func (b *Bots) keep(event *flow.Event, e *entry, k kept) {
	data, err := json.Marshal(k)
	if err != nil {
		return // texts and numbers always encode
	}
	event.Bot, event.Session = e.key, data
}

// failed is a turn without an answer: the error branch.
func (b *Bots) failed(ctx context.Context, e *entry, call *flowrun.Call, err error, notes []string) flow.Event {
	why, shown := err.Error(), traced(err)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		why = fmt.Sprintf("the bot did not answer within %s", limitOf(call))
		shown = why
	}
	b.log.LogAttrs(ctx, slog.LevelWarn, "bot failed", slog.String("bot", e.key), slog.String("cause", why), slog.String("contact_id", call.ContactID))
	return flow.Event{Kind: flow.Failed, Note: strings.Join(append(notes, shown), "; ")}
}

// initial is the text that a bot is to begin with. The action's page spells the parameter without two
// letters, exports with them.
func initial(ask *flow.Ask) (text string, given bool) {
	for _, name := range []string{"LexInitializationData", "LexInitilizationData"} {
		if data, ok := ask.Parameters[name].(map[string]any); ok {
			return flow.Text(data["InitialMessage"]), true
		}
	}
	return "", false
}

// attributes are the session attributes of a block; nil for none.
func attributes(ask *flow.Ask) map[string]string {
	given, ok := ask.Parameters["LexSessionAttributes"].(map[string]any)
	if !ok {
		return nil
	}
	out := make(map[string]string, len(given))
	for key, value := range given {
		out[key] = flow.Text(value)
	}
	return out
}

// Seconds is how long the block waits for the customer, of a part of a second a whole one; 0 for ever. Exports
// write the number as a text.
func Seconds(ask *flow.Ask) int {
	limits, _ := ask.Parameters["LexTimeoutSeconds"].(map[string]any)
	n, err := strconv.ParseFloat(flow.Text(limits["Text"]), 64)
	if err != nil || !(n > 0) {
		return 0
	}
	return int(math.Ceil(min(n, 604_800)))
}
