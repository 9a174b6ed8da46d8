package diagnosis

import (
	"net/http"
	"slices"
	"time"
)

// Rules of a server that customers reach: who has to prove what, and what a page may ask for.
const (
	OriginRequired      ID = "origin-required"
	TokenMissing        ID = "token-missing"
	TokenInvalid        ID = "token-invalid"
	TokenExpired        ID = "token-expired"
	IdentityUnavailable ID = "identity-unavailable"
	IssuerWrong         ID = "issuer-wrong"
	RateLimited         ID = "rate-limited"
	InstancePinned      ID = "instance-pinned"
	FlowNotAllowed      ID = "flow-not-allowed"
	AttributeNotAllowed ID = "attribute-not-allowed"
	MemberNotAllowed    ID = "member-not-allowed"
	PersistentChatOff   ID = "persistent-chat-off"
	ResumeIDInvalid     ID = "resume-id-invalid"
)

const policyGroup = "What a public endpoint allows"

func policyRules() []Rule { return slices.Concat(identityRules(), scopeRules()) }

// identityRules are about who calls, and how often.
func identityRules() []Rule {
	return []Rule{
		{
			ID: OriginRequired, Group: policyGroup, Title: "The request names no origin",
			Status: http.StatusForbidden, Code: "OriginNotAllowed",
			Sentence: "The request has no Origin header, which every browser sends with a post.",
			Remedy:   "Call from a web page; for apps and scripts set require-origin to false, and let them prove who they are with a token.",
			Detail: "`REQUIRE_ORIGIN` is on where nobody has to sign in (`AUTH_MODE` none): what sends no Origin is no web " +
				"page. It keeps out careless scripts only, because a script can send any Origin.",
		},
		{
			ID: TokenMissing, Group: policyGroup, Title: "The request brings no token",
			Status: http.StatusUnauthorized, Code: "Unauthorized",
			Sentence: "The request has no Authorization header with a bearer token.",
			Remedy:   "Send Authorization: Bearer and a token that your own server, or your identity provider, signed for this customer.",
			Detail:   "With `AUTH_MODE` hs256 or oidc only customers with a token may start chats. `parley token` makes one for tests.",
		},
		{
			ID: TokenInvalid, Group: policyGroup, Title: "The token is not accepted",
			Status: http.StatusUnauthorized, Code: "Unauthorized",
			Sentence: "The token is not one that this server accepts.",
			Remedy:   "Check the key, the algorithm, the audience and the issuer that the token is signed with; the server's log names the rule it broke.",
			Detail: "The answer does not say which check failed, so that nobody can try tokens out; the log does, without " +
				"the token. Only times in milliseconds are named, because they are not checked against anything: `iat`, `exp` " +
				"and `nbf` are seconds since 1970. With hs256 a token needs `exp` and `iat`, may live for ten minutes at most, and must name the " +
				"configured audience in `aud` or `sub`.",
		},
		{
			ID: TokenExpired, Group: policyGroup, Title: "The token has expired",
			Status: http.StatusUnauthorized, Code: "Unauthorized",
			Sentence: "The token has expired.",
			Remedy:   "Fetch a new token just before the chat is started.",
			Detail:   "Tokens are meant to live for minutes. A page that was left open needs a new one; half a minute of clock difference is forgiven.",
		},
		{
			ID: IdentityUnavailable, Group: policyGroup, Title: "Tokens cannot be checked just now", RetryAfter: 30 * time.Second,
			Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable",
			Sentence: "The keys that tokens are checked with cannot be had just now.",
			Remedy:   "Try again in half a minute; the server's log says why the keys cannot be had.",
			Detail:   "The identity provider's keys (JWKS) or the secret with the shared key could not be read. No chat is started without a checked token.",
		},
		{
			ID: IssuerWrong, Group: policyGroup, Title: "The configured issuer is not the identity provider's",
			Status: http.StatusInternalServerError, Code: "IssuerWrong",
			Sentence: "Tokens cannot be checked, because the configured issuer is not that of the identity provider.",
			Remedy:   "Set jwt-issuer (JWT_ISSUER) exactly as the provider writes it, to the slash at its end; `parley doctor` says how that is.",
			Detail: "The provider's discovery document is read at the issuer's address, and has to name the same issuer (OpenID " +
				"Connect Discovery 1.0, section 4.3). Another host, a path that is missing and a slash too many or too few are " +
				"mistakes that waiting does not mend. The log says what was found there.",
		},
		{
			ID: RateLimited, Group: policyGroup, Title: "Too many requests from one address or customer", RetryAfter: 10 * time.Second,
			Status: http.StatusTooManyRequests, Code: "TooManyRequests",
			Sentence: "This address or customer has sent more requests than are allowed in a while.",
			Remedy:   "Wait as long as Retry-After says; raise address-rate or subject-rate if customers share an address.",
			Detail: "`address-rate` and `subject-rate` bound what one address and one signed-in customer may ask for. They " +
				"count per process; the limits of API Gateway and WAF count for all. Whatever the rates are, one address has at " +
				"most 16 requests open whose bodies have not arrived; behind a proxy that does not wait for bodies itself, set " +
				"`trusted-proxies`, or all callers have one address.",
		},
	}
}

