// Package functions holds the tests of Lambda functions where developers run them: the built program
// with the real serverless-offline, the real runtime interface emulator, and a program over the
// Runtime API.
package functions
