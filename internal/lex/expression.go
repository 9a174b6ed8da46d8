package lex

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// expression is a condition of a branch.
//
// Source: "Branching" (conditions) in the Lex V2 developer guide.
type expression interface{ holds(v *values) bool }

// values is what a condition reads.
type values struct {
	session *Session
	request map[string]string
}

type (
	either struct{ a, b expression }
	both   struct{ a, b expression }
	not    struct{ a expression }
	isSet  struct{ ref reference }
	// compare holds a reference, or a count of it, against a constant.
	compare struct {
		ref      reference
		function string
		op       string
		constant string
	}
)

func (e either) holds(v *values) bool { return e.a.holds(v) || e.b.holds(v) }
func (e both) holds(v *values) bool   { return e.a.holds(v) && e.b.holds(v) }
func (e not) holds(v *values) bool    { return !e.a.holds(v) }
func (e isSet) holds(v *values) bool  { _, ok := e.ref.read(v); return ok }

// reference is what stands at the left of a comparison: a slot, an attribute, a request attribute or a path.
type reference struct {
	kind byte // '{', '[', '(' or '$'
	// of is the intent of a slot; empty for the running one.
	of, name string
}

// read is the value of a reference; false when it is not set.
func (r reference) read(v *values) (string, bool) {
	switch r.kind {
	case '{':
		i := v.session.Intent
		if i == nil || r.of != "" && r.of != i.Name {
			return "", false
		}
		return i.Slots[r.name].text()
	case '[':
		text, ok := v.session.Attributes[r.name]
		return text, ok
	case '(':
		text, ok := v.request[r.name]
		return text, ok
	}
	switch r.name {
	case "inputMode":
		return "Text", true
	case "inputTranscript":
		return v.session.Transcript, true
	case "transcriptions[0].transcription":
		return v.session.Transcript, true
	case "transcriptions[0].transcriptionConfidence":
		return "1.0", true
	}
	return "", false
}

