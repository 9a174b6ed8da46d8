package settings_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/settings"
)

const keyARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:chat-AbCdEf"

// inLambda loads what the production function would, with the three variables it cannot do
// without.
func inLambda(t *testing.T, more ...string) (*settings.Settings, error) {
	t.Helper()
	return settings.LoadLambda(slices.Concat([]string{
		"INSTANCE_ID=11111111-2222-3333-4444-555555555555", "CONTACT_FLOW_ID=66666666-7777-8888-9999-000000000000",
		"ALLOWED_ORIGINS=https://www.example.com,https://shop.example.com", "PATH=/bin", "AWS_REGION=eu-central-1",
	}, more))
}

// TestPolicyDefaults: a developer's own machine allows what Amazon Connect does, a server
// for customers nothing that was not named.
func TestPolicyDefaults(t *testing.T) {
	t.Parallel()
	type policy struct {
		Pinned, AnyFlow, AnyAttribute, AnyMember, OriginRequired bool
		Persistent                                               settings.PersistentChat
		LongestChat                                              int
	}
	of := func(s *settings.Settings) policy {
		return policy{s.Pinned(), s.AnyFlow(), s.AnyAttribute(), s.AnyMember(), s.OriginRequired(), s.Persistent(), s.LongestChat()}
	}
	local := policy{AnyFlow: true, AnyAttribute: true, AnyMember: true, Persistent: settings.PersistentOpen, LongestChat: 10080}
	public := policy{Pinned: true, OriginRequired: true, Persistent: settings.PersistentOff, LongestChat: 1440}
	if diff := cmp.Diff(local, of(mustLoad(t, input{args: []string{"--upstream=aws"}}))); diff != "" {
		t.Errorf("local (-want +got):\n%s", diff)
	}
	server := mustLoad(t, input{args: []string{"--upstream=aws", "--addr=:8080", "--instance-id=i", "--contact-flow-id=f"}})
	if diff := cmp.Diff(public, of(server)); diff != "" {
		t.Errorf("server for customers (-want +got):\n%s", diff)
	}
	lambda, err := inLambda(t)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(public, of(lambda)); diff != "" {
		t.Errorf("lambda (-want +got):\n%s", diff)
	}

	lambda, err = inLambda(t, "AUTH_MODE=hs256", "JWT_KEY_ARN="+keyARN, "ALLOWED_CONTACT_FLOW_IDS=*", "ATTRIBUTE_ALLOW_LIST=*",
		"ALLOWED_MEMBERS=*", "MAX_CHAT_DURATION=90")
	if err != nil {
		t.Fatal(err)
	}
	want := policy{Pinned: true, AnyFlow: true, AnyAttribute: true, AnyMember: true, Persistent: settings.PersistentSigned, LongestChat: 90}
	if diff := cmp.Diff(want, of(lambda)); diff != "" {
		t.Errorf("with a key and everything allowed (-want +got):\n%s", diff)
	}
}

// TestLambdaValues: the function and the server read the same values, each under its names.
func TestLambdaValues(t *testing.T) {
	t.Parallel()
	given := map[string]string{
		"JWT_CLAIM_ATTRIBUTES": "sub=customerId,email=email", "ATTRIBUTE_OTHERS": "prefix:Web-", "AUTH_MODE": "oidc",
		"JWT_ISSUER": "https://idp.example", "JWT_AUDIENCE": "chat", "FEATURE_ATTACHMENTS": "true", "REQUIRE_ORIGIN": "false",
		"ALLOWED_ORIGINS": "https://a.example",
	}
	var bare, prefixed []string
	for name, value := range given {
		bare = append(bare, name+"="+value)
		prefixed = append(prefixed, "PARLEY_"+name+"="+value)
	}
	function, err := inLambda(t, bare...)
	if err != nil {
		t.Fatal(err)
	}
	server := mustLoad(t, input{environ: prefixed})
	for name, s := range map[string]*settings.Settings{"function": function, "server": server} {
		if diff := cmp.Diff(map[string]string{"sub": "customerId", "email": "email"}, s.Claims()); diff != "" {
			t.Errorf("%s: claims (-want +got):\n%s", name, diff)
		}
		if s.OtherAttributes.Prefix != "Web-" || s.AuthMode != settings.AuthOIDC || !s.Attachments || s.OriginRequired() ||
			!slices.Equal(s.AllowOrigins, []string{"https://a.example"}) {
			t.Errorf("%s: got %+v", name, s)
		}
	}
}

