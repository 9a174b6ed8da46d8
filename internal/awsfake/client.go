package awsfake

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// RoundTrip implements [http.RoundTripper]: a client whose transport is an endpoint calls it without
// a socket, so that waits can be tested in a synctest bubble. When the endpoint breaks the
// connection, the error is [io.EOF], or the context's.
func (e *Endpoint) RoundTrip(request *http.Request) (response *http.Response, err error) {
	defer func() {
		if recover() != nil {
			response, err = nil, io.EOF
			if request.Context().Err() != nil {
				err = request.Context().Err()
			}
		}
	}()
	served := request.Clone(request.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	if served.Host == "" { // a server reads it off the wire
		served.Host = served.URL.Host
	}
	if served.ContentLength > 0 {
		served.Header.Set("Content-Length", strconv.FormatInt(served.ContentLength, 10))
	}
	recorder := httptest.NewRecorder()
	e.ServeHTTP(recorder, served)
	response = recorder.Result()
	if response.Header.Get("Date") == "" { // a server of net/http sets it
		response.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	return response, nil
}

// Main runs a package's tests without the developer's own AWS settings. In their place is a profile
// "fake" with the credentials and the Region of an endpoint, so that tests can run in parallel.
func Main(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			_ = os.Unsetenv(name) // a name that is set can be unset
		}
	}
	dir, err := os.MkdirTemp("", "awsfake")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a directory that stays harms nothing
	file := filepath.Join(dir, "config")
	text := "[profile fake]\nregion = " + DefaultRegion + "\naws_access_key_id = " + DefaultAccessKeyID +
		"\naws_secret_access_key = " + DefaultSecretAccessKey + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		panic(err)
	}
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": file, "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "none"), "AWS_EC2_METADATA_DISABLED": "true",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	m.Run()
}
