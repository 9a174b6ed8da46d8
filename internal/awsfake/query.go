package awsfake

import (
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/secret"
)

// ContainerCredentialsPath is where the endpoint hands out credentials as the agent
// of a container does; AWS_CONTAINER_CREDENTIALS_FULL_URI leads there.
const ContainerCredentialsPath = "/v2/container-credentials"

const containerCredentials = "ContainerCredentials"

// queryNames are the names by which services of the query protocol call the faults
// that services of REST-JSON name differently.
func queryName(name string) string {
	switch name {
	case "UnrecognizedClientException":
		return "InvalidClientTokenId"
	case "InvalidSignatureException":
		return "SignatureDoesNotMatch"
	case "MissingAuthenticationTokenException":
		return "MissingAuthenticationToken"
	case "IncompleteSignatureException":
		return "IncompleteSignature"
	case "ExpiredTokenException":
		return "ExpiredToken"
	case "AccessDeniedException":
		return "AccessDenied"
	}
	return name
}

// writeQueryFault writes a fault as services of the query protocol do, under their names for it.
func writeQueryFault(w http.ResponseWriter, f fault) {
	type detail struct{ Type, Code, Message string }
	kind := "Sender"
	if f.status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	writeXML(w, f.status, struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Error     detail
		RequestID string `xml:"RequestId"`
	}{Error: detail{kind, queryName(f.name), f.message}, RequestID: w.Header().Get("X-Amzn-Requestid")})
}

func (e *Endpoint) callerIdentity(w http.ResponseWriter) {
	type result struct{ Arn, UserId, Account string }
	parts := strings.SplitN(e.config.CallerARN, ":", 6)
	account := DefaultAccount
	if len(parts) == 6 {
		account = parts[4]
	}
	writeXML(w, http.StatusOK, struct {
		XMLName xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
		Result  result   `xml:"GetCallerIdentityResult"`
	}{Result: result{Arn: e.config.CallerARN, UserId: "AROAPARLEY:session", Account: account}})
}

// issue makes temporary credentials that the endpoint accepts from now on.
func (e *Endpoint) issue() keyPair {
	pair := keyPair{id: "ASIA" + strings.ToUpper(newUUID()[24:]), secret: "issued-" + newUUID(), session: "session-" + newUUID()}
	e.keys.add(pair)
	return pair
}

// assumeRole is AssumeRole and AssumeRoleWithWebIdentity: every role may be taken, with a key that is
// good from then on.
func (e *Endpoint) assumeRole(w http.ResponseWriter, r *http.Request, c call) {
	role := c.form.Get("RoleArn")
	if role == "" || c.operation == "AssumeRoleWithWebIdentity" && c.form.Get("WebIdentityToken") == "" {
		writeFault(w, r, fault{http.StatusBadRequest, "ValidationError", "a required parameter is missing"})
		return
	}
	type credentials struct {
		AccessKeyId, SecretAccessKey, SessionToken, Expiration string
	}
	type user struct{ AssumedRoleId, Arn string }
	type result struct {
		Credentials     credentials
		AssumedRoleUser user
	}
	pair := e.issue()
	answer := struct {
		XMLName   xml.Name
		Role      *result `xml:"AssumeRoleResult,omitempty"`
		Federated *result `xml:"AssumeRoleWithWebIdentityResult,omitempty"`
	}{XMLName: xml.Name{Space: "https://sts.amazonaws.com/doc/2011-06-15/", Local: c.operation + "Response"}}
	made := &result{
		Credentials:     credentials{pair.id, pair.secret, pair.session, time.Now().Add(time.Hour).UTC().Format(time.RFC3339)},
		AssumedRoleUser: user{"AROAPARLEY:session", strings.Replace(role, ":iam:", ":sts:", 1) + "/session"},
	}
	if c.operation == "AssumeRole" {
		answer.Role = made
	} else {
		answer.Federated = made
	}
	writeXML(w, http.StatusOK, answer)
}

// simulate is SimulatePrincipalPolicy, with the decision of the configuration.
func (e *Endpoint) simulate(w http.ResponseWriter, c call) {
	type evaluation struct {
		EvalActionName, EvalResourceName, EvalDecision string
	}
	type result struct {
		IsTruncated bool
		Results     []evaluation `xml:"EvaluationResults>member"`
	}
	writeXML(w, http.StatusOK, struct {
		XMLName xml.Name `xml:"https://iam.amazonaws.com/doc/2010-05-08/ SimulatePrincipalPolicyResponse"`
		Result  result   `xml:"SimulatePrincipalPolicyResult"`
	}{Result: result{Results: []evaluation{{
		c.form.Get("ActionNames.member.1"), c.form.Get("ResourceArns.member.1"), e.config.Decision,
	}}}})
}

// getRole finds every role, those of single sign-on where IAM Identity Center puts
// them.
func (e *Endpoint) getRole(w http.ResponseWriter, c call) {
	name := c.form.Get("RoleName")
	path := ""
	if strings.HasPrefix(name, "AWSReservedSSO_") {
		path = "aws-reserved/sso.amazonaws.com/"
	}
	writeXML(w, http.StatusOK, struct {
		XMLName xml.Name `xml:"https://iam.amazonaws.com/doc/2010-05-08/ GetRoleResponse"`
		Name    string   `xml:"GetRoleResult>Role>RoleName"`
		ARN     string   `xml:"GetRoleResult>Role>Arn"`
	}{Name: name, ARN: "arn:aws:iam::" + DefaultAccount + ":role/" + path + name})
}

func (e *Endpoint) containerCredentials(w http.ResponseWriter) {
	pair := e.issue()
	writeJSON(w, map[string]string{
		"AccessKeyId": pair.id, "SecretAccessKey": pair.secret, "Token": pair.session,
		"Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	})
}

// Issued returns the secrets the endpoint has handed out so far, for tests that
// search outputs for them.
func (e *Endpoint) Issued() []secret.Text {
	e.keys.mu.RLock()
	defer e.keys.mu.RUnlock()
	var issued []secret.Text
	for _, pair := range e.keys.pairs {
		issued = append(issued, secret.New(pair.secret))
		if pair.session != "" {
			issued = append(issued, secret.New(pair.session))
		}
	}
	return issued
}

func writeXML(w http.ResponseWriter, status int, value any) {
	text, err := xml.Marshal(value)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a caller that is gone needs no answer
}
