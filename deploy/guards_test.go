package deploy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// granted are the actions that the function may be allowed to call.
var granted = []string{
	"connect:StartChatContact", "kms:Decrypt", "logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue",
}

// checkRole: the role allows what the function does, on what it does it to.
func (t *template) checkRole() {
	role := at(t.resources, "StartChatLambdaExecutionRole", "Properties")
	if at(role, "ManagedPolicyArns") != nil {
		t.fault("StartChatLambdaExecutionRole: managed policies allow more than is needed")
	}
	trust, _ := at(role, "AssumeRolePolicyDocument", "Statement").([]any)
	if len(trust) != 1 || at(trust[0], "Principal", "Service") != "lambda.amazonaws.com" {
		t.fault("StartChatLambdaExecutionRole: is for somebody else than Lambda")
	}
	statements := 0
	walk("role", at(role, "Policies"), func(path string, value any) {
		statement, ok := value.(object)
		if !ok || statement["Effect"] == nil && statement["Action"] == nil {
			return
		}
		statements++
		for _, fault := range statementFaults(statement) {
			t.fault("%s: %s", path, fault)
		}
	})
	if statements == 0 {
		t.fault("StartChatLambdaExecutionRole: allows nothing")
	}
	logs := fmt.Sprint(at(role, "Policies"))
	if !strings.Contains(logs, "StartChatLogGroup Arn") {
		t.fault("StartChatLambdaExecutionRole: does not write to the function's own log group")
	}
}

// statementFaults returns what is wrong with a statement of a policy.
func statementFaults(statement object) []string {
	var faults []string
	if statement["Effect"] != "Allow" {
		faults = append(faults, fmt.Sprintf("effect %v", statement["Effect"]))
	}
	for _, name := range []string{"NotAction", "NotResource", "Principal"} {
		if statement[name] != nil {
			faults = append(faults, name)
		}
	}
	actions, ok := statement["Action"].([]any)
	if !ok {
		actions = []any{statement["Action"]}
	}
	for _, action := range actions {
		if text, _ := action.(string); !slices.Contains(granted, text) {
			faults = append(faults, fmt.Sprintf("action %v is not one the function needs", action))
		}
	}
	resources, ok := statement["Resource"].([]any)
	if !ok {
		resources = []any{statement["Resource"]}
	}
	for _, resource := range resources {
		if resource == nil || resource == "*" {
			faults = append(faults, fmt.Sprintf("resource %v", resource))
		}
	}
	return faults
}

// gatewayResponseTypes are those that API Gateway knows. A word that it does not know is
// refused only when the stack is created.
//
// Source: https://docs.aws.amazon.com/apigateway/latest/api/API_GatewayResponse.html
var gatewayResponseTypes = []string{
	"DEFAULT_4XX", "DEFAULT_5XX", "RESOURCE_NOT_FOUND", "UNAUTHORIZED", "INVALID_API_KEY", "ACCESS_DENIED", "AUTHORIZER_FAILURE",
	"AUTHORIZER_CONFIGURATION_ERROR", "INVALID_SIGNATURE", "EXPIRED_TOKEN", "MISSING_AUTHENTICATION_TOKEN", "INTEGRATION_FAILURE",
	"INTEGRATION_TIMEOUT", "API_CONFIGURATION_ERROR", "UNSUPPORTED_MEDIA_TYPE", "BAD_REQUEST_PARAMETERS", "BAD_REQUEST_BODY",
	"REQUEST_TOO_LARGE", "THROTTLED", "QUOTA_EXCEEDED", "WAF_FILTERED",
}

