package api_test

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/emulator"
)

// Attachments of customers wait for a decision, and are downloaded as what cannot be run.
func TestAttachments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{emulator: emulator.Config{HoldAttachments: true}})
	c := w.accepted(w.hire("Ann"))
	const page = "<script>alert(1)</script>"
	good, evil := c.upload("a.txt", "text/plain", "abc"), c.upload("evil.pdf", "text/html", page)
	scanning := w.get("/api/attachments?state=scanning")
	if scanning.text("attachments", 0, "id") != good || scanning.text("attachments", 1, "id") != evil || scanning.text("attachments", 1, "contentType") != "text/html" {
		t.Fatalf("%s", scanning.Body)
	}
	got := w.get("/api/attachments/" + evil)
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "Content-Disposition": "attachment; filename=evil.pdf",
		"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q", name, got.Header.Get(name))
		}
	}
	if string(got.Body) != page {
		t.Errorf("%s", got.Body)
	}
	if part := w.raw(http.MethodGet, "/api/attachments/"+good, http.NoBody, "Range", "bytes=1-1"); part.Status != 206 || string(part.Body) != "b" {
		t.Errorf("a part: %s", part.status())
	}
	if none := w.raw(http.MethodGet, "/api/attachments/"+good, http.NoBody, "Range", "bytes=9-"); none.Status != 416 {
		t.Errorf("no part: %s", none.status())
	}
	w.must(http.MethodPost, "/api/attachments/"+good+"/decision", map[string]any{"approve": true})
	w.must(http.MethodPost, "/api/attachments/"+evil+"/decision", map[string]any{"approve": false})
	w.refused(w.call(http.MethodPost, "/api/attachments/"+evil+"/decision", map[string]any{"approve": true}), 409, "Conflict", "")
	w.refused(w.call(http.MethodPost, "/api/attachments/"+evil+"/decision", `{}`), 400, "BadRequest", "approve")
	w.refused(w.call(http.MethodPost, "/api/attachments/"+evil+"/decision", `{"approve":null}`), 400, "BadRequest", "approve")
	for state, id := range map[string]string{"approved": good, "rejected": evil} {
		found := w.get("/api/attachments?contact=" + c.id + "&state=" + state)
		if len(list(found.at("attachments"))) != 1 || found.text("attachments", 0, "id") != id {
			t.Errorf("%s: %s", state, found.Body)
		}
	}
	late := c.upload("late.txt", "text/plain", "x")
	w.must(http.MethodPost, "/api/contacts/"+c.id+"/end", nil)
	w.refused(w.call(http.MethodPost, "/api/attachments/"+late+"/decision", map[string]any{"approve": true}), 409, "Conflict", "")
	if n := len(list(w.get("/api/attachments").at("attachments"))); n != 0 {
		t.Errorf("%d files of contacts that have not ended", n)
	}
	if n := len(list(w.get("/api/attachments?contact=" + c.id).at("attachments"))); n != 3 {
		t.Errorf("%d files of the contact", n)
	}
}

// Names that would lead elsewhere, or deceive, do not as files are saved.
func TestHostileFileNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ann := w.hire("Ann")
	for name, want := range map[string]string{
		"../../etc/passwd.txt":            "_.._etc_passwd.txt",
		`..\..\autoexec.txt`:              "_.._autoexec.txt",
		"/etc/x.txt":                      "_etc_x.txt",
		".bashrc.txt":                     "bashrc.txt",
		"invoice\u202etxt.exe.txt":        "invoice_txt.exe.txt",
		"a\r\nSet-Cookie: x=1\r\n.txt":    "a__Set-Cookie_ x=1__.txt",
		"nul\x00.txt":                     "nul_.txt",
		`q"uo"te;filename=x.txt`:          "q_uo_te;filename=x.txt",
		"<script>.txt":                    "_script_.txt",
		"größe 文件 👩‍👩.txt":                "größe 文件 👩_👩.txt",
		". . .txt":                        "txt",
		strings.Repeat("ä", 251) + ".txt": strings.Repeat("ä", 251) + ".txt",
	} {
		c := w.accepted(ann)
		sent := w.must(http.MethodPost, "/api/desk/agents/"+ann+"/contacts/"+c.id+"/attachments?name="+url.QueryEscape(name), "abc", "Content-Type", "text/plain")
		if sent.text("name") != name || sent.at("size") != 3.0 || sent.text("state") != "approved" {
			t.Errorf("%q is kept as %s", name, sent.Body)
		}
		got := w.get("/api/attachments/" + sent.text("id"))
		kind, members, err := mime.ParseMediaType(got.Header.Get("Content-Disposition"))
		if err != nil || kind != "attachment" || members["filename"] != want || len(got.Header["Set-Cookie"]) > 0 {
			t.Errorf("%q is saved as %q (%v)", name, got.Header.Get("Content-Disposition"), err)
		}
		if shown := w.get("/api/contacts/"+c.id+"/transcript").text("items", 2, "Attachments", 0, "AttachmentName"); shown != name {
			t.Errorf("%q is shown as %q", name, shown)
		}
		w.must(http.MethodPost, "/api/contacts/"+c.id+"/end", nil)
	}
}

