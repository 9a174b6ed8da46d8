package lambdahost_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/lambdahost"
)

var update = flag.Bool("update", false, "rewrite golden files")

// mirror answers with the request as the handler sees it, and with headers that each form of
// answer has to carry.
func mirror(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Set-Cookie", "a=1; HttpOnly")
	h.Add("Set-Cookie", "b=2, c; Path=/")
	h.Add("Vary", "Origin")
	h.Add("Vary", "Accept")
	h.Set("Content-Length", "1")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	if r.URL.Path == "/binary" {
		h.Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(body)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	h.Set("X-Too-Late", "1")
	fmt.Fprintf(w, "%s %s %s\nHost: %s\nRemote: %s\nPath: %q\nQuery: %v\n", r.Method, r.RequestURI, r.Proto, r.Host, r.RemoteAddr, r.URL.Path, r.URL.Query())
	fmt.Fprintf(w, "Length: %d\n", r.ContentLength)
	invocation, _ := lambdahost.From(r.Context())
	fmt.Fprintf(w, "Gateway id: %q\n", invocation.GatewayRequestID)
	_ = r.Header.Write(w)
	fmt.Fprintf(w, "\r\n%s", body)
}

// Each event in testdata/events is one trap; the golden file shows the request that came out
// of it and the answer that goes back.
func TestEvents(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/events/*.json")
	if err != nil || len(paths) < 15 {
		t.Fatalf("found %d events: %v", len(paths), err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payload, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, name, render(t, invoke(t, http.HandlerFunc(mirror), payload)))
		})
	}
}

// AWS's own sample events, from the library's module: those that are requests lead to the
// handler, all others to an error that says so and repeats nothing of them.
func TestSamplesOfAWS(t *testing.T) {
	t.Parallel()
	// These are requests; "-custom-auth" ones look like some and are not.
	requests := map[string]bool{
		"apigw-request": true, "apigw-restapi-openapi-request": true, "apigw-v2-request-iam": true,
		"apigw-v2-request-jwt-authorizer": true, "apigw-v2-request-lambda-authorizer": true, "apigw-v2-request-no-authorizer": true,
		"alb-lambda-target-request-headers-only": true, "alb-lambda-target-request-multivalue-headers": true, "lambda-urls-request": true,
	}
	host := lambdahost.New(http.HandlerFunc(mirror), lambdahost.Options{})
	for _, path := range samples(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		payload, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := host.Invoke(t.Context(), payload)
		switch {
		case requests[name] && err != nil:
			t.Errorf("%s: %v", name, err)
		case requests[name]:
			delete(requests, name)
			compareGolden(t, "aws-"+name, render(t, answer))
		case !isEventError(err):
			t.Errorf("%s is no request, and was answered %s, %v", name, answer, err)
		}
	}
	if len(requests) > 0 {
		t.Errorf("no sample event was found for %v", requests)
	}
}

// The answers are held against AWS's own types, which reject what the gateways reject.
func TestAnswersFitTheirTypes(t *testing.T) {
	t.Parallel()
	tests := map[string]any{
		"rest": &events.APIGatewayProxyResponse{}, "http-stage": &events.APIGatewayV2HTTPResponse{},
		"url": &events.LambdaFunctionURLResponse{}, "alb": &events.ALBTargetGroupResponse{}, "alb-multi": &events.ALBTargetGroupResponse{},
	}
	for name, into := range tests {
		payload, err := os.ReadFile("testdata/events/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		dec := json.NewDecoder(bytes.NewReader(invoke(t, http.HandlerFunc(mirror), payload)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(into); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoRequest(t *testing.T) {
	t.Parallel()
	host := lambdahost.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the handler was called")
	}), lambdahost.Options{})
	for name, payload := range map[string]string{
		"nothing":            ``,
		"text":               `canary`,
		"string":             `"canary"`,
		"null":               `null`,
		"empty object":       `{}`,
		"warm-up ping":       `{"source":"serverless-plugin-warmup","canary":"canary"}`,
		"console's template": `{"key1":"canary"}`,
		"other type":         `{"httpMethod":{"canary":"canary"}}`,
		"cut off":            `{"httpMethod":"canary`,
		"websocket":          `{"requestContext":{"connectionId":"canary","eventType":"CONNECT"},"headers":{"a":"canary"}}`,
		"authorizer":         `{"type":"REQUEST","methodArn":"canary","httpMethod":"GET","path":"/"}`,
		"no method":          `{"requestContext":{"http":{"method":"","path":"canary"}}}`,
	} {
		answer, err := host.Invoke(t.Context(), []byte(payload))
		if !isEventError(err) || answer != nil {
			t.Errorf("%s: answer %s, error %v", name, answer, err)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error repeats the event: %v", name, err)
		}
	}
	answer, err := host.Invoke(t.Context(), []byte(`{"httpMethod":"POST","path":"/","body":"canary","isBase64Encoded":true}`))
	if !isEventError(err) || answer != nil || !strings.Contains(err.Error(), "base64") || strings.Contains(err.Error(), "canary") {
		t.Errorf("a body that is not base64: answer %s, error %v", answer, err)
	}
}

// Gateways hand on what clients send: what is wrong with a text is the handler's to say.
func TestOddTexts(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]string{
		`{"httpMethod":"POST","path":"/","body":"a\ud800b"}`:           "a\ufffdb",
		"{\"httpMethod\":\"POST\",\"path\":\"/\",\"body\":\"a\xffb\"}": "a\ufffdb",
		`{"httpMethod":"POST","path":"/","body":"one","body":"two"}`:   "two",
	} {
		invoke(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if body, err := io.ReadAll(r.Body); err != nil || string(body) != want {
				t.Errorf("%s: body %q, %v", payload, body, err)
			}
		}), []byte(payload))
	}
}

func isEventError(err error) bool {
	_, ok := errors.AsType[*lambdahost.EventError](err)
	return ok
}

func invoke(t *testing.T, handler http.Handler, payload []byte) []byte {
	t.Helper()
	answer, err := lambdahost.New(handler, lambdahost.Options{}).Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// render makes an answer readable: the object indented, the body as it is below it.
func render(t *testing.T, answer []byte) string {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(answer, &members); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	body, _ := members["body"].(string)
	members["body"] = "(below)"
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(members); err != nil {
		t.Fatal(err)
	}
	return b.String() + strings.ReplaceAll(body, "\r", "") + "\n"
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

// samples returns the sample events that come with aws-lambda-go.
func samples(tb testing.TB) []string {
	tb.Helper()
	dir, err := exec.CommandContext(tb.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-lambda-go").Output()
	if err != nil {
		tb.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "events", "testdata", "*.json"))
	if err != nil || len(paths) == 0 {
		tb.Fatalf("found no sample events in %s: %v", dir, err)
	}
	return paths
}
