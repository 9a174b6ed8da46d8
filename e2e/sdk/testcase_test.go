package sdk_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/connect"
	"github.com/aws/aws-sdk-go-v2/service/connect/types"

	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/flowrun"
)

// The worked example of the Testing language, published, run and read with the generated client.
func TestTestCases(t *testing.T) {
	library := flowrun.NewLibrary(nil)
	if _, _, err := flowrun.NewFolder(os.DirFS("../../internal/casetest/testdata"), library).Load(); err != nil {
		t.Fatal(err)
	}
	_, address := startEmbedded(t, emulator.Config{Ephemeral: true, Library: library})
	client := connectAt(address)
	data, err := os.ReadFile("../../internal/casetest/testdata/priority.json")
	if err != nil {
		t.Fatal(err)
	}
	var given struct {
		Name, Content, InitializationData string
		EntryPoint                        types.TestCaseEntryPoint
	}
	if err := json.Unmarshal(data, &given); err != nil {
		t.Fatal(err)
	}
	ctx, instance := t.Context(), aws.String(emulator.DefaultInstanceID)
	create := func(content string) (*connect.CreateTestCaseOutput, error) {
		return client.CreateTestCase(ctx, &connect.CreateTestCaseInput{
			InstanceId: instance, Name: aws.String(given.Name), Content: aws.String(content), EntryPoint: &given.EntryPoint,
			InitializationData: aws.String(given.InitializationData), Status: types.TestCaseStatusPublished,
		})
	}
	_, err = create(strings.Replace(given.Content, "2019-10-30", "2025-06-21", 1))
	if invalid, is := errors.AsType[*types.InvalidTestCaseException](err); !is || len(invalid.Problems) != 1 {
		t.Errorf("an older version was published: %v", err)
	}
	created, err := create(given.Content)
	if err != nil {
		t.Fatal(err)
	}
	started, err := client.StartTestCaseExecution(ctx, &connect.StartTestCaseExecutionInput{InstanceId: instance, TestCaseId: created.TestCaseId})
	if err != nil {
		t.Fatal(err)
	}
	summary := &connect.GetTestCaseExecutionSummaryOutput{}
	for patience := time.Now().Add(time.Minute); summary.Status != types.TestCaseExecutionStatusPassed; {
		summary, err = client.GetTestCaseExecutionSummary(ctx, &connect.GetTestCaseExecutionSummaryInput{
			InstanceId: instance, TestCaseId: created.TestCaseId, TestCaseExecutionId: started.TestCaseExecutionId,
		})
		if err != nil || summary.Status == types.TestCaseExecutionStatusFailed || time.Now().After(patience) {
			t.Fatalf("%+v %v", summary, err)
		}
	}
	if n := summary.ObservationSummary; *n.TotalObservations != 3 || *n.ObservationsPassed != 3 {
		t.Errorf("%+v", n)
	}
	records, err := client.ListTestCaseExecutionRecords(ctx, &connect.ListTestCaseExecutionRecordsInput{
		InstanceId: instance, TestCaseId: created.TestCaseId, TestCaseExecutionId: started.TestCaseExecutionId,
	})
	if err != nil || len(records.ExecutionRecords) != 6 {
		t.Fatalf("%+v %v", records, err)
	}
	if _, err := client.DeleteTestCase(ctx, &connect.DeleteTestCaseInput{InstanceId: instance, TestCaseId: created.TestCaseId}); err != nil {
		t.Error(err)
	}
	_, err = client.DescribeTestCase(ctx, &connect.DescribeTestCaseInput{InstanceId: instance, TestCaseId: created.TestCaseId})
	if _, gone := errors.AsType[*types.ResourceNotFoundException](err); !gone {
		t.Errorf("a deleted test case is described: %v", err)
	}
}
