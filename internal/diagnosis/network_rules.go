package diagnosis

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"syscall"

	"github.com/parley-chat/parley/internal/awswire"
)

// networkRules are about calls that did not reach Amazon Connect, or whose answer did not come back.
func networkRules() []Rule {
	return []Rule{
		{
			ID: UpstreamTimeout, Group: upstreamGroup, Title: "Amazon Connect did not answer in time",
			Status: http.StatusGatewayTimeout, Code: "UpstreamTimeout",
			Sentence: "Amazon Connect did not answer in time.",
			Remedy:   "Check the network, proxy and VPN; `parley doctor --upstream aws` tests the way to the endpoint.",
			Detail:   "The call and its repetitions share one time limit (`--upstream-timeout`).",
			match: func(f Failure) bool {
				if errors.Is(f.Err, context.DeadlineExceeded) {
					return true
				}
				netErr, ok := errors.AsType[net.Error](f.Err)
				return ok && netErr.Timeout()
			},
		},
		{
			ID: HostNotFound, Group: upstreamGroup, Title: "The endpoint's name cannot be resolved",
			Status: http.StatusBadGateway, Code: "HostNotFound",
			Sentence: "The name of the Amazon Connect endpoint cannot be resolved.",
			Remedy:   "Check the Region's spelling (--region), --endpoint-url, and that the machine is online.",
			Detail: "The endpoint's name is made from the Region, so a misspelt Region such as `us-west2` or one without " +
				"Amazon Connect ends here.",
			match: func(f Failure) bool { _, ok := errors.AsType[*net.DNSError](f.Err); return ok },
		},
		{
			ID: ConnectionRefused, Group: upstreamGroup, Title: "The endpoint refuses connections",
			Status: http.StatusBadGateway, Code: "ConnectionRefused",
			Sentence: "Nothing answers at the address of the Amazon Connect endpoint.",
			Remedy:   "Check --endpoint-url, AWS_ENDPOINT_URL_CONNECT and AWS_ENDPOINT_URL; check firewall and proxy.",
			Detail:   "With an endpoint of your own, the usual reason is that the server behind it is not running.",
			match: func(f Failure) bool {
				return errors.Is(f.Err, syscall.ECONNREFUSED) || says(f, "connection refused", "actively refused")
			},
		},
		{
			ID: TLSFailure, Group: upstreamGroup, Title: "The endpoint's certificate is not trusted",
			Status: http.StatusBadGateway, Code: "TLSFailure",
			Sentence: "No trusted TLS connection to the Amazon Connect endpoint could be made.",
			Remedy:   "Behind a company proxy, set AWS_CA_BUNDLE to its certificate authority.",
			Detail:   "Proxies that inspect TLS present a certificate of their own, which this program does not trust by itself.",
			match: func(f Failure) bool {
				_, verify := errors.AsType[*tls.CertificateVerificationError](f.Err)
				_, unknown := errors.AsType[x509.UnknownAuthorityError](f.Err)
				_, header := errors.AsType[tls.RecordHeaderError](f.Err)
				return verify || unknown || header
			},
		},
	}
}

// brokenRules are about calls that reached something which then failed.
func brokenRules() []Rule {
	return []Rule{
		{
			ID: NotAmazonConnect, Group: upstreamGroup, Title: "The answer is not Amazon Connect's",
			Status: http.StatusBadGateway, Code: "BadUpstreamAnswer",
			Sentence: "The endpoint answered with something that is not Amazon Connect's protocol.",
			Remedy:   "Check --endpoint-url and the AWS_ENDPOINT_URL variables: a login page or a proxy's error page answers instead.",
			Detail:   "Amazon Connect answers JSON with an error name. An HTML page comes from a captive portal, a proxy or a wrong address.",
			match: func(f Failure) bool {
				if errors.Is(f.Err, awswire.ErrAnswer) {
					return true
				}
				e, ok := errors.AsType[*awswire.Error](f.Err)
				return ok && (e.Status < 400 || e.Name == "" && e.Message == "" && e.Status < 500)
			},
		},
		{
			ID: ServiceFault, Group: upstreamGroup, Title: "A fault of Amazon Connect",
			Status:   http.StatusBadGateway,
			Sentence: "Amazon Connect failed.",
			Remedy:   "Try again; if it lasts, look at the AWS Health Dashboard and quote the request id to AWS Support.",
			Detail:   "The service answered with a status of 500 or more, and went on doing so when the call was repeated.",
			match: func(f Failure) bool {
				e, ok := errors.AsType[*awswire.Error](f.Err)
				return ok && e.Status >= 500
			},
		},
		{
			ID: ConnectionLost, Group: upstreamGroup, Title: "The connection to the endpoint broke",
			Status: http.StatusBadGateway, Code: "ConnectionLost",
			Sentence: "The connection to Amazon Connect broke before an answer came.",
			Remedy:   "Try again; check VPN and proxy if it happens often.",
			Detail:   "The call was repeated with the same ClientToken, so that it cannot have started two chats.",
			match: func(f Failure) bool {
				_, answered := errors.AsType[*awswire.Error](f.Err)
				netErr, network := errors.AsType[*net.OpError](f.Err)
				return !answered && (network && netErr != nil || says(f, "eof", "connection reset", "broken pipe", "server closed idle connection", "transport connection broken"))
			},
		},
	}
}

// fallbackRules stand last: one of them holds for every failure.
func fallbackRules() []Rule {
	return []Rule{
		{
			ID: UpstreamRefusal, Group: upstreamGroup, Title: "Another answer of Amazon Connect",
			Sentence: "Amazon Connect refused the request.",
			Remedy:   "Look the code up in the StartChatContact reference; data.Error.message has the service's own text.",
			Detail:   "The service answered with an error that has no rule of its own here.",
			match:    func(f Failure) bool { _, ok := errors.AsType[*awswire.Error](f.Err); return ok },
		},
		{
			ID: Unknown, Group: upstreamGroup, Title: "The call failed for another reason",
			Status: http.StatusBadGateway, Code: "UpstreamFailure",
			Sentence: "The call to Amazon Connect failed.",
			Remedy:   "Look at the server's log for the cause; `parley doctor --upstream aws` tests each part of the way.",
			Detail:   "None of the known causes fits.",
			match:    func(f Failure) bool { return f.Err != nil },
		},
	}
}
