package lexbot_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/lexbot"
)

// Each real bot holds a conversation in a flow, as a customer sees it, and the flow goes on with the
// intent that it ends with; the one without utterances answers from the configuration.
func TestPoint5Conversations(t *testing.T) {
	t.Parallel()
	delegate := functions(func(_ context.Context, event []byte) ([]byte, error) {
		if strings.Contains(string(event), "meaning of life") {
			return []byte(`{"sessionState":{"dialogAction":{"type":"Close"},"intent":{"name":"FallbackIntent","state":"Fulfilled"}},"messages":[{"contentType":"PlainText","content":"a model says so"}]}`), nil
		}
		return []byte(`{"sessionState":{"dialogAction":{"type":"Delegate"}}}`), nil
	})
	for _, c := range []struct {
		bot, locale, function string
		says                  []string
		last, intent          string // what the bot says last, and what the flow gets
	}{
		{"interactive-messages", "en_US", "", []string{"help me", "Book flights"}, "View our popular destinations", "InteractiveMessageIntent"},
		{"reminder-conditions", "en_US", "", []string{"email", "three days"}, "No problem! Your email reminder has been set up for 3 days before your appointment.", "EmailIntent"},
		{"airline-cancellation", "en_US", "", []string{"cancel flight", "Anna", "Brosky", "Rome", "Oslo", "42"}, "The information will be sent to an agent who will be able to assist you shortly, so you can cancel your flight.", "FlightCancellation"},
		{"acme-two-locales", "es_US", "", []string{"sales"}, "Transferring call to Sales", "Sales"},
		{"blogbot-korean", "ko_KR", "", []string{"호텔예약 검색해죠", "홍길동"}, "예약하신 지역을 말씀해주세요", ""},
		{"airline-italian", "en_US", "hook", []string{"I'd like to make a new reservation", "two way please"}, "What is the OriginCity.", ""},
		{"cfn-flan-fallback", "en_US", "hook", []string{"what is the meaning of life"}, "a model says so", "FallbackIntent"},
		{"cfn-qinconnect-ja", "ja_JP", "", []string{"こんにちは", "さようなら"}, "またどうぞ", "AmazonQinConnectOrchestration"},
	} {
		bots := open(t, lexbot.Config{Functions: delegate, Bots: map[string]lexbot.Bot{"*": {
			Path: filepath.Join(realBots, c.bot), Locale: c.locale, Function: c.function,
			Answers: map[string]lexbot.Service{"AmazonQinConnectOrchestration": {Answers: []lex.Generated{{When: "さようなら", Say: "またどうぞ", Tool: "Complete"}, {Say: "どうぞ"}}}},
		}}})
		document := strings.NewReplacer(`"ConnectParticipantWithAgenticCX","Parameters":{`, `"ConnectParticipantWithLexBot","Parameters":{"Text":"Hi","LexV2Bot":{"AliasArn":"arn:b"},`,
			`["Escalation"]`, `["`+c.intent+`"]`, "a person for $.AgenticCX.ContextVariables.customer", "it was $.Lex.IntentName").Replace(handedOver)
		if c.intent == "" {
			document = strings.Replace(document, `[""]`, `["none"]`, 1)
		}
		said, notes := visit(t, document, bots, c.says...)
		var bot []string
		for _, line := range said {
			if text, is := strings.CutPrefix(line, "BOT: "); is {
				bot = append(bot, text)
			}
		}
		if len(bot) < 2 || bot[len(bot)-1] != c.last {
			t.Errorf("%s says %q; %q", c.bot, bot, notes)
		}
		if over := slices.Contains(said, "SYSTEM_MESSAGE: it was "+c.intent); over != (c.intent != "") {
			t.Errorf("%s: %q; %q", c.bot, said, notes)
		}
	}
	_, err := lexbot.New(lexbot.Config{Bots: map[string]lexbot.Bot{"old": {Path: filepath.Join(realBots, "v1-refuse")}}})
	if err == nil || err.Error() != "bots.old: lex-bot-schema.json is a Lex V1 export" || hint.Of(err) != "migrate the bot to V2 in the Lex console, export it again" {
		t.Errorf("V1: %v; %s", err, hint.Of(err))
	}
}
