package cli

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/doorpath"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

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
	placeholders(c, map[string]string{
		"name": "NAME", "attribute": "KEY=VALUE", "message": "TEXT", "content-type": "TYPE", "duration": "TIME", "server": "URL",
	})
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
	status, text, err := client.Start(bounded, transport, address, env.Build.userAgent(), body)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return printAnswer(env, o, status, text)
}

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
	attributes, err := readAttributes(o.attributes)
	if err != nil {
		return nil, err
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
	config := env.clientConfig(s, o.server)
	address, err := client.Address(config)
	transport := client.Transport(config)
	transport.DisableKeepAlives = true
	return transport, address, err
}

// readAttributes reads the values of --attribute.
func readAttributes(pairs []string) (map[string]string, error) {
	attributes := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, hint.Usage("--attribute: "+quoteArg(pair)+" is not KEY=VALUE", "write it like --attribute orderId=42")
		}
		attributes[key] = value
	}
	return attributes, nil
}
