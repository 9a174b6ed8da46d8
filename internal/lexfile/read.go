package lexfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/rawjson"
)

// Open reads the bot at a path, and makes it ready to run. Behind a # may stand the logical name of a
// bot in a template with several. The findings say what will not run; a bot with one that is
// [lex.Broken] is returned nevertheless, and must not be run. Errors have a next step, see package
// hint.
func Open(name string) (*lex.Bot, []lex.Finding, error) {
	name, logical, _ := strings.Cut(name, "#")
	all, err := files(name)
	if err != nil {
		return nil, nil, err
	}
	return read(all, logical)
}

// Read reads a bot from the content of one file, as [Open] does.
func Read(name string, data []byte) (*lex.Bot, []lex.Finding, error) {
	all, err := unpack(name, data)
	if err != nil {
		return nil, nil, err
	}
	return read(all, "")
}

// reader collects what the files of a bot give.
type reader struct {
	bot     *lex.Bot
	logical string
	found   bool // something of a bot
	locales map[string]*lex.Locale
	// intents and slots wait for each other: a file may come before that of what it belongs to.
	intents  []*pendingIntent
	slots    []pendingSlot
	types    map[string]string // names of slot types by id
	findings []lex.Finding
	names    []string // of the bots of templates
}

// pendingIntent is an intent that waits for its slots.
type pendingIntent struct {
	locale *lex.Locale
	shape  intentShape
	intent *lex.Intent
	dir    string // of an export
}

// pendingSlot is a slot that waits for its intent.
type pendingSlot struct {
	shape slotShape
	slot  *lex.Slot
	dir   string
}

// read puts a bot together from files, in the order of their names, so that findings have one order, too.
func read(all []file, logical string) (*lex.Bot, []lex.Finding, error) {
	r := &reader{bot: &lex.Bot{TTL: lex.DefaultTTL}, logical: logical, locales: map[string]*lex.Locale{}, types: map[string]string{}}
	slices.SortStableFunc(all, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for _, f := range all {
		if err := r.file(f); err != nil {
			return nil, nil, err
		}
	}
	if len(r.names) > 1 && logical == "" {
		return nil, nil, hint.New(fmt.Errorf("the template has several bots: %s", strings.Join(r.names, ", ")), "name one behind a #, as in template.yaml#"+r.names[0])
	}
	if logical != "" && !r.found {
		return nil, nil, hint.New(fmt.Errorf("there is no bot %q among %s", logical, strings.Join(r.names, ", ")), "name one that there is")
	}
	if err := r.join(); err != nil {
		return nil, nil, err
	}
	if len(r.bot.Locales) == 0 {
		return nil, nil, hint.New(errors.New("no Lex bot is there"), "give the zip or folder that Lex V2 exported, the answers of its describe commands, or a template with an AWS::Lex::Bot")
	}
	for _, l := range r.bot.Locales {
		r.findings = append(r.findings, l.Prepare()...)
	}
	return r.bot, r.findings, nil
}

// members are those by which a file is told from others.
type members struct {
	Metadata *struct{ ImportType, FileFormat, ResourceType string }
	Resource *struct{ Intents json.RawMessage }
	// Of CloudFormation.
	Resources json.RawMessage
	// Of an export or an answer.
	Name, Identifier, Version, Description               string
	NluConfidenceThreshold, NluIntentConfidenceThreshold *number
	DataPrivacy                                          json.RawMessage
	IdleSessionTTLInSeconds                              *number
	BotName, BotID, BotVersion, BotType                  string
	LocaleID, BotLocaleStatus                            string
	IntentID, IntentName, SlotID, SlotName               string
	SlotTypeID, SlotTypeName, BotAliasID                 string
	SlotTypeValues, ValueSelectionSetting                json.RawMessage
	BotMembers                                           []json.RawMessage
	CustomVocabularyItems                                json.RawMessage
	Intents                                              json.RawMessage
}

// deepest bounds objects within each other.
const deepest = 100

// file reads one file.
func (r *reader) file(f file) error {
	data := bytes.TrimPrefix(f.data, []byte("\xef\xbb\xbf"))
	ext := strings.ToLower(path.Ext(f.name))
	if ext == ".yaml" || ext == ".yml" || ext == ".template" && !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return r.yaml(f.name, data)
	}
	data = bytes.TrimSpace(data)
	if rawjson.Deeper(data, deepest) {
		return fmt.Errorf("%s: objects and lists stand more than %d deep within each other", f.name, deepest)
	}
	if bytes.HasPrefix(data, []byte("[")) {
		r.aliases(data)
		return nil
	}
	return r.object(f.name, data)
}

