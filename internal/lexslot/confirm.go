package lexslot

import "strings"

// confirmation is Yes, No, Maybe or Don't know.
//
// Source: "AMAZON.Confirmation" in the Lex V2 developer guide for English; the words of other
// languages are the common ones.
func confirmation(text string) (string, bool) {
	switch text {
	case "yes", "yeah", "yep", "yup", "ok", "okay", "sure", "correct", "right", "thats right", "of course", "absolutely", "yes please", "y", "please do", "go ahead", "affirmative",
		"sì", "si", "certo", "va bene", "esatto", "sí", "claro", "oui", "daccord", "ja", "genau", "sim", "네", "예", "응", "맞아요", "맞습니다", "はい", "ええ", "是", "是的", "对":
		return "Yes", true
	case "no", "nope", "negative", "naw", "no way", "nah", "no thanks", "no thank you", "not", "n", "wrong", "incorrect", "thats wrong", "never",
		"per niente", "no grazie", "no gracias", "non", "nein", "não", "아니요", "아니오", "아니", "いいえ", "いや", "不", "不是", "没有":
		return "No", true
	case "maybe", "perhaps", "sometimes", "i might", "forse", "quizás", "vielleicht", "peut-être":
		return "Maybe", true
	case "dont know", "i dont know", "dunno", "no idea", "not sure", "im not sure", "who knows", "non so", "no lo sé":
		return "Don't know", true
	}
	return "", false
}

// Decided is whether a text says yes or no; false when it says neither. A yes or no that other words
// follow counts by its first word.
func Decided(text, locale string) (yes, decided bool) {
	plain := Plain(text)
	value, ok := confirmation(plain)
	if !ok && Unspaced(locale) {
		value, ok = confirmation(strings.ReplaceAll(plain, " ", ""))
	}
	if first, _, more := strings.Cut(plain, " "); !ok && more && first != "not" && first != "right" && first != "y" && first != "n" {
		if v, found := confirmation(strings.TrimRight(first, ",.!")); found {
			value, ok = v, true
		}
	}
	return value == "Yes", ok && (value == "Yes" || value == "No")
}
