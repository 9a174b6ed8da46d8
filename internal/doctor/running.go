package doctor

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/parley-chat/parley/internal/doorpath"
)

// askTime is how long the program at an address may take to say whether it is a Parley. Only one that says
// nothing at all costs that much; a Parley on a busy machine may need seconds, and is not to be called
// another program.
const askTime = 5 * time.Second

// ParleyAt returns the address of the Parley that listens on HOST:PORT; empty when there is none. The
// question leaves no trace among the calls that it records.
func ParleyAt(ctx context.Context, addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && (ip.IsUnspecified() || ip == netip.AddrFrom4([4]byte{127, 0, 0, 1})) {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	// Without a proxy, and without following whatever else listens there. Nothing secret is asked or told,
	// and the certificate may be the server's own.
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // see above
	for _, scheme := range []string{"http://", "https://"} {
		address := scheme + net.JoinHostPort(host, port)
		if isParley(ctx, transport, address) {
			return address
		}
	}
	return ""
}

// isParley asks the server at an address what it is. One for customers tells nobody; its front door,
// which records nothing, refuses GET in its own words.
func isParley(ctx context.Context, transport *http.Transport, address string) bool {
	var status struct {
		Version  string `json:"version"`
		Upstream struct {
			Kind string `json:"kind"`
		} `json:"upstream"`
	}
	switch code := ask(ctx, transport, address+"/api/status", &status); code {
	case http.StatusOK:
		return status.Version != "" && status.Upstream.Kind != ""
	case http.StatusNotFound:
	default:
		return false
	}
	var refusal struct {
		Error string
		Data  struct{ Error struct{ Code string } }
	}
	code := ask(ctx, transport, address+doorpath.Main, &refusal)
	return code == http.StatusMethodNotAllowed && refusal.Error != "" && refusal.Data.Error.Code == "MethodNotAllowed"
}

// ask returns the status of an answer, 0 without one, and reads its JSON.
func ask(ctx context.Context, transport *http.Transport, address string, into any) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }() // only read
	const most = 64 << 10
	if json.NewDecoder(io.LimitReader(response.Body, most)).Decode(into) != nil {
		return -response.StatusCode // nothing of ours
	}
	return response.StatusCode
}
