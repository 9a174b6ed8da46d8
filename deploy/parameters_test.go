package deploy_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/settings"
)

// parameters returns the template's parameters.
func parameters(t *testing.T) object {
	t.Helper()
	root, err := parse(readTemplate(t))
	if err != nil {
		t.Fatal(err)
	}
	all, _ := root["Parameters"].(object)
	return all
}

const (
	anID      = "12345678-90ab-cdef-1234-567890abcdef"
	anotherID = "00000000-90ab-cdef-1234-567890abcdef"
	aSecret   = "arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:chat/key-AbCdEf"
)

// given is a stack in which every parameter may take every value: what the values of some need
// of others is there.
func given() map[string]string {
	return map[string]string{
		"instanceId": anID, "contactFlowId": anotherID, "allowedOrigins": "https://www.example.com", "jwtKeyArn": aSecret,
		"authMode": "hs256", "jwtIssuer": "https://login.example.com", "jwtAudience": "chat",
	}
}

// environment is what the function of a stack finds: its variables from the given parameters
// and the defaults of the others.
func environment(t *testing.T, given map[string]string) []string {
	t.Helper()
	all := parameters(t)
	var environ []string
	for _, variable := range variables() {
		value, ok := given[camelCase(variable)]
		if !ok {
			value = fmt.Sprint(at(all, camelCase(variable), "Default"))
		}
		environ = append(environ, variable+"="+value)
	}
	return environ
}

// TestDefaultsStart: a stack that names only what it must starts, with the policy that the
// binary has by itself.
func TestDefaultsStart(t *testing.T) {
	t.Parallel()
	least := []string{"INSTANCE_ID=" + anID, "CONTACT_FLOW_ID=" + anotherID, "ALLOWED_ORIGINS=https://www.example.com"}
	bare, err := settings.LoadLambda(least)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := settings.LoadLambda(environment(t, map[string]string{
		"instanceId": anID, "contactFlowId": anotherID, "allowedOrigins": "https://www.example.com",
	}))
	if err != nil {
		t.Fatal(err)
	}
	policy := func(s *settings.Settings) string {
		return fmt.Sprint(s.AllowedFlows, s.Region, s.OriginRequired(), s.AuthMode, s.HasKey(), s.JWTIssuer, s.JWTAudience, s.JWKSURL, s.Claims(),
			s.PageAttributes, s.OtherAttributes, s.PageMembers, s.UnknownMembers, s.Persistent(), s.LongestChat(), s.DefaultDuration,
			s.DisplayName, s.ContentTypes, s.Attachments, s.LogLevel)
	}
	if policy(bare) != policy(stack) {
		t.Errorf("the template's defaults are not the binary's:\n%s\n%s", policy(stack), policy(bare))
	}
}

// TestChoices: the binary takes every value that the template offers, and the template offers
// every value that the binary takes.
func TestChoices(t *testing.T) {
	t.Parallel()
	all := parameters(t)
	for _, field := range settings.Fields() {
		if field.Lambda == "" {
			continue
		}
		offered, _ := at(all, camelCase(field.Lambda), "AllowedValues").([]any)
		var values []string
		for _, value := range offered {
			text, ok := value.(string)
			if !ok {
				t.Errorf("%s: offers %v, which YAML does not read as text", field.Lambda, value)
			}
			values = append(values, text)
			stack := given()
			stack[camelCase(field.Lambda)] = text
			if _, err := settings.LoadLambda(environment(t, stack)); err != nil {
				t.Errorf("%s=%s: %v", field.Lambda, text, err)
			}
		}
		taken := slices.Clone(field.OneOf)
		slices.Sort(taken)
		slices.Sort(values)
		if len(taken) > 0 && !slices.Equal(values, taken) {
			t.Errorf("%s: the template offers %v, the binary takes %v", field.Lambda, values, taken)
		}
	}
}

