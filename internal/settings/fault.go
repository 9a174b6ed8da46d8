package settings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Source is a kind of place that a value can come from; a greater one wins.
type Source int

// The sources there are.
const (
	// FromDefault is the program itself.
	FromDefault Source = iota
	// FromFile is parley.yaml, or the file named instead.
	FromFile
	// FromEnv is a PARLEY_* variable.
	FromEnv
	// FromFlag is the command line.
	FromFlag
)

// Origin says where a value came from.
type Origin struct {
	Source Source
	// Name is the flag with its dashes, the variable, or the file's path.
	Name string
	// Line is the line in the file, counted from 1; zero elsewhere.
	Line int
}

// String returns for example "default", "parley.yaml:4", "PARLEY_ADDR" or "--addr".
func (o Origin) String() string {
	switch {
	case o.Source == FromDefault:
		return "default"
	case o.Line > 0:
		return o.Name + ":" + strconv.Itoa(o.Line)
	}
	return o.Name
}

// Fault is one thing that is wrong with the configuration.
type Fault struct {
	Origin Origin
	// Setting is the name of the setting at fault; empty when there is no such
	// setting.
	Setting string
	// Value is the value as it was written; empty when it is not to be shown.
	Value string
	// Message says what is wrong and, where it is known, what to write instead. With
	// a Value it completes a sentence that begins with the value.
	Message string
}

// String returns the fault in one line that names the place, the value and the
// three names of the setting.
func (f Fault) String() string {
	var b strings.Builder
	switch {
	case f.Origin.Source == FromDefault:
		b.WriteString(f.Setting)
	case f.Origin.Source == FromFile && f.Setting != "":
		b.WriteString(f.Origin.String() + ": " + f.Setting)
	default:
		b.WriteString(f.Origin.String())
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	field, ok := lookup(Fields(), f.Setting)
	if f.Value != "" {
		b.WriteString(strconv.Quote(field.shown(f.Value)) + " ")
	}
	b.WriteString(f.Message)
	if ok && f.Origin.Name != field.Lambda { // in the function there is one way
		b.WriteString(" (flag --" + field.Name + ", variable " + field.Env)
		if field.InFile {
			b.WriteString(", key " + field.Name)
		}
		b.WriteString(")")
	}
	return b.String()
}

// FaultsError is everything that is wrong with the configuration; it is never empty.
type FaultsError struct{ Faults []Fault }

// Error implements error: the only fault in a line, or several below each other.
func (e *FaultsError) Error() string {
	if len(e.Faults) == 1 {
		return e.Faults[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %d faults:", len(e.Faults))
	for _, f := range e.Faults {
		b.WriteString("\n  " + f.String())
	}
	return b.String()
}

// Sentence names all faults in one line, for logs that show one.
func (e *FaultsError) Sentence() string {
	texts := make([]string, 0, len(e.Faults))
	for _, f := range e.Faults {
		texts = append(texts, f.String())
	}
	return "the configuration is not usable: " + strings.Join(texts, "; ")
}

// Join adds faults that others have found to the error of [Load]. A setting that is known to
// be wrong is not complained about again: what was made of its value may be no value that
// anybody wrote. The result is nil without faults, otherwise [*FaultsError].
func Join(err error, found []Fault) error {
	var all []Fault
	if known, ok := errors.AsType[*FaultsError](err); ok {
		all = slices.Clone(known.Faults)
	} else if err != nil {
		return err
	}
	bad := map[string]bool{}
	for _, f := range all {
		bad[f.Setting] = f.Setting != ""
	}
	for _, f := range found {
		if !bad[f.Setting] {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return nil
	}
	sortFaults(all)
	return &FaultsError{Faults: all}
}

// Hint returns what to do next.
func (e *FaultsError) Hint() string {
	return "`parley serve --help` describes every setting, `parley config print` shows the values and where they come from"
}

// sortFaults puts flags first, then variables, then the file by its lines.
func sortFaults(faults []Fault) {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		if a.Origin.Source != b.Origin.Source {
			return int(b.Origin.Source) - int(a.Origin.Source)
		}
		return a.Origin.Line - b.Origin.Line
	})
}
