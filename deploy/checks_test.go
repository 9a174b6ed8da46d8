package deploy_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/settings"
)

// template is a parsed template and what is wrong with it beyond the knowledge of a validator:
// promises to the binary, to scripts written for the original template, and limits of AWS that
// no schema holds.
type template struct {
	object
	resources object
	faults    []string
}

// check returns what is wrong with a template.
func check(text string) []string {
	root, err := parse(text)
	if err != nil {
		return []string{err.Error()}
	}
	t := &template{object: root}
	t.resources, _ = root["Resources"].(object)
	t.checkShape(len(text))
	t.checkParameters()
	t.checkVariables()
	t.checkOutputs()
	t.checkTimes()
	t.checkRole()
	t.checkGatewayResponses()
	t.checkDeployment()
	t.checkStage()
	t.checkFirewall()
	t.checkPartition()
	slices.Sort(t.faults)
	return t.faults
}

func (t *template) fault(format string, args ...any) {
	t.faults = append(t.faults, fmt.Sprintf(format, args...))
}

// ofType returns the names of the resources of a type.
func (t *template) ofType(kind string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(t.resources)) {
		if at(t.resources[name], "Type") == kind {
			names = append(names, name)
		}
	}
	return names
}

// longestBody is the most that CloudFormation takes without a bucket, in bytes.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const longestBody = 51_200

// checkShape: ten kinds of resources, one function, nothing that runs anything else: no custom
// resource, no macro, no gate for Regions.
func (t *template) checkShape(size int) {
	if size > longestBody {
		t.fault("the template has %d bytes, more than can be sent without a bucket", size)
	}
	for _, name := range slices.Sorted(maps.Keys(t.object)) {
		if !slices.Contains([]string{"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Conditions", "Resources", "Outputs"}, name) {
			t.fault("%s: the template does without", name)
		}
	}
	want := map[string]int{
		"AWS::Logs::LogGroup": 1, "AWS::IAM::Role": 1, "AWS::Lambda::Function": 1, "AWS::Lambda::Permission": 1,
		"AWS::ApiGateway::RestApi": 1, "AWS::ApiGateway::Method": 2, "AWS::ApiGateway::GatewayResponse": 4,
		"AWS::ApiGateway::Deployment": 1, "AWS::ApiGateway::Stage": 1,
		"AWS::WAFv2::WebACL": 1, "AWS::WAFv2::WebACLAssociation": 1, "AWS::CloudWatch::Alarm": 2,
	}
	got := map[string]int{}
	for _, resource := range t.resources {
		got[fmt.Sprint(at(resource, "Type"))]++
	}
	if !maps.Equal(want, got) {
		t.fault("the resources are %v, want %v", got, want)
	}
}

