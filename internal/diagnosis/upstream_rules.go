package diagnosis

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
)

// Rules about what Amazon Connect, or the way to it, answered.
const (
	CredentialsMissing ID = "credentials-missing"
	CredentialsExpired ID = "credentials-expired"
	CredentialsInvalid ID = "credentials-invalid"
	ClockSkew          ID = "clock-skew"
	AccessDenied       ID = "access-denied"
	InstanceOrFlow     ID = "instance-or-flow-not-found"
	SourceContact      ID = "source-contact-not-found"
	FlowNotPublished   ID = "flow-not-published"
	Throttled          ID = "throttled"
	ActiveChatQuota    ID = "active-chat-quota"
	ParameterRefused   ID = "parameter-refused"
	RequestRefused     ID = "request-refused"
	HostNotFound       ID = "host-not-found"
	ConnectionRefused  ID = "connection-refused"
	ConnectionLost     ID = "connection-lost"
	TLSFailure         ID = "tls-failure"
	UpstreamTimeout    ID = "upstream-timeout"
	NotAmazonConnect   ID = "not-amazon-connect"
	ServiceFault       ID = "service-fault"
	UpstreamRefusal    ID = "upstream-refusal"
	Unknown            ID = "unknown-failure"
)

const upstreamGroup = "What Amazon Connect answered"

// upstreamRules returns the rules in the order they are tried: the particular
// before the general.
func upstreamRules() []Rule {
	return slices.Concat(credentialRules(), serviceRules(), networkRules(), brokenRules(), fallbackRules())
}

