package lexslot

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

const isoDate = "2006-01-02"

// date is the day that words name, on or after today where they leave it open.
//
// Source: "AMAZON.Date" in the Lex V2 developer guide; its examples end "next week" with this week.
func date(words []string, today time.Time) (string, bool) {
	day := func(t time.Time) (string, bool) { return t.Format(isoDate), true }
	if len(words) > 1 && (words[0] == "on" || words[0] == "the") {
		words = words[1:]
	}
	year, month, dom := today.Date()
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	switch strings.Join(words, " ") {
	case "today", "now", "oggi", "hoy", "오늘", "今日", "heute":
		return day(today)
	case "tomorrow", "domani", "mañana", "내일", "明日", "morgen":
		return day(today.AddDate(0, 0, 1))
	case "yesterday", "ieri", "ayer", "어제", "昨日", "gestern":
		return day(today.AddDate(0, 0, -1))
	case "day after tomorrow", "dopodomani":
		return day(today.AddDate(0, 0, 2))
	case "this week":
		return day(monday)
	case "next week":
		return day(monday.AddDate(0, 0, 6))
	case "last week":
		return day(monday.AddDate(0, 0, -7))
	case "this weekend", "weekend":
		return day(monday.AddDate(0, 0, 6))
	case "this month":
		return day(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC))
	case "next month":
		return day(time.Date(year, month+2, 0, 0, 0, 0, 0, time.UTC))
	case "last month":
		return day(time.Date(year, month-1, 1, 0, 0, 0, 0, time.UTC))
	case "this year":
		return day(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
	case "next year":
		return day(time.Date(year+1, 12, 31, 0, 0, 0, 0, time.UTC))
	case "last year":
		return day(time.Date(year-1, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	if n := len(words); n >= 2 && n <= 4 {
		if words[0] == "in" || words[n-1] == "ago" {
			span := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(strings.Join(words, " "), "in "), " ago"))
			if y, m, d, ok := spanOf(span); ok {
				if words[n-1] == "ago" {
					y, m, d = -y, -m, -d
				}
				return day(today.AddDate(y, m, d))
			}
		}
	}
	if weekday, ok := weekdayOf(words); ok {
		return day(today.AddDate(0, 0, (int(weekday)-int(today.Weekday())+7)%7))
	}
	if len(words) == 1 {
		if t, ok := figures(words[0], today); ok {
			return day(t)
		}
	}
	m, d, y, ok := monthDay(words)
	if !ok {
		return "", false
	}
	if y == 0 {
		y = year
		if m < month || m == month && d != 0 && d < dom {
			y++
		}
	}
	if d == 0 { // a month alone is its end where it is to come
		return day(time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC))
	}
	t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return t.Format(isoDate), t.Month() == m
}

// spanOf is a number of days, weeks, months or years.
func spanOf(words []string) (years, months, days int, ok bool) {
	if len(words) < 2 {
		return 0, 0, 0, false
	}
	text, ok := number(words[:len(words)-1])
	if words[0] == "a" || words[0] == "an" {
		text, ok = "1", len(words) == 2
	}
	n, err := strconv.Atoi(text)
	if !ok || err != nil || n > 10_000 {
		return 0, 0, 0, false
	}
	switch strings.TrimSuffix(words[len(words)-1], "s") {
	case "day":
		return 0, 0, n, true
	case "week":
		return 0, 0, 7 * n, true
	case "month":
		return 0, n, 0, true
	case "year":
		return n, 0, 0, true
	}
	return 0, 0, 0, false
}

