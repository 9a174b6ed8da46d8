package settings

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// EnvPrefix is what every variable's name begins with.
const EnvPrefix = "PARLEY_"

// Field describes one setting.
type Field struct {
	// Name is the flag without its dashes and the key in parley.yaml.
	Name string
	// Env is the variable.
	Env string
	// Lambda is the variable in the production function; empty when it does not read the
	// setting.
	Lambda string
	// Group is the heading the setting stands under in help texts.
	Group string
	// Help is one line, without a full stop.
	Help string
	// Default is the default in the form a user would write it; empty for none.
	Default string
	// DefaultText describes a default that depends on the machine.
	DefaultText string
	// Placeholder stands for the value in help texts, its forms separated by |: what is in
	// upper case is to be replaced. Empty for a yes-or-no setting.
	Placeholder string
	// OneOf lists the values allowed; nil when there are too many to list.
	OneOf []string
	// List says that the setting takes several values: the flag may be repeated,
	// and every source may separate values by commas.
	List bool
	// Switch says that the bare flag means true.
	Switch bool
	// InFile says that parley.yaml may set it.
	InFile bool
	// Secret says that the value is never shown.
	Secret bool

	index int
}

// Fields returns every setting in the order of the help text.
func Fields() []Field { return slices.Clone(fields()) }

// fields are read from the tags of [Settings] once: the program asks for them again and again.
//
//nolint:gochecknoglobals // a table, which never changes and is costly to make
var fields = sync.OnceValue(readFields)

func readFields() []Field {
	var fields []Field
	for i := range reflect.TypeFor[Settings]().NumField() {
		f := reflect.TypeFor[Settings]().Field(i)
		name, ok := f.Tag.Lookup("setting")
		if !ok {
			continue
		}
		field := Field{
			Name: name, Env: EnvPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_")),
			Lambda: f.Tag.Get("lambda"),
			Group:  f.Tag.Get("group"), Help: f.Tag.Get("help"),
			Default: f.Tag.Get("default"), DefaultText: f.Tag.Get("defaulttext"),
			Placeholder: f.Tag.Get("value"),
			List:        f.Type.Kind() == reflect.Slice,
			Switch:      f.Type == reflect.TypeFor[bool]() || f.Type == reflect.TypeFor[Switch](),
			InFile:      f.Tag.Get("file") != "-",
			Secret:      f.Type == reflect.TypeFor[Secret](),
			index:       i,
		}
		if oneOf := f.Tag.Get("oneof"); oneOf != "" {
			field.OneOf = strings.Split(oneOf, ",")
			field.Placeholder = strings.Join(field.OneOf, "|")
		}
		fields = append(fields, field)
	}
	return fields
}

// lookup finds a field by its name.
func lookup(fields []Field, name string) (Field, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Groups returns the headings in the order of the help text.
func Groups() []string {
	return []string{"Listening", "Amazon Connect", "Embedded Amazon Connect", "Seeing chats", "Chats", "Access", "Public endpoint", "Devices", "Cost guard", "Running"}
}

// Value is one setting with its value in effect.
type Value struct {
	Field  Field
	Origin Origin
	// Text is the value as a user would write it.
	Text string
	// JSON is the value for a JSON document: a string, bool, number or list of strings.
	JSON any
}

// Values returns every setting with its value, in the order of the help text. They are meant
// to be printed: secrets, and passwords in addresses, are left out.
func (s *Settings) Values() []Value {
	var values []Value
	v := reflect.ValueOf(s).Elem()
	for _, f := range Fields() {
		value := Value{Field: f, Origin: s.origins[f.Name]}
		switch x := v.Field(f.index).Interface().(type) {
		case []string:
			shown := f.shownList(x)
			value.Text, value.JSON = strings.Join(shown, ","), shown
		case time.Duration:
			value.Text = formatDuration(x)
			value.JSON = value.Text
		case Limit:
			value.Text, value.JSON = x.String(), x.N
			if x.Auto {
				value.JSON = value.Text
			}
		case Switch:
			value.Text, value.JSON = string(x), x == On
			if x == Auto {
				value.JSON = value.Text
			}
		case Secret:
			if !x.IsZero() {
				value.Text = hidden
			}
			value.JSON = value.Text
		case bool, int:
			value.Text, value.JSON = formatScalar(x), x
		default:
			value.Text = f.shown(formatScalar(x))
			value.JSON = value.Text
		}
		values = append(values, value)
	}
	return values
}
