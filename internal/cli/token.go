package cli

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

// tokenOptions are the flags of `parley token`.
type tokenOptions struct {
	subject, name string
	attributes    []string
	lifetime      time.Duration
}

func newToken(env *Env) *cobra.Command {
	var o tokenOptions
	c := &cobra.Command{
		Use: "token [flags]", Short: "Sign a token for trying out --auth-mode hs256",
		Long: "Prints a token as your own server would sign it for a customer who has signed in, with the key of\n" +
			"--jwt-key-file or --jwt-key-arn. It is for tests: in production only your server should have the key.",
		DisableFlagsInUseLine: true,
		Example: `  parley token --jwt-key-file key --jwt-audience widget-1 --subject customer-42
  curl -H "Authorization: Bearer $(parley token --jwt-key-file key --subject c42)" -d '{}' localhost:3000/startChatContact`,
	}
	flags := c.Flags()
	flags.StringVar(&o.subject, "subject", "", "who the customer is (sub)")
	flags.StringVar(&o.name, "name", "", "the customer's display name")
	flags.StringArrayVar(&o.attributes, "attribute", nil, "a contact attribute; may be repeated")
	flags.DurationVar(&o.lifetime, "lifetime", identity.DefaultLifetime, "how long the token is good for")
	placeholders(c, map[string]string{"subject": "TEXT", "name": "TEXT", "attribute": "KEY=VALUE", "lifetime": "TIME"})
	withSettings(c, "some")
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := loadSettings(env, c, args)
		if err != nil {
			return err
		}
		return printToken(c, env, s, o)
	}
	return c
}

func printToken(c *cobra.Command, env *Env, s *settings.Settings, o tokenOptions) error {
	claims := identity.Claims{
		Subject: o.subject, Name: o.name, Audience: s.JWTAudience, Issuer: s.JWTIssuer,
		Attributes: map[string]string{}, Lifetime: o.lifetime,
	}
	for _, pair := range o.attributes {
		key, value, found := strings.Cut(pair, "=")
		if !found || key == "" {
			return hint.Usage(fmt.Sprintf("--attribute %q is not KEY=VALUE", pair), "write it as in --attribute plan=gold")
		}
		claims.Attributes[key] = value
	}
	source, err := serve.Keys(c.Context(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if source == nil {
		return hint.Usage("there is no key to sign with", "name a file with at least 32 random bytes with --jwt-key-file, or a secret with --jwt-key-arn")
	}
	keys, err := source.Keys(c.Context())
	if err != nil {
		return err
	}
	token, err := identity.Mint(keys[0], claims)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, token)
	return err
}
