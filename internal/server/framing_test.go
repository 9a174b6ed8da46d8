package server_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/server"
)

// A request whose length can be read in two ways is the last of its connection (RFC 9112, 6.1).
func TestD6LengthAndEncoding(t *testing.T) {
	t.Parallel()
	s := start(t, server.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, r.URL.Path)
	})})
	const chunks, next = "5\r\nhello\r\n0\r\n\r\n", "GET /next HTTP/1.1\r\nHost: h\r\n\r\n"
	post := func(fields string) string { return "POST /first HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" }
	tests := map[string]struct {
		packets []string
		closes  bool
	}{
		"a length":            {[]string{post("Content-Length: 5\r\n") + "hello", next}, false},
		"chunks":              {[]string{post("Transfer-Encoding: chunked\r\n") + chunks, next}, false},
		"chunks in packets":   {[]string{"POST /first HTTP/1.1\r\nHost: h\r\nTransfer-", "Encoding: chunked\r\n\r", "\n" + chunks, next}, false},
		"both":                {[]string{post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + chunks, next}, true},
		"the other way round": {[]string{post("transfer-encoding: chunked\r\nCONTENT-LENGTH: 5\r\n") + chunks, next}, true},
		"with the next one":   {[]string{post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + chunks + next}, true},
		"in packets":          {[]string{"P", "OST /first HTTP/1.1\r\nHost: h\r\nContent-", "Length: 5\r\nTransfer", "-Encoding: chunked\r\n\r\n" + chunks, next}, true},
		"bare line feeds":     {[]string{strings.ReplaceAll(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "\r", "") + chunks, next}, true},
		"HTTP/1.0": {[]string{"POST /first HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n" +
			"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello", next}, true},
		"HTTP/1.0 with a length": {[]string{"POST /first HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", next}, false},
		"behind another": {[]string{"GET /zero HTTP/1.1\r\nHost: h\r\n\r\n" +
			post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + chunks, next}, true},
		"in the body": {[]string{post("Content-Length: 50\r\n") + "\nTransfer-Encoding: chunked\n" + strings.Repeat("x", 22), next}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, s.addr)
			answers := bufio.NewReader(conn)
			first := test.packets[:len(test.packets)-1]
			if len(first) == 0 {
				first = test.packets
			}
			for _, packet := range first {
				if _, err := io.WriteString(conn, packet); err != nil {
					t.Fatal(err)
				}
			}
			read := func() (path string, closes bool, err error) {
				answer, err := http.ReadResponse(answers, nil)
				if err != nil {
					return "", false, err
				}
				body, err := io.ReadAll(answer.Body)
				return string(body), answer.Close, err
			}
			path, closes, err := read()
			if path == "/zero" {
				path, closes, err = read()
			}
			if path != "/first" || closes != test.closes || err != nil {
				t.Fatalf("answered %q, last of its connection: %t, %v; want %t", path, closes, err, test.closes)
			}
			if len(first) < len(test.packets) {
				_, _ = io.WriteString(conn, next) // the connection may be gone
			}
			path, _, err = read()
			if test.closes && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && err == nil || !test.closes && path != "/next" {
				t.Errorf("then %q, %v", path, err)
			}
		})
	}
}
