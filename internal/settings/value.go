package settings

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/secret"
)

// Limit is a number that can be left to Parley.
type Limit struct {
	// Auto leaves the number to Parley; N then means nothing.
	Auto bool
	// N is the limit; zero is no limit.
	N int
}

// String returns "auto" or the number.
func (l Limit) String() string {
	if l.Auto {
		return "auto"
	}
	return strconv.Itoa(l.N)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *Limit) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*l = Limit{Auto: true}
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 {
		return errors.New("is neither auto nor a whole number from 0 up")
	}
	*l = Limit{N: n}
	return nil
}

// Secret is a value that is used and never shown.
type Secret struct{ secret.Text }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret{secret.New(string(text))}
	return nil
}

// Delay is a length of time that can be left to Parley.
type Delay struct {
	// Auto leaves the length to Parley; Time then means nothing.
	Auto bool
	Time time.Duration
}

// String returns "auto" or the length of time.
func (d Delay) String() string {
	if d.Auto {
		return string(Auto)
	}
	return formatDuration(d.Time)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Delay) UnmarshalText(text []byte) error {
	if string(text) == string(Auto) {
		*d = Delay{Auto: true}
		return nil
	}
	length, err := parseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Delay{Time: length}
	return nil
}

// Speed is how many times as fast as it went something goes; zero is at once.
type Speed float64

// String returns the number.
func (s Speed) String() string { return strconv.FormatFloat(float64(s), 'g', -1, 64) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Speed) UnmarshalText(text []byte) error {
	const fastest = 10_000
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(n == 0 || n >= 0.01 && n <= fastest) {
		return errors.New("is neither 0 nor a number from 0.01 to 10000")
	}
	*s = Speed(n)
	return nil
}

// Retention is how long something is kept; zero is for ever.
type Retention time.Duration

const day = 24 * time.Hour

// String returns "forever", days, or a length of time.
func (r Retention) String() string {
	switch d := time.Duration(r); {
	case d == 0:
		return "forever"
	case d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	default:
		return formatDuration(d)
	}
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Retention) UnmarshalText(text []byte) error {
	if string(text) == "forever" {
		*r = 0
		return nil
	}
	days, isDays := strings.CutSuffix(string(text), "d")
	if n, err := strconv.Atoi(days); isDays && err == nil && n > 0 && n <= 36_500 {
		*r = Retention(time.Duration(n) * day)
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d <= 0 {
		return errors.New("is not a length of time; write 30d, 12h or forever")
	}
	*r = Retention(d)
	return nil
}

// set parses the texts given for a field and stores the result. Fields that are no
// list take the last text. The error completes a sentence that begins with the
// value.
func (f Field) set(s *Settings, texts []string) error {
	target := reflect.ValueOf(s).Elem().Field(f.index)
	if f.List {
		var list []string
		for _, text := range texts {
			for part := range strings.SplitSeq(text, ",") {
				if part = strings.TrimSpace(part); part != "" {
					list = append(list, part)
				}
			}
		}
		target.Set(reflect.ValueOf(list))
		return nil
	}
	text := texts[len(texts)-1]
	if f.OneOf != nil && !slices.Contains(f.OneOf, text) {
		return errors.New("is not one of " + strings.Join(f.OneOf, ", ") + didYouMean(text, f.OneOf))
	}
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](target.Addr()); ok {
		return u.UnmarshalText([]byte(text))
	}
	return setScalar(target, text)
}

func setScalar(target reflect.Value, text string) error {
	switch target.Interface().(type) {
	case bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("is neither true nor false")
		}
		target.SetBool(b)
	case int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return errors.New("is not a whole number")
		}
		target.SetInt(int64(n))
	case time.Duration:
		d, err := parseDuration(text)
		if err != nil {
			return err
		}
		target.SetInt(int64(d))
	default:
		target.SetString(text)
	}
	return nil
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err == nil {
		return d, nil
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return 0, fmt.Errorf("has no unit; write %ss for seconds", text)
	}
	return 0, errors.New("is not a length of time; write a number and a unit, such as 25s or 2m")
}

func formatScalar(x any) string { return fmt.Sprint(x) }

// formatDuration leaves out the zero units that [time.Duration.String] prints
// ("2m0s").
func formatDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
