package redact

import (
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// finders are all kinds that are found, the more certain ones first. A group is what is private of a
// form. Forms whose matches are looked at byte by byte name both cases: (?i) also lets letters beyond
// ASCII pass that fold to ASCII ones (U+212A to k, U+017F to s).
//
// They are made for the first text that is looked through, because most servers are never given one,
// and the forms together take half a megabyte.
//
//nolint:gochecknoglobals // computed once from constants, and not changed afterwards
var finders = sync.OnceValue(func() []finder {
	var (
		emailForm   = regexp.MustCompile(`[\p{L}\p{N}._%+'-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}`)
		urlForm     = regexp.MustCompile(`(?i)(?:https?://|www\.)[^\s<>"]+`)
		ibanForm    = regexp.MustCompile(`[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?`)
		cardForm    = regexp.MustCompile(`\d(?:[ -]?\d){12,18}`)
		cvvForm     = regexp.MustCompile(`(?i)\b(?:cvv2?|cvc2?|card security code)\b[^\d\n]{0,12}(\d{3,4})\b`)
		expiryForm  = regexp.MustCompile(`(?i)\b(?:exp(?:iry|ires|iration)?|valid (?:thru|until))\b[^\d\n]{0,12}((?:0[1-9]|1[0-2]) ?[/-] ?(?:20)?\d{2})\b`)
		pinForm     = regexp.MustCompile(`(?i)\bpin\b(?: (?:code|number))?[^\d\n]{0,8}(\d{4,6})\b`)
		ssnForm     = regexp.MustCompile(`\d{3}[ -]\d{2}[ -]\d{4}`)
		sinForm     = regexp.MustCompile(`\d{3}[ -]\d{3}[ -]\d{3}`)
		nhsForm     = regexp.MustCompile(`\d{3}[ -]\d{3}[ -]\d{4}`)
		ninoForm    = regexp.MustCompile(`(?i)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]`)
		panForm     = regexp.MustCompile(`[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]`)
		vinForm     = regexp.MustCompile(`[A-HJ-NPR-Za-hj-npr-z0-9]{17}`)
		accessForm  = regexp.MustCompile(`A(?:KIA|SIA)[A-Z2-7]{16}`)
		macForm     = regexp.MustCompile(`(?i)[0-9A-F]{2}(?:[:-][0-9A-F]{2}){5}`)
		addressForm = regexp.MustCompile(`(?i)(?:\d{1,3}\.){3}\d{1,3}|[0-9A-F]{0,4}(?::[0-9A-F]{0,4}){2,7}`)
		phoneForm   = regexp.MustCompile(`(?:\+|\(|\d)[\d ()./-]{5,24}\d`)
		dateForm    = regexp.MustCompile(`(?i)\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?|\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})` +
			`|(?:\d{1,2}(?:st|nd|rd|th|\.)? )?(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.? ` +
			`(?:\d{4}|\d{1,2}(?:st|nd|rd|th)?(?:,? \d{4})?)|\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\b)?`)
	)
	return []finder{
		{"EMAIL", emailForm, nil},
		{"URL", urlForm, func(m string) int { return len(strings.TrimRight(m, ".,;:!?)]}'")) }},
		{"AWS_ACCESS_KEY", accessForm, nil},
		{"INTERNATIONAL_BANK_ACCOUNT_NUMBER", ibanForm, byWords(iban)},
		{"VEHICLE_IDENTIFICATION_NUMBER", vinForm, whole(vin)},
		{"MAC_ADDRESS", macForm, nil},
		{"IP_ADDRESS", addressForm, whole(func(m string) bool { _, err := netip.ParseAddr(m); return err == nil })},
		{"CREDIT_DEBIT_NUMBER", cardForm, byWords(func(m string) bool { return len(m) >= 13 && len(m) <= 19 && luhn(m) })},
		{"CREDIT_DEBIT_CVV", cvvForm, nil},
		{"CREDIT_DEBIT_EXPIRY", expiryForm, nil},
		{"PIN", pinForm, nil},
		{"SSN", ssnForm, byWords(ssn)},
		{"US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", ssnForm, byWords(itin)},
		{"CA_SOCIAL_INSURANCE_NUMBER", sinForm, byWords(func(m string) bool { return len(m) == 9 && luhn(m) })},
		{"UK_NATIONAL_HEALTH_SERVICE_NUMBER", nhsForm, byWords(nhs)},
		{"UK_NATIONAL_INSURANCE_NUMBER", ninoForm, nil},
		{"IN_PERMANENT_ACCOUNT_NUMBER", panForm, nil},
		{"DATE_TIME", dateForm, whole(date)},
		{"PHONE", phoneForm, phone},
	}
})

// whole is the length of a match that holds a test.
func whole(test func(match string) bool) func(string) int {
	return func(match string) int {
		if test(match) {
			return len(match)
		}
		return 0
	}
}

// byWords is the length of as many of the first groups of a match as hold a test, written together: the
// groups behind a number may be another one.
func byWords(test func(together string) bool) func(string) int {
	drop := strings.NewReplacer(" ", "", "-", "")
	return func(match string) int {
		for match != "" {
			if test(drop.Replace(match)) {
				return len(match)
			}
			match = match[:max(0, strings.LastIndexAny(match, " -"))]
		}
		return 0
	}
}

// luhn checks the last digit of a number by the formula of ISO/IEC 7812-1.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && strings.Trim(digits, "0") != ""
}

