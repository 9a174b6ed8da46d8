package settings

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// DefaultFile is the file that is read when no other is named; otherSpelling is read in its
// place when only that is there.
const (
	DefaultFile   = "parley.yaml"
	otherSpelling = "parley.yml"
)

// FileNames returns the names under which the working directory can hold the configuration file, the
// usual one first.
func FileNames() []string { return []string{DefaultFile, otherSpelling} }

// Sources are the places that settings are read from. The zero value gives the
// defaults.
type Sources struct {
	// Flags are the parsed flags of a command; those made by [Register] count.
	Flags *pflag.FlagSet
	// Environ is the environment as [os.Environ] returns it.
	Environ []string
	// ReadFile reads the configuration file, as [os.ReadFile] does; nil means that
	// there are no files.
	ReadFile func(path string) ([]byte, error)
	// GOOS is the operating system, as in [runtime.GOOS]; it decides about the
	// default of data-dir.
	GOOS string
	// Faults are faults that the caller has already found, such as unknown flags,
	// to be reported together with the others.
	Faults []Fault
}

// Register adds flags for settings, usually all of [Fields], to a set. The flags only take
// down what was written, so that [Load] can report every bad value at once.
func Register(flags *pflag.FlagSet, fields []Field) {
	for _, f := range fields {
		flag := flags.VarPF(&flagValue{field: f}, f.Name, "", f.Help)
		flag.DefValue = f.Default
		if f.Switch {
			flag.NoOptDefVal = "true"
		}
	}
}

// flagValue is a flag as it was written. It implements [pflag.Value].
type flagValue struct {
	field Field
	texts []string
}

func (v *flagValue) Set(text string) error { v.texts = append(v.texts, text); return nil }
func (v *flagValue) String() string        { return strings.Join(v.texts, ",") }
func (v *flagValue) Type() string          { return v.field.Placeholder }

// Load reads, merges and checks the settings. When something is wrong the error is
// [*FaultsError] with every fault, and the settings are still returned, with the values
// that could be used: good enough to show, not to run with.
func Load(sources Sources) (*Settings, error) {
	l := newLoader()
	l.faults = slices.Clone(sources.Faults)
	l.settings.DataDir = stateDir(sources.Environ, sources.GOOS)

	flags := l.readFlags(sources.Flags)
	environ := l.readEnviron(sources.Environ)
	file := l.readFile(sources.ReadFile, flags, environ)
	for _, layer := range []map[string]given{file, environ, flags} {
		for _, f := range l.fields {
			if value, ok := layer[f.Name]; ok {
				l.apply(f, value)
			}
		}
	}
	l.validate()
	return l.result()
}

// given is a value as it was written in one source.
type given struct {
	origin Origin
	texts  []string
}

// loader collects the values of settings, and all that is wrong with them.
type loader struct {
	fields   []Field
	settings *Settings
	faults   []Fault
	// bad holds the names of settings whose value could not be used; they are not
	// checked further.
	bad map[string]bool
}

// newLoader returns a loader with the defaults.
func newLoader() *loader {
	l := &loader{fields: Fields(), bad: map[string]bool{}, settings: &Settings{origins: map[string]Origin{}}}
	for _, f := range l.fields {
		if f.Default != "" {
			l.apply(f, given{texts: []string{f.Default}})
		}
	}
	return l
}

// result returns what was loaded and everything that is wrong with it.
func (l *loader) result() (*Settings, error) {
	if len(l.faults) > 0 {
		sortFaults(l.faults)
		return l.settings, &FaultsError{Faults: l.faults}
	}
	return l.settings, nil
}

func (l *loader) fault(f Fault) { l.faults = append(l.faults, f) }

// apply sets a setting to a value, over one that was set before.
func (l *loader) apply(f Field, value given) {
	if err := f.set(l.settings, value.texts); err != nil {
		l.bad[f.Name] = true
		l.fault(Fault{
			Origin: value.origin, Setting: f.Name, Value: strings.Join(value.texts, ","), Message: err.Error(),
		})
		return
	}
	l.settings.origins[f.Name] = value.origin
}

func (l *loader) readFlags(flags *pflag.FlagSet) map[string]given {
	values := map[string]given{}
	if flags == nil {
		return values
	}
	flags.Visit(func(flag *pflag.Flag) {
		if v, ok := flag.Value.(*flagValue); ok {
			values[flag.Name] = given{origin: Origin{Source: FromFlag, Name: "--" + flag.Name}, texts: v.texts}
		}
	})
	return values
}

// orchestrated matches the variables that Kubernetes (and Docker's old links) put
// into every container when there is a service called "parley" or "parley-…". They
// are not meant for us: refusing them would keep the program from starting there.
//
// Source: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
var orchestrated = regexp.MustCompile(`^PARLEY(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// readEnviron takes empty variables as not set: that is how compose files and CI
// systems pass on a variable that has no value.
func (l *loader) readEnviron(environ []string) map[string]given {
	values := map[string]given{}
	var names []string
	of := map[string]Field{}
	for _, f := range l.fields {
		names = append(names, f.Env)
		if f.Lambda != "" { // what the production function calls it
			of[EnvPrefix+f.Lambda] = f
		}
		of[f.Env] = f
	}
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		port := name == EnvPrefix+"PORT" && forPort(text) != "" // the orchestrators' is an address
		if !strings.HasPrefix(name, EnvPrefix) || orchestrated.MatchString(name) && !port {
			continue
		}
		origin := Origin{Source: FromEnv, Name: name}
		f, known := of[name]
		twin, doubled := values[f.Name]
		switch {
		case port:
			l.fault(Fault{Origin: origin, Message: "there is no such variable; write PARLEY_ADDR=" + forPort(text)})
		case !known:
			l.fault(Fault{Origin: origin, Message: "there is no such variable" + didYouMean(name, names)})
		case text == "":
		case doubled && twin.origin.Name != name:
			l.fault(Fault{Origin: origin, Message: "sets the same as " + twin.origin.Name + "; give one of them"})
		default:
			values[f.Name] = given{origin: origin, texts: []string{text}}
		}
	}
	return values
}
