package settings

import (
	"fmt"
	"mime"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectmodel"
)

// validate checks what a value's type does not say, and values against each other.
func (l *loader) validate() {
	s := l.settings
	if !s.inLambda { // which has no address of its own
		l.check("addr", s.Addr, checkAddr)
	}
	l.check("public-url", s.PublicURL, optional(checkURL))
	l.check("endpoint-url", s.EndpointURL, optional(checkURL))
	l.check("participant-endpoint-url", s.ParticipantEndpointURL, optional(checkURL))
	l.check("display-name", s.DisplayName, checkDisplayName)
	l.check("instance-id", s.InstanceID, optional(checkInstance))
	flow := checkFlow
	if s.Upstream == Embedded {
		flow = checkFlowHere
	}
	l.check("contact-flow-id", s.ContactFlowID, optional(flow))
	l.check("region", s.Region, optional(checkRegion))
	l.check("upstream-timeout", formatDuration(s.UpstreamTimeout), require(s.UpstreamTimeout > 0, "must be longer than nothing"))
	l.check("drain-timeout", s.DrainTimeout.String(), require(s.DrainTimeout.Auto || s.DrainTimeout.Time > 0, "must be longer than nothing"))
	l.check("admin-token", s.AdminToken.Reveal(), optional(checkAdminToken))
	l.check("max-concurrent", strconv.Itoa(s.MaxConcurrent), require(s.MaxConcurrent > 0, "must be at least 1"))
	for _, path := range s.Paths {
		l.check("path", path, checkPath)
	}
	for _, target := range s.StreamTargets {
		l.check("stream-target", target, checkStreamTarget)
	}
	l.check("attachment-bytes", strconv.Itoa(s.FileBytes),
		require(s.FileBytes >= 1 && s.FileBytes <= connectmodel.MaxFileBytes, "must be from 1 to "+strconv.Itoa(connectmodel.MaxFileBytes)))
	for _, extension := range s.FileTypes {
		l.check("attachment-types", extension, checkExtension)
	}
	l.check("seed", strconv.Itoa(s.Seed), require(s.Seed >= 0, "must not be negative"))
	for _, host := range s.AllowHosts {
		l.check("allow-host", host, l.checkHost)
	}
	for _, contentType := range s.ContentTypes {
		l.check("content-types", contentType, checkContentType)
	}
	l.check("content-types", strings.Join(s.ContentTypes, ","),
		require(slices.Contains(s.ContentTypes, "text/plain"), "lacks text/plain, which every chat must support"))
	l.validateTogether()
	l.validatePolicy()
}

// check reports the fault that a check finds in a value, unless the setting is
// already known to be wrong.
func (l *loader) check(name, value string, check func(string) error) {
	if l.bad[name] {
		return
	}
	err := check(value)
	if err == nil {
		return
	}
	l.fault(Fault{Origin: l.settings.origins[name], Setting: name, Value: value, Message: err.Error()})
}

// validateTogether checks settings that must fit each other.
func (l *loader) validateTogether() {
	s := l.settings
	for _, pair := range [][3]string{{"tls-cert", s.TLSCert, s.TLSKey}, {"tls-key", s.TLSKey, s.TLSCert}} {
		if pair[1] != "" && pair[2] == "" {
			l.fault(Fault{Origin: s.origins[pair[0]], Setting: pair[0], Value: pair[1], Message: "needs tls-cert and tls-key together"})
		}
	}
	l.validateSeeing()
	l.validateHours()
	if l.bad["instance-id"] || l.bad["contact-flow-id"] || l.bad["region"] {
		return
	}
	if region := arn.RegionOf(s.InstanceID); region != "" && s.Region != "" && s.Region != region {
		l.fault(Fault{
			Origin: s.origins["region"], Setting: "region", Value: s.Region,
			Message: "is not the Region of the instance, whose ARN says " + region,
		})
	}
	id := arn.InstanceOf(s.InstanceID)
	if flow, isARN := arn.Parse(s.ContactFlowID); isARN && id != "" && flow.Instance() != id {
		l.fault(Fault{
			Origin: s.origins["contact-flow-id"], Setting: "contact-flow-id", Value: s.ContactFlowID,
			Message: "belongs to another instance than instance-id (" + id + ")",
		})
	}
}

// validateSeeing keeps what shows or writes down chats from a server that customers use, and
// from one that looks at none.
func (l *loader) validateSeeing() {
	s := l.settings
	if l.bad["addr"] || l.bad["upstream"] {
		return
	}
	if s.ForCustomers() {
		const reason = "is for a developer's own chats, and this server is for customers: it listens on more than this machine"
		l.check("relay", strconv.FormatBool(s.Relay), require(!s.Relay, reason))
		l.check("record", s.Record, require(s.Record == "", reason))
	}
	_, replay := s.Upstream.Recording()
	l.check("record", s.Record, require(s.Record == "" || !replay, "records nothing new when a recording is played"))
	l.check("record", s.Record, require(s.Record == "" || s.Inspect, "records nothing with --inspect=false"))
}

func optional(check func(string) error) func(string) error {
	return func(value string) error {
		if value == "" {
			return nil
		}
		return check(value)
	}
}

func require(ok bool, message string) func(string) error {
	return func(string) error {
		if ok {
			return nil
		}
		return fault(message)
	}
}

// fault is the text of a fault while it is on its way to [Fault].
type fault string

func (f fault) Error() string { return string(f) }

func faultf(format string, args ...any) error { return fault(fmt.Sprintf(format, args...)) }