// iban checks a bank account number by ISO 13616: the remainder by 97 is 1.
func iban(number string) bool {
	if len(number) < 15 || len(number) > 34 {
		return false
	}
	rest := 0
	for _, c := range strings.ToUpper(number[4:] + number[:4]) {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}

// ssn keeps to the numbers that are given out.
//
// Source: https://www.ssa.gov/employer/randomization.html
func ssn(n string) bool {
	return len(n) == 9 && n[:3] != "000" && n[:3] != "666" && n[0] != '9' && n[3:5] != "00" && n[5:] != "0000"
}

// itin keeps to the numbers that the tax office gives out.
//
// Source: https://www.irs.gov/irm/part3/irm_03-021-263r
func itin(n string) bool {
	group := 0
	if len(n) == 9 {
		group = int(n[3]-'0')*10 + int(n[4]-'0')
	}
	return len(n) == 9 && n[0] == '9' && (group >= 50 && group <= 65 || group >= 70 && group <= 99 && group != 89 && group != 93)
}

// nhs checks the last digit of a number of the National Health Service: modulo 11.
//
// Source: https://www.datadictionary.nhs.uk/attributes/nhs_number.html
func nhs(n string) bool {
	if len(n) != 10 {
		return false
	}
	sum := 0
	for i := range 9 {
		sum += int(n[i]-'0') * (10 - i)
	}
	return (11-sum%11)%11 == int(n[9]-'0')
}

// vin checks the ninth character of a vehicle's number, as 49 CFR 565.15 says.
func vin(number string) bool {
	const values, weights = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ", "8765432X098765432" // the place of a character, modulo 10
	sum := 0
	for i, c := range strings.ToUpper(number) {
		weight := 10
		if weights[i] != 'X' {
			weight = int(weights[i] - '0')
		}
		sum += strings.IndexRune(values, c) % 10 * weight
	}
	return "0123456789X"[sum%11] == byte(unicode.ToUpper(rune(number[8]))) && strings.ContainsAny(number, "0123456789")
}

// date keeps to days and times that there are.
func date(text string) bool {
	var hour, minute int
	if strings.Count(text, ":") > 0 && len(text) <= len("12:34:56 a.m.") {
		parts := strings.SplitN(text, ":", 2)
		hour, minute = number(parts[0]), number(parts[1][:2])
		return hour <= 24 && minute < 60
	}
	if parts := strings.FieldsFunc(text, func(r rune) bool { return r == '.' || r == '/' }); len(parts) == 3 && !strings.Contains(text, " ") {
		a, b := number(parts[0]), number(parts[1])
		return a >= 1 && b >= 1 && a <= 31 && b <= 31 && min(a, b) <= 12
	}
	return true
}

// number is the value of some digits.
func number(digits string) (n int) {
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

// phone is the length of a telephone number: one with a country's code, one in the form of North America,
// or a national one that begins with 0 and is written in groups.
func phone(match string) int {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, match)
	open, closed := strings.Count(match, "("), strings.Count(match, ")")
	grouped := len(digits) < len(match)
	switch {
	case digits == "", open != closed, strings.Contains(match[1:], "+"):
	case match[0] == '+' && len(digits) >= 8 && len(digits) <= 15,
		digits[0] == '0' && digits[1] != '0' && grouped && len(digits) >= 8 && len(digits) <= 12,
		strings.HasPrefix(digits, "00") && len(digits) >= 10 && len(digits) <= 17,
		grouped && len(digits) == 10 && american(match, digits),
		grouped && len(digits) == 11 && digits[0] == '1' && american(strings.TrimLeft(match[1:], " .-"), digits[1:]):
		return len(match)
	}
	if at := strings.LastIndexAny(match, " /"); at > 0 { // the last group may be something else
		if rest := strings.TrimRight(match[:at], " (./-"); len(rest) >= 7 {
			return phone(rest)
		}
	}
	return 0
}

// american reports whether ten digits are written as telephone numbers of North America are: the first
// three and the next three each by themselves, neither beginning with 0 or 1.
func american(match, digits string) bool {
	groups := strings.FieldsFunc(match, func(r rune) bool { return r < '0' || r > '9' })
	return len(groups) == 3 && len(groups[0]) == 3 && len(groups[1]) == 3 && digits[0] > '1' && digits[3] > '1'
}
