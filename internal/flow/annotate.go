package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Annotate returns a flow with what the flow designer keeps about it: some members of its metadata, and
// beside each resource that an action names the name that shown knows for it. An import into an instance
// goes by those names where the ids are those of another one. Everything else stays. The error says that
// the text is no flow.
func Annotate(content []byte, metadata map[string]string, shown func(Resource) string) ([]byte, error) {
	var members map[string]json.RawMessage
	var d Document
	for _, into := range []any{&members, &d} {
		if err := json.Unmarshal(content, into); err != nil {
			return nil, fmt.Errorf("reading a flow: %w", err)
		}
	}
	kept := map[string]any{}
	if raw := members["Metadata"]; raw != nil && json.Unmarshal(raw, &kept) != nil || kept == nil {
		kept = map[string]any{}
	}
	for name, value := range metadata {
		kept[name] = value
	}
	places := slots()
	for i := range d.Actions {
		a := &d.Actions[i]
		for _, f := range named(a, places) {
			if name := shown(Resource{Kind: f.kind, Value: f.value, Action: a.Identifier}); name != "" {
				path := append([]string{"ActionMetadata", a.Identifier, "parameters"}, f.at...)
				objectAt(kept, path)["displayName"] = name
			}
		}
	}
	var err error
	if members["Metadata"], err = json.Marshal(kept); err != nil {
		return nil, fmt.Errorf("writing a flow: %w", err)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(members); err != nil {
		return nil, fmt.Errorf("writing a flow: %w", err)
	}
	return text.Bytes(), nil
}

// objectAt is the object at a path in another one, where everything on the way is made an object.
func objectAt(object map[string]any, path []string) map[string]any {
	for _, name := range path {
		next, is := object[name].(map[string]any)
		if !is {
			next = map[string]any{}
			object[name] = next
		}
		object = next
	}
	return object
}

// DesignerType is a flow's type as the metadata of an export spells it.
func (k Kind) DesignerType() string {
	return map[Kind]string{
		Inbound: "contactFlow", CustomerQueue: "customerQueue", CustomerHold: "customerHold", CustomerWhisper: "customerWhisper",
		AgentHold: "agentHold", AgentWhisper: "agentWhisper", OutboundWhisper: "outboundWhisper", AgentTransfer: "agentTransfer",
		QueueTransfer: "queueTransfer", Module: "contactFlowModule",
	}[k]
}