// holds compares. A reference that is not set makes every comparison false, that with != too.
func (e compare) holds(v *values) bool {
	left, ok := e.ref.read(v)
	if !ok {
		return false
	}
	switch e.function {
	case "COUNT":
		left = strconv.Itoa(v.session.count(e.ref))
	case "LENGTH":
		left = strconv.Itoa(len([]rune(left)))
	}
	if e.op == "CONTAINS" {
		return strings.Contains(strings.ToLower(left), strings.ToLower(e.constant))
	}
	order := compareTexts(left, e.constant)
	switch e.op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// compareTexts compares as numbers or durations where both are such, else as text without case.
func compareTexts(a, b string) int {
	x, isX := numeric(a)
	y, isY := numeric(b)
	if isX && isY {
		return cmp.Compare(x, y)
	}
	if x, ok := isoDuration(a); ok {
		if y, ok := isoDuration(b); ok {
			return cmp.Compare(x, y)
		}
	}
	return strings.Compare(strings.ToLower(a), strings.ToLower(b))
}

// numeric is the number that a text is, also with a % behind it. Words such as nan are none.
func numeric(text string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// isoDuration is the length of a duration such as P3DT4H, with months of 30 and years of 365 days.
func isoDuration(text string) (time.Duration, bool) {
	rest, ok := strings.CutPrefix(text, "P")
	if !ok || rest == "" {
		return 0, false
	}
	var total time.Duration
	inTime, digits := false, ""
	for _, r := range rest {
		if unicode.IsDigit(r) {
			digits += string(r)
			continue
		}
		if r == 'T' && digits == "" && !inTime {
			inTime = true
			continue
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n > 1_000_000 {
			return 0, false
		}
		const day = 24 * time.Hour
		units := map[rune]time.Duration{'Y': 365 * day, 'M': 30 * day, 'W': 7 * day, 'D': day}
		if inTime {
			units = map[rune]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}
		}
		unit := units[r]
		if unit == 0 {
			return 0, false
		}
		total, digits = min(total+time.Duration(n)*unit, 1<<61), ""
	}
	return total, digits == ""
}

// parser reads an expression.
type parser struct {
	text  string
	at    int
	depth int
}

var errExpression = errors.New("the expression cannot be read")

func (p *parser) fail(want string) error {
	return fmt.Errorf("%w at character %d: %s is missing", errExpression, p.at+1, want)
}

// parseExpression reads a condition.
func parseExpression(text string) (expression, error) {
	p := &parser{text: text}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.blanks(); p.at < len(p.text) {
		return nil, p.fail("an operator, or the end,")
	}
	return e, nil
}

func (p *parser) blanks() {
	for p.at < len(p.text) && strings.ContainsRune(" \t\r\n", rune(p.text[p.at])) {
		p.at++
	}
}

// take takes one of some words, in any case; a word of letters has to end where it ends.
func (p *parser) take(words ...string) bool {
	p.blanks()
	rest := p.text[p.at:]
	for _, w := range words {
		if len(rest) < len(w) || !strings.EqualFold(rest[:len(w)], w) {
			continue
		}
		if unicode.IsLetter(rune(w[0])) && len(rest) > len(w) && (unicode.IsLetter(rune(rest[len(w)])) || rest[len(w)] == '_') {
			continue
		}
		p.at += len(w)
		return true
	}
	return false
}

// or reads the weakest operator, whose sides are those of and.
func (p *parser) or() (expression, error) {
	e, err := p.and()
	for err == nil && p.take("OR", "||") {
		var b expression
		b, err = p.and()
		e = either{e, b}
	}
	return e, err
}

// and binds stronger than or, and weaker than not.
func (p *parser) and() (expression, error) {
	e, err := p.not()
	for err == nil && p.take("AND", "&&") {
		var b expression
		b, err = p.not()
		e = both{e, b}
	}
	return e, err
}

// deepest bounds parentheses and negations within each other.
const deepest = 100

// not reads what stands between operators: a negation, a whole expression in parentheses, or a comparison.
func (p *parser) not() (expression, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > deepest {
		return nil, fmt.Errorf("%w: parentheses stand more than %d deep", errExpression, deepest)
	}
	p.blanks()
	switch rest := p.text[p.at:]; {
	case p.take("NOT") || !strings.HasPrefix(rest, "!=") && p.take("!"):
		e, err := p.not()
		return not{e}, err
	case strings.HasPrefix(rest, "((") && p.isRequestAttribute():
		return p.comparison("")
	case p.take("("):
		e, err := p.or()
		if err == nil && !p.take(")") {
			err = p.fail(`")"`)
		}
		return e, err
	case p.take("fn.IS_SET"):
		ref, err := p.inParentheses()
		return isSet{ref}, err
	case p.take("fn.COUNT"):
		return p.comparison("COUNT")
	case p.take("fn.LENGTH"):
		return p.comparison("LENGTH")
	}
	return p.comparison("")
}

// isRequestAttribute reports whether two parentheses hold a name, and no expression.
func (p *parser) isRequestAttribute() bool {
	end := strings.Index(p.text[p.at:], "))")
	return end > 2 && !strings.ContainsAny(p.text[p.at+2:p.at+end], `{}[]()="<>`)
}

// inParentheses reads what a function is about.
func (p *parser) inParentheses() (reference, error) {
	if !p.take("(") {
		return reference{}, p.fail(`"("`)
	}
	ref, err := p.reference()
	if err == nil && !p.take(")") {
		err = p.fail(`")"`)
	}
	return ref, err
}

// reference reads what is compared: {slot} or {Intent.slot}, [session attribute], ((request attribute)), or
// $. and a path.
func (p *parser) reference() (reference, error) {
	p.blanks()
	rest := p.text[p.at:]
	until := func(kind byte, opening, closing string) (reference, error) {
		end := strings.Index(rest, closing)
		name := ""
		if end > len(opening) {
			name = strings.TrimSpace(rest[len(opening):end])
		}
		if name == "" {
			return reference{}, p.fail("a name and " + closing)
		}
		p.at += end + len(closing)
		return reference{kind: kind, name: name}, nil
	}
	switch {
	case strings.HasPrefix(rest, "{"):
		ref, err := until('{', "{", "}")
		if of, name, ok := strings.Cut(ref.name, "."); ok {
			ref.of, ref.name = of, name
		}
		return ref, err
	case strings.HasPrefix(rest, "["):
		return until('[', "[", "]")
	case strings.HasPrefix(rest, "(("):
		return until('(', "((", "))")
	case strings.HasPrefix(rest, "$."):
		end := strings.IndexAny(rest, " \t=!<>)")
		if end < 0 {
			end = len(rest)
		}
		p.at += end
		return reference{kind: '$', name: rest[2:end]}, nil
	}
	return reference{}, p.fail("a slot, an attribute or a function")
}

// comparison reads a comparison of a reference, or of what a function makes of it, with a constant.
func (p *parser) comparison(function string) (expression, error) {
	var ref reference
	var err error
	if function != "" {
		ref, err = p.inParentheses()
	} else {
		ref, err = p.reference()
	}
	if err != nil {
		return nil, err
	}
	for _, op := range []string{"!=", "<=", ">=", "=", "<", ">", "CONTAINS"} {
		if !p.take(op) {
			continue
		}
		p.take("=") // == is written, too
		constant, err := p.constant()
		return compare{ref: ref, function: function, op: op, constant: constant}, err
	}
	return nil, p.fail("a comparison such as = or <")
}

// constant reads a text in quotes, or what stands there up to a blank or an operator.
func (p *parser) constant() (string, error) {
	p.blanks()
	rest := p.text[p.at:]
	if strings.HasPrefix(rest, `"`) {
		end := strings.Index(rest[1:], `"`)
		if end < 0 {
			return "", p.fail(`the closing "`)
		}
		p.at += end + 2
		return rest[1 : end+1], nil
	}
	end := strings.IndexAny(rest, " \t\r\n)&|")
	if end < 0 {
		end = len(rest)
	}
	if end == 0 {
		return "", p.fail("a text, a number or a duration")
	}
	p.at += end
	return rest[:end], nil
}
