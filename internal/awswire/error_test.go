package awswire_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
)

// Where AWS SDKs look for an error's name and text, in their order.
func TestParseError(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, header, body, wantName, wantMessage string }{
		{"header", "ResourceNotFoundException", `{"Message":"gone"}`, "ResourceNotFoundException", "gone"},
		{"header with address", "InvalidRequestException:http://internal.amazon.com/", `{}`, "InvalidRequestException", ""},
		{"header wins", "AException", `{"code":"BException","__type":"CException"}`, "AException", ""},
		{"code", "", `{"code":"BException","__type":"CException","message":"m"}`, "BException", "m"},
		{"__type with namespace", "", `{"__type":"com.amazonaws.connect#CException","message":"m"}`, "CException", "m"},
		{"no name", "", `{"message":"Access denied"}`, "", "Access denied"},
		{"HTML", "", `<html>`, "", ""},
		{"empty", "", ``, "", ""},
		{"message is an object", "", `{"message":{}}`, "", ""},
		{"array", "", `[]`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"X-Amzn-Requestid": {"r-1"}}
			if tt.header != "" {
				header.Set(awswire.HeaderErrorType, tt.header)
			}
			e := awswire.ParseError(400, header, []byte(tt.body))
			if e.Name != tt.wantName || e.Message != tt.wantMessage || e.Status != 400 || e.RequestID != "r-1" {
				t.Errorf("got %+v, want name %q, message %q", e, tt.wantName, tt.wantMessage)
			}
			if text := e.Error(); tt.wantName == "" && !strings.Contains(text, "400") || !strings.Contains(text, "r-1") {
				t.Errorf("the text %q lacks the status or the request id", text)
			}
		})
	}
}

// AWS repeats the signed request, with its session token, when a signature is wrong.
func TestParseErrorCutsTheSignedRequest(t *testing.T) {
	t.Parallel()
	const message = "The request signature we calculated does not match the signature you provided.\n\n" +
		"The Canonical String for this request should have been\n'PUT\n/contact/chat\n\nx-amz-security-token:CANARY\n'\n\n" +
		"The String-to-Sign should have been\n'AWS4-HMAC-SHA256 CANARY'"
	body, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		t.Fatal(err)
	}
	e := awswire.ParseError(403, http.Header{"X-Amzn-Errortype": {"InvalidSignatureException"}}, body)
	if want := "The request signature we calculated does not match the signature you provided."; e.Message != want {
		t.Errorf("message = %q, want %q", e.Message, want)
	}
	if strings.Contains(e.Error(), "CANARY") {
		t.Error("the error holds the session token")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tests := map[string]struct {
			header, value string
			want          time.Duration
		}{
			"milliseconds of AWS": {"X-Amz-Retry-After", "1500", 1500 * time.Millisecond},
			"seconds":             {"Retry-After", "3", 3 * time.Second},
			"date":                {"Retry-After", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat), time.Minute},
			"date in the past":    {"Retry-After", time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat), 0},
			"negative":            {"Retry-After", "-3", 0},
			"nonsense":            {"Retry-After", "soon", 0},
			"absent":              {"X-Other", "1", 0},
		}
		for name, tt := range tests {
			if got := awswire.RetryAfter(http.Header{tt.header: {tt.value}}); got != tt.want {
				t.Errorf("%s: %v, want %v", name, got, tt.want)
			}
		}
	})
}

func FuzzParseError(f *testing.F) {
	f.Add("AException:x", `{"message":"m"}`)
	f.Add("", `{"__type":"a#b"}`)
	f.Fuzz(func(t *testing.T, header, body string) {
		e := awswire.ParseError(500, http.Header{"X-Amzn-Errortype": {header}}, []byte(body))
		if strings.ContainsAny(e.Name, ":#") {
			t.Errorf("the name %q holds what belongs to its address or namespace", e.Name)
		}
	})
}