// TestPatterns: what a pattern lets through starts, and what it does not would not have
// started, but for values that the template refuses for reasons of its own.
func TestPatterns(t *testing.T) {
	t.Parallel()
	all := parameters(t)
	tests := map[string]struct{ good, bad, narrower []string }{
		"instanceId":            {good: []string{anID, strings.ToUpper(anID)}, bad: []string{"a b", "a/b"}, narrower: []string{"chat", "arn:aws:connect:eu-west-1:111122223333:instance/" + anID}},
		"contactFlowId":         {good: []string{anID}, bad: []string{"a b"}, narrower: []string{"arn:aws:connect:eu-west-1:111122223333:instance/" + anID + "/contact-flow/" + anID}},
		"allowedContactFlowIds": {good: []string{"", "*", anID, anID + "," + anotherID}, bad: []string{"a/b"}, narrower: []string{anID + ", " + anotherID, "a"}},
		"region":                {good: []string{"", "eu-central-1", "us-gov-west-1", "mx-central-1"}, bad: []string{"Frankfurt", "eu central"}, narrower: []string{"europe"}},
		"allowedOrigins": {
			good:     []string{"https://www.example.com", "https://a.example,http://b.example:8080", "http://localhost:3000"},
			bad:      []string{""},
			narrower: []string{"https://a.example, https://b.example", "null", "https://a.example/", "https://*.example.com", "*"},
		},
		"jwtKeyArn":           {good: []string{aSecret}, bad: []string{"chat-key", "arn:aws:kms:eu-west-1:111122223333:key/1"}, narrower: []string{"arn:aws:secretsmanager:eu-west-1:111122223333:secret:chat"}},
		"jwtIssuer":           {good: []string{"", "https://login.example.com/tenant/v2.0"}, bad: []string{"login.example.com", "https://login.example.com?x=1"}, narrower: []string{"http://login.example.com"}},
		"jwtJwksUrl":          {good: []string{"", "https://login.example.com/keys"}, bad: []string{"keys"}, narrower: []string{"http://login.example.com/keys"}},
		"jwtClaimAttributes":  {good: []string{"", "sub=customerId", "sub=customerId,https://example.com/mail=e-mail_1"}, bad: []string{"sub", "sub=a.b", "=a"}, narrower: []string{"sub=a, email=b"}},
		"attributeAllowList":  {good: []string{"", "*", "topic", "topic,page-url,x_1"}, bad: []string{"a.b"}, narrower: []string{"a, b"}},
		"attributeOthers":     {good: []string{"drop", "reject", "prefix:Web-"}, bad: []string{"prefix:", "keep", "prefix:a b"}},
		"allowedMembers":      {good: []string{"", "*", "CustomerId", "CustomerId,SegmentAttributes"}, narrower: []string{"Customer Id"}},
		"maxChatDuration":     {good: []string{"0", "60", "99", "100", "1440", "9999", "10000", "10079", "10080"}, bad: []string{"1", "59", "10081", "-60", "1e3"}, narrower: []string{"060"}},
		"defaultChatDuration": {good: []string{"0", "60", "1440"}, bad: []string{"59", "10081"}, narrower: []string{"060"}},
		"contentTypes":        {good: []string{"text/plain", "text/plain,text/markdown", "text/markdown,text/plain", "text/plain,application/vnd.amazonaws.connect.message.interactive.response"}, bad: []string{"text/markdown", "plain"}, narrower: []string{"text/plain, text/markdown"}},
	}
	for _, variable := range variables() {
		name := camelCase(variable)
		pattern, ok := at(all, name, "AllowedPattern").(string)
		if test, listed := tests[name]; listed != ok {
			t.Errorf("%s: has a pattern: %v, is tested: %v", name, ok, listed)
		} else if ok {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				matches := regexp.MustCompile(pattern).MatchString
				starts := func(value string) error {
					stack := given()
					stack[name] = value
					_, err := settings.LoadLambda(environment(t, stack))
					return err
				}
				for _, value := range test.good {
					if err := starts(value); !matches(value) || err != nil {
						t.Errorf("%q: let through: %v, and the function: %v", value, matches(value), err)
					}
				}
				for _, value := range test.bad {
					if err := starts(value); matches(value) || err == nil {
						t.Errorf("%q: let through: %v, and the function: %v", value, matches(value), err)
					}
				}
				for _, value := range test.narrower {
					if matches(value) {
						t.Errorf("%q is let through", value)
					}
				}
			})
		}
	}
}

// TestOwnPatterns are those of parameters that no variable is made of.
func TestOwnPatterns(t *testing.T) {
	t.Parallel()
	all := parameters(t)
	for name, test := range map[string]struct{ good, bad []string }{
		"jwtKeyKmsArn": {
			good: []string{"", "arn:aws:kms:eu-west-1:111122223333:key/0f8fad5b-d9cb-469f-a165-70867728950e", "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-0123456789abcdef0123456789abcdef"},
			bad:  []string{"arn:aws:kms:eu-west-1:111122223333:alias/chat", "*", "arn:aws:kms:eu-west-1:111122223333:key/*"},
		},
		"alarmTopicArn": {
			good: []string{"", "arn:aws-cn:sns:cn-north-1:111122223333:alarms"},
			bad:  []string{"alarms", "arn:aws:sqs:eu-west-1:111122223333:alarms", "*"},
		},
	} {
		pattern, _ := at(all, name, "AllowedPattern").(string)
		matches := regexp.MustCompile(pattern).MatchString
		for _, value := range test.good {
			if !matches(value) {
				t.Errorf("%s: %q is refused", name, value)
			}
		}
		for _, value := range test.bad {
			if matches(value) {
				t.Errorf("%s: %q is let through", name, value)
			}
		}
	}
}
