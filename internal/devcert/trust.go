package devcert

import (
	"fmt"
	"net/http"
	"strings"
)

// PublicPath is where a server offers the authority's certificate to devices.
const PublicPath = "/parley-ca.pem"

// Handler answers GET and HEAD at [PublicPath] with the certificate that devices are to
// trust, in the type that makes Apple's systems offer to install it.
func (a *Authority) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "This address takes GET.", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", "application/x-x509-ca-cert")
		w.Header().Set("Content-Disposition", `attachment; filename="`+PublicName+`"`)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(a.pem) // the caller is gone
	})
}

// Instruction is how one system is made to trust the authority.
type Instruction struct {
	// System is its name, as in "macOS".
	System string
	// Steps are commands to type and sentences to follow, in order.
	Steps []string
}

// Instructions says for each system how to make it trust the authority. url is the server's
// address as other devices see it, without a slash at the end; empty when they do not.
func (a *Authority) Instructions(url string) []Instruction {
	path, name := a.path, a.Name()
	download := "Bring " + path + " to the device, by mail for example."
	if url != "" {
		download = fmt.Sprintf("Open %s%s; go on past the warning, this once.", url, PublicPath)
	}
	compare := "Compare the SHA-256 fingerprint: " + a.Fingerprint()
	return []Instruction{
		{"macOS (Safari, Chrome)", []string{
			fmt.Sprintf(`security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db %q`, path),
		}},
		{"iOS simulator", []string{fmt.Sprintf(`xcrun simctl keychain booted add-root-cert %q`, path)}},
		{"iPhone, iPad", []string{
			download, "Settings, General, VPN & Device Management: choose " + name + ", then Install.", compare,
			"Settings, General, About, Certificate Trust Settings: switch " + name + " on.",
		}},
		{"Android", []string{
			download, "Settings, Security, More security settings, Encryption & credentials, Install a certificate, CA certificate.", compare,
			"Chrome trusts it now. An app does only when its network security configuration names user certificates, " +
				`for debug builds: <debug-overrides><trust-anchors><certificates src="user"/></trust-anchors></debug-overrides>.`,
		}},
		{"Linux", []string{
			fmt.Sprintf(`sudo install -m 644 %q /usr/local/share/ca-certificates/parley-ca.crt && sudo update-ca-certificates`, path),
			fmt.Sprintf(`certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n "Parley" -i %q (Chromium; certutil is in libnss3-tools)`, path),
		}},
		{"Windows", []string{fmt.Sprintf(`certutil -user -addstore Root "%s"`, path)}},
		{"Firefox", []string{"Settings, Privacy & Security, View Certificates, Authorities, Import: " + path}},
		{"Node.js, AWS CLI", []string{"NODE_EXTRA_CA_CERTS=" + path, "AWS_CA_BUNDLE=" + path}},
	}
}

// Text is the instructions for people to read.
func (a *Authority) Text(url string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Devices have to trust %s once:\n", a.Name())
	for _, each := range a.Instructions(url) {
		b.WriteString("\n  " + each.System + "\n")
		for _, step := range each.Steps {
			b.WriteString("    " + step + "\n")
		}
	}
	return b.String()
}