// scopeRules are about what a page may ask for.
func scopeRules() []Rule {
	return []Rule{
		{
			ID: InstancePinned, Group: policyGroup, Title: "Another instance was asked for",
			Status: http.StatusForbidden, Code: "InstanceNotAllowed",
			Sentence: "Chats are started on the configured instance only, and the request names another.",
			Remedy:   "Leave InstanceId out, or send the configured one.",
			Detail:   "On a public endpoint the page does not choose the instance: `INSTANCE_ID` does.",
		},
		{
			ID: FlowNotAllowed, Group: policyGroup, Title: "The contact flow is not one that pages may choose",
			Status: http.StatusForbidden, Code: "ContactFlowNotAllowed",
			Sentence: "The request names a contact flow that pages may not start.",
			Remedy:   "Leave ContactFlowId out, or add the flow to ALLOWED_CONTACT_FLOW_IDS.",
			Detail:   "Flows differ in what they cost and show. So a page gets the configured flow, or one of `ALLOWED_CONTACT_FLOW_IDS`.",
		},
		{
			ID: AttributeNotAllowed, Group: policyGroup, Title: "A contact attribute is not one that pages may set",
			Status: http.StatusBadRequest, Code: "AttributeNotAllowed",
			Sentence: "The request sets a contact attribute that pages may not set.",
			Remedy:   "Leave the attribute out, or add its key to ATTRIBUTE_ALLOW_LIST.",
			Detail: "Attributes steer flows (queues, priorities, lookups), so whoever may set them may steer. Attributes from " +
				"a checked token cannot be overwritten by the page at all. `ATTRIBUTE_OTHERS` decides whether others are " +
				"dropped, refused or given a prefix.",
		},
		{
			ID: MemberNotAllowed, Group: policyGroup, Title: "A member is not one that pages may set",
			Status: http.StatusBadRequest, Code: "MemberNotAllowed",
			Sentence: "The request sets a member of StartChatContact that pages may not set here.",
			Remedy:   "Leave the member out, or add it to ALLOWED_MEMBERS.",
			Detail: "`CustomerId`, `SegmentAttributes`, `RelatedContactId` and others say things about the customer that only " +
				"the business should say.",
		},
		{
			ID: PersistentChatOff, Group: policyGroup, Title: "Persistent chat is switched off",
			Status: http.StatusForbidden, Code: "PersistentChatNotAllowed",
			Sentence: "The request asks to continue an earlier chat, and this server does not allow that.",
			Remedy:   "Leave PersistentChat out, or set PERSISTENT_CHAT to signed and give the server a key.",
			Detail: "A contact id stands in records, logs and on agents' screens, and whoever knows one could read the earlier " +
				"chat. So on a public endpoint earlier chats are continued with a signed id, or not at all.",
		},
		{
			ID: ResumeIDInvalid, Group: policyGroup, Title: "The id of the earlier chat is not accepted",
			Status: http.StatusForbidden, Code: "ResumeIdNotAllowed",
			Sentence: "The id of the earlier chat is not one that this server has signed for this customer, or is too old.",
			Remedy:   "Pass the resumeId from the answer that started the earlier chat as PersistentChat.SourceContactId, or start a new chat.",
			Detail: "With `PERSISTENT_CHAT` signed every answer carries a `resumeId`: the contact id with an expiry and a " +
				"signature, bound to the customer who signed in. A bare contact id is refused.",
		},
	}
}