// object reads a file that is a JSON object.
func (r *reader) object(name string, data []byte) error {
	var m members
	err := json.Unmarshal(data, &m)
	if shape := (*json.UnmarshalTypeError)(nil); err != nil && !errors.As(err, &shape) {
		if !r.looksLike(name) {
			return nil // beside the bot
		}
		return hint.New(fmt.Errorf("%s is no JSON: %w", name, err), "export the bot again")
	}
	base := strings.ToLower(path.Base(name))
	switch {
	case m.Metadata != nil && strings.EqualFold(m.Metadata.ImportType, "LEX") || m.Resource != nil && bytes.Contains(m.Resource.Intents, []byte(`"fulfillmentActivity"`)):
		return hint.New(fmt.Errorf("%s is a Lex V1 export", name), "migrate the bot to V2 in the Lex console, export it again")
	case m.BotType == "BotNetwork" || len(m.BotMembers) > 0:
		return hint.New(fmt.Errorf("%s is a network of bots", name), "give the export of one of its bots")
	case len(m.Resources) > 0:
		return r.template(name, data)
	case base == "manifest.json", len(m.CustomVocabularyItems) > 0:
		return nil
	case base == "intent.json", m.IntentID != "" && m.IntentName != "":
		return r.readIntent(name, data, m)
	case base == "slot.json", m.SlotID != "" && m.SlotName != "":
		return r.readSlot(name, data)
	case base == "slottype.json", m.SlotTypeID != "" && m.SlotTypeName != "":
		return r.readType(name, data, m)
	case base == "botlocale.json", m.LocaleID != "" && (m.BotLocaleStatus != "" || m.NluIntentConfidenceThreshold != nil):
		l := r.locale(r.localeOf(name, m))
		l.File = name
		if t := m.NluConfidenceThreshold; t != nil {
			l.Threshold = float64(*t)
		} else if t := m.NluIntentConfidenceThreshold; t != nil {
			l.Threshold = float64(*t)
		}
		r.found = true
	case base == "bot.json", m.BotName != "" && m.IdleSessionTTLInSeconds != nil:
		r.describe(cmp.Or(m.Name, m.BotName), cmp.Or(m.Identifier, m.BotID), cmp.Or(m.Version, m.BotVersion), m.IdleSessionTTLInSeconds)
	case m.BotAliasID != "":
		r.aliases(append(append([]byte("["), data...), ']'))
	}
	return nil
}

// describe takes over what is said of the bot.
func (r *reader) describe(name, id, version string, ttl *number) {
	r.bot.Name, r.bot.ID, r.bot.Version = name, id, cmp.Or(version, "DRAFT")
	if ttl != nil && *ttl > 0 {
		r.bot.TTL = time.Duration(float64(*ttl) * float64(time.Second))
	}
}

// looksLike reports whether a file has a name of an export's.
func (r *reader) looksLike(name string) bool {
	switch strings.ToLower(path.Base(name)) {
	case "bot.json", "botlocale.json", "intent.json", "slot.json", "slottype.json":
		return true
	}
	return !strings.Contains(name, "/")
}

// localeOf is the locale that a file belongs to: that of its folder, or the one it names.
func (r *reader) localeOf(name string, m members) string {
	parts := strings.Split(path.Dir(name), "/")
	for i, p := range parts {
		if strings.EqualFold(p, "BotLocales") && i+1 < len(parts) {
			return parts[i+1]
		}
	}
	if strings.EqualFold(path.Base(name), "BotLocale.json") {
		return cmp.Or(m.Identifier, m.LocaleID, path.Base(path.Dir(name)))
	}
	if m.LocaleID != "" {
		return m.LocaleID
	}
	for i, p := range parts {
		if (strings.EqualFold(p, "Intents") || strings.EqualFold(p, "SlotTypes")) && i > 0 && strings.Contains(parts[i-1], "_") {
			return parts[i-1]
		}
	}
	return "" // the only one
}

