package redact_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/redact"
)

// What is private is masked by its kind, and what only looks like it is not. The numbers are the
// published test numbers of their kinds.
func TestMasks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"mail jane.doe+x@shop.example.com.":                   "mail [EMAIL].",
		"grüße an jürgen@bücher.example!":                     "grüße an [EMAIL]!",
		"a@b, x@, @me":                                        "a@b, x@, @me",
		"see https://shop.example/o?id=4111111111111111.":     "see [URL].",
		"www.example.com/a, ok":                               "[URL], ok",
		"4111 1111 1111 1111":                                 "[CREDIT_DEBIT_NUMBER]",
		"card 5555-5555-5555-4444 123":                        "card [CREDIT_DEBIT_NUMBER] 123",
		"no 12 378282246310005, thanks":                       "no 12 [CREDIT_DEBIT_NUMBER], thanks",
		"4111 1111 1111 1112":                                 "4111 1111 1111 1112",
		"x4111111111111111":                                   "x4111111111111111",
		"CVV: 123, exp 12/27, PIN 4821":                       "CVV: [CREDIT_DEBIT_CVV], exp [CREDIT_DEBIT_EXPIRY], PIN [PIN]",
		"expires 03/2029":                                     "expires [CREDIT_DEBIT_EXPIRY]",
		"spin 4821 times, room 123":                           "spin 4821 times, room 123",
		"SSN 078-05-1120":                                     "SSN [SSN]",
		"000-12-3456 and 666-12-3456":                         "000-12-3456 and 666-12-3456",
		"912-70-1234":                                         "[US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER]",
		"SIN 046 454 286":                                     "SIN [CA_SOCIAL_INSURANCE_NUMBER]",
		"NHS 943 476 5919":                                    "NHS [UK_NATIONAL_HEALTH_SERVICE_NUMBER]",
		"NI QQ 12 34 56 C, AB 12 34 56 C":                     "NI QQ 12 34 56 C, [UK_NATIONAL_INSURANCE_NUMBER]",
		"PAN ABCPE1234F":                                      "PAN [IN_PERMANENT_ACCOUNT_NUMBER]",
		"IBAN DE89 3704 0044 0532 0130 00 bitte":              "IBAN [INTERNATIONAL_BANK_ACCOUNT_NUMBER] bitte",
		"GB82WEST12345698765432":                              "[INTERNATIONAL_BANK_ACCOUNT_NUMBER]",
		"GB83WEST12345698765432":                              "GB83WEST12345698765432",
		"VIN 1M8GDM9AXKP042788":                               "VIN [VEHICLE_IDENTIFICATION_NUMBER]",
		"1M8GDM9A1KP042788":                                   "1M8GDM9A1KP042788",
		"key AKIAIOSFODNN7EXAMPLE":                            "key [AWS_ACCESS_KEY]",
		"from 192.0.2.17 and 2001:db8::1":                     "from [IP_ADDRESS] and [IP_ADDRESS]",
		"version 1.2.3.400":                                   "version 1.2.3.400",
		"00:1B:44:11:3A:B7":                                   "[MAC_ADDRESS]",
		"call +49 (0) 30 901820":                              "call [PHONE]",
		"(555) 234-5678 or 555-234-5678 or 1-555-234-5678":    "[PHONE] or [PHONE] or [PHONE]",
		"030 / 901820, 0049 30 901820":                        "[PHONE], [PHONE]",
		"order 1234567890, 12 of 300":                         "order 1234567890, 12 of 300",
		"on 2026-11-30T10:00:00Z, 30.11.2026, 11/30/26":       "on [DATE_TIME], [DATE_TIME], [DATE_TIME]",
		"March 3rd, 2026 at 9:30 am; 3 March 2026":            "[DATE_TIME] at [DATE_TIME]; [DATE_TIME]",
		"version 44.55.2026, score 99:99, you may 3 dogs may": "version 44.55.2026, score 99:99, you [DATE_TIME] dogs may",
		"()()()() 5, () () () () () 1":                        "()()()() 5, () () () () () 1",
		"\u212aM8GDM9AXKP042788":                              "\u212aM8GDM9AXKP042788",
		"1m8gdm9axkp042788, gb82 west 1234 5698 7654 32":      "[VEHICLE_IDENTIFICATION_NUMBER], [INTERNATIONAL_BANK_ACCOUNT_NUMBER]",
		"GB\u212a\u212a 1234 5698 7654 32":                    "GB\u212a\u212a 1234 5698 7654 32",
		"nothing here":                                        "nothing here",
		"":                                                    "",
	} {
		if got := (redact.Rules{}).Apply(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// Only what is asked for is masked, each by the same mask where that is asked for.
func TestRules(t *testing.T) {
	t.Parallel()
	const text = "a@b.example 078-05-1120 4111111111111111"
	for want, r := range map[string]redact.Rules{
		"[PII] [PII] [PII]":                    {Same: true},
		"[EMAIL] 078-05-1120 4111111111111111": {Entities: []string{"EMAIL", "NAME"}},
		"a@b.example [PII] 4111111111111111":   {Entities: []string{"SSN"}, Same: true},
		text:                                   {Entities: []string{"NAME"}},
		"[EMAIL] [SSN] [CREDIT_DEBIT_NUMBER]":  {},
	} {
		if got := r.Apply(text); got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
	if got := (redact.Rules{Entities: []string{"NAME", "EMAIL", "AGE"}}).Unfound(); !slices.Equal(got, []string{"AGE", "NAME"}) {
		t.Errorf("not found are %v", got)
	}
	if got := (redact.Rules{}).Unfound(); !slices.Contains(got, "NAME") || slices.Contains(got, "EMAIL") {
		t.Errorf("not found are %v", got)
	}
	for entity, want := range map[string][2]bool{"EMAIL": {true, true}, "NAME": {true, false}, "SHOE_SIZE": {false, false}} {
		if known, found := redact.Known(entity); known != want[0] || found != want[1] {
			t.Errorf("%s: known %v, found %v", entity, known, found)
		}
	}
}

// FuzzApply: whatever the text, masking ends, keeps UTF-8, and finds nothing more the second time that
// was there the first time.
func FuzzApply(f *testing.F) {
	for _, seed := range []string{"4111 1111 1111 1111 1", "+1 (", "0)0", "a@b.cc", "::", "1:2", "0 0 0 0 0 0 0 0", "é4111111111111111", strings.Repeat("1 ", 200), "IN12 34", "()()()() 5", strings.Repeat("\u212a", 17)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := redact.Rules{}.Apply(text)
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Fatalf("%q becomes %q", text, got)
		}
		if strings.Contains(text, "[") || strings.Count(got, "[") == 0 {
			return
		}
		if strings.Contains((redact.Rules{Same: true}).Apply(text), "[PII]") != strings.Contains(got, "[") {
			t.Fatalf("%q is masked differently by its mask", text)
		}
	})
}
