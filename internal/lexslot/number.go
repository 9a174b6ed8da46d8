package lexslot

import (
	"math/big"
	"strconv"
	"strings"
)

// numeral is the number that one English word names; false for another word.
func numeral(word string) (int64, bool) {
	small := []string{
		"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
		"fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
	}
	for n, w := range small {
		if w == word {
			return int64(n), true
		}
	}
	if word == "oh" {
		return 0, true
	}
	for n, w := range []string{"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"} {
		if w == word {
			return int64(n+2) * 10, true
		}
	}
	return 0, false
}

// spelled is the number that English words name together, such as "one hundred twenty three"; false
// when they name none.
func spelled(words []string) (int64, bool) {
	if len(words) == 0 {
		return 0, false
	}
	var total, part int64
	last := int64(0) // the size of the last word: 1, 10, 100
	for i, w := range words {
		if w == "and" && i > 0 && i < len(words)-1 {
			continue
		}
		if w == "a" && i == 0 && len(words) > 1 && multiplier(words[1]) > 0 {
			part, last = 1, 1
			continue
		}
		if m := multiplier(w); m > 0 {
			if part == 0 {
				return 0, false
			}
			if m == 100 {
				part, last = part*100, 100
			} else {
				total, part, last = total+part*m, 0, 1000
			}
			continue
		}
		n, ok := numeral(w)
		switch {
		case !ok:
			return 0, false
		case n >= 20:
			if last == 1 || last == 10 {
				return 0, false
			}
			part, last = part+n, 10
		case n >= 10:
			if last == 1 || last == 10 {
				return 0, false
			}
			part, last = part+n, 1
		default:
			if last == 1 || n == 0 && len(words) > 1 {
				return 0, false
			}
			part, last = part+n, 1
		}
	}
	return total + part, true
}

func multiplier(word string) int64 {
	switch word {
	case "hundred":
		return 100
	case "thousand":
		return 1000
	case "million":
		return 1_000_000
	}
	return 0
}

// number is the number that words name, as Lex writes it: "123.45", "-15", "0.42".
func number(words []string) (string, bool) {
	sign := ""
	if len(words) > 1 && (words[0] == "minus" || words[0] == "negative") {
		sign, words = "-", words[1:]
	}
	if len(words) == 1 {
		if text, ok := digits(words[0]); ok {
			if sign != "" && strings.HasPrefix(text, "-") {
				return "", false
			}
			return sign + text, true
		}
	}
	var flat []string
	for _, w := range words {
		flat = append(flat, strings.Split(w, "-")...)
	}
	for i, w := range flat {
		if w != "point" {
			continue
		}
		whole := int64(0)
		if i > 0 {
			n, ok := spelled(flat[:i])
			if !ok {
				return "", false
			}
			whole = n
		}
		fraction, ok := digitsOf(flat[i+1:])
		if !ok {
			return "", false
		}
		return sign + strconv.FormatInt(whole, 10) + "." + fraction, true
	}
	n, ok := spelled(flat)
	if !ok {
		return "", false
	}
	return sign + strconv.FormatInt(n, 10), true
}

// digitsOf is what follows the point: "four five", "forty two", "245".
func digitsOf(words []string) (string, bool) {
	if len(words) == 0 {
		return "", false
	}
	if len(words) == 1 {
		if _, err := strconv.ParseUint(words[0], 10, 32); err == nil {
			return words[0], true
		}
	}
	var single strings.Builder
	for _, w := range words {
		n, ok := numeral(w)
		if !ok || n > 9 {
			n, ok := spelled(words)
			return strconv.FormatInt(n, 10), ok
		}
		single.WriteString(strconv.FormatInt(n, 10))
	}
	return single.String(), true
}

// digits is a number written in figures.
func digits(word string) (string, bool) {
	plain := strings.TrimPrefix(strings.ReplaceAll(word, ",", ""), "+")
	if plain == "" || len(plain) > 40 || strings.Trim(plain, "0123456789.-") != "" || strings.LastIndex(plain, "-") > 0 {
		return "", false
	}
	if _, ok := new(big.Rat).SetString(plain); !ok || strings.HasSuffix(plain, ".") || strings.HasSuffix(plain, "-") {
		return "", false
	}
	if rest, ok := strings.CutPrefix(plain, "-."); ok {
		return "-0." + rest, true
	}
	if strings.HasPrefix(plain, ".") {
		return "0" + plain, true
	}
	return plain, true
}

