package settings

import (
	"strings"
)

// LoadLambda reads the settings of the production function from its environment. They are
// those with a lambda tag, under its name or the server's. The error is as that of [Load].
func LoadLambda(environ []string) (*Settings, error) {
	l := newLoader()
	s := l.settings
	s.Upstream, s.Addr, s.DataDir, s.inLambda = AWS, "", "", true
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		f, found := l.lambdaField(name)
		switch {
		case found && text != "":
			l.apply(f, given{origin: Origin{Source: FromEnv, Name: name}, texts: []string{text}})
		case !found && strings.HasPrefix(name, EnvPrefix):
			l.fault(Fault{Origin: Origin{Source: FromEnv, Name: name}, Message: "there is no such variable in lambda" + didYouMean(name, l.lambdaNames())})
		}
	}
	l.validate()
	for i, f := range l.faults {
		if f.Origin.Source == FromDefault {
			l.faults[i].Origin = s.Where(f.Setting)
		}
	}
	return l.result()
}

// lambdaField finds the setting that a variable of the function's environment sets.
func (l *loader) lambdaField(name string) (Field, bool) {
	for _, f := range l.fields {
		if f.Lambda != "" && (f.Lambda == name || f.Env == name || EnvPrefix+f.Lambda == name) {
			return f, true
		}
	}
	return Field{}, false
}

func (l *loader) lambdaNames() []string {
	var names []string
	for _, f := range l.fields {
		if f.Lambda != "" {
			names = append(names, f.Lambda)
		}
	}
	return names
}

// Where returns where a value came from or, when it is a default, where another would be
// given.
func (s *Settings) Where(name string) Origin {
	origin := s.origins[name]
	if f, ok := lookup(Fields(), name); ok && s.inLambda && origin.Source == FromDefault {
		return Origin{Source: FromEnv, Name: f.Lambda}
	}
	return origin
}

// name is what a setting is called where it has to be set.
func (l *loader) name(setting string) string {
	if f, ok := lookup(l.fields, setting); ok && l.settings.inLambda && f.Lambda != "" {
		return f.Lambda
	}
	return setting
}
