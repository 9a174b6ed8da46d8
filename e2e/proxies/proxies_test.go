//go:build unix

package proxies_test

import (
	"bufio"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/chatclient"
)

// asSaid is a configuration as the page has it.
func asSaid(config string) string { return config }

// public are the flags that docs/proxies.md names.
func public(address string) []string { return []string{"--public-url", address} }

// A whole chat and the console go through each proxy, on a host of its own and under a path, with
// no flag but --public-url, and nothing is warned about.
func TestC1Proxies(t *testing.T) {
	t.Parallel()
	for _, p := range proxies() {
		for where, base := range map[string]string{"host": "", "path": "/parley"} {
			t.Run(p.title+" "+where, func(t *testing.T) {
				t.Parallel()
				f := p.open(t, base, public, asSaid)
				f.works(t)
			})
		}
	}
}

// nginx as it is without a word about Host, with the usual line that loses the port, and taking
// the path off.
func TestC1WhatProxiesChange(t *testing.T) {
	t.Parallel()
	nginx := proxies()[0]
	for what, change := range map[string]struct{ base, line, instead string }{
		"upstream's name": {"", `proxy_set_header Host .*;`, ""},
		"no port":         {"", `proxy_set_header Host .*;`, "proxy_set_header Host $$host;"},
		"no path":         {"/parley", `proxy_pass (.*);`, "proxy_pass $1/;"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := nginx.open(t, change.base, public, func(config string) string {
				line := regexp.MustCompile(change.line)
				if !line.MatchString(config) {
					t.Fatalf("the configuration lacks %s", change.line)
				}
				return line.ReplaceAllString(config, change.instead)
			})
			f.works(t)
		})
	}
}

// Without --public-url the log says once which setting is missing, and never to use TLS.
func TestC1WithoutAPublicURL(t *testing.T) {
	t.Parallel()
	for _, p := range proxies() {
		t.Run(p.title, func(t *testing.T) {
			t.Parallel()
			f := p.open(t, "", func(string) []string { return []string{"--allow-host", name} }, asSaid)
			client := chatclient.Over(f.url, f.transport)
			chat, err := client.Start(t.Context(), "Pat", "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.Connect(t.Context(), chat.ParticipantToken); err != nil {
				t.Fatal(err)
			}
			named := 0
			for _, warning := range f.log.warnings() {
				if strings.Contains(warning, "a proxy stands in front") && strings.Contains(warning, "--public-url") {
					named++
				}
				if strings.Contains(warning, "use TLS") {
					t.Errorf("TLS is in front already: %s", warning)
				}
			}
			if named != 1 {
				t.Errorf("the setting is named %d times: %s", named, f.log.warnings())
			}
		})
	}
}

// works holds a chat and visits the console, and nothing may be warned about.
func (f *front) works(t *testing.T) {
	t.Helper()
	f.chat(t)
	f.console(t)
	if said := f.log.warnings(); len(said) > 0 {
		t.Errorf("the server warned: %s", said)
	}
}

// chat holds a chat: start, socket, a message there and the partner's answer back.
func (f *front) chat(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	client := chatclient.Over(f.url, fromPage{f})
	chat, err := client.Start(ctx, "Pat", "")
	if err != nil {
		t.Fatal(err)
	}
	connection, err := client.Connect(ctx, chat.ParticipantToken)
	if err != nil {
		t.Fatal(err)
	}
	if want := "wss" + strings.TrimPrefix(f.url, "https") + "/participant/websocket?"; !strings.HasPrefix(connection.URL, want) {
		t.Fatalf("the socket is at %q, want %s…", connection.URL, want)
	}
	shown := make(chan chatclient.Item, 64)
	socket, err := chatclient.ListenOver(ctx, connection.URL, f.dial, func(frame []byte) {
		if item, ok := chatclient.Shown(frame); ok && item.Type == "MESSAGE" {
			shown <- item
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if _, err := client.Send(ctx, connection.Token, "through the proxy", ""); err != nil {
		t.Fatal(err)
	}
	own, answered := false, false
	for end := time.After(patience); !own || !answered; {
		select {
		case item := <-shown:
			answered = answered || own && item.ParticipantID != chat.ParticipantID
			own = own || item.Content == "through the proxy" && item.ParticipantID == chat.ParticipantID
		case <-end:
			t.Fatalf("within %s: own message %t, an answer %t", patience, own, answered)
		}
	}
}

// fromPage sends the requests of a page of the public origin.
type fromPage struct{ f *front }

// RoundTrip implements [http.RoundTripper].
func (p fromPage) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Origin", p.f.origin)
	return p.f.transport.RoundTrip(r)
}

// console asks for every page, and every file and page that one names, changes something by the
// API as they do, and hears of it by the stream of events.
func (f *front) console(t *testing.T) {
	t.Helper()
	page, err := url.Parse(f.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	reference := regexp.MustCompile(`(?:href|src)="(/[^"#]+)"|from "(\./[^"]+\.js)"`)
	todo, seen := []*url.URL{page}, map[string]bool{page.Path: true}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		status, header, text := f.ask(t, http.MethodGet, strings.TrimPrefix(at.RequestURI(), strings.TrimPrefix(f.url, f.origin)), "")
		if kind := header.Get("Content-Type"); status != http.StatusOK || !strings.HasPrefix(kind, "text/") && !strings.HasPrefix(kind, "image/") && !strings.Contains(kind, "json") {
			t.Errorf("%s: %d %s", at, status, header.Get("Content-Type"))
		}
		for _, found := range reference.FindAllStringSubmatch(text, -1) {
			next, err := at.Parse(found[1] + found[2])
			if err != nil {
				t.Fatal(err)
			}
			if next.Host == page.Host && !seen[next.Path] && !strings.Contains(found[0], "${") {
				if !strings.HasPrefix(next.Path, page.Path) {
					t.Errorf("%s leads out of %s: %s", at, page, found[0])
				}
				seen[next.Path] = true
				todo = append(todo, next)
			}
		}
	}
	for _, needed := range []string{"console/desk", "console/faults", "console/api.js", "console/dom.js", "console/style.css", "docs/errors"} {
		if !seen[page.Path+needed] {
			t.Errorf("no page names %s", needed)
		}
	}

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+"/api/events?topics=faults", nil)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := f.transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Body.Close() }() // it never ends
	lines := bufio.NewScanner(stream.Body)
	await := func(event string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "event: "+event {
				return
			}
		}
		t.Fatalf("the stream of events ended without %s: %v", event, lines.Err())
	}
	await("hello")
	if status, _, text := f.ask(t, http.MethodPost, "/api/faults/presets/phone-locked", "{}"); status >= 300 {
		t.Fatalf("changing something as the console does: %d %s", status, text)
	}
	await("faults")
}
