package cli

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/admintoken"
	"github.com/parley-chat/parley/internal/devcert"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/loopback"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/settings"
)

const (
	// maxListing bounds what is read of an answer of the API: a long transcript has some MiB.
	maxListing = 64 << 20
	// callTime is what one call of the API may take.
	callTime = 30 * time.Second
)

// remote is a running server, as its API shows it.
type remote struct {
	env      *Env
	settings *settings.Settings
	// base is the server's address without a path; door is where chats are started.
	base *url.URL
	door string
	// token lets calls change something. It goes to no server but the one it is for: the one
	// that keeps it on this machine, or whichever the user gives it to.
	token secret.Text
	// kept is the file or directory that the token was found in; empty for a given one.
	kept string
	http *http.Client
	// json asks for results that programs read.
	json bool
}

// arguments says how many arguments a command takes, and what they are called.
type arguments struct {
	least, most int
	name        string
	// complete lists what the next argument can be; nil lists nothing.
	complete func(ctx context.Context, r *remote, before []string) []cobra.Completion
}

// many is no limit to the number of arguments.
const many = 1 << 20

// withServer makes a command a client of a running server's API.
func withServer(env *Env, c *cobra.Command, want arguments, run func(ctx context.Context, r *remote, args []string) error) *cobra.Command {
	c.DisableFlagsInUseLine = true
	server := c.Flags().String("server", "", "the server to ask")
	c.Flags().Lookup("server").Annotations = map[string][]string{placeholderAnnotation: {"URL"}}
	output := outputFlag(c)
	withSettings(c, "some")
	c.RunE = func(c *cobra.Command, args []string) error {
		unknown, args := splitFlags(args)
		if want.most == 0 {
			unknown, args = append(unknown, args...), nil
		}
		s, err := loadSettings(env, c, unknown)
		if err != nil {
			return err
		}
		if err := checkOutput(*output); err != nil {
			return err
		}
		if len(args) < want.least || len(args) > want.most {
			return hint.Usage("`"+c.CommandPath()+"` takes "+want.name, "see `"+c.CommandPath()+" --help`")
		}
		r, err := openRemote(env, s, *server)
		if err != nil {
			return err
		}
		r.json = *output == "json"
		defer r.http.CloseIdleConnections()
		return r.result(run(c.Context(), r, args))
	}
	c.ValidArgsFunction = func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		const none = cobra.ShellCompDirectiveNoFileComp
		if want.complete == nil || len(args) >= want.most {
			return nil, none
		}
		s, err := loadSettings(env, c, nil)
		if err != nil {
			return nil, none
		}
		r, err := openRemote(env, s, *server)
		if err != nil {
			return nil, none
		}
		ctx, cancel := context.WithTimeout(c.Context(), time.Second) // somebody waits at a prompt
		defer cancel()
		return want.complete(ctx, r, args), none
	}
	return c
}

// splitFlags separates flags that there are not from arguments.
func splitFlags(args []string) (flags, plain []string) {
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") && arg != "-" {
			flags = append(flags, arg)
		} else {
			plain = append(plain, arg)
		}
	}
	return flags, plain
}

// openRemote finds the server that settings and a flag name. It is not called yet.
func openRemote(env *Env, s *settings.Settings, named string) (*remote, error) {
	door, err := serverAddress(env, s, named)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(door)
	if err != nil {
		return nil, err
	}
	r := &remote{
		env: env, settings: s, base: &url.URL{Scheme: u.Scheme, Host: u.Host}, door: door,
		http: &http.Client{Transport: directTransport(env, s), CheckRedirect: noRedirects},
	}
	r.token = s.AdminToken.Text
	if !r.token.IsZero() || !loopback.Host(u.Hostname()) {
		return r, nil
	}
	address := admintoken.Address{Host: u.Hostname(), Port: portOf(u), Dirs: env.runtimeDirs()}
	if r.token, r.kept = admintoken.Shared(address, env.readFile); r.token.IsZero() {
		r.kept = s.DataDir
		r.token, err = admintoken.Kept(s.DataDir, env.readFile)
	}
	return r, err
}

// portOf returns the port that an address of a server names or means.
func portOf(u *url.URL) string {
	if port := u.Port(); port != "" || u.Scheme != "https" {
		return cmp.Or(port, "80")
	}
	return "443"
}

