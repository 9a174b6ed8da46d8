package sdk_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"
	"github.com/aws/smithy-go"

	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/lexbot"
)

const flowers = `
bot: FlowerShop
intents:
  OrderFlowers:
    utterances: [i want flowers, "order {Kind}"]
    slots:
      Kind: {type: [roses, tulips], ask: "Which flowers, [name]?"}
    confirm: "{Kind}, is that right?"
    answer: Thank you!
  FallbackIntent:
    answer: I can order flowers.
`

// lexAt starts an embedded Amazon Connect with a bot, and returns its address.
func lexAt(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "flowers.yaml")
	if err := os.WriteFile(file, []byte(flowers), 0o600); err != nil {
		t.Fatal(err)
	}
	bots, err := lexbot.New(lexbot.Config{Bots: map[string]lexbot.Bot{"arn:aws:lex:*:bot-alias/FLOWERS123/*": {Path: file}}})
	if err != nil {
		t.Fatal(err)
	}
	_, address := startEmbedded(t, emulator.Config{Ephemeral: true, Bots: bots})
	return address
}

// lexClient is the generated client of Lex, over one protocol.
func lexClient(t *testing.T, address string, two bool) *lexruntimev2.Client {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetHTTP1(!two)
	transport.Protocols.SetUnencryptedHTTP2(two)
	t.Cleanup(transport.CloseIdleConnections)
	return lexruntimev2.New(lexruntimev2.Options{
		BaseEndpoint: aws.String(address), Region: "us-east-1", HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute},
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
}

// opened reads a header of PutSession.
func opened(t *testing.T, header *string, into any) {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(aws.ToString(header))
	if err != nil {
		t.Fatal(err)
	}
	from, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(from)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The generated client of Lex holds a conversation over both protocols: what each operation takes, and
// which of its own errors a refusal is.
func TestRowPoint3LexSDK(t *testing.T) {
	t.Parallel()
	for name, two := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, client := t.Context(), lexClient(t, lexAt(t), two)
			bot, alias, locale, session := aws.String("FLOWERS123"), aws.String("LIVE"), aws.String("en_US"), aws.String("session-1")

			put, err := client.PutSession(ctx, &lexruntimev2.PutSessionInput{
				BotId: bot, BotAliasId: alias, LocaleId: locale, SessionId: session, ResponseContentType: aws.String("text/plain; charset=utf-8"),
				RequestAttributes: map[string]string{"page": "home"},
				SessionState: &types.SessionState{
					SessionAttributes: map[string]string{"name": "Ann"}, Intent: &types.Intent{Name: aws.String("OrderFlowers")},
					DialogAction: &types.DialogAction{Type: types.DialogActionTypeDelegate},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			var said []struct{ Content string }
			opened(t, put.Messages, &said)
			var attributes map[string]string
			opened(t, put.RequestAttributes, &attributes)
			spoken, err := io.ReadAll(put.AudioStream)
			if err != nil || len(spoken) > 0 || len(said) != 1 || said[0].Content != "Which flowers, Ann?" || attributes["page"] != "home" || aws.ToString(put.SessionId) != "session-1" {
				t.Errorf("PutSession: %v %q %v %v", err, spoken, said, attributes)
			}

			say := func(text string) *lexruntimev2.RecognizeTextOutput {
				t.Helper()
				out, err := client.RecognizeText(ctx, &lexruntimev2.RecognizeTextInput{BotId: bot, BotAliasId: alias, LocaleId: locale, SessionId: session, Text: aws.String(text)})
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			out := say("tulips")
			slot := out.SessionState.Intent.Slots["Kind"]
			if out.SessionState.DialogAction.Type != types.DialogActionTypeConfirmIntent || len(out.Messages) != 1 || aws.ToString(out.Messages[0].Content) != "tulips, is that right?" ||
				slot.Value == nil || aws.ToString(slot.Value.InterpretedValue) != "tulips" || len(out.Interpretations) < 2 || out.Interpretations[0].NluConfidence == nil ||
				out.Interpretations[0].NluConfidence.Score != 1 || out.Interpretations[1].NluConfidence != nil || out.Interpretations[0].InterpretationSource != types.InterpretationSourceLex {
				t.Errorf("RecognizeText: %+v", out)
			}
			got, err := client.GetSession(ctx, &lexruntimev2.GetSessionInput{BotId: bot, BotAliasId: alias, LocaleId: locale, SessionId: session})
			if err != nil || got.SessionState.SessionAttributes["name"] != "Ann" || aws.ToString(got.Messages[0].Content) != "tulips, is that right?" {
				t.Errorf("GetSession: %+v %v", got, err)
			}
			if out = say("yes"); out.SessionState.Intent.State != types.IntentStateFulfilled || out.SessionState.Intent.ConfirmationState != types.ConfirmationStateConfirmed {
				t.Errorf("RecognizeText: %+v", out.SessionState.Intent)
			}
			deleted, err := client.DeleteSession(ctx, &lexruntimev2.DeleteSessionInput{BotId: bot, BotAliasId: alias, LocaleId: locale, SessionId: session})
			if err != nil || aws.ToString(deleted.BotId) != "FLOWERS123" {
				t.Errorf("DeleteSession: %+v %v", deleted, err)
			}

			_, err = client.GetSession(ctx, &lexruntimev2.GetSessionInput{BotId: bot, BotAliasId: alias, LocaleId: locale, SessionId: session})
			is[*types.ResourceNotFoundException](t, "GetSession of none", err, "no session")
			_, err = client.DeleteSession(ctx, &lexruntimev2.DeleteSessionInput{BotId: bot, BotAliasId: alias, LocaleId: locale, SessionId: session})
			is[*types.ResourceNotFoundException](t, "DeleteSession of none", err, "no session")
			_, err = client.RecognizeText(ctx, &lexruntimev2.RecognizeTextInput{BotId: aws.String("OTHER"), BotAliasId: alias, LocaleId: locale, SessionId: session, Text: aws.String("hi")})
			is[*types.ResourceNotFoundException](t, "RecognizeText by an unknown bot", err, `under bots "OTHER/LIVE"`)
			_, err = client.RecognizeText(ctx, &lexruntimev2.RecognizeTextInput{BotId: bot, BotAliasId: alias, LocaleId: locale, SessionId: session, Text: aws.String(strings.Repeat("x", 1025))})
			is[*types.ValidationException](t, "RecognizeText of a long text", err, "1024")
			_, err = client.PutSession(ctx, &lexruntimev2.PutSessionInput{
				BotId: bot, BotAliasId: alias, LocaleId: locale, SessionId: session,
				SessionState: &types.SessionState{Intent: &types.Intent{Name: aws.String("Nobody")}},
			})
			is[*types.ValidationException](t, "PutSession of an unknown intent", err, `"Nobody"`)
			_, err = client.RecognizeUtterance(ctx, &lexruntimev2.RecognizeUtteranceInput{
				BotId: bot, BotAliasId: alias, LocaleId: locale, SessionId: session, RequestContentType: aws.String("text/plain; charset=utf-8"), InputStream: strings.NewReader("hi"),
			})
			is[*smithy.GenericAPIError](t, "RecognizeUtterance", err, "RecognizeText")
		})
	}
}

// is checks that an error is one of the client's own, and says something.
func is[E smithy.APIError](t *testing.T, what string, err error, text string) {
	t.Helper()
	if named, ok := errors.AsType[E](err); !ok || !strings.Contains(named.ErrorMessage(), text) {
		t.Errorf("%s: %v, want another kind or the text %q", what, err, text)
	}
}
