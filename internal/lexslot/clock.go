package lexslot

import (
	"fmt"
	"strconv"
	"strings"
)

// clock is the time of day that words name. "10 o'clock" has two readings.
//
// Source: "AMAZON.Time" in the Lex V2 developer guide.
func clock(words []string) []string {
	if len(words) > 1 && (words[0] == "at" || words[0] == "around" || words[0] == "the" || words[0] == "in") {
		words = words[1:]
	}
	text := strings.Join(words, " ")
	switch text {
	case "morning", "this morning", "the morning":
		return []string{"MO"}
	case "afternoon", "this afternoon", "the afternoon":
		return []string{"AF"}
	case "evening", "this evening", "the evening":
		return []string{"EV"}
	case "night", "tonight", "at night":
		return []string{"NI"}
	case "noon", "midday":
		return []string{"12:00"}
	case "midnight":
		return []string{"00:00"}
	}
	half := ""
	for _, ending := range [][2]string{
		{"a.m", "AM"}, {"p.m", "PM"}, {"am", "AM"}, {"pm", "PM"}, {"in the morning", "AM"}, {"in the afternoon", "PM"}, {"in the evening", "PM"}, {"at night", "PM"},
	} {
		if rest, ok := strings.CutSuffix(text, ending[0]); ok {
			text, half = strings.TrimSpace(rest), ending[1]
			break
		}
	}
	exact := strings.HasSuffix(text, " oclock")
	text = strings.TrimSuffix(text, " oclock")
	hour, minute, colon, ok := hourMinute(text)
	if !ok || hour > 24 || minute > 59 || half == "" && !exact && !colon && !strings.Contains(text, " ") && len(text) < 4 && hour == 0 {
		return nil
	}
	at := func(h int) string { return fmt.Sprintf("%02d:%02d", h%24, minute) }
	switch {
	case half == "AM" && hour <= 12:
		return []string{at(hour % 12)}
	case half == "PM" && hour <= 12:
		return []string{at(hour%12 + 12)}
	case half != "" && hour > 12, hour > 12, hour == 0:
		return []string{at(hour)}
	case colon && strings.HasPrefix(text, "0"):
		return []string{at(hour)}
	}
	return []string{at(hour % 12), at(hour%12 + 12)}
}

// hourMinute reads 10, 10:30, ten thirty, 1030, half past ten, quarter to nine.
func hourMinute(text string) (hour, minute int, colon, ok bool) {
	if h, m, found := strings.Cut(text, ":"); found {
		if h2, m2, found := strings.Cut(m, ":"); found && len(m2) == 2 { // with seconds
			m = h2
		}
		hh, err1 := strconv.Atoi(h)
		mm, err2 := strconv.Atoi(m)
		return hh, mm, true, err1 == nil && err2 == nil && len(m) == 2 && hh >= 0 && mm >= 0
	}
	for _, past := range [][2]string{{"half past ", "30"}, {"quarter past ", "15"}, {"quarter to ", "-15"}} {
		if rest, found := strings.CutPrefix(strings.TrimPrefix(text, "a "), past[0]); found {
			n, okN := number(strings.Fields(rest))
			h, err := strconv.Atoi(n)
			m, _ := strconv.Atoi(past[1])
			if m < 0 {
				h, m = h-1, m+60
			}
			if h == 0 && n == "1" { // quarter to one, of day or night
				h = 12
			}
			return h, m, false, okN && err == nil && h >= 0
		}
	}
	fields := strings.Fields(text)
	if len(fields) == 0 || len(fields) > 3 {
		return 0, 0, false, false
	}
	if len(fields) == 1 && len(fields[0]) == 4 {
		if n, err := strconv.Atoi(fields[0]); err == nil {
			return n / 100, n % 100, true, n >= 0
		}
	}
	n, okN := number(fields[:1])
	h, err := strconv.Atoi(n)
	if !okN || err != nil || h < 0 {
		return 0, 0, false, false
	}
	if len(fields) == 1 {
		return h, 0, false, true
	}
	n, okN = number(fields[1:])
	m, err := strconv.Atoi(n)
	return h, m, false, okN && err == nil && m >= 0
}

// duration is a length of time such as PT5H10M.
func duration(words []string) (string, bool) {
	var date, time string
	weeks := ""
	for i := 0; i < len(words); {
		end := i + 1
		for end < len(words) && unitOf(words[end]) == "" {
			end++
		}
		if end == len(words) {
			return "", false
		}
		count := words[i:end]
		if len(count) > 1 && count[0] == "and" {
			count = count[1:]
		}
		n, ok := number(count)
		if len(count) == 1 && (count[0] == "a" || count[0] == "an") {
			n, ok = "1", true
		}
		if !ok || strings.ContainsAny(n, "-.") {
			return "", false
		}
		switch u := unitOf(words[end]); u {
		case "W":
			weeks = n + "W"
		case "Y", "MO", "D":
			date += n + u[:1]
		default:
			time += n + strings.TrimPrefix(u, "T")
		}
		i = end + 1
	}
	switch {
	case weeks == "" && date == "" && time == "":
		return "", false
	case time != "":
		return "P" + date + weeks + "T" + time, true
	}
	return "P" + date + weeks, true
}

func unitOf(word string) string {
	switch word {
	case "second", "seconds", "sec", "secs":
		return "TS"
	case "minute", "minutes", "min", "mins":
		return "TM"
	case "hour", "hours", "hr", "hrs":
		return "TH"
	case "day", "days":
		return "D"
	case "week", "weeks":
		return "W"
	case "month", "months":
		return "MO"
	case "year", "years":
		return "Y"
	}
	return ""
}
