package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/doorpath"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

// maxAnswer bounds what is read of an answer; a real one has a few kilobytes.
const maxAnswer = 1 << 20

// startOptions are the flags of "parley start" that are no settings.
type startOptions struct {
	name, message, contentType, server string
	attributes                         []string
	duration                           time.Duration
	output                             *string
	showToken                          bool
}

func newStart(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "start [flags]", Short: "Start a chat from the terminal",
		Long: "Starts a chat and prints its ids, or why it could not be started. The request goes to the server that\n" +
			"listens on --addr, or to --server; with --upstream aws and no --server straight to Amazon Connect. A\n" +
			"chat started there stays open until somebody ends it: max-chats and end-on-exit do not apply.",
		DisableFlagsInUseLine: true,
		Example: `  parley start
  parley start --name Pat --attribute orderId=42 --message "Where is my order?"
  parley start --upstream aws --profile dev --instance-id ID --contact-flow-id ID -o json`,
	}
	o := &startOptions{}
	flags := c.Flags()
	flags.StringVar(&o.name, "name", "", "the customer's display name")
	flags.StringArrayVar(&o.attributes, "attribute", nil, "a contact attribute (may be repeated)")
	flags.StringVar(&o.message, "message", "", "the customer's first message")
	flags.StringVar(&o.contentType, "content-type", "text/plain", "content type of the first message")
	flags.DurationVar(&o.duration, "duration", 0, "how long the chat may last, e.g. 2h")
	flags.StringVar(&o.server, "server", "", "the server, or the full address, to post the request to")
	flags.BoolVar(&o.showToken, "show-token", false, "print the participant token, which is a secret, too")
	for name, placeholder := range map[string]string{
		"name": "NAME", "attribute": "KEY=VALUE", "message": "TEXT", "content-type": "TYPE", "duration": "TIME", "server": "URL",
	} {
		flags.Lookup(name).Annotations = map[string][]string{placeholderAnnotation: {placeholder}}
	}
	o.output = outputFlag(c)
	withSettings(c, "some")
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := loadSettings(env, c, args)
		if err != nil {
			return err
		}
		if err := checkOutput(*o.output); err != nil {
			return err
		}
		return start(c.Context(), env, s, o)
	}
	return c
}

func start(ctx context.Context, env *Env, s *settings.Settings, o *startOptions) error {
	body, err := startBody(s, o)
	if err != nil {
		return err
	}
	transport, address, err := startTarget(ctx, env, s, o)
	if err != nil {
		return err
	}
	// The server answers in its own time; this is for one that does not.
	bounded, cancel := context.WithTimeout(ctx, s.UpstreamTimeout+5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(bounded, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return hint.Usage("--server: "+quoteArg(o.server)+" is no address", "write it like http://localhost:3000")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", env.Build.userAgent())
	answer, err := (&http.Client{Transport: transport, CheckRedirect: noRedirects}).Do(request)
	if err != nil {
		return callError(err, address)
	}
	defer func() { _ = answer.Body.Close() }() // read to its end or given up
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return callError(err, address)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return printAnswer(env, o, answer.StatusCode, text)
}

func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// startBody returns the request as a page would send it. What is not given is left to
// the server's own settings.
func startBody(s *settings.Settings, o *startOptions) ([]byte, error) {
	body := map[string]any{}
	if s.InstanceID != "" {
		body["InstanceId"] = s.InstanceID
	}
	if s.ContactFlowID != "" {
		body["ContactFlowId"] = s.ContactFlowID
	}
	name := o.name
	if name == "" && s.Given("display-name") {
		name = s.DisplayName
	}
	if name != "" {
		body["ParticipantDetails"] = map[string]string{"DisplayName": name}
	}
	if s.Given("content-types") {
		body["SupportedMessagingContentTypes"] = s.ContentTypes
	}
	if o.message != "" {
		body["InitialMessage"] = map[string]string{"ContentType": o.contentType, "Content": o.message}
	}
	if o.duration != 0 {
		if o.duration < 0 || o.duration%time.Minute != 0 {
			return nil, hint.Usage("--duration: \""+o.duration.String()+"\" is not a number of whole minutes", "write it like 90m or 2h")
		}
		body["ChatDurationInMinutes"] = int(o.duration / time.Minute)
	}
	attributes := map[string]string{}
	for _, pair := range o.attributes {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, hint.Usage("--attribute: "+quoteArg(pair)+" is not KEY=VALUE", "write it like --attribute orderId=42")
		}
		attributes[key] = value
	}
	if len(attributes) > 0 {
		body["Attributes"] = attributes
	}
	return json.Marshal(body)
}

// startTarget decides where the request goes.
func startTarget(ctx context.Context, env *Env, s *settings.Settings, o *startOptions) (http.RoundTripper, string, error) {
	if s.Upstream == settings.AWS && o.server == "" {
		log := slog.New(slog.DiscardHandler) // the answer says all that the log would
		if s.LogLevel == "debug" {
			log = newLogger(env, s)
		}
		transport, err := serve.Direct(ctx, s, env.Build.userAgent(), log)
		return transport, "http://localhost" + doorpath.Main, err
	}
	address, err := serverAddress(env, s, o.server)
	transport := directTransport(env, s)
	transport.DisableKeepAlives = true
	return transport, address, err
}

// serverAddress returns where a server listens: the one named; with a url-file the one that
// wrote it, and no other; else the one that would listen on addr.
func serverAddress(env *Env, s *settings.Settings, named string) (string, error) {
	if named == "" && s.URLFile != "" {
		written, err := writtenAddress(env, s)
		if err != nil {
			return "", err
		}
		named = written
	}
	if named == "" {
		host, port, err := net.SplitHostPort(s.Addr)
		if err != nil || port == "0" {
			return "", hint.Usage("--addr "+s.Addr+" does not say where the server listens", "name the server with --server URL, or its --url-file")
		}
		if host = callableHost(host); host == "localhost" {
			host = "127.0.0.1" // an image without a hosts file has nobody to ask for the name
		}
		named = "http://" + net.JoinHostPort(host, port)
		if s.Secure() {
			named = "https" + strings.TrimPrefix(named, "http")
		}
	}
	if err := checkAddress(named); err != nil {
		return "", hint.Usage("--server: "+err.Error(), "write it like http://localhost:3000")
	}
	u, err := url.Parse(named)
	if err != nil {
		return "", err
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = doorpath.Main
	}
	return u.String(), nil
}

// callError explains why no answer came.
func callError(err error, address string) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err // the address is in the message already
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return hint.New(
			fmt.Errorf("nothing listens at %s", address),
			"start a server in another terminal with `parley serve`, or name another one with --server URL",
		)
	}
	return hint.New(fmt.Errorf("posting to %s: %w", address, err), "check --server (or --addr), and that the server is running")
}

// callableHost turns the host of an address to listen on into one to call, before
// there is a socket to ask.
func callableHost(host string) string {
	ip, err := netip.ParseAddr(host)
	if host == "" || err == nil && ip.IsUnspecified() {
		return "localhost"
	}
	return host
}
