//go:build unix

package gateway_test

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/gateway"
	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/secret"
)

// canary stands in every secret of this test, and in everything that a customer says.
const canary = "CANARY0secret"

const (
	keyARN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:chat-AbCdEf"
	key    = canary + "-key-of-44-characters-0123456789"
)

// Secrets are planted wherever one can stand: in the credentials, in the key, in tokens, in
// what pages send and what AWS answers. Nothing that the function prints at its lowest log
// level holds one, nor does any answer to somebody else.
func TestCanary(t *testing.T) {
	t.Parallel()
	aws := awsfake.Start(t, awsfake.Config{SecretAccessKey: canary + "key", SessionToken: canary + "session"})
	aws.SetSecret(keyARN, key)
	s := open(t, aws, 0, "LOG_LEVEL=debug", "AUTH_MODE=hs256", "JWT_KEY_ARN="+keyARN, "JWT_AUDIENCE=chat", "JWT_CLAIM_ATTRIBUTES=sub=customerId")
	token, err := identity.Mint(secret.New(key), identity.Claims{
		Subject: canary, Audience: "chat", Attributes: map[string]string{"tier": canary},
	})
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"a planted secret": canary, "the caller's token": token[len(token)-20:]}
	encoded := base64.StdEncoding.EncodeToString([]byte(canary))
	secrets["an encoded secret"] = encoded[:len(encoded)-3]
	for _, kind := range gateway.Kinds() {
		got := s.callWithSecrets(t, kind, "Bearer "+token, `{"ParticipantDetails":{"DisplayName":"`+canary+`"},"Attributes":{"a":"`+canary+`"},`+
			`"CustomerId":"`+canary+`","InitialMessage":{"ContentType":"text/plain","Content":"`+canary+`"},"Unknown":"`+canary+`","ClientToken":"`+canary+`0123456789"}`)
		found := regexp.MustCompile(`"ParticipantToken":"([^"]+)"`).FindStringSubmatch(got.body)
		resume := regexp.MustCompile(`"resumeId":"[^".]+\.([^"]+)"`).FindStringSubmatch(got.body)
		if found == nil || resume == nil {
			t.Fatalf("%s: answer %d %s", kind, got.status, got.body)
		}
		secrets["the participant token ("+string(kind)+")"] = found[1]
		secrets["the resume id ("+string(kind)+")"] = resume[1]
	}
	var answers strings.Builder
	for _, body := range []string{
		canary, `"` + canary + `"`, `{"ParticipantDetails":{"DisplayName":["` + canary + `"]}}`, `{"Attributes":"` + canary + `"}`,
		`{"PersistentChat":{"SourceContactId":"` + canary + `","RehydrationType":"ENTIRE_PAST_SESSION"}}`,
	} {
		got := s.callWithSecrets(t, gateway.RESTAPI, "Bearer "+token, body)
		answers.WriteString(got.body)
		if got.status/100 != 4 {
			t.Errorf("%s got %d", body, got.status)
		}
	}
	for _, bad := range []string{"Bearer " + token + canary, "Bearer " + canary, "Basic " + canary, canary} {
		got := s.callWithSecrets(t, gateway.RESTAPI, bad, "{}")
		answers.WriteString(got.body)
		if got.status != http.StatusUnauthorized || !strings.Contains(got.header.Get("X-Amzn-Remapped-Www-Authenticate"), "Bearer") {
			t.Errorf("a bad token got %d %v", got.status, got.header)
		}
	}
	for _, step := range []awsfake.Step{
		{Status: 403, Error: "InvalidSignatureException", Message: "The Canonical String should have been\n'PUT\nx-amz-security-token:" + canary + "'"},
		{Status: 200, Body: "<html>" + canary},
		{Status: 500, Body: canary},
		{Status: 200, Body: `{"ParticipantToken":"` + canary, Truncate: true},
		{Reset: true},
	} {
		step.Operation = "StartChatContact"
		aws.Script(step)
		got := s.callWithSecrets(t, gateway.HTTPAPI, "Bearer "+token, "{}")
		answers.WriteString(got.body)
		if got.status/100 != 5 {
			t.Errorf("a failure of AWS got %d", got.status)
		}
	}
	for _, payload := range []string{`{"` + canary + `":"` + canary + `"}`, canary, `{"httpMethod":"POST","path":"/","isBase64Encoded":true,"body":"` + canary + `!"}`} {
		_, err := s.function.Invoke(t.Context(), []byte(payload))
		if err == nil {
			t.Errorf("%s is no request, and was answered", payload)
		} else {
			answers.WriteString(err.Error())
		}
	}
	log := s.function.Output()
	for name, text := range secrets {
		if at := strings.Index(log, text); at >= 0 {
			t.Errorf("%s is in the log: …%s…", name, log[max(0, at-300):min(len(log), at+100)])
		}
	}
	if at := strings.Index(answers.String(), canary); at >= 0 {
		t.Errorf("a secret is in an answer: …%s…", answers.String()[max(0, at-300):min(answers.Len(), at+100)])
	}
	for _, message := range []string{"chat started", "no chat started"} {
		if !strings.Contains(log, message) {
			t.Errorf("the log that was searched has no line %q", message)
		}
	}
}

func (s *site) callWithSecrets(t *testing.T, kind gateway.Kind, authorization, body string) response {
	t.Helper()
	c := from(shop, body)
	c.header["Authorization"] = authorization
	for _, name := range []string{"Cookie", "X-Amz-Security-Token", "X-Api-Key", "Referer", "User-Agent"} {
		c.header[name] = canary
	}
	return s.call(t, kind, c)
}
