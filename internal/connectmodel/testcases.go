package connectmodel

import "maps"

// The requests about test cases and their executions.

func testCaseID() shape { return text{min: 1, max: 500} }

// entryPoint is where the contact of a test case begins.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_TestCaseEntryPoint.html
func entryPoint() shape {
	flow := text{max: 500}
	return object{members: map[string]shape{
		"Type":                     text{enum: []string{"VOICE_CALL", "CHAT"}},
		"ChatEntryPointParameters": object{members: map[string]shape{"FlowId": flow}},
		"VoiceCallEntryPointParameters": object{members: map[string]shape{
			"FlowId": flow, "SourcePhoneNumber": anyText(), "DestinationPhoneNumber": anyText(),
		}},
	}}
}

func testCaseMembers(more map[string]shape) *Model {
	members := map[string]shape{
		"!InstanceId": instanceID(), "Description": text{max: 500}, "EntryPoint": entryPoint(), "InitializationData": anyText(), "Status": flowStatus(),
	}
	maps.Copy(members, more)
	return request(members)
}

// CreateTestCase returns the model of the request.
func CreateTestCase() *Model {
	return testCaseMembers(map[string]shape{
		"!Name": text{min: 1, max: 127}, "!Content": flowContent(), "Tags": tags(), "TestCaseId": testCaseID(),
	})
}

// UpdateTestCase returns the model of the request.
func UpdateTestCase() *Model {
	return testCaseMembers(map[string]shape{"!TestCaseId": testCaseID(), "Name": text{min: 1, max: 127}, "Content": flowContent()})
}

// DescribeTestCase returns the model of the request, and of those that hold nothing else.
func DescribeTestCase() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!TestCaseId": testCaseID(), "status": flowStatus()})
}

// ListTestCases returns the model of the request.
func ListTestCases() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "nextToken": nextToken(), "maxResults": integer{min: 1, max: 100}})
}

// SearchTestCases returns the model of the request.
func SearchTestCases() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "NextToken": text{min: 1, max: 2500}, "MaxResults": integer{min: 1, max: 100},
		"SearchCriteria": searchCondition("", nil), "SearchFilter": object{members: map[string]shape{"TagFilter": tagFilter()}},
	})
}

// StartTestCaseExecution returns the model of the request.
func StartTestCaseExecution() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!TestCaseId": testCaseID(), ClientToken: text{max: 500}})
}

// executionMembers are those of a request about one execution.
func executionMembers() map[string]shape {
	return map[string]shape{"!InstanceId": instanceID(), "!TestCaseId": testCaseID(), "!TestCaseExecutionId": testCaseID()}
}

// StopTestCaseExecution returns the model of the request.
func StopTestCaseExecution() *Model {
	members := executionMembers()
	members[ClientToken] = text{max: 500}
	return request(members)
}

// GetTestCaseExecutionSummary returns the model of the request.
func GetTestCaseExecutionSummary() *Model { return request(executionMembers()) }

// ListTestCaseExecutionRecords returns the model of the request.
func ListTestCaseExecutionRecords() *Model {
	members := executionMembers()
	members["status"], members["nextToken"], members["maxResults"] = text{enum: []string{"PASSED", "FAILED", "IN_PROGRESS", "STOPPED", "INITIATED"}}, nextToken(), integer{min: 1, max: 100}
	return request(members)
}

// ListTestCaseExecutions returns the model of the request.
func ListTestCaseExecutions() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "testCaseId": testCaseID(), "testCaseName": anyText(), "startTime": integer{max: 1 << 53}, "endTime": integer{max: 1 << 53},
		"status": text{enum: []string{"INITIATED", "PASSED", "FAILED", "IN_PROGRESS", "STOPPED"}}, "nextToken": nextToken(), "maxResults": integer{min: 1, max: 100},
	})
}
