package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/settings"
)

// running is a server as people and scripts are told about it.
type running struct {
	settings *settings.Settings
	upstream *upstream
	site     site
}

// announce says that the server is ready and what to do with it: a block for a
// person on the standard output, unless JSON logs were asked for, and a line in the
// log whose message and keys scripts may rely on.
func (r running) announce(ctx context.Context, env *Env, log *slog.Logger) {
	log.InfoContext(ctx, "listening",
		slog.String("url", r.site.url), slog.String("endpoint", r.site.endpoint()), slog.String("addr", r.site.listen),
		slog.String("upstream", string(r.settings.Upstream)), slog.String("cost_guard", costGuardText(r.settings.CostGuard())))
	if r.settings.LogFormat == settings.FormatJSON {
		return
	}
	// A closed standard output is no reason to stop serving.
	_, _ = io.WriteString(env.Stdout, r.text(env.color(env.StdoutTerminal)))
}

// text is the block for a person.
func (r running) text(color bool) string {
	bold := func(text string) string {
		if color {
			return "\x1b[1m" + text + "\x1b[0m"
		}
		return text
	}
	var b strings.Builder
	b.WriteString("Parley is ready.\n\n")
	line := func(name, value string) { fmt.Fprintf(&b, "  %-11s %s\n", name, value) }
	line("Endpoint", "POST "+bold(r.site.endpoint()))
	line("Page", bold(r.site.url+"/"))
	line("Upstream", r.upstream.text)
	line("Cost guard", costGuardText(r.settings.CostGuard()))
	for i, url := range server.NetworkURLs(r.site.bound) {
		line([]string{"Network", ""}[min(i, 1)], url+"/startChatContact")
	}
	if exposure := server.Exposure(r.site.bound); exposure != "" {
		line("Exposed", exposure)
	}
	b.WriteString("\n  In your chat widget:\n    " + bold(`apiGatewayEndpoint: "`+r.site.endpoint()+`"`) + "\n\n")
	b.WriteString("  Stop with Ctrl+C.\n")
	return b.String()
}
