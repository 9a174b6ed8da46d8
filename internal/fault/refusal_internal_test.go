package fault

import "testing"

// TestException has the exception's name by the service whose action it is.
func TestException(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		action string
		status int
		want   string
	}{
		{"SendMessage", 400, "ValidationException"},
		{"SendMessage", 500, "InternalServerException"},
		{"StopContact", 400, "InvalidRequestException"},
		{"StopContact", 500, "InternalServiceException"},
		{"DescribeView", 400, "ValidationException"},
		{"DescribeView", 500, "InternalServerException"},
	} {
		if got := exception(test.status, test.action); got != test.want {
			t.Errorf("%s with %d is %s, want %s", test.action, test.status, got, test.want)
		}
	}
}
