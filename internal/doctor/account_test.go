package doctor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/awsfake"
)

func TestAWS(t *testing.T) {
	t.Parallel()
	const instanceARN = "arn:aws:connect:us-west-2:123456789012:instance/" + instanceID
	for _, tc := range []struct {
		name   string
		change func(s *scene)
		fake   func(c *awsfake.Config)
		want   map[string]line
	}{
		{name: "ids as arns", change: func(s *scene) {
			s.config.InstanceID, s.config.ContactFlowID = instanceARN, instanceARN+"/contact-flow/"+flowID
		}, want: map[string]line{"instance": ok("support"), "contact-flow": ok("Inbound chat"), "permission": ok(instanceARN + "/contact-flow/" + flowID)}},

		{name: "the arn's region is another", change: func(s *scene) {
			s.config.InstanceID = "arn:aws:connect:eu-west-2:123456789012:instance/" + instanceID
		}, want: map[string]line{
			"region":      fail("us-west-2, but the instance's ARN names eu-west-2", "set them to eu-west-2"),
			"credentials": skip("because Region failed"), "approved-origins": skip("because Region failed"),
		}},
		{
			name: "a region that does not exist", change: func(s *scene) { s.connect.Region = "uswest2" },
			want: map[string]line{"region": warn("uswest2, which is not spelt", "did you mean us-west-2?"), "credentials": ok("environment variables")},
		},
		{
			name: "B4 a region of a letter too much", change: func(s *scene) { s.connect.Region = "eu-central-11" },
			want: map[string]line{"region": warn("eu-central-11, where Amazon Connect is not known to be", "did you mean eu-central-1?")},
		},
		{
			name: "B4 a region without Amazon Connect", change: func(s *scene) { s.connect.Region = "eu-west-3" },
			want: map[string]line{"region": warn("not known to be", "did you mean eu-west-2?")},
		},
		{
			name: "B4 a region like none", change: func(s *scene) { s.connect.Region = "il-central-1" },
			want: map[string]line{"region": warn("not known to be", "Amazon Connect is in us-east-1, us-west-2")},
		},
		{
			name: "B4 cut ids", change: func(s *scene) { s.config.InstanceID, s.config.ContactFlowID = instanceID[:35], flowID[:8] },
			want: map[string]line{"ids": warn("the instance id "+instanceID[:35]+" is cut off: it has 35 characters, and a whole one 36\nthe contact flow id 22222222 is cut off: it has 8", "Copy the whole id")},
		},
		{
			name: "B4 an id too long", change: func(s *scene) { s.config.InstanceID = instanceID + "1" },
			want: map[string]line{"ids": warn("is too long: it has 37 characters", "Copy the whole id")},
		},
		{
			name: "B4 a cut arn", change: func(s *scene) { s.config.InstanceID = instanceARN[:len(instanceARN)-1] },
			want: map[string]line{"ids": warn("is cut off: it has 35", "Copy the whole id")},
		},
		{
			name: "B4 names for ids", change: func(s *scene) { s.config.InstanceID, s.config.ContactFlowID = "support", instanceID[:35]+"g" },
			want: map[string]line{"ids": warn("the instance id support is no UUID", "use the ARN")},
		},
		{
			name: "B4 a version behind an id", change: func(s *scene) { s.config.ContactFlowID = instanceARN + "/contact-flow/" + flowID + ":7" },
			want: map[string]line{"ids": ok("whole UUIDs")},
		},
		{
			name: "B4 no ids", change: func(s *scene) { s.config.InstanceID, s.config.ContactFlowID = "", "" },
			want: map[string]line{"ids": skip("pages name the instance")},
		},
		{
			name: "a region that is no name", change: func(s *scene) { s.connect.Region = "us west" },
			want: map[string]line{"region": fail("not the name of a region", "us-west-2"), "endpoint": skip("because Region failed")},
		},
		{
			name: "no region, own endpoint", change: func(s *scene) { s.connect.Region, s.config.Region = "", "" },
			want: map[string]line{"region": warn("none is set", "--region")},
		},
		{
			name: "no region", change: func(s *scene) { s.connect.Region, s.config.Region, s.connect.EndpointURL = "", "", "" },
			want: map[string]line{"region": fail("none is set", "--region")},
		},
		{
			name: "another partition", change: func(s *scene) { s.connect.Region = "us-gov-west-1" },
			want: map[string]line{"region": ok("us-gov-west-1 (partition aws-us-gov)")},
		},
		{
			name: "no such profile", change: func(s *scene) { s.connect.Profile = "nobody" },
			want: map[string]line{"region": fail(`no profile "nobody"`, "--profile"), "identity": skip("because Region failed")},
		},

		{
			name: "clock a little off", change: func(s *scene) { s.fake.SetClock(2 * time.Minute) },
			want: map[string]line{"clock": warn("behind AWS", "Set the clock"), "identity": ok("assumed-role")},
		},
		{
			name: "clock far off", change: func(s *scene) { s.fake.SetClock(-10 * time.Minute) },
			want: map[string]line{"clock": fail("ahead of AWS", "Set the clock")},
		},
		{
			name: "clock within reason", change: func(s *scene) { s.fake.SetClock(20 * time.Second) },
			want: map[string]line{"clock": ok("behind AWS")},
		},

		{name: "expired credentials", change: func(s *scene) { s.fake.ExpireCredentials() }, want: map[string]line{
			"identity": fail("expired", "Renew"), "instance": skip("because Identity failed"), "contact-flow": skip("because Identity failed"),
		}},
		{name: "a wrong secret", fake: func(c *awsfake.Config) { c.SecretAccessKey = "another" }, want: map[string]line{
			"identity": fail("does not accept the credentials (SignatureDoesNotMatch)", "Check the key id"),
		}},
		{name: "an unknown key", fake: func(c *awsfake.Config) { c.AccessKeyID = "AKIAANOTHER" }, want: map[string]line{
			"identity": fail("does not accept the credentials (InvalidClientTokenId)", "Check the key id"),
		}},
		{name: "sts is out of reach", change: func(s *scene) {
			s.fake.Script(awsfake.Step{Operation: "GetCallerIdentity", Status: 501, Error: "NotImplemented"})
		}, want: map[string]line{
			"identity": warn("could not be checked: NotImplemented", ""), "instance": ok("support"),
			"permission": warn("not known whose credentials", `"arn:aws:connect:us-west-2:123456789012:instance/`),
		}},

		{name: "no instance configured", change: func(s *scene) { s.config.InstanceID = "" }, want: map[string]line{
			"instance": skip("none is configured"), "contact-flow": skip("because Instance was skipped"),
			"flow-type": skip("because Instance was skipped"), "permission": skip("because Instance was skipped"),
		}},
		{name: "no such instance", change: func(s *scene) { s.config.InstanceID = "33333333-3333-4333-8333-333333333333" }, want: map[string]line{
			"instance":     fail("there is no instance 33333333-3333-4333-8333-333333333333 in us-west-2, account 123456789012", "Check the Region"),
			"contact-flow": skip("because Instance failed"), "approved-origins": skip("because Instance failed"),
		}},
		{name: "swapped ids", change: func(s *scene) { s.config.InstanceID, s.config.ContactFlowID = flowID, instanceID }, want: map[string]line{
			"instance": fail("swapped", "Use "+instanceID+" as --instance-id and "+flowID+" as --contact-flow-id"),
		}},
		{name: "an id that is none", change: func(s *scene) {
			s.fake.Script(awsfake.Step{Operation: "DescribeInstance", Error: "InvalidParameterException", Message: "InstanceId"})
		}, want: map[string]line{"instance": fail("InvalidParameterException", "--instance-id")}},
		{
			name: "instance being made", fake: func(c *awsfake.Config) { c.Instances[0].Status = "CREATION_IN_PROGRESS" },
			want: map[string]line{"instance": warn("CREATION_IN_PROGRESS", "Wait")},
		},
		{
			name: "instance that could not be made", fake: func(c *awsfake.Config) { c.Instances[0].Status = "CREATION_FAILED" },
			want: map[string]line{"instance": fail("could not be created", "console")},
		},
		{name: "may not describe the instance", change: func(s *scene) { s.fake.Script(denied("DescribeInstance")) }, want: map[string]line{
			"instance":     warn("may not make the call (AccessDeniedException)", `"Resource": "`+instanceARN+`"`),
			"contact-flow": ok("Inbound chat"),
		}},

		{name: "no flow configured", change: func(s *scene) { s.config.ContactFlowID = "" }, want: map[string]line{
			"contact-flow": skip("none is configured"), "flow-type": skip("because Contact flow was skipped"),
			"flow-state": skip("because Contact flow was skipped"), "permission": ok("/contact-flow/*"), "approved-origins": ok("example.com"),
		}},
		{
			name: "no flow configured, not allowed on all", change: func(s *scene) { s.config.ContactFlowID = "" },
			fake: func(c *awsfake.Config) { c.Decision = "implicitDeny" },
			want: map[string]line{"permission": warn("it may on some", "connect:StartChatContact")},
		},
		{name: "no such flow", change: func(s *scene) { s.config.ContactFlowID = "33333333-3333-4333-8333-333333333333" }, want: map[string]line{
			"contact-flow": fail("no contact flow 33333333", "flow designer"), "flow-type": skip("because Contact flow failed"),
		}},
		{name: "a flow of another instance", change: func(s *scene) {
			s.config.ContactFlowID = strings.ReplaceAll(instanceARN, "1111", "4444") + "/contact-flow/" + flowID
		}, want: map[string]line{"contact-flow": fail("names another instance: 4444", "Use a flow of the instance")}},
		{
			name: "a flow of another type", fake: func(c *awsfake.Config) { c.Instances[0].Flows[0].Type = "CUSTOMER_QUEUE" },
			want: map[string]line{"flow-type": warn("CUSTOMER_QUEUE", "inbound")},
		},
		{
			name: "a saved flow", fake: func(c *awsfake.Config) { c.Instances[0].Flows[0].Status = "SAVED" },
			want: map[string]line{"flow-state": fail("SAVED", "Publish")},
		},
		{
			name: "an archived flow", fake: func(c *awsfake.Config) { c.Instances[0].Flows[0].State = "ARCHIVED" },
			want: map[string]line{"flow-state": fail("archived", "Restore")},
		},
		{name: "a flow that never was published", change: func(s *scene) {
			s.fake.Script(awsfake.Step{Operation: "DescribeContactFlow", Status: 404, Error: "ContactFlowNotPublishedException"})
		}, want: map[string]line{"contact-flow": ok(flowID), "flow-type": skip("could not be read"), "flow-state": fail("not published", "Publish")}},
		{name: "may not describe the flow", change: func(s *scene) { s.fake.Script(denied("DescribeContactFlow")) }, want: map[string]line{
			"contact-flow": warn("may not make the call", "connect:DescribeContactFlow"),
			"flow-type":    skip("could not be read"), "flow-state": skip("could not be read"),
			"permission": ok("instance/" + instanceID + "/contact-flow/" + flowID),
		}},

		{name: "not allowed", fake: func(c *awsfake.Config) { c.Decision = "implicitDeny" }, want: map[string]line{
			"permission": fail("no policy allows", `"`+instanceARN+`/contact/*"`),
		}},
		{
			name: "denied", fake: func(c *awsfake.Config) { c.Decision = "explicitDeny" },
			want: map[string]line{"permission": fail("a policy denies", "Deny statement")},
		},
		{name: "may not simulate", change: func(s *scene) { s.fake.Script(denied("SimulatePrincipalPolicy")) }, want: map[string]line{
			"permission": warn("may not make the call", `"Action": "connect:StartChatContact"`), "approved-origins": ok(""),
		}},
		{
			name: "root", fake: func(c *awsfake.Config) { c.CallerARN = "arn:aws:iam::123456789012:root" },
			want: map[string]line{"permission": ok("root user")},
		},
		{
			name: "a federated user", fake: func(c *awsfake.Config) { c.CallerARN = "arn:aws:sts::123456789012:federated-user/pat" },
			want: map[string]line{"permission": warn("does not simulate", "connect:StartChatContact")},
		},
		{name: "credentials end on the way", change: func(s *scene) {
			s.fake.Script(awsfake.Step{Operation: "SimulatePrincipalPolicy", Status: 403, Error: "ExpiredToken"})
		}, want: map[string]line{"permission": fail("expired", "Renew")}},

		{
			name: "no origins", fake: func(c *awsfake.Config) { c.Instances[0].Origins = nil },
			want: map[string]line{"approved-origins": warn("none", "do not need them")},
		},
		{
			name: "every origin", fake: func(c *awsfake.Config) { c.Instances[0].Origins = []string{"*"} },
			want: map[string]line{"approved-origins": warn("(*)", "Name the origins")},
		},
		{name: "an origin is missing", change: func(s *scene) {
			s.config.AllowOrigins = []string{"https://www.example.com/", "https://other.example.com"}
		}, want: map[string]line{"approved-origins": warn("allowed here: https://other.example.com", "Add them")}},
		{
			name: "may not list origins", change: func(s *scene) { s.fake.Script(denied("ListApprovedOrigins")) },
			want: map[string]line{"approved-origins": warn("may not make the call", "connect:ListApprovedOrigins")},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			config := account()
			if tc.fake != nil {
				tc.fake(&config)
			}
			s := newScene(t, config)
			if tc.change != nil {
				tc.change(s)
			}
			compare(t, s.run(t), tc.want)
		})
	}
}