// An attachment's name that is too long is told how long it may be and is; so is a full agent.
func TestRowA17RefusalsHaveFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ann := w.hire("Ann")
	c := w.accepted(ann)
	path := "/api/desk/agents/" + ann + "/contacts/" + c.id + "/attachments?name=" + strings.Repeat("x", 253) + ".txt"
	if sentence := w.refused(w.call(http.MethodPost, path, "abc"), 400, "BadRequest", "name"); !strings.Contains(sentence, "256") || !strings.Contains(sentence, "257") {
		t.Error(sentence)
	}
	if sentence := w.refused(w.call(http.MethodPost, "/api/desk/agents", `{"name":"B","capacity":10001}`), 400, "BadRequest", "capacity"); !strings.Contains(sentence, "10000") || !strings.Contains(sentence, "10001") {
		t.Error(sentence)
	}
	w.must(http.MethodPatch, "/api/desk/agents/"+ann, map[string]any{"capacity": 1})
	waiting := w.open(`{}`)
	a := w.call(http.MethodPost, "/api/desk/agents/"+ann+"/accept", map[string]any{"contactId": waiting.id})
	if sentence := w.refused(a, 409, "Conflict", ""); sentence != "The agent takes 1 chats, and has 1." {
		t.Error(sentence)
	}
}

func TestSendsFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ann := w.hire("Ann")
	c := w.accepted(ann)
	path := "/api/desk/agents/" + ann + "/contacts/" + c.id + "/attachments"
	for query, field := range map[string]string{
		"":              "name",
		"?name=":        "name",
		"?name=a.exe":   "name",
		"?name=a":       "name",
		"?name=%ff.txt": "name",
		"?name=" + strings.Repeat("x", 255) + ".txt": "name",
	} {
		w.refused(w.call(http.MethodPost, path+query, "abc"), 400, "BadRequest", field)
	}
	w.refused(w.call(http.MethodPost, path+"?name=a.txt", nil), 400, "BadRequest", "Content-Length")
	w.refused(w.raw(http.MethodPost, path+"?name=a.txt", struct{ *strings.Reader }{strings.NewReader("abc")}, "Authorization", "Bearer "+adminToken), 400, "BadRequest", "Content-Length")
	for _, kind := range []string{"text/plain; a", strings.Repeat("a", 200) + "/" + strings.Repeat("b", 200)} {
		w.refused(w.call(http.MethodPost, path+"?name=a.txt", "abc", "Content-Type", kind), 400, "BadRequest", "Content-Type")
	}
	big := strings.Repeat("0123456789abcdef", 5<<16) // 5 MiB: more than any other call may send
	sent := w.must(http.MethodPost, path+"?name=big.txt", big)
	if sent.text("contentType") != "application/octet-stream" {
		t.Errorf("%s", sent.Body)
	}
	if got := w.get("/api/attachments/" + sent.text("id")); string(got.Body) != big {
		t.Errorf("%d bytes came back", len(got.Body))
	}
}

// An attachment whose bytes have not come yet says so, unlike one that there never was.
func TestBeforeTheBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.accepted(w.hire("Ann"))
	started := w.raw(http.MethodPost, "/participant/start-attachment-upload",
		strings.NewReader(`{"AttachmentName":"a.txt","AttachmentSizeInBytes":3,"ContentType":"text/plain","ClientToken":"3f0c3a52-6a0e-4c0f-9c47-1f3f3b1d2a11"}`), "X-Amz-Bearer", c.bearer)
	early := w.get("/api/attachments?state=started").text("attachments", 0, "id")
	if early != started.text("AttachmentId") {
		t.Fatalf("%s", started.Body)
	}
	for path, want := range map[string]struct {
		status int
		code   string
		says   string
	}{
		"/api/attachments/" + early: {409, "Conflict", "The bytes of this attachment have not come yet"},
		"/api/attachments/none":     {404, "NotFound", "There is no such attachment."},
	} {
		got := w.raw(http.MethodGet, path, http.NoBody)
		if w.refused(got, want.status, want.code, ""); !strings.Contains(string(got.Body), want.says) {
			t.Errorf("%s: %s", path, got.Body)
		}
	}
}
