package lex

import "testing"

func TestExpressions(t *testing.T) {
	t.Parallel()
	text := func(s string) *Value { return &Value{Interpreted: &s} }
	v := &values{
		session: &Session{
			Intent:     &Running{Name: "Order", Slots: map[string]*Value{"Count": text("7"), "Menu 2": text("Dos"), "When": text("21:30"), "Long": text("PT3H"), "Name": text("Nan"), "List": {Values: []*Value{text("a"), text("b")}}}},
			Attributes: map[string]string{"fallback-count": "1", "empty": ""}, Transcript: "hello",
		},
		request: map[string]string{"x-amz-lex:channels:platform": "Connect Chat"},
	}
	for source, want := range map[string]bool{
		`{Count} > 5`: true, `{Count} < 10`: true, `{Count} >= "7"`: true, `{Order.Count} = 7`: true, `{Other.Count} = 7`: false,
		`({Menu 2}="2")|| ({Menu 2}="dos")`: true, `{When} > "20:00"`: true, `{Long} > PT2H`: true, `{Long} = P2H`: false,
		`[missing] != "x"`: false, `!([missing] = "x")`: true, `!fn.IS_SET([missing])`: true, `fn.IS_SET([empty])`: true,
		`(!fn.IS_SET([n]) OR [n] = "" OR [n] != "true") AND [fallback-count] = "1"`: true, `NOT {Count} = 7`: false, `not {Count}=8 and {Count}!=9`: true,
		`((x-amz-lex:channels:platform)) = "connect chat"`: true, `(({Count} = 7))`: true, `fn.COUNT({List}) = 2`: true, `fn.LENGTH({Menu 2}) = 3`: true,
		`{Name} = 5`: false, `{Name} = "nan"`: true, `{Name} != 5`: true, `{Count} < "infinity"`: true, `{Count} = "inf"`: false,
		`$.inputTranscript CONTAINS "ELL"`: true, `$.inputMode = "Text"`: true, `{List} CONTAINS "b"`: true,
	} {
		e, err := parseExpression(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
		} else if got := e.holds(v); got != want {
			t.Errorf("%s is %t", source, got)
		}
	}
	for _, source := range []string{"", "{", "{}", `{a}`, `{a} = "x`, `({a} = 1`, `{a} = 1 )`, `{a} = 1 {b} = 2`, "fn.IS_SET(a)", "fn.FOO({a})", "NOT", "((a)", "$."} {
		if e, err := parseExpression(source); err == nil {
			t.Errorf("%q is read as %v", source, e)
		}
	}
}

func FuzzExpression(f *testing.F) {
	f.Add(`(!fn.IS_SET([n]) OR {a.b} >= P2H) && ((x)) CONTAINS "y"`)
	f.Fuzz(func(t *testing.T, source string) {
		if e, err := parseExpression(source); err == nil {
			e.holds(&values{session: &Session{}})
		}
	})
}
