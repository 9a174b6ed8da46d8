package awsfake

import (
	"encoding/json"
	"net/http"
	"strings"
)

const (
	serviceSecrets = "secretsmanager"
	getSecretValue = "GetSecretValue"
	targetPrefix   = serviceSecrets + "."
)

// SetSecret gives a secret of AWS Secrets Manager its value. The one before, if there is
// one, becomes AWSPREVIOUS, as a rotation does it.
func (e *Endpoint) SetSecret(arn, value string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	versions := []string{value}
	if had := e.secrets[arn]; len(had) > 0 {
		versions = append(versions, had[0])
	}
	e.secrets[arn] = versions
}

// secretTarget reports whether a request calls AWS Secrets Manager, whose protocol names the
// operation in a header.
//
// Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
func secretTarget(r *http.Request) (operation string, ok bool) {
	return strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
}

func (e *Endpoint) secretValue(w http.ResponseWriter, r *http.Request, c call) {
	var in struct{ SecretId, VersionStage string }
	if err := json.Unmarshal(c.body, &in); err != nil {
		writeFault(w, r, fault{http.StatusBadRequest, "SerializationException", err.Error()})
		return
	}
	stage := map[string]int{"": 0, "AWSCURRENT": 0, "AWSPREVIOUS": 1}
	n, known := stage[in.VersionStage]
	e.mu.Lock()
	versions := e.secrets[in.SecretId]
	e.mu.Unlock()
	if len(versions) == 0 {
		writeFault(w, r, fault{
			http.StatusBadRequest, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.",
		})
		return
	}
	if !known || n >= len(versions) {
		writeFault(w, r, fault{
			http.StatusBadRequest, "ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for staging label: " + in.VersionStage,
		})
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	text, err := json.Marshal(map[string]any{
		"ARN": in.SecretId, "Name": "parley", "SecretString": versions[n], "VersionId": newUUID(),
		"VersionStages": []string{in.VersionStage}, "CreatedDate": 1.5e9,
	})
	if err != nil { // texts and a number always encode
		panic(err)
	}
	_, _ = w.Write(text) // a caller that is gone needs no answer
}

// writeSecretFault answers an error as services of AWS JSON 1.1 do: its name stands in the
// body only.
func writeSecretFault(w http.ResponseWriter, f fault) {
	text, err := json.Marshal(map[string]string{"__type": f.name, "Message": f.message})
	if err != nil { // a map of texts always encodes
		panic(err)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(f.status)
	_, _ = w.Write(text) // a caller that is gone needs no answer
}
