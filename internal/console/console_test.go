package console_test

import (
	"compress/gzip"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/console"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/partner"
)

const (
	base = "http://localhost:3000"

	sampleInstance = "own-instance"
	sampleFlow     = "own-flow"
)

func embedded() console.Config {
	return console.Config{URL: base, Upstream: "embedded Amazon Connect", Embedded: true, Version: "v1.2.3", InstanceID: sampleInstance, ContactFlowID: sampleFlow}
}

func aws() console.Config {
	return console.Config{URL: base, Upstream: "Amazon Connect in eu-central-1", Version: "v1.2.3"}
}

func get(t *testing.T, config console.Config, target string) (*http.Response, string) {
	t.Helper()
	rec := httptest.NewRecorder()
	console.New(config).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, target, nil))
	body, err := io.ReadAll(rec.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return rec.Result(), string(body)
}

// code returns the text of an element with an id, as a reader sees it.
func code(t *testing.T, page, id string) string {
	t.Helper()
	found := regexp.MustCompile(`(?s)id="` + id + `"[^>]*>(.*?)</code>`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page has no code with id %q", id)
	}
	return html.UnescapeString(found[1])
}

func TestConnectPage(t *testing.T) {
	t.Parallel()
	configured := aws()
	configured.HasInstanceID, configured.HasContactFlowID = true, true
	half := aws()
	half.HasInstanceID, half.NetworkURLs = true, []string{"http://192.168.1.5:3000", "http://[fd00::5]:3000"}
	tests := []struct {
		name      string
		config    console.Config
		curl      map[string]string
		has, lack []string
	}{
		{
			"embedded", embedded(),
			map[string]string{"InstanceId": sampleInstance, "ContactFlowId": sampleFlow},
			[]string{"embedded Amazon Connect", "No account, no cost", "parley serve --upstream aws", "--addr 0.0.0.0:3000", "v1.2.3"},
			[]string{"YOUR_", "required>", "costs money"},
		},
		{
			"aws, nothing configured", aws(),
			map[string]string{"InstanceId": "YOUR_INSTANCE_ID", "ContactFlowId": "YOUR_CONTACT_FLOW_ID"},
			[]string{"Amazon Connect in eu-central-1", "costs money", "parley doctor", "--contact-flow-id", "required>"},
			[]string{sampleInstance, "No account"},
		},
		{
			"aws, all configured", configured,
			map[string]string{},
			[]string{"set on the server"},
			[]string{"YOUR_", "required>", "The example app sends only a name", sampleInstance},
		},
		{
			"aws, half configured", half,
			map[string]string{"ContactFlowId": "YOUR_CONTACT_FLOW_ID"},
			[]string{"http://192.168.1.5:3000/start-chat", "http://[fd00::5]:3000/start-chat", "The example app sends only a name"},
			[]string{"YOUR_INSTANCE_ID", "0.0.0.0"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, page := get(t, test.config, "/console/connect")
			for _, text := range test.has {
				if !strings.Contains(page, text) {
					t.Errorf("the page lacks %q", text)
				}
			}
			for _, text := range test.lack {
				if strings.Contains(page, text) {
					t.Errorf("the page has %q", text)
				}
			}
			for id, want := range map[string]string{
				"endpoint":          base + "/startChatContact",
				"snippet-interface": `apiGatewayEndpoint: "` + base + `/startChatContact"`,
				"snippet-custom":    `apiGateway: "` + base + `/startChatContact"`,
				"snippet-native":    `'` + base + `/start-chat'`,
				"snippet-curl":      "curl " + base + "/startChatContact",
			} {
				if got := code(t, page, id); !strings.Contains(got, want) {
					t.Errorf("%s lacks %q:\n%s", id, want, got)
				}
			}
			if !strings.Contains(page, "http://10.0.2.2:3000/start-chat") {
				t.Error("the page does not say how an Android emulator calls the server")
			}
			_, data, _ := strings.Cut(code(t, page, "snippet-curl"), "-d '")
			var sent map[string]string
			if err := json.Unmarshal([]byte(strings.TrimSuffix(data, "'")), &sent); err != nil {
				t.Fatalf("the curl command sends no json: %v\n%s", err, data)
			}
			if diff := cmp.Diff(test.curl, sent); diff != "" {
				t.Errorf("the curl command sends (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfigurationIsEscaped(t *testing.T) {
	t.Parallel()
	const hostile = `"><script src=//evil.example></script>`
	for _, target := range []string{"/", "/console/connect", "/docs/errors", "/console/signed-in"} {
		_, page := get(t, console.Config{
			URL: base + hostile, Upstream: hostile, Version: hostile, NetworkURLs: []string{hostile},
		}, target)
		if strings.Contains(page, "<script src=//evil.example>") {
			t.Errorf("%s repeats markup of the configuration", target)
		}
	}
}

// What the policy forbids the browser to do the pages must not need.
func TestPagesKeepTheirPolicy(t *testing.T) {
	t.Parallel()
	inline := regexp.MustCompile(`<script[^>]*>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:`)
	foreign := regexp.MustCompile(`(?i)(?:\s(?:src|href|action)=|from |import\(?|fetch\(|url\()["']?(?:https?:)?//`)
	for _, target := range addresses() {
		res, page := get(t, embedded(), target)
		policy := res.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: policy %q lacks %q", target, policy, part)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", target, policy)
		}
		if found := inline.FindString(page); found != "" {
			t.Errorf("%s has inline script or style: %q", target, found)
		}
		// What is to be pasted into other pages is text here.
		if found := foreign.FindString(regexp.MustCompile(`(?s)<(?:pre|code).*?</(?:pre|code)>`).ReplaceAllString(page, "")); found != "" {
			t.Errorf("%s refers to another server: %q", target, found)
		}
		for _, file := range linked(page) {
			if path.Ext(file) == "" {
				continue
			}
			_, content := get(t, embedded(), file)
			if found := foreign.FindString(content); found != "" {
				t.Errorf("%s refers to another server: %q", file, found)
			}
			if found := regexp.MustCompile(`innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function`).FindString(content); found != "" {
				t.Errorf("%s makes markup or code of strings: %q", file, found)
			}
		}
	}
}

// addresses are those of the pages beside the embedded Amazon Connect.
func addresses() []string {
	return []string{"/", "/console/desk", "/console/inspector", "/console/faults", "/console/connect", "/docs/errors", "/console/signed-in"}
}

// With Amazon Connect behind, agents have its own workspace and nothing can be broken: the
// page that says how to connect is the first one.
func TestPagesOfAnUpstream(t *testing.T) {
	t.Parallel()
	current := regexp.MustCompile(`<a href="([^"]*)"( aria-current="page")?>([^<]*)</a>`)
	tests := map[string]struct {
		config console.Config
		nav    []string
		none   []string
	}{
		"embedded": {
			embedded(),
			[]string{"/ Try it", "/console/desk Desk", "/console/inspector Inspector", "/console/faults Faults", "/console/connect Connect", "/docs/errors Errors"},
			nil,
		},
		"aws": {
			aws(),
			[]string{"/ Connect", "/console/inspector Inspector", "/docs/errors Errors"},
			[]string{"/console/desk", "/console/faults"},
		},
	}
	for name, test := range tests {
		for _, entry := range test.nav {
			address, _, _ := strings.Cut(entry, " ")
			_, page := get(t, test.config, address)
			_, page, _ = strings.Cut(page, `<nav aria-label="Pages">`)
			page, _, _ = strings.Cut(page, "</nav>")
			var nav, here []string
			for _, found := range current.FindAllStringSubmatch(page, -1) {
				nav = append(nav, found[1]+" "+found[3])
				if found[2] != "" {
					here = append(here, found[1])
				}
			}
			if diff := cmp.Diff(test.nav, nav); diff != "" {
				t.Errorf("%s, %s: navigation (-want +got):\n%s", name, address, diff)
			}
			if diff := cmp.Diff([]string{address}, here); diff != "" {
				t.Errorf("%s, %s: the current page (-want +got):\n%s", name, address, diff)
			}
		}
		for _, address := range append(test.none, shortOf(test.none)...) {
			if res, _ := get(t, test.config, address); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s, %s: status %d, want 404", name, address, res.StatusCode)
			}
		}
	}
}

// shortOf are the addresses of pages as people type them.
func shortOf(pages []string) []string {
	var short []string
	for _, page := range pages {
		short = append(short, strings.TrimPrefix(page, "/console"))
	}
	return short
}

// The documentation of this version stands in the console's own frame, under the same policy.
func TestB2DocumentationIsServed(t *testing.T) {
	t.Parallel()
	for address, part := range map[string]string{
		"/docs": "<h1 id=\"parley\">Parley</h1>", "/docs/": "href=\"/docs/install\"", "/docs/agents": "<title>Agents · Parley</title>",
		"/docs/errors": "What goes wrong", "/docs/images/workbench.png": "PNG",
	} {
		res, page := get(t, embedded(), address)
		if res.StatusCode != http.StatusOK || !strings.Contains(page, part) || !console.Handles(address) {
			t.Errorf("%s: status %d, without %q", address, res.StatusCode, part)
		}
		if _, home := get(t, embedded(), "/"); res.Header.Get("Content-Security-Policy") == "" || !strings.Contains(home, `href="/docs"`) {
			t.Errorf("%s: no policy, or no link to the documentation", address)
		}
	}
	if res, _ := get(t, embedded(), "/docs/nothing"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a page that is not there: status %d", res.StatusCode)
	}
}

// Nothing is made before it is asked for: the pages would delay the start of a server.
//
//nolint:paralleltest // it counts what the whole process allocates
func TestStartsSmall(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	handler := console.New(embedded())
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; made > 64<<10 {
		t.Errorf("%d bytes are made at the start", made)
	}
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/docs/errors", nil))
	if rec.Code != http.StatusOK || rec.Body.Len() < 32<<10 {
		t.Errorf("the page of errors: status %d, %d bytes", rec.Code, rec.Body.Len())
	}
}

// TestSize: what a browser loads for all pages together, compressed as it asks for.
func TestSize(t *testing.T) {
	t.Parallel()
	handler := console.New(embedded())
	total := 0
	sizes := map[string]int{}
	seen := map[string]bool{}
	for queue := addresses()[:5]; len(queue) > 0; queue = queue[1:] {
		if seen[queue[0]] || strings.HasPrefix(queue[0], "/docs") { // to be read, and no part of the others
			continue
		}
		seen[queue[0]] = true
		_, content := get(t, embedded(), queue[0])
		request := httptest.NewRequest(http.MethodGet, queue[0], nil)
		request.Header.Set("Accept-Encoding", "gzip, deflate, br")
		packed := httptest.NewRecorder()
		handler.ServeHTTP(packed, request)
		total += packed.Body.Len()
		sizes[queue[0]] = packed.Body.Len()
		unpacked, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatalf("%s: %v", queue[0], err)
		}
		if same, err := io.ReadAll(unpacked); err != nil || string(same) != content {
			t.Errorf("%s is another compressed: %v", queue[0], err)
		}
		queue = append(queue, linked(content)...)
	}
	if limit := 150_000; total > limit {
		t.Errorf("all pages and their files have %d bytes, want at most %d", total, limit)
	}
	t.Logf("%d files, %d bytes", len(seen), total)
	for _, address := range addresses()[:5] {
		one, loaded := 0, map[string]bool{}
		for queue := []string{address}; len(queue) > 0; queue = queue[1:] {
			if loaded[queue[0]] || path.Ext(queue[0]) == "" && queue[0] != address { // another page
				continue
			}
			loaded[queue[0]] = true
			one += sizes[queue[0]]
			_, content := get(t, embedded(), queue[0])
			queue = append(queue, linked(content)...)
		}
		if one > 100_000 || one < 5_000 {
			t.Errorf("%s and its files have %d bytes, want at most 100000", address, one)
		}
		t.Logf("%s: %d files, %d bytes", address, len(loaded), one)
	}
}

// linked lists the addresses on this server that a page or script refers to.
func linked(content string) []string {
	var out []string
	for _, found := range regexp.MustCompile(`(?:src=|href=|from )"(/[^"#]*)`).FindAllStringSubmatch(content, -1) {
		if !strings.HasPrefix(found[1], "/api/") { // another handler's
			out = append(out, found[1])
		}
	}
	for _, found := range regexp.MustCompile(`SharedWorker\(scripts\(served\("([^"]*)"`).FindAllStringSubmatch(content, -1) {
		out = append(out, found[1])
	}
	for _, found := range regexp.MustCompile(`from "\./([^"]*)"`).FindAllStringSubmatch(content, -1) { // of a module beside it
		out = append(out, "/console/"+found[1])
	}
	return out
}

// Under a path, everything that a page names stands below it, and modules name each other and the
// server by where they were loaded from.
func TestC1PagesUnderAPath(t *testing.T) {
	t.Parallel()
	config := embedded()
	config.URL, config.Base = "https://chat.example.com/parley", "/parley"
	for _, address := range addresses() {
		_, content := get(t, config, address)
		for _, target := range regexp.MustCompile(`(?:src|href|action)="(/[^"]*)"`).FindAllStringSubmatch(content, -1) {
			if !strings.HasPrefix(target[1], "/parley/") {
				t.Errorf("%s leads out of its path: %s", address, target[1])
			}
		}
	}
	res, _ := get(t, config, "/console")
	if got := res.Header.Get("Location"); got != "/parley/" {
		t.Errorf("/console leads to %q", got)
	}
	files, err := os.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	absolute := regexp.MustCompile("(?:from |href: |href = |fetch\\(|EventSource\\(|assign\\()(?:path)?[\"`]/")
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("static", file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if found := absolute.Find(text); found != nil {
			t.Errorf("%s names a path of the server without served(): %s", file.Name(), found)
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	messages, err := partner.Gallery(time.Now(), "/console")
	if err != nil {
		t.Fatal(err)
	}
	queue := addresses()
	for _, message := range messages { // they show pictures of ours
		for _, found := range regexp.MustCompile(`"imageData":"([^"]*)"`).FindAllStringSubmatch(string(message.Example), -1) {
			queue = append(queue, found[1])
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		target := queue[0]
		if seen[target] {
			continue
		}
		seen[target] = true
		res, content := get(t, embedded(), target)
		if res.StatusCode != http.StatusOK || !console.Handles(target) {
			t.Errorf("%s: status %d, handled %v", target, res.StatusCode, console.Handles(target))
		}
		queue = append(queue, linked(content)...)
		if path.Ext(target) != "" {
			continue
		}
		ids := map[string]int{}
		for _, found := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(content, -1) {
			ids[found[1]]++
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s has the id %q %d times", target, id, n)
			}
		}
		for _, found := range regexp.MustCompile(`(?:href="#|for="|data-copy="|aria-labelledby=")([^"]+)"`).FindAllStringSubmatch(content, -1) {
			if ids[found[1]] != 1 {
				t.Errorf("%s refers to the id %q, which it lacks", target, found[1])
			}
		}
	}
	files, err := os.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !seen["/console/"+file.Name()] {
			t.Errorf("no page leads to %s", file.Name())
		}
	}
}

func TestErrorsPageHasEveryRule(t *testing.T) {
	t.Parallel()
	_, page := get(t, embedded(), "/docs/errors")
	for _, rule := range diagnosis.Rules() {
		// As answers link to it: see diagnosis.Problem.
		_, article, ok := strings.Cut(page, `id="`+string(rule.ID)+`"`)
		if !ok {
			t.Errorf("the page lacks the anchor %s", rule.ID)
			continue
		}
		article, _, _ = strings.Cut(article, "</article>")
		text := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(article, ""))
		for _, part := range []string{rule.Title, rule.Sentence, rule.Detail, rule.Remedy, rule.Code} {
			if !strings.Contains(text, strings.ReplaceAll(part, "`", "")) {
				t.Errorf("rule %s: the page lacks %q", rule.ID, part)
			}
		}
		for _, found := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(rule.Detail, -1) {
			if !strings.Contains(article, "<code>"+html.EscapeString(found[1])+"</code>") && !strings.Contains(article, "<code>"+found[1]+"</code>") {
				t.Errorf("rule %s: %q is not shown as code", rule.ID, found[1])
			}
		}
	}
}

func TestCaching(t *testing.T) {
	t.Parallel()
	handler := console.New(embedded())
	other := embedded()
	other.Version = "v1.2.4"
	for _, target := range []string{"/", "/docs/errors", "/console/connect.js", "/console/style.css", "/favicon.ico"} {
		first := httptest.NewRecorder()
		handler.ServeHTTP(first, httptest.NewRequest(http.MethodGet, target, nil))
		tag := first.Header().Get("Etag")
		if first.Code != http.StatusOK || len(tag) < 10 || first.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: status %d, headers %v", target, first.Code, first.Header())
		}
		if first.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: the browser may guess the type", target)
		}

		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("If-None-Match", tag)
		again := httptest.NewRecorder()
		handler.ServeHTTP(again, r)
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s again: status %d and %d bytes, want 304 and none", target, again.Code, again.Body.Len())
		}

		head := httptest.NewRecorder()
		handler.ServeHTTP(head, httptest.NewRequest(http.MethodHead, target, nil))
		if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != first.Header().Get("Content-Length") {
			t.Errorf("HEAD %s: status %d, %d bytes, headers %v", target, head.Code, head.Body.Len(), head.Header())
		}
	}
	before, _ := get(t, embedded(), "/")
	after, _ := get(t, other, "/")
	if before.Header.Get("Etag") == after.Header.Get("Etag") {
		t.Error("another version's page has the same tag")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	config := embedded()
	config.DocsURL = base + "/docs/errors"
	handler := console.New(config)
	tests := []struct {
		method, target string
		status         int
		header, value  string
	}{
		{http.MethodPost, "/docs/errors", http.StatusMethodNotAllowed, "Allow", "GET, HEAD"},
		{http.MethodDelete, "/", http.StatusMethodNotAllowed, "Allow", "GET, HEAD"},
		{http.MethodGet, "/console/no-such-file", http.StatusNotFound, "Content-Type", "application/json"},
		{http.MethodGet, "/console/../console.go", http.StatusNotFound, "Content-Type", "application/json"},
		{http.MethodGet, "/console/pages/connect.html", http.StatusNotFound, "Content-Type", "application/json"},
		{http.MethodGet, "/console/", http.StatusFound, "Location", "/"},
		{http.MethodGet, "/console", http.StatusFound, "Location", "/"},
		{http.MethodGet, "/desk?contact=1", http.StatusFound, "Location", "/console/desk?contact=1"},
		{http.MethodGet, "/inspector", http.StatusFound, "Location", "/console/inspector"},
		{http.MethodGet, "/faults/", http.StatusFound, "Location", "/console/faults"},
		{http.MethodGet, "/connect", http.StatusFound, "Location", "/console/connect"},
		{http.MethodGet, "/docs/errors/", http.StatusOK, "Content-Type", "text/html; charset=utf-8"},
		{http.MethodGet, "//docs//errors", http.StatusOK, "Content-Type", "text/html; charset=utf-8"},
		{http.MethodGet, "/console/style.css/", http.StatusOK, "Content-Type", "text/css; charset=utf-8"},
	}
	for _, test := range tests {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(test.method, test.target, nil))
		if rec.Code != test.status || rec.Header().Get(test.header) != test.value {
			t.Errorf("%s %s: status %d, %s %q", test.method, test.target, rec.Code, test.header, rec.Header().Get(test.header))
		}
		// The link must work wherever the answer is read.
		if test.status >= http.StatusBadRequest && !strings.Contains(rec.Body.String(), `"docs":"`+config.DocsURL+"#") {
			t.Errorf("%s %s: the answer has no whole link: %s", test.method, test.target, rec.Body)
		}
	}
	for _, own := range []string{"/desk", "/faults/", "/", "", "/docs/errors/", "//docs/errors", "/console/x/../style.css"} {
		if !console.Handles(own) {
			t.Errorf("Handles(%q) is false", own)
		}
	}
	for _, other := range []string{"/startChatContact", "/consolex", "/api/status", "/healthz", "/Prod", "/console/../Prod"} {
		if console.Handles(other) {
			t.Errorf("Handles(%q) is true", other)
		}
	}
}
