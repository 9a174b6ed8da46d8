package awscall

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// defaultMaxIdleConns bounds the connections kept open to a service.
const defaultMaxIdleConns = 512

// newTransport returns the transport for calls. It takes the certificate authorities
// of AWS_CA_BUNDLE from the client that the SDK made of them, if it made one. There
// is no limit on a whole call: that is the context's.
func newTransport(sdk aws.HTTPClient, maxIdle int) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 10 * time.Second,
		// Shorter than the idle times usual at the front of services: a call on a
		// connection that the other side has just closed costs an attempt.
		IdleConnTimeout:     45 * time.Second,
		MaxIdleConns:        maxIdle,
		MaxIdleConnsPerHost: maxIdle,
		ForceAttemptHTTP2:   true,
		// Answers are a few hundred bytes; requests may carry a session token.
		DisableCompression:     true,
		ReadBufferSize:         2 << 10,
		MaxResponseHeaderBytes: 1 << 20,
	}
	if buildable, ok := sdk.(*awshttp.BuildableClient); ok {
		if configured := buildable.GetTransport().TLSClientConfig; configured != nil {
			transport.TLSClientConfig.RootCAs = configured.RootCAs
		}
	}
	return transport
}
