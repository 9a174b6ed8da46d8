// Command order is a function as a flow calls it: it knows one order.
package main

import (
	"context"
	"errors"
	"os"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"
)

// event is the part of Amazon Connect's event that the function reads.
type event struct {
	Details struct {
		ContactData struct{ Attributes map[string]string }
		Parameters  map[string]string
	}
}

func main() {
	lambda.Start(func(_ context.Context, e event) (map[string]string, error) {
		switch e.Details.Parameters["id"] {
		case "none":
			return nil, errors.New("no such order")
		case "crash":
			os.Exit(3) //nolint:forbidigo // it dies in the call
		}
		return map[string]string{
			"status": "on its way", "customer": e.Details.ContactData.Attributes["customer"], "process": strconv.Itoa(os.Getpid()),
		}, nil
	})
}
