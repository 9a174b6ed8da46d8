package lambdahost

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awswire"
)

// EventError is returned for events that are no HTTP request: a scheduled event meant to keep
// the function warm, the console's test event, a message of a queue. Lambda shows the type's
// name beside the text.
type EventError struct {
	// Reason says more, or is empty. It repeats nothing of the event.
	Reason string
}

// Error implements error.
func (e *EventError) Error() string {
	text := "the event is not an HTTP request of API Gateway, a function URL or a load balancer"
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// event is the union of the four kinds of event; members that nothing needs are left out.
//
// Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html,
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html,
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html,
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
type event struct {
	// Type is set in events of custom authorizers, which look like requests otherwise.
	Type string `json:"type"`

	// REST API (and HTTP API with payload format 1.0), load balancer.
	Method            string              `json:"httpMethod"`
	Path              string              `json:"path"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Query             map[string]string   `json:"queryStringParameters"`
	MultiValueQuery   map[string][]string `json:"multiValueQueryStringParameters"`

	// HTTP API with payload format 2.0, function URL.
	RawPath  string   `json:"rawPath"`
	RawQuery string   `json:"rawQueryString"`
	Cookies  []string `json:"cookies"`

	// All.
	Headers  map[string]string `json:"headers"`
	Body     string            `json:"body"` // null counts as empty
	IsBase64 bool              `json:"isBase64Encoded"`
	Context  eventContext      `json:"requestContext"`

	kind kind
}

type eventContext struct {
	ELB      *struct{} `json:"elb"`
	Stage    string    `json:"stage"`
	Domain   string    `json:"domainName"`
	Identity struct {
		SourceIP string `json:"sourceIp"`
	} `json:"identity"`
	HTTP *struct {
		Method   string `json:"method"`
		SourceIP string `json:"sourceIp"`
	} `json:"http"`
	RequestID string `json:"requestId"`
	// ConnectionID is set in events of WebSocket APIs.
	ConnectionID string `json:"connectionId"`
}

// kind is the form of an event and so of its answer.
type kind int

const (
	restAPI      kind = iota // payload format 1.0
	httpAPI                  // payload format 2.0, function URLs too
	loadBalancer             // headers with one value each
	loadBalancerMulti
)

// decode reads an event and finds out its kind.
func decode(payload []byte) (*event, error) {
	e := new(event)
	// Gateways pass on what clients send, and it is the handler's part to refuse it.
	err := awswire.Decode(payload, e)
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return nil, &EventError{fmt.Sprintf("it is not valid JSON at byte %d", syntax.ByteOffset)}
	}
	if err != nil {
		return nil, &EventError{} // a member has another type; the error might repeat its value
	}
	switch {
	case e.Type != "":
		return nil, &EventError{"it is one for a custom authorizer"}
	case e.Context.ConnectionID != "":
		return nil, &EventError{"it is one of a WebSocket API"}
	case e.Context.HTTP != nil && e.Context.HTTP.Method != "":
		e.kind = httpAPI
	case e.Method == "":
		return nil, &EventError{}
	case e.Context.ELB == nil:
		e.kind = restAPI
	case e.MultiValueHeaders != nil:
		e.kind = loadBalancerMulti
	default:
		e.kind = loadBalancer
	}
	return e, nil
}
