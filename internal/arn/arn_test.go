package arn_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/arn"
)

// read is everything the package says about a name.
type read struct {
	Region, Instance, Flow, Contact string
	InstanceOf, FlowOf, ContactOf   string
	ARN, IsInstance                 bool
}

func readAll(text string) read {
	a, ok := arn.Parse(text)
	return read{
		Region: arn.RegionOf(text), Instance: a.Instance(), Flow: a.Flow(), Contact: a.Contact(),
		InstanceOf: arn.InstanceOf(text), FlowOf: arn.FlowOf(text), ContactOf: arn.ContactOf(text),
		ARN: ok, IsInstance: a.IsInstance(),
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	const instance = "arn:aws:connect:eu-west-2:123456789012:instance/i-1"
	bare := func(text string) read { return read{InstanceOf: text, FlowOf: text, ContactOf: text} }
	foreign := func(text, region string) read {
		r := bare(text)
		r.ARN, r.Region = true, region
		return r
	}
	within := func(text string) read {
		r := foreign(text, "eu-west-2")
		r.Instance, r.InstanceOf = "i-1", "i-1"
		return r
	}
	theInstance := within(instance)
	theInstance.IsInstance = true
	flow := within(instance + "/contact-flow/f-1")
	flow.Flow, flow.FlowOf = "f-1", "f-1"
	saved := within(instance + "/contact-flow/f-1:$SAVED")
	saved.Flow, saved.FlowOf = "f-1:$SAVED", "f-1:$SAVED"
	contact := within(instance + "/contact/c-1")
	contact.Contact, contact.ContactOf = "c-1", "c-1"
	china := foreign("arn:aws-cn:connect:cn-north-1:123456789012:instance/i-1", "cn-north-1")
	china.Instance, china.InstanceOf, china.IsInstance = "i-1", "i-1", true

	for text, want := range map[string]read{
		"":                                    bare(""),
		"i-1":                                 bare("i-1"),
		"a/b":                                 bare("a/b"),
		"arn:":                                bare("arn:"),
		"arn:aws:connect:eu-west-2":           bare("arn:aws:connect:eu-west-2"),
		"ARN:aws:connect:r:1:instance/":       bare("ARN:aws:connect:r:1:instance/"),
		instance:                              theInstance,
		instance + "/contact-flow/f-1":        flow,
		instance + "/contact-flow/f-1:$SAVED": saved,
		instance + "/contact/c-1":             contact,
		instance + "/":                        within(instance + "/"),
		instance + "/queue/q-1":               within(instance + "/queue/q-1"),
		instance + "/contact-flow/":           within(instance + "/contact-flow/"),
		instance + "/contact-flow/f-1/x":      within(instance + "/contact-flow/f-1/x"),
		instance + "/agent/a/contact/c":       within(instance + "/agent/a/contact/c"),
		"arn:aws-cn:connect:cn-north-1:123456789012:instance/i-1": china,
		"arn:aws:connect:eu-west-2:1:instance/":                   foreign("arn:aws:connect:eu-west-2:1:instance/", "eu-west-2"),
		"arn:aws:connect:eu-west-2:1:phone-number/p":              foreign("arn:aws:connect:eu-west-2:1:phone-number/p", "eu-west-2"),
		"arn:aws:ec2:us-east-1:1:instance/i-1":                    foreign("arn:aws:ec2:us-east-1:1:instance/i-1", "us-east-1"),
		"arn:aws:iam::123456789012:role/a:b":                      foreign("arn:aws:iam::123456789012:role/a:b", ""),
	} {
		if diff := cmp.Diff(want, readAll(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// Whatever somebody writes: an ARN is put together as it was, and nothing is made up.
func FuzzParse(f *testing.F) {
	f.Add("arn:aws:connect:eu-west-2:1:instance/i/contact-flow/f")
	f.Add("arn:aws:connect:eu-west-2:1:instance/i/contact/c:d")
	f.Add("arn:::::")
	f.Fuzz(func(t *testing.T, text string) {
		a, ok := arn.Parse(text)
		if ok && (a.String() != text || !arn.Is(text)) {
			t.Errorf("%q became %q", text, a)
		}
		for _, id := range []string{a.Instance(), a.Flow(), a.Contact(), arn.InstanceOf(text), arn.FlowOf(text), arn.ContactOf(text)} {
			if !strings.Contains(text, id) {
				t.Errorf("%q holds no %q", text, id)
			}
		}
		if a.IsInstance() && (a.Flow() != "" || a.Contact() != "") {
			t.Errorf("%q is an instance and something in one", text)
		}
	})
}

// Topics and secrets, and what is mistaken for them.
func TestOtherServices(t *testing.T) {
	t.Parallel()
	const sns = "arn:aws:sns:eu-west-2:123456789012:"
	for text, want := range map[string]string{
		sns + "chat": "", "arn:aws-cn:sns:cn-north-1:123456789012:Chat-1_a": "", sns + strings.Repeat("a", 256): "",
		"chat": "no ARN", "": "no ARN", "arn:aws:sns": "no ARN", "https://sns.eu-west-2.amazonaws.com": "no ARN",
		sns + "chat.fifo": "a FIFO topic",
		sns + "chat:11111111-1111-4111-8111-111111111111": "of Amazon SNS, but no topic",
		sns: "of Amazon SNS, but no topic", sns + ".fifo": "of Amazon SNS, but no topic", sns + "a.b": "of Amazon SNS, but no topic",
		sns + strings.Repeat("a", 257):               "of Amazon SNS, but no topic",
		"arn:aws:sns::123456789012:chat":             "of Amazon SNS, but no topic",
		"arn:aws:sns:eu-west-2:1:chat":               "of Amazon SNS, but no topic",
		"arn:aws:sns:eu-west-2:ACCOUNT-ID12:chat":    "of Amazon SNS, but no topic",
		"arn:aws:sqs:eu-west-2:123456789012:chat":    "the ARN of something else",
		"arn:aws:kinesis:r:123456789012:stream/chat": "the ARN of something else",
	} {
		if got := arn.NoStandardTopic(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"arn:aws:secretsmanager:eu-west-2:123456789012:secret:chat/key-AbCdEf": "chat/key-AbCdEf",
		"arn:aws:secretsmanager::123456789012:secret:chat":                     "",
		"arn:aws:secretsmanager:eu-west-2:123456789012:secret":                 "",
		"arn:aws:ssm:eu-west-2:123456789012:secret:chat":                       "",
	} {
		a, _ := arn.Parse(text)
		if got := a.Secret(); got != want {
			t.Errorf("the secret in %q is %q, want %q", text, got, want)
		}
	}
}

// A function is named in any of the forms that AWS Lambda takes, with or without a qualifier.
func TestFunctionOf(t *testing.T) {
	t.Parallel()
	const full = "arn:aws:lambda:eu-west-2:123456789012:function:order"
	for text, want := range map[string]arn.Function{
		"order": {Name: "order", Unqualified: "order"}, "order:live": {Name: "order", Qualifier: "live", Unqualified: "order"},
		full: {Region: "eu-west-2", Name: "order", Unqualified: full}, full + ":$LATEST": {Region: "eu-west-2", Name: "order", Qualifier: "$LATEST", Unqualified: full},
		"123456789012:function:order": {Name: "order", Unqualified: "123456789012:function:order"},
		"function:order:2":            {Name: "order", Qualifier: "2", Unqualified: "function:order"},
		"ENTER LAMBDA HERE":           {Name: "ENTER LAMBDA HERE", Unqualified: "ENTER LAMBDA HERE"}, "": {},
	} {
		if got := arn.FunctionOf(text); got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
}