// credentialRules are about who calls AWS: credentials that are missing, over or refused, a clock by which
// they are not valid, and rights that they lack.
func credentialRules() []Rule {
	return []Rule{
		{
			ID: CredentialsMissing, Group: upstreamGroup, Title: "No AWS credentials",
			Status: http.StatusBadGateway, Code: "CredentialsMissing",
			Sentence: "No AWS credentials could be obtained.",
			Remedy: "Run `aws sso login` or `aws configure`, choose a profile with --profile, or start without an account " +
				"on the embedded Amazon Connect (--upstream embedded).",
			Detail: "Credentials are looked for where the AWS CLI looks: environment variables, the shared files " +
				"(`~/.aws/config`, `~/.aws/credentials`), single sign-on, role assumption, container and instance roles. " +
				"`parley doctor --upstream aws` shows which of them was tried.",
			match: func(f Failure) bool { return errors.Is(f.Err, awswire.ErrCredentials) },
		},
		{
			ID: CredentialsExpired, Group: upstreamGroup, Title: "The AWS credentials have expired",
			Status: http.StatusForbidden, Code: "ExpiredTokenException",
			Sentence: "The AWS credentials have expired.",
			Remedy:   "Renew them (`aws sso login --profile …`, or new temporary keys) and try again.",
			Detail: "Temporary credentials end after some hours. With a profile that uses single sign-on or role assumption " +
				"they are renewed without a restart; keys pasted into environment variables need a restart.",
			match: named("ExpiredTokenException", "ExpiredToken", "RequestExpired", "TokenRefreshRequired"),
		},
		{
			ID: ClockSkew, Group: upstreamGroup, Title: "The clock of this machine is wrong",
			Status:   http.StatusForbidden,
			Sentence: "AWS refused the signature because this machine's clock is too far off.",
			Remedy:   "Set the clock (for example with timedatectl set-ntp true) and try again.",
			Detail: "A signature is valid for a few minutes. Virtual machines and containers that were suspended often " +
				"wake up with an old time.",
			match: func(f Failure) bool {
				if named("RequestTimeTooSkewed", "RequestInTheFuture")(f) {
					return true
				}
				return named("InvalidSignatureException", "SignatureDoesNotMatch")(f) &&
					says(f, "signature expired", "signature not yet current")
			},
		},
		{
			ID: CredentialsInvalid, Group: upstreamGroup, Title: "AWS does not accept the credentials",
			Status:   http.StatusForbidden,
			Sentence: "AWS does not accept the credentials.",
			Remedy: "Check the key id, the secret and, for temporary keys, the session token; they must come from the same " +
				"account, and the Region's partition must match.",
			Detail: "The key does not exist or was deleted, the secret does not belong to it, or a session token is missing. " +
				"`aws sts get-caller-identity` with the same profile shows the same error.",
			match: named("UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch",
				"InvalidClientTokenId", "MissingAuthenticationTokenException", "MissingAuthenticationToken",
				"IncompleteSignature", "IncompleteSignatureException", "AuthFailure"),
		},
		{
			ID: AccessDenied, Group: upstreamGroup, Title: "No permission for connect:StartChatContact",
			Status:   http.StatusForbidden,
			Sentence: "The AWS credentials may not start chats on this instance.",
			Remedy: "Allow connect:StartChatContact on arn:aws:connect:REGION:ACCOUNT:instance/INSTANCE/contact-flow/* " +
				"and …/contact/*.",
			Detail: "The policy of the user or role has to allow `connect:StartChatContact` on the contact flow; persistent " +
				"and related chats also need the contacts of the instance as a resource. A policy that names only " +
				"`instance/ID` does not cover the action.",
			match: named("AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "NotAuthorized"),
		},
	}
}

// serviceRules are about what Amazon Connect understood and refused.
func serviceRules() []Rule {
	return []Rule{
		{
			ID: FlowNotPublished, Group: upstreamGroup, Title: "The contact flow is not published",
			Sentence: "The contact flow exists but is not published.",
			Remedy:   "Open the contact flow in the flow designer and choose Publish.",
			Detail:   "A saved flow can be edited but not used. Publishing takes effect within seconds.",
			match:    named("ContactFlowNotPublishedException"),
		},
		{
			ID: SourceContact, Group: upstreamGroup, Title: "The contact to continue from was not found",
			Sentence: "Amazon Connect does not find the contact that the chat should continue from.",
			Remedy: "Check PersistentChat.SourceContactId (or RelatedContactId): it must be an ended chat of the same " +
				"instance, not older than its retention.",
			Detail: "With `ENTIRE_PAST_SESSION` the source is the first contact of the earlier session, with " +
				"`FROM_SEGMENT` any contact of it. Pages that keep the id in the browser's storage have to forget it " +
				"when this happens.",
			match: func(f Failure) bool {
				return named("ResourceNotFoundException")(f) && says(f, "contact not found", "sourcecontact", "type: contact") && !says(f, "contact_flow", "contact flow", "contactflow")
			},
		},
		{
			ID: InstanceOrFlow, Group: upstreamGroup, Title: "Instance or contact flow not found",
			Sentence: "Amazon Connect does not find the instance or the contact flow in this Region.",
			Remedy: "Check the Region first, then InstanceId and ContactFlowId (in …instance/A/contact-flow/B, A is the instance). " +
				"`parley doctor --upstream aws` says which of them is wrong.",
			Detail: "Three mistakes give this answer: the instance lives in another Region than the one that was called, the " +
				"two ids are swapped, or the flow was deleted or belongs to another instance. Amazon Connect's own text does " +
				"not tell them apart.",
			match: named("ResourceNotFoundException"),
		},
		{
			ID: ActiveChatQuota, Group: upstreamGroup, Title: "The quota of active chats is reached", RetryAfter: time.Minute,
			Status:   http.StatusTooManyRequests,
			Sentence: "The instance has as many active chats as its quota allows.",
			Remedy: "End chats that are still open (waiting ones count too), shorten ChatDurationInMinutes, or ask AWS to " +
				"raise the quota of concurrent active chats.",
			Detail: "A chat that nobody ends stays active for up to 25 hours. Test chats that are left open are the usual reason.",
			match:  named("LimitExceededException", "ServiceQuotaExceededException"),
		},
		{
			ID: Throttled, Group: upstreamGroup, Title: "Too many calls a second", RetryAfter: time.Second,
			Status:   http.StatusTooManyRequests,
			Sentence: "AWS limits the rate of StartChatContact, and it was exceeded.",
			Remedy:   "Wait a second and try again; a page should not start chats in a loop.",
			Detail: "The rate is counted for the account and Region, over all instances together (5 calls a second by default, " +
				"8 in a burst). The call was already repeated with growing pauses before this answer was given.",
			match: func(f Failure) bool {
				return named("TooManyRequestsException", "ThrottlingException", "Throttling", "ThrottledException",
					"RequestThrottledException", "RequestThrottled", "RequestLimitExceeded", "SlowDown",
					"BandwidthLimitExceeded")(f) || answered(f, http.StatusTooManyRequests)
			},
		},
		{
			ID: ParameterRefused, Group: upstreamGroup, Title: "Amazon Connect refuses the value of a member",
			Sentence: "Amazon Connect does not accept the value of a member of the request.",
			Remedy:   "The service's own text in data.Error.message names the value; compare it with the StartChatContact reference.",
			Detail:   "An instance id that is not a UUID gives this answer, for example one with a space or a missing digit.",
			match:    named("InvalidParameterException", "ValidationException"),
		},
		{
			ID: RequestRefused, Group: upstreamGroup, Title: "Amazon Connect refuses the request as a whole",
			Sentence: "Amazon Connect does not accept the request.",
			Remedy:   "Read the service's own text in data.Error.message; try again with only InstanceId and ContactFlowId to find the member at fault.",
			Detail: "Members are allowed one by one but not together, the flow is not of a type that takes chats (it must be an " +
				"inbound flow), or the account may not use a member such as `ChatDurationInMinutes`.",
			match: named("InvalidRequestException", "SerializationException"),
		},
	}
}

// named matches an answer by its exception name.
func named(names ...string) func(Failure) bool {
	return func(f Failure) bool {
		e, ok := errors.AsType[*awswire.Error](f.Err)
		return ok && slices.Contains(names, e.Name)
	}
}

// answered matches an answer by its status.
func answered(f Failure, status int) bool {
	e, ok := errors.AsType[*awswire.Error](f.Err)
	return ok && e.Status == status
}

// says reports whether the error's text has one of the parts, in lower case.
func says(f Failure, parts ...string) bool {
	text := strings.ToLower(f.Err.Error())
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}
