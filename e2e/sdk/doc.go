// Package sdk holds Parley's own clients of Amazon Connect (internal/connectclient) and of AWS Secrets
// Manager (internal/frontdoor), both over internal/awscall, against those that AWS generates,
// github.com/aws/aws-sdk-go-v2/service/connect and …/secretsmanager.
//
// It has tests only: two clients of a service are given the same input and the same scripted
// endpoint, and what they put on the wire and make of the answers is compared. What
// may differ is listed, with its reason, where it is compared. The package is a module
// of its own because the generated client takes more than a minute and 1.7 GB to
// compile, which nothing else should have to pay.
package sdk