func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || strings.Contains(addr, "://") {
		return faultf("is not HOST:PORT; write %s", suggestAddr(addr))
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return faultf("has no port number from 0 to 65535 after its colon; write %s", net.JoinHostPort(host, "3000"))
	}
	if strings.ContainsAny(host, "/ @") {
		return faultf("has a host that is none; write %s", net.JoinHostPort("127.0.0.1", port))
	}
	return nil
}

// suggestAddr guesses what somebody meant who left something out or put something
// on.
func suggestAddr(addr string) string {
	if u, err := url.Parse(addr); err == nil && u.Host != "" {
		if port := u.Port(); port != "" {
			return u.Host
		}
		return net.JoinHostPort(u.Hostname(), "3000")
	}
	if _, err := strconv.ParseUint(addr, 10, 16); err == nil {
		return net.JoinHostPort("127.0.0.1", addr)
	}
	if host := strings.Trim(addr, "[]"); host != "" && !strings.ContainsAny(host, "/ @") {
		return net.JoinHostPort(host, "3000")
	}
	return "127.0.0.1:3000"
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return fault("is not an address that begins with http:// or https:// and names a host")
	case u.User != nil:
		return fault("must not hold a user name or password")
	case u.RawQuery != "" || u.Fragment != "":
		return fault("must end before any ? or #")
	}
	return nil
}

// checkAdminToken demands what can stand in a header and is not soon guessed.
func checkAdminToken(token string) error {
	const shortest, longest = 16, 256
	switch {
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fault("must be letters, digits and signs of ASCII, without spaces")
	case len(token) < shortest || len(token) > longest:
		return faultf("must have %d to %d characters, not %d; `openssl rand -hex 32` makes one", shortest, longest, len(token))
	}
	return nil
}

// checkDisplayName applies the limit of ParticipantDetails.DisplayName.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ParticipantDetails.html
func checkDisplayName(name string) error {
	const longest = 256
	if n := utf8.RuneCountInString(name); n < 1 || n > longest {
		return faultf("must have 1 to %d characters, not %d", longest, n)
	}
	return nil
}

func checkRegion(region string) error {
	if strings.ContainsFunc(region, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) {
		return fault("is not the name of a Region, such as eu-central-1")
	}
	return nil
}

func checkInstance(id string) error {
	switch name, _ := arn.Parse(id); {
	case name.Flow() != "":
		return faultf("is a contact flow, not an instance; write %s", name.Instance())
	case name.IsInstance() && name.Region != "":
		return nil
	}
	return checkID(id, "an instance")
}

// checkFlowHere is checkFlow where flows are files, which have names beside their ids.
func checkFlowHere(name string) error {
	if arn.Is(name) || strings.TrimSpace(name) == "" {
		return checkFlow(name)
	}
	return nil
}

func checkFlow(id string) error {
	switch name, _ := arn.Parse(id); {
	case name.IsInstance():
		return fault("is an instance, not a contact flow; the flow's ARN ends in /contact-flow/ID")
	case name.Flow() != "" && name.Region != "":
		return nil
	}
	return checkID(id, "a contact flow")
}

func checkID(id, what string) error {
	if arn.Is(id) {
		return faultf("is not the ARN of %s: arn:aws:connect:REGION:ACCOUNT:instance/ID…", what)
	}
	if strings.ContainsAny(id, " \t/") {
		return faultf("is neither the id nor the ARN of %s", what)
	}
	return nil
}

func checkPath(path string) error {
	switch {
	case !strings.HasPrefix(path, "/"):
		return faultf("must begin with a slash; write /%s", path)
	case strings.ContainsAny(path, "?# \t"):
		return fault("must not hold spaces, ? or #")
	case slices.Contains([]string{"/healthz", "/readyz"}, strings.TrimRight(path, "/")):
		return fault("is an address that the server needs itself")
	}
	return nil
}

// checkHost allows a lone * only where no developer's machine is at stake: on a server
// that is not on a loopback address, behind a load balancer that routes by name.
func (l *loader) checkHost(host string) error {
	switch {
	case host == "*" && !l.bad["addr"] && !l.settings.Loopback():
		return nil
	case strings.Contains(host, "*"):
		return fault("must not hold *: a page could then reach this server under a name of its own (DNS rebinding)")
	case strings.Contains(host, "://"):
		u, err := url.Parse(host)
		if err != nil || u.Host == "" {
			return fault("is not a host name")
		}
		return faultf("is an address; write only the host, %s", u.Hostname())
	case strings.ContainsAny(host, "/ @?#"):
		return fault("is not a host name")
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		return faultf("has a port, which is not compared; write %s", name)
	}
	return nil
}

// checkStreamTarget demands ARN=URL.
func checkStreamTarget(pair string) error {
	topic, address, found := strings.Cut(pair, "=")
	if !found || !arn.Is(topic) {
		return fault("is not ARN=URL, such as arn:aws:sns:us-west-2:111122223333:chat=http://localhost:9000/items")
	}
	if instead := arn.NoStandardTopic(topic); instead != "" {
		return faultf("begins with %s; chats are streamed to standard Amazon SNS topics only: arn:aws:sns:REGION:ACCOUNT:NAME=URL", instead)
	}
	return checkURL(address)
}

func checkContentType(contentType string) error {
	if kind, _, err := mime.ParseMediaType(contentType); err != nil || !strings.Contains(kind, "/") {
		return fault("is not a content type, such as text/markdown")
	}
	return nil
}

// checkExtension allows what AWS allows: 1 to 10 letters, digits, - and _.
func checkExtension(value string) error {
	if !connectmodel.IsExtension(value) {
		return fault("is no extension: write 1 to 10 letters, digits, - and _, without a dot, such as pdf")
	}
	return nil
}
