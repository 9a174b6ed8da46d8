package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/diagnosis"
)

// judge turns the failure of a call that checks something into a finding. permission is
// the policy statement that allows the call.
func judge(err error, permission string) finding {
	rule := diagnosis.Find(diagnosis.Failure{Err: err})
	sentence := strings.TrimSuffix(rule.Sentence, ".") + nameOf(err)
	switch rule.ID {
	case diagnosis.CredentialsMissing, diagnosis.CredentialsExpired, diagnosis.CredentialsInvalid, diagnosis.ClockSkew:
		// AWS's own text is left out: it may repeat the signed headers, session token included.
		return fail(sentence, rule.Remedy)
	case diagnosis.ParameterRefused, diagnosis.RequestRefused:
		return fail(sentence, "Check --instance-id and --contact-flow-id: both are UUIDs or ARNs.")
	case diagnosis.AccessDenied:
		remedy := "Only the doctor needs this call. To allow it:\n" + permission
		return warn("could not be checked, because the credentials may not make the call"+nameOf(err), remedy)
	default:
		return warn("could not be checked: "+err.Error(), remedyOf(rule))
	}
}

// remedyOf returns a rule's remedy without advice to do what is being done.
func remedyOf(rule diagnosis.Rule) string {
	clauses := slices.DeleteFunc(strings.Split(rule.Remedy, "; "), func(clause string) bool {
		return strings.Contains(clause, "parley doctor")
	})
	return strings.TrimSuffix(strings.Join(clauses, "; "), ".") + "."
}

// nameOf returns the name of AWS's error in parentheses, if it is one.
func nameOf(err error) string {
	if answer, ok := errors.AsType[*awswire.Error](err); ok && answer.Name != "" {
		return " (" + answer.Name + ")"
	}
	return ""
}

func isNotFound(err error) bool {
	return diagnosis.Find(diagnosis.Failure{Err: err}).ID == diagnosis.InstanceOrFlow
}

// whoami finds out whose credentials these are; later checks name the account with its answer.
func (e *examination) whoami(ctx context.Context) finding {
	identity, err := e.client.CallerIdentity(ctx)
	if err != nil {
		return judge(err, statement("sts:GetCallerIdentity", "*"))
	}
	e.identity = identity
	return ok(fmt.Sprintf("%s in account %s", identity.ARN, identity.Account))
}

// describeInstance looks whether the instance is there, in this Region and account, and usable.
func (e *examination) describeInstance(ctx context.Context) finding {
	if e.InstanceID == "" {
		return skip("none is configured: pages name the instance themselves")
	}
	instance, err := e.client.DescribeInstance(ctx, e.InstanceID)
	switch {
	case err != nil && isNotFound(err):
		return e.missingInstance(ctx)
	case err != nil:
		return judge(err, statement("connect:DescribeInstance", e.instanceARN())+
			"\nwith ds:DescribeDirectories on * beside it.")
	}
	e.instance = instance
	detail := fmt.Sprintf("%s (%s)", instance.Alias, instance.ID)
	if instance.Alias == "" {
		detail = instance.ID
	}
	switch instance.Status {
	case "ACTIVE", "":
		return ok(detail)
	case "CREATION_FAILED":
		return fail(detail+" could not be created", "Look at the instance in the Amazon Connect console.")
	default:
		return warn(detail+" is in the state "+instance.Status, "Wait until the instance is active.")
	}
}

// missingInstance explains why the instance is not found. Swapped ids are the most
// usual mistake, and AWS's answer does not tell.
func (e *examination) missingInstance(ctx context.Context) finding {
	if flow := arn.FlowOf(e.ContactFlowID); flow != "" {
		if _, err := e.client.DescribeInstance(ctx, flow); err == nil {
			return fail("the instance id and the contact flow id are swapped: the contact flow id is an instance's",
				"Use "+flow+" as --instance-id and "+arn.InstanceOf(e.InstanceID)+" as --contact-flow-id.")
		}
	}
	where := e.client.Region()
	if e.identity.Account != "" {
		where += ", account " + e.identity.Account
	}
	return fail(fmt.Sprintf("there is no instance %s in %s", e.InstanceID, where),
		"Check the Region and the account first, then the id: the instance's ARN in the Amazon Connect console has all three.")
}

