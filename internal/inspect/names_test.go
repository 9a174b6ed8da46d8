package inspect_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/inspect"
)

// What gives access is masked wherever it can be read back, by the list of package secretform.
func TestD5Masks(t *testing.T) {
	t.Parallel()
	const form, text, xml = "application/x-www-form-urlencoded", "text/plain", "application/xml"
	requests := []struct{ contentType, body, secret string }{
		{form, "a=b&participant%54oken=" + plainCanary, plainCanary},
		{form, "%70assword=" + plainCanary + "&x=1", plainCanary},
		{form, "credentials%5Btoken%5D=" + plainCanary, plainCanary},
		{form, "data=%7B%22ParticipantToken%22%3A%22" + plainCanary + "%22%7D", plainCanary},
		{text, "a=b&participant%54oken=" + plainCanary, plainCanary},
		{xml, "<r><SessionToken>" + plainCanary + "</SessionToken></r>", plainCanary},
		{xml, "<r><aws:SecretAccessKey a='b'><![CDATA[" + plainCanary + "]]></aws:SecretAccessKey></r>", plainCanary},
		{"application/json", `{"content":"<Password>` + plainCanary + `</Password>"}`, plainCanary},
		{"application/json", `{"content":"\u003cPassword\u003e` + plainCanary + `\u003c/Password\u003e"}`, plainCanary},
		{"application/json", `{"AccessKeyId":"` + plainCanary + `"}`, plainCanary},
	}
	for _, shape := range []string{
		"IQoJb3JpZ2luX2VjEJH0canary", "FwoGZXIvYXdzEJr0canary", "FQoGZXIvYXdzEJr0canary", "FQoDYXdzEJr0canary", "AQoDYXdzEJr0canary",
		"AKIAIOSFODNN7CANARY", "ASIAIOSFODNN7CANARY", "ABIAIOSFODNN7CANARY", "ACCAIOSFODNN7CANARY",
	} {
		for _, around := range []string{"say %s, please", `{"Content":"say %s"}`, `{"Content":"{\"Content\":\"%s\"}"}`, "a=%s"} {
			requests = append(requests, struct{ contentType, body, secret string }{text, fmt.Sprintf(around, shape), shape})
		}
	}
	for _, header := range []string{"X-Auth", "X-Session", "X-Key", "X-Auth-Key", "X-Session-Id"} {
		requests = append(requests, struct{ contentType, body, secret string }{header, "said " + plainCanary, plainCanary})
	}
	for _, r := range requests {
		recorder := inspect.New(inspect.Config{})
		request := httptest.NewRequest(http.MethodPost, "/participant/message", strings.NewReader(r.body))
		if strings.HasPrefix(r.contentType, "X-") {
			request.Header.Set(r.contentType, r.secret)
		} else {
			request.Header.Set("Content-Type", r.contentType)
		}
		said := r.body
		if r.contentType == form { // the answer is none
			said = ""
		}
		do(recorder, request, answer(http.StatusOK, "", said))
		sing(t, recorder, r.contentType+" "+r.body, r.secret)
	}
}
