package secretform_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/secretform"
)

// What is recognised by its name or its form goes, and what stands around it stays.
func TestD5Replace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		// Session tokens of AWS, of today and of former times.
		"sent IQoJb3JpZ2luX2VjEJH//abc+/= there":             "sent *** there",
		"sent FwoGZXIvYXdzEJr/abc there":                     "sent *** there",
		"sent FQoGZXIvYXdzEJr/abc there":                     "sent *** there",
		"sent FQoDYXdzEJr/abc, AQoDYXdzEJr/abc":              "sent ***, ***",
		"the user AKIAIOSFODNN7EXAMPLE is not known":         "the user *** is not known",
		"(ASIAIOSFODNN7EXAMPLE) ABIAIOSFODNN7EXAMPLE":        "(***) ***",
		"ACCAIOSFODNN7EXAMPLE/20260101/us-west-2":            "***/20260101/us-west-2",
		"roles: AROAIOSFODNN7EXAMPLE":                        "roles: AROAIOSFODNN7EXAMPLE",
		"XAKIAIOSFODNN7EXAMPLE AKIAshort AKIAIOSFODNN7EXAMx": "XAKIAIOSFODNN7EXAMPLE AKIAshort AKIAIOSFODNN7EXAMx",
		// Names that are percent-encoded, alone and with what they stand in.
		"a=b&participant%54oken=zq0canary&c=d":             "a=b&participant%54oken=***&c=d",
		"%50%61%73%73%77%6f%72%64=zq0canary":               "%50%61%73%73%77%6f%72%64=***",
		"credentials%5Btoken%5D=zq0canary":                 "credentials%5Btoken%5D=***",
		"credentials[token]=zq0canary":                     "credentials[token]=***",
		"u=http%3A%2F%2Fh%2Fc%3Ftoken%3Dzq0canary%26x%3D1": "u=http%3A%2F%2Fh%2Fc%3Ftoken%3D***%26x%3D1",
		"u=http%253A%252F%252Fh%253Fto%256ben%253Dzq0":     "u=http%253A%252F%252Fh%253Fto%256ben%253D***",
		"h?%63ode=zq0canary":                               "h?%63ode=***",
		"100%=value 5%z=more":                              "100%=value 5%z=more",
		// Header fields.
		"X-Auth: zq0canary-77": "X-Auth: ***", "X-Session: zq0canary-77": "X-Session: ***", "x-key: zq0canary-77": "x-key: ***",
		"X-Session-Id=zq0canary": "X-Session-Id=***", "X-Auth-Key=zq0canary": "X-Auth-Key=***", "X-Auth-Token=zq0canary": "X-Auth-Token=***",
		"AWS_ACCESS_KEY_ID=zq0canary": "AWS_ACCESS_KEY_ID=***", "session=open, key=value, auth=none": "session=open, key=value, auth=none",
		// XML.
		"<SecretAccessKey>zq0canary</SecretAccessKey>":           "<SecretAccessKey>***</SecretAccessKey>",
		"<aws:SessionToken xml:lang=\"x\"> zq0 </aws:Session>":   "<aws:SessionToken xml:lang=\"x\"> *** </aws:Session>",
		"<Password>\n zq0 canary\n</Password><a>b</a>":           "<Password>\n ***\n</Password><a>b</a>",
		"<Token><![CDATA[zq0<canary>]]></Token>":                 "<Token><![CDATA[***]]></Token>",
		"<Token>zq0canary":                                       "<Token>***",
		"&lt;Token&gt;zq0canary&lt;/Token&gt;":                   "&lt;Token&gt;***&lt;/Token&gt;",
		"<Token/>text<NextToken>n</NextToken></Token>text <b>c>": "<Token/>text<NextToken>n</NextToken></Token>text <b>c>",
		// Prose.
		"Authorization: Bearer abc.def-ghi and more":  "Authorization: Bearer *** and more",
		"the token: unexpected end of input":          "the token: unexpected end of input",
		"secret: arn:aws:secretsmanager:x:1:secret:k": "secret: arn:aws:secretsmanager:x:1:secret:k",
		"fetching https://pat:zq0canary@idp.example/": "fetching https://***@idp.example/",
	} {
		if got := secretform.Replace(text, "***"); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func FuzzReplace(f *testing.F) {
	for _, seed := range []string{"<Token>", "%3D%3D=&gt;", "a%5Btoken%5D=x", "AKIA", "QVFJREFI", "&lt;Token&gt;x", "token[]=", "<Token><![CDATA["} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const key = "AKIAIOSFODNN7EXAMPLE"
		if got := secretform.Replace(text+" "+key+" "+text, "***"); strings.Contains(got, key) {
			t.Errorf("%q keeps the key: %q", text, got)
		}
	})
}