// TestLambdaFaults: one sentence names every variable that is missing or wrong.
func TestLambdaFaults(t *testing.T) {
	t.Parallel()
	_, err := settings.LoadLambda([]string{
		"CONTACT_FLOW_ID=", "AUTH_MODE=oidc", "MAX_CHAT_DURATION=5", "ADDR=:1", "PARLEY_ADDR=:1", "JWT_KEY_ARN=chat", "ATTRIBUTE_OTHERS=keep",
	})
	faults, ok := errors.AsType[*settings.FaultsError](err)
	if !ok {
		t.Fatalf("error %v", err)
	}
	sentence := faults.Sentence()
	for _, name := range []string{
		"INSTANCE_ID: is missing", "CONTACT_FLOW_ID: is missing", "ALLOWED_ORIGINS: is missing", "AUTH_MODE: ", "JWT_ISSUER and JWT_AUDIENCE",
		"MAX_CHAT_DURATION: ", "PARLEY_ADDR: there is no such variable", "JWT_KEY_ARN: ", "ATTRIBUTE_OTHERS: ",
	} {
		if !strings.Contains(sentence, name) {
			t.Errorf("the sentence lacks %q:\n%s", name, sentence)
		}
	}
	if strings.Contains(sentence, "\n") || strings.Contains(sentence, "--") {
		t.Errorf("not one line of the function's own names:\n%s", sentence)
	}
}

func TestPolicyFaults(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--upstream=aws --addr=:1":                             "instance-id: is missing",
		"--auth-mode=hs256":                                    "needs the key",
		"--auth-mode=oidc --jwt-issuer=https://i.example":      "needs jwt-issuer and jwt-audience",
		"--persistent-chat=signed":                             "needs a key to sign with",
		"--jwt-key-file=k --jwt-key-arn=" + keyARN:             "two places of one key",
		"--jwt-claim-attributes=sub=id":                        "needs tokens",
		"--jwt-claim-attributes=sub --auth-mode=none":          "is not CLAIM=ATTRIBUTE",
		"--allowed-contact-flow-ids=a/b":                       "neither the id nor the ARN",
		"--attribute-allow-list=a.b":                           "is not a key",
		"--attribute-others=prefix:":                           "is not one of",
		"--address-rate=30":                                    "is neither off nor",
		"--subject-rate=0/5m":                                  "is neither off nor",
		"--trusted-proxies=-1":                                 "must not be negative",
		"--drain-delay=-1s":                                    "must not be negative",
		"--default-chat-duration=600 --max-chat-duration=90":   "longer than the longest",
		"--default-chat-duration=59":                           "neither 0 nor",
		"--jwt-issuer=idp":                                     "begins with http",
		"--jwt-key-arn=arn:aws:ssm:eu-west-1:1:parameter/chat": "is not the ARN of a secret",
		"--jwt-key-arn=arn:aws:secretsmanager::1:secret:chat":  "is not the ARN of a secret",
	} {
		_, err := load(t, input{args: strings.Fields(args)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with %s: error %v, want one with %q", args, err, want)
		}
	}
	_, err := load(t, input{environ: []string{"PARLEY_ALLOW_ORIGIN=https://a.example", "PARLEY_ALLOWED_ORIGINS=https://b.example"}})
	if err == nil || !strings.Contains(err.Error(), "sets the same as PARLEY_ALLOW_ORIGIN") {
		t.Errorf("two names of one setting: error %v", err)
	}
}
