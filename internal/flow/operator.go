package flow

import (
	"math"
	"strconv"
	"strings"
)

// relation says when a result meets an operand.
type relation func(result, operand string) bool

// keyExists is the operator that asks whether a path leads to anything, whatever the value. It is
// not documented, and accepted when a flow is published.
const keyExists = "KeyExists"

// operator returns the relation of an operator, and nil for one that does not exist. Texts are
// compared with their case; a relation of numbers with something that is none does not hold, and is
// no error.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/flow-language-actions.html
func operator(name string) relation {
	switch name {
	case "Equals":
		return func(result, operand string) bool { return result == operand }
	case "TextStartsWith":
		return strings.HasPrefix
	case "TextEndsWith":
		return strings.HasSuffix
	case "TextContains":
		return strings.Contains
	case "NumberGreaterThan":
		return numbers(func(a, b float64) bool { return a > b })
	case "NumberGreaterOrEqualTo":
		return numbers(func(a, b float64) bool { return a >= b })
	case "NumberLessThan":
		return numbers(func(a, b float64) bool { return a < b })
	case "NumberLessOrEqualTo":
		return numbers(func(a, b float64) bool { return a <= b })
	case keyExists:
		return func(result, _ string) bool { return result != "" }
	}
	return nil
}

// numbers makes a relation of texts out of one of numbers.
func numbers(holds func(a, b float64) bool) relation {
	return func(result, operand string) bool {
		a, errA := strconv.ParseFloat(strings.TrimSpace(result), 64)
		b, errB := strconv.ParseFloat(strings.TrimSpace(operand), 64)
		return errA == nil && errB == nil && !math.IsNaN(a) && !math.IsNaN(b) && holds(a, b)
	}
}
