package chatsocket

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
)

// Handshake checks the request for a WebSocket (RFC 6455, section 4.2.1) and returns its key.
// With ok false the request was refused and the answer is written: 426 for a request that is no
// upgrade or of another version, 405 for another method, 400 for a malformed one.
func Handshake(w http.ResponseWriter, r *http.Request) (key string, ok bool) {
	key = r.Header.Get("Sec-Websocket-Key")
	raw, err := base64.StdEncoding.DecodeString(key)
	method := strings.ToUpper(r.Method)
	refusal := &awswire.Error{Status: http.StatusUpgradeRequired, Name: "UpgradeRequiredException"}
	switch {
	case method != http.MethodGet && method != http.MethodHead:
		awswire.WriteMethodNotAllowed(w, http.MethodGet)
		return "", false
	case !hasToken(r.Header["Upgrade"], "websocket") || !hasToken(r.Header["Connection"], "upgrade"):
		refusal.Message = "This address is for a WebSocket."
	case r.Header.Get("Sec-Websocket-Version") != "13":
		refusal.Message = "The WebSocket version must be 13."
	case err != nil || len(raw) != 16 || r.Method != http.MethodGet:
		refusal = &awswire.Error{Status: http.StatusBadRequest, Name: "BadRequestException", Message: "The WebSocket handshake is malformed."}
	default:
		return key, true
	}
	if refusal.Status == http.StatusUpgradeRequired { // RFC 6455, section 4.4, and RFC 9110, section 15.5.22
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-WebSocket-Version", "13")
	}
	awswire.WriteError(w, refusal)
	return "", false
}

// hasToken looks a token up in a header that is a list.
func hasToken(values []string, token string) bool {
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// acceptOf returns the answer to the key of a handshake (RFC 6455, section 4.2.2).
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455 wants it, and nothing depends on its strength
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Upgrade takes the connection of a request over and ends the handshake with 101. key is that of
// [Handshake]; protocol is the subprotocol to name, empty for none. After an error the connection
// is closed, or was never taken: the client is gone, or the server in front cannot do it.
func Upgrade(w http.ResponseWriter, key, protocol string) (*Conn, error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, fmt.Errorf("taking a connection over: %w", err)
	}
	if outer, ok := conn.(interface{ Hijacked() net.Conn }); ok { // of a server that stands between for its requests
		conn = outer.Hijacked()
	}
	c := &Conn{Conn: conn}
	if n := rw.Reader.Buffered(); n > 0 { // a client that did not wait for the answer
		if early, err := rw.Peek(n); err == nil {
			c.early = append(c.early, early...)
		}
	}
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + acceptOf(key) + "\r\n"
	if protocol != "" {
		answer += "Sec-WebSocket-Protocol: " + protocol + "\r\n"
	}
	// The server's time limits are for requests.
	err = conn.SetDeadline(time.Time{})
	if err == nil {
		err = c.write([]byte(answer + "\r\n"))
	}
	if err != nil {
		_ = conn.Close() // err is the failure to report
		return nil, fmt.Errorf("answering an upgrade: %w", err)
	}
	return c, nil
}