// checkGatewayResponses: what API Gateway answers itself can be read by pages, and looks like
// what the function answers.
func (t *template) checkGatewayResponses() {
	missing := []string{"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "WAF_FILTERED"}
	for _, name := range t.ofType("AWS::ApiGateway::GatewayResponse") {
		properties := at(t.resources, name, "Properties")
		kind, _ := at(properties, "ResponseType").(string)
		if !slices.Contains(gatewayResponseTypes, kind) {
			t.fault("%s: %q is no type of answer", name, kind)
		}
		missing = slices.DeleteFunc(missing, func(m string) bool { return m == kind })
		if at(properties, "ResponseParameters", "gatewayresponse.header.Access-Control-Allow-Origin") != "'*'" {
			t.fault("%s: pages cannot read it", name)
		}
		body, _ := at(properties, "ResponseTemplates", "application/json").(string)
		if err := checkEnvelope(body); err != nil {
			t.fault("%s: %v", name, err)
		}
	}
	if len(missing) > 0 {
		t.fault("gateway responses: %v are missing", missing)
	}
}

// checkEnvelope fills a mapping template in as API Gateway does, and reads it as a page does.
func checkEnvelope(body string) error {
	body = strings.NewReplacer(
		"$context.error.messageString", `"No \"such\" thing"`, "$context.error.responseType", "SOME_TYPE", "$context.requestId", "an-id",
	).Replace(body)
	var answer struct {
		Error, Code, RequestID string
		Data                   struct {
			Error struct{ Name, Code, Message, RequestID string }
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return fmt.Errorf("%w in %s", err, body)
	}
	inner := answer.Data.Error
	if answer.Error == "" || answer.Code == "" || answer.RequestID != "an-id" ||
		inner.Message != answer.Error || inner.Code != answer.Code || inner.Name != answer.Code || inner.RequestID != "an-id" ||
		strings.Contains(body, "$") {
		return fmt.Errorf("lacks a part of the error answer: %s", body)
	}
	return nil
}

// checkStage: limits are on, and nobody's messages stand in a log.
func (t *template) checkStage() {
	stage := at(t.resources, "ApiGatewayStage", "Properties")
	if at(stage, "StageName") != "Prod" {
		t.fault("ApiGatewayStage: pages of the original call /Prod")
	}
	list, _ := at(stage, "MethodSettings").([]any)
	if len(list) != 1 {
		t.fault("ApiGatewayStage: has settings for %d sets of methods", len(list))
		return
	}
	if at(list[0], "DataTraceEnabled") != false {
		t.fault("ApiGatewayStage: logs bodies")
	}
	if at(list[0], "ThrottlingRateLimit", "Ref") != "throttleRate" || at(list[0], "ThrottlingBurstLimit", "Ref") != "throttleBurst" {
		t.fault("ApiGatewayStage: has no limits")
	}
	if at(list[0], "ResourcePath") != "/*" || at(list[0], "HttpMethod") != "*" {
		t.fault("ApiGatewayStage: the limits are not for every method")
	}
}

// checkFirewall: a rule of our own has an action, a group of rules overrides that of its rules,
// and none has both, which no schema says.
//
// Source: https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html
func (t *template) checkFirewall() {
	rules, _ := at(t.resources, "WebAcl", "Properties", "Rules").([]any)
	priorities := map[any]bool{}
	rates := 0
	for _, rule := range rules {
		name := at(rule, "Name")
		isGroup := at(rule, "Statement", "ManagedRuleGroupStatement") != nil
		if hasOverride := at(rule, "OverrideAction") != nil; hasOverride != isGroup {
			t.fault("WebAcl: rule %v: override %v of a rule group %v", name, hasOverride, isGroup)
		}
		if hasAction := at(rule, "Action") != nil; hasAction == isGroup {
			t.fault("WebAcl: rule %v: action %v of a rule group %v", name, hasAction, isGroup)
		}
		if priorities[at(rule, "Priority")] {
			t.fault("WebAcl: rule %v: has the priority of another", name)
		}
		priorities[at(rule, "Priority")] = true
		if at(rule, "Statement", "RateBasedStatement") != nil {
			rates++
			if at(rule, "Action", "Block") == nil {
				t.fault("WebAcl: rule %v: does not block", name)
			}
		}
	}
	if rates != 1 {
		t.fault("WebAcl: %d rules bound what one address sends", rates)
	}
	if arn := fmt.Sprint(at(t.resources, "WebAclAssociation", "Properties", "ResourceArn")); !strings.Contains(arn, "/stages/Prod") {
		t.fault("WebAclAssociation: is for %s", arn)
	}
}

// checkPartition: the template is for every partition, and calls nobody but AWS.
func (t *template) checkPartition() {
	walk("", t.resources, func(path string, value any) {
		text, ok := value.(string)
		if !ok {
			return
		}
		if strings.Contains(text, "arn:aws") {
			t.fault("%s: the partition is written out: %s", path, text)
		}
		if strings.Contains(text, "amazonaws.com") && !strings.HasSuffix(path, ".Service") && !strings.HasSuffix(path, ".Principal") {
			t.fault("%s: the suffix of addresses is written out: %s", path, text)
		}
	})
}