// percentage is "50%" for "50 percent", and a bare number for a number.
func percentage(words []string) (string, bool) {
	last := len(words) - 1
	if rest, ok := strings.CutSuffix(words[last], "%"); ok {
		n, ok := number(append(append([]string{}, words[:last]...), nonEmpty(rest)...))
		return n + "%", ok
	}
	if last > 0 && (words[last] == "percent" || words[last] == "percentage") {
		n, ok := number(words[:last])
		return n + "%", ok
	}
	if last > 1 && words[last] == "cent" && words[last-1] == "per" {
		n, ok := number(words[:last-1])
		return n + "%", ok
	}
	return number(words)
}

func nonEmpty(word string) []string {
	if word == "" {
		return nil
	}
	return []string{word}
}

// currency is an amount such as "USD 3.00".
func currency(words []string) (string, bool) {
	if len(words) == 1 {
		return written(words[0])
	}
	last := words[len(words)-1]
	if code, cents, ok := unit(last); ok {
		front := words[:len(words)-1]
		// five dollars fifteen cents
		for i, w := range front {
			other, minor, ok := unit(w)
			if !ok || minor > 1 || cents == 1 {
				continue
			}
			whole, okWhole := number(front[:i])
			rest := front[i+1:]
			if len(rest) > 0 && rest[0] == "and" {
				rest = rest[1:]
			}
			part, okPart := number(rest)
			if !okWhole || !okPart {
				return "", false
			}
			return amount(other, whole, part, cents)
		}
		n, ok := number(front)
		if !ok {
			return "", false
		}
		if cents == 1 {
			return amount(code, n, "0", 1)
		}
		return amount(code, "0", n, cents)
	}
	// 5 usd and 1/2
	for i, w := range words {
		if code, minor, ok := unit(w); ok && minor == 1 && i > 0 {
			n, okN := number(words[:i])
			rest := strings.Join(words[i+1:], " ")
			switch strings.TrimPrefix(rest, "and ") {
			case "1/2", "a half", "half":
				return amount(code, n, "50", 100)
			case "1/4", "a quarter":
				return amount(code, n, "25", 100)
			}
			if part, ok := number(strings.Fields(strings.TrimPrefix(rest, "and "))); ok && okN {
				return amount(code, n, part, 100)
			}
			return "", false
		}
	}
	// five fifteen
	for i := 1; i < len(words); i++ {
		a, okA := number(words[:i])
		b, okB := number(words[i:])
		if okA && okB && len(b) == 2 && len(a) < 3 && !strings.Contains(a+b, ".") {
			return "USD " + a + b + ".00", true
		}
	}
	return "", false
}

// written is an amount in one word: $1.56, 3USD, 5c.
func written(word string) (string, bool) {
	at := strings.IndexAny(word, "0123456789.")
	if at < 0 {
		return "", false
	}
	end := strings.LastIndexAny(word, "0123456789") + 1
	if end <= at {
		return "", false
	}
	n, ok := digits(word[at:end])
	if !ok {
		return "", false
	}
	symbol := word[:at] + word[end:]
	code, cents, ok := unit(symbol)
	if !ok {
		return "", false
	}
	if cents == 1 {
		return amount(code, n, "0", 1)
	}
	return amount(code, "0", n, cents)
}

// unit is a currency's code, and how many of the unit are one of the currency.
func unit(word string) (code string, per int64, ok bool) {
	switch word {
	case "$", "usd", "dollar", "dollars", "buck", "bucks":
		return "USD", 1, true
	case "c", "¢", "cent", "cents", "penny", "pennies":
		return "USD", 100, true
	case "dime", "dimes":
		return "USD", 10, true
	case "nickel", "nickels":
		return "USD", 20, true
	case "quarter", "quarters":
		return "USD", 4, true
	case "€", "eur", "euro", "euros":
		return "EUR", 1, true
	case "£", "gbp", "pound", "pounds":
		return "GBP", 1, true
	case "p", "pence":
		return "GBP", 100, true
	case "¥", "jpy", "yen", "円":
		return "JPY", 1, true
	case "krw", "won", "원", "₩":
		return "KRW", 1, true
	}
	return "", 0, false
}

// amount is a sum of money in units and parts, of which so many make a unit.
func amount(code, whole, part string, per int64) (string, bool) {
	sum, ok := new(big.Rat).SetString(whole)
	if !ok {
		return "", false
	}
	minor, ok := new(big.Rat).SetString(part)
	if !ok {
		return "", false
	}
	sum.Add(sum, minor.Quo(minor, new(big.Rat).SetInt64(per)))
	return code + " " + sum.FloatString(2), true
}
