package gateway

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Responses are the answers that a REST API gives without its function, by type: THROTTLED and
// the like, and for all other types DEFAULT_4XX and DEFAULT_5XX.
type Responses map[string]response

type response struct {
	Type       string            `yaml:"ResponseType"`
	Parameters map[string]string `yaml:"ResponseParameters"`
	Templates  map[string]string `yaml:"ResponseTemplates"`
}

// TemplateResponses reads the answers from a CloudFormation template.
func TemplateResponses(path string) (Responses, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string    `yaml:"Type"`
			Properties yaml.Node `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	all := Responses{}
	for name, resource := range template.Resources {
		if resource.Type != "AWS::ApiGateway::GatewayResponse" {
			continue
		}
		var r response
		if err := resource.Properties.Decode(&r); err != nil {
			return nil, fmt.Errorf("reading the gateway response %s: %w", name, err)
		}
		all[r.Type] = r
	}
	if len(all) == 0 {
		return nil, errors.New("reading the template: it has no gateway response")
	}
	return all, nil
}

// write gives an answer. Without a response for the type, it is API Gateway's own.
func (all Responses) write(w http.ResponseWriter, status int, kind, message, id string) {
	r, ok := all[kind]
	if !ok {
		r, ok = all["DEFAULT_"+strconv.Itoa(status/100)+"XX"]
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-Errortype", kind)
	body := `{"message":` + strconv.Quote(message) + `}`
	if ok {
		for name, value := range r.Parameters {
			h.Set(strings.TrimPrefix(name, "gatewayresponse.header."), strings.Trim(value, "'"))
		}
		body = strings.NewReplacer(
			"$context.error.messageString", strconv.Quote(message), "$context.error.message", message,
			"$context.error.responseType", kind, "$context.requestId", id,
		).Replace(r.Templates["application/json"])
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a client that is gone needs no answer
}
