package cli

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/parley-chat/parley/internal/devices"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

// announce says that the server is ready and what to do with it: a block for a person on the
// standard output, unless JSON logs were asked for, and a line in the log whose message and keys
// scripts may rely on.
func announce(ctx context.Context, env *Env, s *settings.Settings, ready serve.Announcement, log *slog.Logger) {
	log.InfoContext(ctx, "listening",
		slog.String("url", ready.URL), slog.String("endpoint", ready.Endpoint), slog.String("addr", ready.Listen),
		slog.String("upstream", s.Upstream.Kind()), slog.String("cost_guard", costGuardText(s.CostGuard())))
	if s.Open && ready.Console != "" {
		env.open(ctx, ready.Console, log)
	}
	if !env.shows(s) {
		if len(ready.PublicOrigins) > 0 {
			log.WarnContext(ctx, "browsers keep pages of public addresses from this machine",
				slog.Any("origins", ready.PublicOrigins), slog.String("hint", "for the ways out see "+ready.PublicHelp))
		}
		return
	}
	env.printInOrder(ctx, readyText(s, ready, env.color(env.StdoutTerminal), env.keys(s)))
}

// shows reports whether a person watches the standard output of a server: a terminal, or whatever
// --log-format text was asked for.
func (e *Env) shows(s *settings.Settings) bool {
	return !s.Quiet && s.LogFormat != settings.FormatJSON && (e.StdoutTerminal || s.LogFormat == settings.FormatText)
}

// readyText is the block for a person.
func readyText(s *settings.Settings, ready serve.Announcement, color, keys bool) string {
	bold := func(text string) string {
		if color {
			return "\x1b[1m" + text + "\x1b[0m"
		}
		return text
	}
	var b strings.Builder
	b.WriteString("Parley is ready.\n\n")
	line := func(name, value string) { fmt.Fprintf(&b, "  %-11s %s\n", name, value) }
	line("Endpoint", "POST "+bold(ready.Endpoint))
	if ready.Console != "" {
		line("Console", bold(ready.Console))
	}
	if !ready.AdminToken.IsZero() {
		line("Admin token", ready.AdminToken.Reveal()) // for this person; it ends with the run
	}
	if ready.Moved != "" {
		line("Port", ready.Moved)
		line("", "commands reach it with --server "+ready.URL)
	}
	line("Upstream", ready.Upstream)
	if ready.Flows != "" {
		line("Flows", ready.Flows)
	}
	line("Cost guard", costGuardText(s.CostGuard()))
	addresses := devices.Addresses(ready.Devices)
	if !s.Loopback() || s.Secure() {
		b.WriteString("\n  Devices\n" + indent(devices.Text(addresses)))
	}
	if ready.Exposure != "" {
		line("Exposed", ready.Exposure)
	}
	if len(ready.PublicOrigins) > 0 {
		line("Kept away", strings.Join(ready.PublicOrigins, ", ")+": browsers keep pages of public addresses from this machine")
		line("", "unless they are allowed to reach it; the ways: "+ready.PublicHelp)
	}
	b.WriteString("\n  In your chat widget:\n    " + bold(`apiGatewayEndpoint: "`+ready.Endpoint+`"`) + "\n")
	if ready.PageTag != "" {
		b.WriteString("  In the page, before or after the widget's script, so that it chats here too:\n    " + bold(ready.PageTag) + "\n")
	}
	if ready.Trust != "" {
		b.WriteString("\n" + indent(ready.Trust))
	}
	if s.QR {
		b.WriteString(qr(addresses, color))
	}
	b.WriteString("\n")
	if keys {
		b.WriteString("  Keys, each with Enter: o opens the console, c clears the screen, r reloads, q quits.\n")
	}
	b.WriteString("  Stop with Ctrl+C.\n")
	return b.String()
}

// qr is a picture of the address for other devices.
func qr(addresses []devices.Address, color bool) string {
	address, ok := devices.Remote(addresses)
	if !ok {
		return "\n  --qr shows the address for other devices, and this server has none: start it with --addr 0.0.0.0:3000 --tls.\n"
	}
	picture, err := devices.QR(address+"/", color)
	if err != nil {
		return "\n  The address is too long for a QR code: " + address + "\n"
	}
	return "\n" + picture + "  " + address + "/\n"
}

// indent moves a text to the right, as far as the rest of the block.
func indent(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return "    " + strings.Join(lines, "\n    ") + "\n"
}