// checkParameters: each stands in one group of the console's form, and says what it is.
func (t *template) checkParameters() {
	listed := map[string]int{}
	groups, _ := at(t.object, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups").([]any)
	for _, group := range groups {
		names, _ := at(group, "Parameters").([]any)
		for _, name := range names {
			listed[fmt.Sprint(name)]++
		}
	}
	parameters, _ := t.object["Parameters"].(object)
	for name, parameter := range parameters {
		if listed[name] != 1 {
			t.fault("%s: stands in %d groups of parameters", name, listed[name])
		}
		if at(parameter, "Description") == nil {
			t.fault("%s: has no description", name)
		}
		if at(parameter, "AllowedPattern") != nil && at(parameter, "ConstraintDescription") == nil {
			t.fault("%s: whoever gets it wrong is shown a regular expression", name)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.fault("%s: is in a group, and no parameter", name)
	}
	for _, name := range []string{"instanceId", "contactFlowId", "allowedOrigins"} {
		if at(parameters[name], "Default") != nil {
			t.fault("%s: a default would deploy and then fail", name)
		}
	}
	if at(parameters["enableWaf"], "Default") != "true" {
		t.fault("enableWaf: must be on unless somebody turns it off")
	}
}

// variables are those that the production function reads.
func variables() []string {
	var names []string
	for _, field := range settings.Fields() {
		if field.Lambda != "" {
			names = append(names, field.Lambda)
		}
	}
	slices.Sort(names)
	return names
}

// checkVariables: what the template sets is what the binary reads, each from the parameter of
// its name in camel case.
func (t *template) checkVariables() {
	set, _ := at(t.resources, "StartChatLambda", "Properties", "Environment", "Variables").(object)
	read := variables()
	for name, value := range set {
		if !slices.Contains(read, name) {
			t.fault("%s: the function does not read it", name)
		}
		if got := at(value, "Ref"); got != camelCase(name) {
			t.fault("%s: is set from %v, want the parameter %s", name, value, camelCase(name))
		}
	}
	for _, name := range read {
		if _, ok := set[name]; !ok {
			t.fault("%s: the function reads it, and nobody can set it", name)
		}
	}
}

// camelCase returns JWT_KEY_ARN as jwtKeyArn.
func camelCase(variable string) string {
	words := strings.Split(strings.ToLower(variable), "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// checkOutputs: scripts written for the original template find what they look for.
func (t *template) checkOutputs() {
	want := map[string]object{
		"StartChatLambda":              {"Fn::GetAtt": []any{"StartChatLambda", "Arn"}},
		"ApiGatewayEndoint":            {"Ref": "ApiGatewayRestAPI"},
		"StartChatLambdaExecutionRole": {"Fn::GetAtt": []any{"StartChatLambdaExecutionRole", "Arn"}},
	}
	for name, value := range want {
		if got := at(t.object, "Outputs", name, "Value"); fmt.Sprint(got) != fmt.Sprint(value) {
			t.fault("output %s: is %v, want %v", name, got, value)
		}
	}
	if at(t.object, "Outputs", "StartChatUrl") == nil {
		t.fault("output StartChatUrl: is missing, and it is what a page needs")
	}
}

// Limits of time, in seconds.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
const (
	longestFunction    = 900
	longestIntegration = 29
)

// checkTimes: the API waits longer than the function runs, or a slow answer is lost while the
// chat is started.
func (t *template) checkTimes() {
	timeout, _ := at(t.resources, "StartChatLambda", "Properties", "Timeout").(int)
	if timeout < 1 || timeout > longestFunction {
		t.fault("StartChatLambda: a Timeout of %d seconds", timeout)
	}
	for _, name := range t.ofType("AWS::ApiGateway::Method") {
		wait, _ := at(t.resources, name, "Properties", "Integration", "TimeoutInMillis").(int)
		if wait <= timeout*1000 || wait > longestIntegration*1000 {
			t.fault("%s: waits for %d ms, want more than the function's %d s and at most %d s", name, wait, timeout, longestIntegration)
		}
	}
}

// digest returns eight characters that change with the API: its own properties, its methods and
// what it answers itself.
func (t *template) digest() string {
	api := object{}
	for name, resource := range t.resources {
		switch at(resource, "Type") {
		case "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Method", "AWS::ApiGateway::GatewayResponse":
			api[name] = resource
		}
	}
	text, err := json.Marshal(api) // with its keys in order
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4])
}

// deploymentPrefix is the deployment's name but for the digest.
const deploymentPrefix = "ApiGatewayDeployment"

// checkDeployment: there is a new deployment when the API changes, and it is made when the API
// is complete.
func (t *template) checkDeployment() {
	name := deploymentPrefix + t.digest()
	names := t.ofType("AWS::ApiGateway::Deployment")
	if len(names) != 1 || names[0] != name {
		t.fault("the API has changed: %v has to be called %s from now on", names, name)
		return
	}
	if got := at(t.resources, "ApiGatewayStage", "Properties", "DeploymentId", "Ref"); got != name {
		t.fault("ApiGatewayStage: shows %v, not the deployment", got)
	}
	want := slices.Concat(t.ofType("AWS::ApiGateway::Method"), t.ofType("AWS::ApiGateway::GatewayResponse"))
	var got []string
	list, _ := at(t.resources, name, "DependsOn").([]any)
	for _, item := range list {
		got = append(got, fmt.Sprint(item))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.fault("%s: depends on %v, want %v", name, got, want)
	}
}
