package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// event encodes the request in the gateway's form.
func (x *exchange) event() []byte {
	var event any
	switch x.gateway.Kind {
	case RESTAPI:
		event = x.restEvent()
	case HTTPAPI:
		event = x.httpEvent()
	case FunctionURL:
		event = x.urlEvent()
	case LoadBalancer:
		event = x.albEvent(false)
	case LoadBalancerMulti:
		event = x.albEvent(true)
	}
	payload, err := json.Marshal(event)
	if err != nil { // strings, numbers and maps of them
		panic(err)
	}
	if x.gateway.Kind == RESTAPI {
		return withNulls(payload)
	}
	return payload
}

// withNulls replaces what a REST API sends as null, and aws-lambda-go writes as nothing.
func withNulls(payload []byte) []byte {
	var members map[string]any
	if err := json.Unmarshal(payload, &members); err != nil {
		panic(err)
	}
	if members["body"] == "" {
		members["body"] = nil
	}
	payload, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return payload
}

func (x *exchange) restEvent() events.APIGatewayProxyRequest {
	h, now := x.headers(), time.Now()
	query := x.r.URL.Query()
	return events.APIGatewayProxyRequest{
		Resource: "/", Path: x.inStage, HTTPMethod: x.r.Method,
		Headers: lastValues(h), MultiValueHeaders: h,
		QueryStringParameters: lastValues(query), MultiValueQueryStringParameters: query,
		RequestContext: events.APIGatewayProxyRequestContext{
			AccountID: "123456789012", ResourceID: "abc123", Stage: Stage, DomainName: x.r.Host, DomainPrefix: "a1b2c3",
			RequestID: x.id, ExtendedRequestID: "TWegAcC4EowCHnA=", Protocol: x.r.Proto,
			Identity:     events.APIGatewayRequestIdentity{SourceIP: x.client(), UserAgent: x.r.UserAgent()},
			ResourcePath: "/", Path: x.path, HTTPMethod: x.r.Method,
			RequestTime: now.Format("02/Jan/2006:15:04:05 -0700"), RequestTimeEpoch: now.UnixMilli(), APIID: "a1b2c3",
		},
		Body: x.body, IsBase64Encoded: x.base64,
	}
}

func (x *exchange) httpEvent() events.APIGatewayV2HTTPRequest {
	cookies, headers := x.joined()
	return events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: x.path, RawQueryString: x.r.URL.RawQuery,
		Cookies: cookies, Headers: headers, QueryStringParameters: joinedValues(x.r.URL.Query()),
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: "$default", AccountID: "123456789012", Stage: Stage, RequestID: x.id, APIID: "a1b2c3",
			DomainName: x.r.Host, DomainPrefix: "a1b2c3", Time: "22/Nov/2026:10:00:00 +0000", TimeEpoch: time.Now().UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: x.r.Method, Path: x.path, Protocol: x.r.Proto, SourceIP: x.client(), UserAgent: x.r.UserAgent(),
			},
		},
		Body: x.body, IsBase64Encoded: x.base64,
	}
}

func (x *exchange) urlEvent() events.LambdaFunctionURLRequest {
	cookies, headers := x.joined()
	return events.LambdaFunctionURLRequest{
		Version: "2.0", RawPath: x.path, RawQueryString: x.r.URL.RawQuery,
		Cookies: cookies, Headers: headers, QueryStringParameters: joinedValues(x.r.URL.Query()),
		RequestContext: events.LambdaFunctionURLRequestContext{
			AccountID: "anonymous", RequestID: x.id, APIID: "abcdefghij", DomainName: x.r.Host, DomainPrefix: "abcdefghij",
			Time: "22/Nov/2026:10:00:00 +0000", TimeEpoch: time.Now().UnixMilli(),
			HTTP: events.LambdaFunctionURLRequestContextHTTPDescription{
				Method: x.r.Method, Path: x.path, Protocol: x.r.Proto, SourceIP: x.client(), UserAgent: x.r.UserAgent(),
			},
		},
		Body: x.body, IsBase64Encoded: x.base64,
	}
}

