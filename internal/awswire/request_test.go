package awswire_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/parley-chat/parley/internal/awswire"
)

func TestReadBody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   io.Reader
		want   string
		status int
	}{
		"none":       {nil, "", 0},
		"empty":      {http.NoBody, "", 0},
		"as long":    {strings.NewReader("12345678"), "12345678", 0},
		"too long":   {strings.NewReader("123456789"), "", http.StatusRequestEntityTooLarge},
		"breaks off": {io.MultiReader(strings.NewReader("123"), iotest.ErrReader(errors.New("reset"))), "", http.StatusRequestTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, refused := awswire.ReadBody(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", test.body), 8)
			if string(body) != test.want || (refused == nil) != (test.status == 0) || refused != nil && refused.Status != test.status {
				t.Errorf("%q, %v", body, refused)
			}
		})
	}
}

// A body that is too long is told how long it may be and, where it said so, how long it is.
func TestRowA17BodiesHaveFigures(t *testing.T) {
	t.Parallel()
	for sent, body := range map[string]io.Reader{"has 9.": strings.NewReader("123456789"), "has more.": io.MultiReader(strings.NewReader("123456789"))} {
		_, refused := awswire.ReadBody(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", body), 8)
		if refused == nil || !strings.Contains(refused.Message, "at most 8 bytes") || !strings.HasSuffix(refused.Message, sent) {
			t.Errorf("%v, want one that %s", refused, sent)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "as it was",
		`{}`:                          "as it was",
		`{"Text":"a"}`:                "a",
		`{"Text":"a","Text":"b"}`:     "b",
		"{\"Text\":\"\xff\"}":         "\uFFFD",
		`{"Text":"a","Unknown":[{}]}`: "a",
	} {
		into := struct{ Text string }{"as it was"}
		if err := awswire.Decode(text, &into); err != nil || into.Text != want {
			t.Errorf("%q: %q, %v", text, into.Text, err)
		}
	}
	var into struct{ Text string }
	for _, text := range []string{"{", `{"Text":1}`, `[]`} {
		if awswire.Decode(text, &into) == nil {
			t.Errorf("%q is read", text)
		}
	}
}
