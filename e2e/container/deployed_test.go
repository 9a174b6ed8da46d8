//go:build linux

package container_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/secret"
)

// The image with the environment of each manifest, as it stands there: what the manifest
// shows how to protect is protected.
func TestManifestsRun(t *testing.T) {
	t.Parallel()
	const key = "key-of-the-tokens-that-nobody-else-knows-4f1a"
	tests := map[string]func(t *testing.T, aws *account, files root) []string{
		"kubernetes": func(t *testing.T, aws *account, files root) []string {
			t.Helper()
			env := pairs(readObjects(t)["Deployment"].Spec.Template.Spec.Containers[0].Env)
			return append(
				env, "PARLEY_JWT_KEY_FILE="+files.mount(t, settingOf(t, env, "PARLEY_JWT_KEY_FILE"), key+"\n"),
				"AWS_WEB_IDENTITY_TOKEN_FILE="+files.mount(t, "/var/run/secrets/eks.amazonaws.com/serviceaccount/token", "token"),
				"AWS_ROLE_ARN=arn:aws:iam::123456789012:role/parley", "AWS_ENDPOINT_URL="+aws.URL, "AWS_ENDPOINT_URL_STS="+aws.URL,
			)
		},
		"ecs": func(t *testing.T, aws *account, _ root) []string {
			t.Helper()
			env := pairs(readTask(t).ContainerDefinitions[0].env())
			aws.SetSecret(settingOf(t, env, "PARLEY_JWT_KEY_ARN"), key)
			return append(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI="+aws.URL+awsfake.ContainerCredentialsPath, "AWS_ENDPOINT_URL="+aws.URL)
		},
	}
	for name, environment := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aws, files := newAccount(t, awsfake.Config{Region: "us-east-1"}), newRoot(t)
			s := start(t, files, freePort(t), environment(t, aws, files))
			page := caller{
				url: s.url, host: "chat.example.com", origin: origin, token: mint(t, key, "customer-1"), forwarded: "203.0.113.7",
			}
			stranger, foreigner, nobody, forger := page, page, page, page
			stranger.host = "evil.example"
			foreigner.origin = "https://evil.example"
			nobody.token = ""
			forger.token = mint(t, "another-key-that-is-as-long-as-the-right-one", "customer-1")
			for what, step := range map[string]struct {
				caller
				want int
			}{
				"another host": {stranger, http.StatusForbidden}, "a foreign page": {foreigner, http.StatusForbidden},
				"no token": {nobody, http.StatusUnauthorized}, "a forged token": {forger, http.StatusUnauthorized},
			} {
				if status := step.post(t); status != step.want {
					t.Errorf("%s was answered %d, want %d", what, status, step.want)
				}
			}
			if started := aws.OpenContacts(); started != 0 {
				t.Errorf("%d chats were started for those who may not", started)
			}
			for i := range 5 { // as many as the manifests allow one customer
				if status := page.post(t); status != http.StatusOK {
					t.Errorf("chat %d was answered %d", i, status)
				}
			}
			if status := page.post(t); status != http.StatusTooManyRequests {
				t.Errorf("one chat more than a customer may start was answered %d", status)
			}
			other := page
			other.token, other.forwarded = mint(t, key, "customer-2"), "198.51.100.1, 203.0.113.8"
			if status := other.post(t); status != http.StatusOK {
				t.Errorf("another customer was answered %d", status)
			}
			// What stands left of the balancer's entry is the caller's own invention.
			passed := 0
			for i := range 60 {
				flood := nobody
				flood.forwarded = "192.0.2." + string(rune('0'+i%10)) + ", 203.0.113.9"
				if flood.post(t) == http.StatusUnauthorized {
					passed++
				}
			}
			if passed != 30 {
				t.Errorf("%d requests of one address passed its limit of 30", passed)
			}
			if strings.Contains(s.text(t), key) || strings.Contains(s.text(t), page.token) {
				t.Error("the log tells a secret")
			}
		})
	}
}

// caller is who sends a request through a load balancer.
type caller struct{ url, host, origin, token, forwarded string }

// post asks for a chat and returns the answer's status.
func (c caller) post(t *testing.T) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+"/startChatContact", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = c.host
	request.Header.Set("Origin", c.origin)
	request.Header.Set("X-Forwarded-For", c.forwarded)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := newClient().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	return answer.StatusCode
}

// mint makes the token that a business's own server would.
func mint(t *testing.T, key, subject string) string {
	t.Helper()
	token, err := identity.Mint(secret.New(key), identity.Claims{Subject: subject, Audience: "website"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func pairs(variables []variable) []string {
	var env []string
	for _, v := range variables {
		env = append(env, v.Name+"="+v.Value)
	}
	return env
}

// settingOf returns a variable of an environment.
func settingOf(t *testing.T, env []string, name string) string {
	t.Helper()
	for _, pair := range env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	t.Fatalf("%s is not set", name)
	return ""
}