func (x *exchange) albEvent(multi bool) events.ALBTargetGroupRequest {
	h := http.Header{}
	for name, values := range x.headers() {
		h[strings.ToLower(name)] = values // as load balancers write names
	}
	encoded := url.Values{}
	for key, values := range x.r.URL.Query() {
		for _, value := range values {
			encoded.Add(url.QueryEscape(key), url.QueryEscape(value))
		}
	}
	e := events.ALBTargetGroupRequest{
		HTTPMethod: x.r.Method, Path: x.path, Body: x.body, IsBase64Encoded: x.base64,
		RequestContext: events.ALBTargetGroupRequestContext{ELB: events.ELBContext{
			TargetGroupArn: "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/chat/abcdef0123456789",
		}},
	}
	if multi {
		e.MultiValueHeaders, e.MultiValueQueryStringParameters = h, encoded
	} else {
		e.Headers, e.QueryStringParameters = lastValues(h), lastValues(encoded)
	}
	return e
}

// joined returns cookies and the other headers as payload format 2.0 has them.
func (x *exchange) joined() (cookies []string, headers map[string]string) {
	h := x.headers()
	for _, value := range h["Cookie"] {
		cookies = append(cookies, strings.Split(value, "; ")...)
	}
	h.Del("Cookie")
	headers = map[string]string{}
	for name, values := range h {
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	return cookies, headers
}

func lastValues(all map[string][]string) map[string]string {
	last := map[string]string{}
	for name, values := range all {
		last[name] = values[len(values)-1]
	}
	return last
}

func joinedValues(all map[string][]string) map[string]string {
	joined := map[string]string{}
	for name, values := range all {
		joined[name] = strings.Join(values, ",")
	}
	return joined
}

// reply is the union of what gateways read of an answer.
type reply struct {
	StatusCode        int                 `json:"statusCode"`
	StatusDescription string              `json:"statusDescription"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Cookies           []string            `json:"cookies"`
	Body              string              `json:"body"`
	IsBase64          bool                `json:"isBase64Encoded"`
}

// answer turns a function's answer into HTTP. Members that the kind of gateway does not have
// are an error, because a REST API refuses them and the others would lose them.
func (g *Gateway) answer(w http.ResponseWriter, payload []byte) error {
	var r reply
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return fmt.Errorf("malformed proxy response: %w", err)
	}
	if err := g.check(r); err != nil {
		return fmt.Errorf("malformed proxy response: %w", err)
	}
	body := []byte(r.Body)
	if r.IsBase64 {
		decoded, err := base64.StdEncoding.DecodeString(r.Body)
		if err != nil {
			return fmt.Errorf("malformed proxy response: %w", err)
		}
		body = decoded
	}
	h := w.Header()
	for name, value := range r.Headers {
		h.Add(name, value)
	}
	for name, values := range r.MultiValueHeaders {
		h[http.CanonicalHeaderKey(name)] = values
	}
	if len(r.Cookies) > 0 {
		h["Set-Cookie"] = r.Cookies
	}
	if g.Kind == RESTAPI && h.Get("Www-Authenticate") != "" {
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
		h["X-Amzn-Remapped-Www-Authenticate"] = h["Www-Authenticate"]
		h.Del("Www-Authenticate")
	}
	w.WriteHeader(r.StatusCode)
	_, _ = w.Write(body) // a client that is gone needs no answer
	return nil
}

func (g *Gateway) check(r reply) error {
	balancer := g.Kind == LoadBalancer || g.Kind == LoadBalancerMulti
	multi := g.Kind == RESTAPI || g.Kind == LoadBalancerMulti
	switch {
	case r.StatusCode < 200 || r.StatusCode > 599:
		return fmt.Errorf("the status is %d", r.StatusCode)
	case balancer != (r.StatusDescription != ""):
		return fmt.Errorf("the status description is %q", r.StatusDescription)
	case multi && len(r.Headers) > 0 || !multi && len(r.MultiValueHeaders) > 0:
		return errors.New("the headers have the other form")
	case len(r.Cookies) > 0 && g.Kind != HTTPAPI && g.Kind != FunctionURL:
		return errors.New("there are cookies")
	}
	for _, name := range []string{"Content-Length", "Transfer-Encoding", "Connection"} {
		if len(r.MultiValueHeaders[name]) > 0 || r.Headers[name] != "" {
			return fmt.Errorf("the answer names %s", name)
		}
	}
	return nil
}