// locale returns a locale, which it makes when it is new. A tree without the name of one belongs to
// the only one there is.
func (r *reader) locale(id string) *lex.Locale {
	if l := r.locales[id]; l != nil {
		return l
	}
	l := &lex.Locale{ID: id, Threshold: 0.4}
	r.locales[id] = l
	r.bot.Locales = append(r.bot.Locales, l)
	return l
}

// decode reads a file into a shape. Its error says where the file does not have it.
func decode(name string, data []byte, into any) error {
	err := json.Unmarshal(data, into)
	if shape, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return hint.New(fmt.Errorf("%s: %s is a JSON %s, which does not belong there", name, cmp.Or(shape.Field, "the whole"), shape.Value), "export the bot again")
	}
	if err != nil {
		return hint.New(fmt.Errorf("%s: %w", name, err), "export the bot again")
	}
	return nil
}

// readIntent reads an intent; its slots come with join.
func (r *reader) readIntent(name string, data []byte, m members) error {
	var s intentShape
	if err := decode(name, data, &s); err != nil {
		return err
	}
	i := s.intent(name)
	l := r.locale(r.localeOf(name, m))
	l.Intents = append(l.Intents, i)
	r.intents = append(r.intents, &pendingIntent{l, s, i, path.Dir(name)})
	r.found = true
	return nil
}

// readSlot reads a slot. In an export, INTENT/Slots/SLOT/Slot.json, its intent is that of the folder.
func (r *reader) readSlot(name string, data []byte) error {
	var s slotShape
	if err := decode(name, data, &s); err != nil {
		return err
	}
	r.slots = append(r.slots, pendingSlot{s, s.slot(name), path.Dir(path.Dir(path.Dir(name)))})
	return nil
}

// readType reads a slot type, and notes its name for slots that give its id.
func (r *reader) readType(name string, data []byte, m members) error {
	var s typeShape
	if err := decode(name, data, &s); err != nil {
		return err
	}
	l := r.locale(r.localeOf(name, m))
	t := s.slotType(name)
	l.Types = append(l.Types, t)
	r.types[s.SlotTypeID] = t.Name
	return nil
}

// join puts slots into their intents, and gives them their types and their order.
func (r *reader) join() error {
	ids := map[string]string{}
	for _, p := range r.slots {
		if p.slot.Type != "" && r.types[p.slot.Type] != "" {
			p.slot.Type = r.types[p.slot.Type]
		}
		ids[p.shape.SlotID] = p.slot.Name
		for _, i := range r.intents {
			if p.shape.IntentID != "" && p.shape.IntentID == i.shape.IntentID || p.shape.IntentID == "" && p.dir == i.dir {
				i.intent.Slots = append(i.intent.Slots, p.slot)
			}
		}
	}
	for _, i := range r.intents {
		if missing := i.shape.priorities(i.intent, ids); len(missing) > 0 {
			return hint.New(fmt.Errorf("%s: the intent %s has slots that are not there: %s", i.intent.File, i.intent.Name, strings.Join(missing, ", ")),
				"add the slots' files; for answers of the AWS CLI those of describe-slot")
		}
	}
	if only := r.locales[""]; only != nil && len(r.bot.Locales) == 2 { // files beside BotLocale.json
		for _, l := range r.bot.Locales {
			if l != only {
				l.Intents, l.Types = append(l.Intents, only.Intents...), append(l.Types, only.Types...)
				r.bot.Locales = []*lex.Locale{l}
				break
			}
		}
	}
	for _, l := range r.bot.Locales {
		l.ID = cmp.Or(l.ID, "en_US")
	}
	return nil
}

// aliases reads answers of DescribeBotAlias.
func (r *reader) aliases(data []byte) {
	var list []struct {
		BotAliasID, BotAliasName, BotID string
		BotAliasLocaleSettings          map[string]struct {
			CodeHookSpecification *struct{ LambdaCodeHook struct{ LambdaARN text } }
		}
	}
	if json.Unmarshal(data, &list) != nil {
		return // another list
	}
	for _, a := range list {
		if a.BotAliasID == "" {
			continue
		}
		alias := lex.Alias{ID: a.BotAliasID, Name: a.BotAliasName, Functions: map[string]string{}}
		for locale, s := range a.BotAliasLocaleSettings {
			if s.CodeHookSpecification != nil {
				alias.Functions[locale] = string(s.CodeHookSpecification.LambdaCodeHook.LambdaARN)
			}
		}
		r.bot.Aliases = append(r.bot.Aliases, alias)
	}
}
