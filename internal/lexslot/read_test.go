package lexslot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/lexslot"
)

// The values that the developer guide documents, with its day, 2020-11-25.
func TestRowPoint2DocumentedValues(t *testing.T) {
	t.Parallel()
	for kind, values := range map[string]map[string]string{
		"AlphaNumeric": {"APQ123": "APQ123", "A P Q 1 2 3": "APQ123", "my id is QR471": "QR471", "two words": "-", "123": "123"},
		"City":         {"New York": "New York", "I live in Reykjavik": "Reykjavik", "to Market Road": "Market Road", "12345": "-"},
		"Confirmation": {"yeah": "Yes", "Nope": "No", "sometimes": "Maybe", "who knows": "Don't know", "no way": "No", "bananas": "-"},
		"Currency": {
			"3USD": "USD 3.00", "$1.56": "USD 1.56", "5c": "USD 0.05", "3 dimes": "USD 0.30", "five fifteen": "USD 515.00",
			"five dollars fifteen cents": "USD 5.15", "5 usd and 1/2": "USD 5.50", "20 euros": "EUR 20.00",
		},
		"Date": {
			"today": "2020-11-25", "now": "2020-11-25", "November twenty-fifth": "2020-11-25", "next week": "2020-11-29", "last week": "2020-11-16",
			"next month": "2020-12-31", "this month": "2020-11-01", "next year": "2021-12-31", "last year": "2019-01-01", "on the 3rd of May": "2021-05-03",
			"friday": "2020-11-27", "in 3 days": "2020-11-28", "2027-03-04": "2027-03-04", "December": "2020-12-31", "soon": "-",
		},
		"Duration": {
			"ten minutes": "PT10M", "three days": "P3D", "eight weeks": "P8W", "five hours ten minutes": "PT5H10M", "two years three hours ten minutes": "P2YT3H10M", "an hour": "PT1H",
		},
		"EmailAddress": {"it is Jane.Doe+x@Example.COM thanks": "Jane.Doe+x@example.com", "jane at example": "-"},
		"FirstName":    {"my name is Emily": "Emily", "Emily": "Emily"},
		"LastName":     {"Emily Brosky": "Brosky"},
		"Number": {
			"one hundred twenty three point four five": "123.45", "point forty two": "0.42", "-15": "-15", "minus 15": "-15",
			"minus fifteen point two four five": "-15.245", "50": "50", "I need 3 of them": "3", "two thousand and seven": "2007", "lots": "-",
		},
		"Percentage":    {"50 percent": "50%", "23.5%": "23.5%", "twenty five percent": "25%", "25": "25"},
		"PhoneNumber":   {"+1 (509) 555-1212": "+15095551212", "(03) 5115 4444": "0351154444", "555-1212": "5551212", "call 5551212 please": "5551212", "12": "-"},
		"Time":          {"10 AM": "10:00", "10 o'clock": "10:00 22:00", "morning": "MO", "at night": "NI", "14:30": "14:30", "half past nine in the evening": "21:30", "quarter to nine": "08:45 20:45", "quarter to one": "00:45 12:45", "quarter to one pm": "12:45", "noon": "12:00"},
		"UKPostalCode":  {"sw1a1aa": "SW1A 1AA", "it is M1 1AE": "M1 1AE", "12345": "-"},
		"FreeFormInput": {" anything at all ": "anything at all"},
		"Actor":         {"someone": "someone"},
	} {
		for text, want := range values {
			got, ok := lexslot.Read(lexslot.Request{Type: "AMAZON." + kind, Text: text, Locale: "en_US", Today: time.Date(2020, 11, 25, 15, 0, 0, 0, time.UTC), Asked: true})
			value := got.Interpreted
			if got.Ambiguous {
				value = strings.Join(got.Resolved, " ")
			}
			if !ok {
				value = "-"
			}
			if value != want {
				t.Errorf("%s: %q is %q, not %q", kind, text, value, want)
			}
		}
	}
}

func TestDecided(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Yes please!": "yes", "yes, that is it": "yes", "no, three of them": "no", "nope": "no", "maybe": "-", "": "-", "아니요": "no", "はい": "yes", "Sì": "yes", "not sure": "-",
	} {
		locale := "en_US"
		if text == "はい" || text == "아니요" {
			locale = "ja_JP"
		}
		yes, ok := lexslot.Decided(text, locale)
		got := map[bool]string{true: "yes", false: "no"}[yes]
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("%q is %s, not %s", text, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"five dollars fifteen cents", "10 o'clock", "next week", "-15.2", "A P Q", "+1 (509) 555", "3/4 1/2 %", "내일 오후 3시", "in a year ago"} {
		f.Add(seed, false)
	}
	kinds := []string{"AlphaNumeric", "City", "Confirmation", "Currency", "Date", "Duration", "EmailAddress", "FirstName", "FreeFormInput", "Number", "Percentage", "PhoneNumber", "Time", "UKPostalCode", "X"}
	f.Fuzz(func(t *testing.T, text string, asked bool) {
		for _, locale := range []string{"en_US", "ko_KR"} {
			for _, kind := range kinds {
				r, ok := lexslot.Read(lexslot.Request{Type: "AMAZON." + kind, Text: text, Locale: locale, Today: time.Unix(1_700_000_000, 0).UTC(), Asked: asked})
				if ok && (r.Start < 0 || r.End < r.Start || r.End > len(text)) {
					t.Fatalf("%s of %q stands at %d to %d", kind, text, r.Start, r.End)
				}
			}
			_, _ = lexslot.Decided(text, locale)
		}
	})
}