// describeFlow looks whether the contact flow is there. That it is not published is no failure of this
// check: flowState tells it.
func (e *examination) describeFlow(ctx context.Context) finding {
	if e.ContactFlowID == "" {
		return skip("none is configured: pages name the contact flow themselves")
	}
	if flow, _ := arn.Parse(e.ContactFlowID); flow.Flow() != "" && !strings.EqualFold(flow.Instance(), arn.InstanceOf(e.InstanceID)) {
		return fail("the contact flow's ARN names another instance: "+flow.Instance(), "Use a flow of the instance, or that instance.")
	}
	flow, err := e.client.DescribeContactFlow(ctx, e.InstanceID, arn.FlowOf(e.ContactFlowID))
	switch {
	case err == nil:
		e.flow = flow
		return ok(fmt.Sprintf("%s (%s)", flow.Name, flow.ID))
	case diagnosis.Find(diagnosis.Failure{Err: err}).ID == diagnosis.FlowNotPublished:
		e.unpublished = true
		return ok(e.ContactFlowID)
	case isNotFound(err):
		return fail(fmt.Sprintf("the instance has no contact flow %s", e.ContactFlowID),
			"Open the flow in the flow designer and copy the last part of its ARN (below “Show additional flow information”).")
	default:
		return judge(err, statement("connect:DescribeContactFlow", e.flowARN()))
	}
}

// unread is the finding about a flow of which AWS told nothing.
const unread = "not checked, because the contact flow could not be read"

// flowType looks whether a chat can begin with the flow.
func (e *examination) flowType(context.Context) finding {
	switch e.flow.Type {
	case "":
		return skip(unread)
	case "CONTACT_FLOW":
		return ok("inbound flow, which can take chats")
	default:
		return warn(e.flow.Type+", which a chat cannot begin with", "Choose a flow of the type “Contact flow (inbound)”.")
	}
}

// flowState looks whether the flow is published.
func (e *examination) flowState(context.Context) finding {
	const remedy = "Open the flow in the flow designer and choose Publish."
	switch {
	case e.unpublished:
		return fail("not published", remedy)
	case e.flow.Status == "" && e.flow.State == "":
		return skip(unread)
	case e.flow.State == "ARCHIVED":
		return fail("archived", "Restore the flow from the archive, or choose another one.")
	case e.flow.Status != "PUBLISHED":
		return fail("not published (its status is "+e.flow.Status+")", remedy)
	}
	return ok("published and active")
}

// permission asks IAM's simulator whether chats may be started, because the only other way to find out
// is to start one.
func (e *examination) permission(ctx context.Context) finding {
	needed := statement("connect:StartChatContact", e.flowARN(), e.contactsARN())
	byHand := "Make sure that the credentials have this statement:\n" + needed
	if e.identity.ARN == "" {
		return warn("could not be checked, because it is not known whose credentials these are", byHand)
	}
	if strings.HasSuffix(e.identity.ARN, ":root") {
		return ok("the credentials are the account's root user, who may do everything; an IAM role is safer")
	}
	decision, err := e.client.SimulateStartChat(ctx, e.identity.ARN, e.flowARN())
	switch {
	case errors.Is(err, connectclient.ErrNotSimulated):
		return warn("could not be checked, because IAM does not simulate the policies of this kind of identity", byHand)
	case err != nil:
		f := judge(err, "")
		if f.status == Warn {
			f.remedy = byHand + "\nWith iam:SimulatePrincipalPolicy on the user or role, the doctor can check it."
		}
		return f
	case decision == connectclient.Allowed:
		return ok("connect:StartChatContact is allowed on " + e.flowARN() + " (simulated; policies of the organisation are not part of it)")
	case decision == connectclient.ExplicitDeny:
		return fail("a policy denies connect:StartChatContact on "+e.flowARN(), "Find the Deny statement; an Allow does not outweigh it.")
	case e.ContactFlowID == "":
		return warn("no policy allows connect:StartChatContact on every flow of the instance; it may on some", byHand)
	default:
		return fail("no policy allows connect:StartChatContact on "+e.flowARN(), "Add this statement to the policy of the user or role:\n"+needed)
	}
}

// origins compares the instance's approved origins with those of this server. It only warns.
func (e *examination) origins(ctx context.Context) finding {
	approved, err := e.client.ListApprovedOrigins(ctx, e.InstanceID)
	if err != nil {
		return judge(err, statement("connect:ListApprovedOrigins", e.instanceARN()))
	}
	const what = "Approved origins are where the instance's own pages (the agent's panel, the hosted widget) may be embedded; " +
		"chats started through this server do not need them."
	if len(approved) == 0 {
		return warn("the instance has none", what)
	}
	if slices.Contains(approved, "*") {
		return warn("the instance approves every origin (*)", "Name the origins that are needed instead. "+what)
	}
	var missing []string
	for _, origin := range e.AllowOrigins {
		if origin != "null" && !slices.ContainsFunc(approved, func(a string) bool { return sameOrigin(a, origin) }) {
			missing = append(missing, origin)
		}
	}
	detail := strings.Join(approved, ", ")
	if len(missing) > 0 {
		return warn(detail+"\nnot among them, but allowed here: "+strings.Join(missing, ", "),
			"Add them in the Amazon Connect console if their pages embed the instance's pages. "+what)
	}
	return ok(detail)
}

func sameOrigin(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}