// directTransport calls a server without the user's proxy, which is meant for the world and
// not for this machine, and trusts what --tls made here.
func directTransport(env *Env, s *settings.Settings) *http.Transport {
	transport := &http.Transport{}
	if env.ReadFile == nil || s.DataDir == "" {
		return transport
	}
	own, err := env.ReadFile(filepath.Join(s.DataDir, "tls", devcert.PublicName))
	if err != nil {
		return transport
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(own)
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return transport
}

// request makes a request of the API. Only what changes something brings the token.
func (r *remote) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, r.base.String()+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", r.env.Build.userAgent())
	if method != http.MethodGet && !r.token.IsZero() {
		request.Header.Set("Authorization", "Bearer "+r.token.Reveal())
	}
	return request, nil
}

// ask calls the API and returns the answer as it came; it is empty where there is nothing to
// say. A refusal is an error. body is nil or becomes JSON.
func (r *remote) ask(ctx context.Context, method, path string, body any) ([]byte, error) {
	text, contentType := []byte(nil), ""
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
		contentType = "application/json"
	}
	return r.post(ctx, method, path, contentType, text)
}

// post is ask with a body of any type.
func (r *remote) post(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	bounded, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	request, err := r.request(bounded, method, path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	answer, err := r.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, callError(err, r.base.String())
	}
	defer func() { _ = answer.Body.Close() }() // read to its end or given up
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxListing))
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, callError(err, r.base.String())
	}
	if answer.StatusCode/100 != 2 {
		return nil, r.refused(answer.StatusCode, text)
	}
	return text, nil
}

// get calls the API and reads the answer.
func (r *remote) get(ctx context.Context, path string, into any) ([]byte, error) {
	text, err := r.ask(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	return text, decodeAnswer(text, into)
}

func decodeAnswer(text []byte, into any) error {
	if json.Unmarshal(text, into) != nil {
		return notParley(http.StatusOK, text)
	}
	return nil
}

// notParley is an answer that the API does not give.
func notParley(status int, text []byte) error {
	next := "check --server: another program, or an older Parley, may listen there"
	if status == http.StatusBadRequest && bytes.Contains(text, []byte("HTTPS server")) { // of package net/http
		next = "the server speaks HTTPS: give --tls, or an address that begins with https:// to --server"
	}
	return hint.New(fmt.Errorf("the server answered %d with something that is not an answer of Parley's API", status), next)
}

// refused turns an answer other than success into an error.
func (r *remote) refused(status int, text []byte) error {
	var answer startAnswer
	if json.Unmarshal(text, &answer) != nil || answer.Error == "" {
		return notParley(status, text)
	}
	refusal := &answeredError{status: status, answer: answer, text: compact(text)}
	if answer.Code == adminTokenRequired {
		return hint.New(refusal, r.tokenHint())
	}
	return refusal
}

// adminTokenRequired is the code of an answer to calls without the admin token.
const adminTokenRequired = "AdminTokenRequired"

// tokenHint says where the token is that the server wants.
func (r *remote) tokenHint() string {
	switch {
	case !r.settings.AdminToken.IsZero():
		return "the server's admin token is another than the one given by " + r.settings.Origin("admin-token").String()
	case !loopback.Host(r.base.Hostname()):
		return "give the server's admin token in PARLEY_ADMIN_TOKEN; the one kept on this machine is not sent elsewhere"
	case r.token.IsZero():
		return "give the token that the server printed in PARLEY_ADMIN_TOKEN, or its data directory with --data-dir"
	}
	return "the token in " + screen.Printable(r.kept) + " is another server's: give this one's in PARLEY_ADMIN_TOKEN, or its data directory with --data-dir"
}

// result reports a refusal as the server's own words when programs read, as it does success.
func (r *remote) result(err error) error {
	refusal, ok := errors.AsType[*answeredError](err)
	if !ok || !r.json || refusal.text == "" {
		return err
	}
	if _, err := fmt.Fprintln(r.env.Stdout, refusal.text); err != nil {
		return err
	}
	return errReported
}

// isCode reports whether an error is a refusal with one of some codes.
func isCode(err error, codes ...string) bool {
	refusal, ok := errors.AsType[*answeredError](err)
	return ok && slices.Contains(codes, refusal.answer.Code)
}

// print writes lines for a person or, for programs, an answer of the server.
func (r *remote) print(answer []byte, text func(w io.Writer) error) error {
	if !r.json {
		return text(r.env.Stdout)
	}
	if len(answer) == 0 {
		answer = []byte("{}")
	}
	_, err := fmt.Fprintln(r.env.Stdout, compact(answer))
	return err
}

// say is print with one line.
func (r *remote) say(answer []byte, format string, args ...any) error {
	return r.print(answer, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, format+"\n", args...)
		return err
	})
}

// note tells a person something beside the result.
func (r *remote) note(format string, args ...any) {
	_, _ = fmt.Fprintf(r.env.Stderr, "parley: "+format+"\n", args...) // nobody is left to tell
}
