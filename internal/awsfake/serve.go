package awsfake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The services an endpoint can be called for, by their signing names.
const (
	serviceConnect = "connect"
	serviceSTS     = "sts"
	serviceIAM     = "iam"
	serviceLambda  = "lambda"
	serviceLex     = "lex"
)

const maxBody = 1 << 20

// bodies are buffers for request bodies, shared by all endpoints.
//
//nolint:gochecknoglobals // a pool of scratch memory holds no state
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// call is one request on its way through the endpoint.
type call struct {
	operation, service string
	form               url.Values // of STS and IAM
	body               []byte
	// segments are the unescaped path segments that vary.
	segments []string
}

// fault is an answer of AWS that is an error.
type fault struct {
	status        int
	name, message string
}

// ServeHTTP implements [http.Handler].
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	buffer, ok := bodies.Get().(*bytes.Buffer)
	if !ok {
		buffer = new(bytes.Buffer)
	}
	defer bodies.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(io.LimitReader(r.Body, maxBody)); err != nil {
		panic(http.ErrAbortHandler) // the caller went away while sending
	}
	c := route(r, buffer.Bytes())

	e.mu.Lock()
	now := time.Now().Add(e.offset)
	e.mu.Unlock()
	var refused *fault
	if c.operation != "AssumeRoleWithWebIdentity" && c.operation != containerCredentials {
		refused = e.verify(r, c.body, c.service, now)
	}
	var step Step
	if refused == nil {
		step = e.next(c.operation) // before it counts as arrived: whoever waits for that may be done with it, and write the next steps
	}
	e.record(r, c.operation, c.body, refused == nil)

	header := w.Header()
	header["X-Amzn-Requestid"] = []string{newUUID()}
	if refused != nil {
		e.setDate(header, 0)
		writeFault(w, r, *refused)
		return
	}
	e.setDate(header, step.Skew)
	if e.play(w, r, step) {
		return
	}
	e.answer(w, r, c)
}

// setDate shows the endpoint's clock where it is not the machine's.
func (e *Endpoint) setDate(header http.Header, skew time.Duration) {
	e.mu.Lock()
	skew += e.offset
	e.mu.Unlock()
	if skew != 0 {
		header.Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
	}
}

// route finds out which operation a request calls.
func route(r *http.Request, body []byte) call {
	c := call{service: serviceConnect, body: body, operation: "UnknownOperation"}
	path := r.URL.EscapedPath()
	target, isSecret := secretTarget(r)
	switch {
	case isSecret:
		c.operation, c.service = target, serviceSecrets
	case r.Method == http.MethodPut && path == "/contact/chat":
		c.operation = "StartChatContact"
	case r.Method == http.MethodPost && path == "/contact/stop":
		c.operation = "StopContact"
	case r.Method == http.MethodPost && strings.HasPrefix(path, functionsPath):
		c.routeInvoke(path)
	case r.Method == http.MethodPost && strings.HasPrefix(path, "/bots/"):
		c.routeRecognize(path)
	case r.Method == http.MethodPost && (path == "/" || path == ""):
		c.routeQuery(body)
	case r.Method == http.MethodGet:
		c.routeGet(path)
	}
	return c
}

func (c *call) routeQuery(body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return
	}
	c.form, c.operation, c.service = form, form.Get("Action"), serviceSTS
	if form.Get("Version") == "2010-05-08" {
		c.service = serviceIAM
	}
}

func (c *call) routeGet(path string) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, segment := range segments {
		if text, err := url.PathUnescape(segment); err == nil {
			segments[i] = text
		}
	}
	switch {
	case path == ContainerCredentialsPath:
		c.operation = containerCredentials
	case len(segments) == 2 && segments[0] == "instance":
		c.operation, c.segments = "DescribeInstance", segments[1:]
	case len(segments) == 3 && segments[0] == "instance" && segments[2] == "approved-origins":
		c.operation, c.segments = "ListApprovedOrigins", segments[1:2]
	case len(segments) == 3 && segments[0] == "contact-flows":
		c.operation, c.segments = "DescribeContactFlow", segments[1:]
	}
}

// answer gives the unscripted answer.
func (e *Endpoint) answer(w http.ResponseWriter, r *http.Request, c call) {
	switch c.operation {
	case "StartChatContact":
		e.startChat(w, r, c)
	case "StopContact":
		e.stopContact(w, r, c)
	case "DescribeInstance":
		e.describeInstance(w, r, c)
	case "DescribeContactFlow":
		e.describeFlow(w, r, c)
	case "ListApprovedOrigins":
		e.listOrigins(w, r, c)
	case "GetCallerIdentity":
		e.callerIdentity(w)
	case "AssumeRole", "AssumeRoleWithWebIdentity":
		e.assumeRole(w, r, c)
	case "SimulatePrincipalPolicy":
		e.simulate(w, c)
	case "GetRole":
		e.getRole(w, c)
	case invoke:
		e.invoke(w, r, c)
	case recognizeText:
		e.recognize(w, r, c)
	case getSecretValue:
		e.secretValue(w, r, c)
	case containerCredentials:
		e.containerCredentials(w)
	default:
		writeFault(w, r, fault{http.StatusNotFound, "UnknownOperationException", "no operation at " + r.Method + " " + r.URL.Path})
	}
}

// writeFault answers an error in the protocol of the service that was called.
func writeFault(w http.ResponseWriter, r *http.Request, f fault) {
	if _, isSecret := secretTarget(r); isSecret {
		writeSecretFault(w, f)
		return
	}
	if r.URL.Path == "/" || r.URL.Path == "" {
		writeQueryFault(w, f)
		return
	}
	header := w.Header()
	header["Content-Type"] = []string{"application/json"}
	if f.name != "" {
		header["X-Amzn-Errortype"] = []string{f.name}
	}
	// Amazon Connect's own faults write Message, the gateway before it message.
	member := "Message"
	if f.status == http.StatusForbidden {
		member = "message"
	}
	text, err := json.Marshal(map[string]string{member: f.message})
	if err != nil { // a map of strings always encodes
		panic(err)
	}
	w.WriteHeader(f.status)
	_, _ = w.Write(text) // a caller that is gone needs no answer
}

func writeJSON(w http.ResponseWriter, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Errorf("encoding an answer of the fake aws endpoint: %w", err))
	}
	w.Header()["Content-Type"] = []string{"application/json"}
	_, _ = w.Write(text) // a caller that is gone needs no answer
}
