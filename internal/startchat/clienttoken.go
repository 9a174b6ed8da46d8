package startchat

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/parley-chat/parley/internal/connectmodel"
)

// shortestClientToken is the length in bytes from which a page's ClientToken may be one that
// nobody else comes up with.
const shortestClientToken = 16

// bindClientToken puts a token in the place of the page's that only this caller can make.
// To a ClientToken that it has seen, Amazon Connect may give the first call's answer once
// more, participant token included: one customer could fetch another's by sending the same
// token. A repetition of the same caller still counts as one. Tokens that are easily met by
// chance, and those of callers who cannot be told apart, are left to a fresh one.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartChatContact.html
func (r *ruling) bindClientToken(doc *members) {
	raw := doc.get(connectmodel.ClientToken)
	if raw == nil || raw.Kind() != '"' { // the check names a member of another type
		return
	}
	token := doc.text(connectmodel.ClientToken)
	kind, who := r.identifyCaller()
	if len(token) < shortestClientToken || who == "" {
		doc.drop(connectmodel.ClientToken)
		return
	}
	sum := sha256.Sum256(appendParts(nil, kind, who, doc.text(connectmodel.InstanceID), doc.text(connectmodel.ContactFlowID), token))
	doc.set(connectmodel.ClientToken, quote(base64.RawURLEncoding.EncodeToString(sum[:])))
}

// identifyCaller tells callers apart: by what their token says, or else by where they are.
func (r *ruling) identifyCaller() (kind, who string) {
	if r.caller.Subject != "" {
		return "subject", r.caller.Subject
	}
	if r.ClientAddr != nil {
		return "address", r.ClientAddr(r.request)
	}
	return "", ""
}
