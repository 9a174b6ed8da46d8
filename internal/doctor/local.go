package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/startchat"
)

func (e *examination) program(context.Context) finding { return ok(e.Program) }

func (e *examination) configuration(context.Context) finding {
	if e.Faults != nil {
		return fail(e.Faults.Error(), hint.Of(e.Faults))
	}
	if len(e.Settings) == 0 {
		return ok("all settings at their defaults")
	}
	lines := make([]string, 0, len(e.Settings))
	for _, s := range e.Settings {
		lines = append(lines, fmt.Sprintf("%s: %s (%s)", s.Name, s.Value, s.Origin))
	}
	return ok(strings.Join(lines, "\n"))
}

// port finds out whether the server could listen, by doing so for a moment.
func (e *examination) port(ctx context.Context) finding {
	listener, err := server.Listen(ctx, e.Addr)
	if err == nil {
		if err := listener.Close(); err != nil {
			return warn(e.Addr+" could be opened but not be closed again: "+err.Error(), "")
		}
		return ok(e.Addr + " is free")
	}
	if address := ParleyAt(ctx, e.Addr); address != "" {
		return ok("a Parley is running on " + e.Addr + " (" + address + "/)")
	}
	return fail(err.Error(), hint.Of(err))
}

// embedded starts a chat on the embedded Amazon Connect, which costs nothing.
func (e *examination) embedded(ctx context.Context) finding {
	request := &startchat.Request{
		InstanceID:    "00000000-0000-4000-8000-000000000001",
		ContactFlowID: "00000000-0000-4000-8000-000000000002",
		ClientToken:   uuid.NewString(),
	}
	body, err := json.Marshal(map[string]any{
		"InstanceId": request.InstanceID, "ContactFlowId": request.ContactFlowID, "ClientToken": request.ClientToken,
		"ParticipantDetails":             map[string]string{"DisplayName": "parley doctor"},
		"SupportedMessagingContentTypes": []string{"text/plain"},
	})
	if err != nil {
		return fail("encoding a request: "+err.Error(), "")
	}
	request.Body = body
	const remedy = "This is a bug; please report it with the program's version."
	result, err := e.Embedded.StartChatContact(ctx, request)
	switch {
	case err != nil:
		return fail("a chat could not be started: "+err.Error(), remedy)
	case result.ContactID == "" || result.ParticipantID == "" || result.ParticipantToken.IsZero():
		return fail("a chat was started without an id or a token", remedy)
	}
	return ok("a chat could be started")
}

// issuer asks the identity provider whether it is the configured one.
func (e *examination) issuer(ctx context.Context) finding {
	found, err := e.Issuer(ctx)
	if err != nil {
		return fail(err.Error(), hint.Of(err))
	}
	return ok(found)
}

// proxyVariables and fileVariables lead connections elsewhere, or change whom they trust.
func proxyVariables() []string {
	return []string{
		"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy",
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CONNECT", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_IAM",
	}
}

func fileVariables() []string { return []string{"AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"} }

// environment names the variables that change how AWS is reached. Values are shown only
// as far as they cannot hold credentials.
func (e *examination) environment(context.Context) finding {
	var noticed, broken []string
	for _, name := range proxyVariables() {
		if value := e.Getenv(name); value != "" {
			noticed = append(noticed, name+hostOf(value)+" is set")
		}
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		if e.Getenv(name) != "" {
			noticed = append(noticed, name+" is set")
		}
	}
	for _, name := range fileVariables() {
		value := e.Getenv(name)
		if value == "" {
			continue
		}
		noticed = append(noticed, name+" is set")
		paths := []string{value}
		if name == "SSL_CERT_DIR" {
			paths = strings.Split(value, string(os.PathListSeparator))
		}
		for _, path := range paths {
			if _, err := os.Stat(path); err != nil {
				broken = append(broken, name+" names something that cannot be read: "+err.Error())
			}
		}
	}
	detail := strings.Join(append(noticed, broken...), "\n")
	switch {
	case len(broken) > 0:
		return warn(detail, "Correct or unset the variable; connections to AWS may not be trusted otherwise.")
	case detail == "":
		return ok("no variables that redirect connections or change whom they trust")
	}
	return ok(detail)
}

// hostOf returns a proxy's or endpoint's scheme and host in parentheses, or nothing
// when the value is not a URL: what cannot be understood is not shown.
func hostOf(value string) string {
	address, err := url.Parse(value)
	if err != nil || address.Host == "" {
		return ""
	}
	return " (" + address.Scheme + "://" + address.Host + ")"
}
