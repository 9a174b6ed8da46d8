package cli

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/parley-chat/parley/internal/devcert"
	"github.com/parley-chat/parley/internal/devices"
	"github.com/parley-chat/parley/internal/pagescript"
	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/settings"
)

// running is a server as people and scripts are told about it.
type running struct {
	settings *settings.Settings
	upstream *upstream
	site     site
	// authority is what devices have to trust; nil for none.
	authority *devcert.Authority
	// beside is what watches the chats.
	beside *workbench
}

// announce says that the server is ready and what to do with it: a block for a
// person on the standard output, unless JSON logs were asked for, and a line in the
// log whose message and keys scripts may rely on.
func (r running) announce(ctx context.Context, env *Env, log *slog.Logger) {
	log.InfoContext(ctx, "listening",
		slog.String("url", r.site.url), slog.String("endpoint", r.site.endpoint()), slog.String("addr", r.site.listen),
		slog.String("upstream", r.settings.Upstream.Kind()), slog.String("cost_guard", costGuardText(r.settings.CostGuard())))
	if r.settings.LogFormat == settings.FormatJSON {
		return
	}
	env.printInOrder(ctx, r.text(env.color(env.StdoutTerminal)))
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
	if !r.settings.ForCustomers() {
		line("Console", bold(r.site.url+"/"))
	}
	if r.settings.Ephemeral && r.settings.AdminToken.IsZero() && r.upstream.embedded != nil {
		line("Admin token", r.beside.token.Reveal()) // for this person; it ends with the run
	}
	line("Upstream", r.upstream.text)
	line("Cost guard", costGuardText(r.settings.CostGuard()))
	addresses := devices.Addresses(r.server())
	if !r.settings.Loopback() || r.settings.Secure() {
		b.WriteString("\n  Devices\n" + indent(devices.Text(addresses)))
	}
	if exposure := server.Exposure(r.site.bound); exposure != "" {
		line("Exposed", exposure)
	}
	b.WriteString("\n  In your chat widget:\n    " + bold(`apiGatewayEndpoint: "`+r.site.endpoint()+`"`) + "\n")
	if r.upstream.clients != nil {
		b.WriteString("  In the page, before or after the widget's script, so that it chats here too:\n    " +
			bold(pagescript.Tag(r.site.url)) + "\n")
	}
	if r.authority != nil {
		b.WriteString("\n" + indent(r.authority.Text(r.site.url)))
	}
	b.WriteString(r.qr(addresses, color) + "\n")
	b.WriteString("  Stop with Ctrl+C.\n")
	return b.String()
}

// docs is the page that explains errors; a server for customers has none.
func (r running) docs() string {
	if r.settings.ForCustomers() {
		return ""
	}
	return r.site.docs()
}

// server says where the server listens, for other devices.
func (r running) server() devices.Server {
	return devices.Server{
		Bound: r.site.bound, TLS: r.settings.Secure(), Public: strings.TrimRight(r.settings.PublicURL, "/"),
	}
}

// qr is a picture of the address for other devices, when it was asked for.
func (r running) qr(addresses []devices.Address, color bool) string {
	if !r.settings.QR {
		return ""
	}
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