// weekdayOf reads the name of a day, in English also in three letters or after this or next.
func weekdayOf(words []string) (time.Weekday, bool) {
	if len(words) == 2 && (words[0] == "next" || words[0] == "this") {
		words = words[1:]
	}
	if len(words) != 1 {
		return 0, false
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := strings.ToLower(d.String()); words[0] == name || len(words[0]) == 3 && strings.HasPrefix(name, words[0]) {
			return d, true
		}
	}
	for d, names := range [][]string{
		{"domenica", "domingo", "일요일"},
		{"lunedì", "lunes", "월요일"},
		{"martedì", "martes", "화요일"},
		{"mercoledì", "miércoles", "수요일"},
		{"giovedì", "jueves", "목요일"},
		{"venerdì", "viernes", "금요일"},
		{"sabato", "sábado", "토요일"},
	} {
		if slices.Contains(names, words[0]) {
			return time.Weekday(d), true
		}
	}
	return 0, false
}

// figures is a date written in figures. Without a year it is the next such day; 11/25 has the month
// first, as in en_US.
func figures(word string, today time.Time) (time.Time, bool) {
	for _, layout := range []string{isoDate, "2006/1/2", "1/2/2006", "1-2-2006", "2.1.2006", "2006.1.2", "20060102"} {
		if t, err := time.Parse(layout, word); err == nil {
			return t, true
		}
	}
	for _, layout := range []string{"1/2", "2.1."} {
		if t, err := time.Parse(layout, word); err == nil {
			t = time.Date(today.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
			if t.Before(today.Truncate(24 * time.Hour)) {
				t = t.AddDate(1, 0, 0)
			}
			return t, true
		}
	}
	return time.Time{}, false
}

// monthDay reads a month with a day and a year: "november twenty-fifth", "3 may 2027", "december".
func monthDay(words []string) (m time.Month, day, year int, ok bool) {
	at := -1
	for i, w := range words {
		if found := monthOf(w); found > 0 {
			m, at = found, i
			break
		}
	}
	if at < 0 {
		return 0, 0, 0, false
	}
	before, after := words[:at], words[at+1:]
	if n := len(after); n > 0 {
		if y, err := strconv.Atoi(after[n-1]); err == nil && len(after[n-1]) == 4 {
			year, after = y, after[:n-1]
		}
	}
	trim := func(list []string, noise ...string) []string {
		for len(list) > 0 && (list[0] == noise[0] || list[0] == noise[1]) {
			list = list[1:]
		}
		return list
	}
	before = trim(before, "the", "on")
	if n := len(before); n > 0 && before[n-1] == "of" {
		before = before[:n-1]
	}
	after = trim(after, "the", "on")
	switch {
	case len(before) > 0 && len(after) > 0:
		return 0, 0, 0, false
	case len(before) > 0:
		day, ok = ordinal(before)
	case len(after) > 0:
		day, ok = ordinal(after)
	default:
		return m, 0, year, len(words[at]) > 2
	}
	return m, day, year, ok && day >= 1 && day <= 31
}

// monthOf reads the name of a month, in English also in three letters; zero for none.
func monthOf(word string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if name := strings.ToLower(m.String()); word == name || len(word) == 3 && strings.HasPrefix(name, word) {
			return m
		}
	}
	for i, name := range strings.Fields("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre") {
		if name == word {
			return time.Month(i + 1)
		}
	}
	for i, name := range strings.Fields("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre") {
		if name == word {
			return time.Month(i + 1)
		}
	}
	return 0
}

// ordinal is the number of "twenty-fifth", "25th", "25" or "twenty five".
func ordinal(words []string) (int, bool) {
	text := strings.ReplaceAll(strings.Join(words, " "), "-", " ")
	for _, suffix := range []string{"st", "nd", "rd", "th"} {
		if n, err := strconv.Atoi(strings.TrimSuffix(text, suffix)); err == nil {
			return n, true
		}
	}
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return 0, false
	}
	last := &fields[len(fields)-1]
	switch *last {
	case "first":
		*last = "one"
	case "second":
		*last = "two"
	case "third":
		*last = "three"
	case "fifth":
		*last = "five"
	case "eighth":
		*last = "eight"
	case "ninth":
		*last = "nine"
	case "twelfth":
		*last = "twelve"
	default:
		*last = strings.TrimSuffix(strings.Replace(*last, "tieth", "ty", 1), "th")
	}
	n, ok := spelled(fields)
	return int(n), ok && n < 100
}
