package settings_test

import (
	"errors"
	"flag"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/settings"
)

var update = flag.Bool("update", false, "rewrite golden files")

// input is what a user could write in the three places.
type input struct {
	args    []string
	environ []string
	files   map[string]string
	goos    string
}

func load(t *testing.T, in input) (*settings.Settings, error) {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	settings.Register(flags, settings.Fields())
	if err := flags.Parse(in.args); err != nil {
		t.Fatal(err)
	}
	return settings.Load(settings.Sources{
		Flags: flags, Environ: in.environ, GOOS: in.goos,
		ReadFile: func(path string) ([]byte, error) {
			text, ok := in.files[path]
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			}
			return []byte(text), nil
		},
	})
}

func mustLoad(t *testing.T, in input) *settings.Settings {
	t.Helper()
	s, err := load(t, in)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return s
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, input{environ: []string{"HOME=/home/pat"}, goos: "linux"})
	got := map[string]string{}
	for _, v := range s.Values() {
		got[v.Field.Name] = v.Text
		if v.Origin.String() != "default" {
			t.Errorf("%s: origin %q, want default", v.Field.Name, v.Origin)
		}
	}
	want := map[string]string{
		"config": "", "addr": "127.0.0.1:3000", "url-file": "", "public-url": "", "path": "",
		"upstream": "embedded", "instance-id": "", "contact-flow-id": "", "region": "", "profile": "",
		"endpoint-url": "", "upstream-timeout": "25s", "relay": "false", "participant-endpoint-url": "", "record": "", "replay-speed": "1", "display-name": "Customer", "content-types": "text/plain",
		"unknown-members": "ignore", "attachments": "false", "allow-origin": "", "allow-host": "", "admin-token": "",
		"max-concurrent": "1024", "max-chats": "auto", "end-on-exit": "auto",
		"ephemeral": "false", "keep": "30d", "partner": "true", "strict": "false", "seed": "1", "approved-origin": "", "views-dir": "",
		"stream-target": "", "agent": "", "queue": "", "flows": "", "inspect": "true", "greeting": "Welcome! Please wait a moment, somebody will be with you.", "hold-attachments": "false", "encrypted-attachments": "false", "attachment-bytes": "20971520",
		"attachment-types": "csv,doc,docx,heic,jfif,jpeg,jpg,mov,mp4,pdf,png,ppt,pptx,rtf,txt,wav,xls,xlsx", "tls": "false", "tls-cert": "", "tls-key": "", "qr": "false",
		"data-dir": "/home/pat/.local/state/parley", "drain-timeout": "auto", "log-format": "auto", "log-level": "info",
		"allowed-contact-flow-ids": "", "require-origin": "auto", "auth-mode": "none", "jwt-key-arn": "", "jwt-key-file": "",
		"jwt-issuer": "", "jwt-audience": "", "jwt-jwks-url": "", "jwt-claim-attributes": "", "attribute-allow-list": "",
		"attribute-others": "drop", "allowed-members": "", "persistent-chat": "auto", "max-chat-duration": "0",
		"default-chat-duration": "0", "address-rate": "off", "subject-rate": "off", "trusted-proxies": "0", "drain-delay": "0s", "exit-with-parent": "false", "open": "false", "quiet": "false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

// TestFieldsAreComplete keeps the tags in order: what derives from them is only as
// good as they are.
func TestFieldsAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range settings.Fields() {
		if seen[f.Name] {
			t.Errorf("two settings are called %s", f.Name)
		}
		seen[f.Name] = true
		if want := "PARLEY_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")); f.Env != want {
			t.Errorf("%s: variable %q, want %q", f.Name, f.Env, want)
		}
		if f.Help == "" || strings.HasSuffix(f.Help, ".") || strings.Contains(f.Help, "\n") {
			t.Errorf("%s: help %q is not one line without a full stop", f.Name, f.Help)
		}
		if !slices.Contains(settings.Groups(), f.Group) {
			t.Errorf("%s: group %q has no place in the help text", f.Name, f.Group)
		}
		if f.Placeholder == "" && !f.Switch {
			t.Errorf("%s: has no placeholder for its value", f.Name)
		}
	}
}

func TestPrecedenceAndOrigin(t *testing.T) {
	t.Parallel()
	const file = "# comment\naddr: 127.0.0.1:1111\ndisplay-name: File\nallow-origin: [https://a.example, https://b.example]\n"
	tests := map[string]struct {
		in     input
		name   string
		want   string
		origin string
	}{
		"file over default":       {input{files: map[string]string{"parley.yaml": file}}, "addr", "127.0.0.1:1111", "parley.yaml:2"},
		"variable over file":      {input{environ: []string{"PARLEY_ADDR=127.0.0.1:2222"}, files: map[string]string{"parley.yaml": file}}, "addr", "127.0.0.1:2222", "PARLEY_ADDR"},
		"flag over variable":      {input{args: []string{"--addr", "127.0.0.1:3333"}, environ: []string{"PARLEY_ADDR=127.0.0.1:2222"}, files: map[string]string{"parley.yaml": file}}, "addr", "127.0.0.1:3333", "--addr"},
		"last flag":               {input{args: []string{"--addr=127.0.0.1:1", "--addr=127.0.0.1:2"}}, "addr", "127.0.0.1:2", "--addr"},
		"empty variable":          {input{environ: []string{"PARLEY_ADDR="}}, "addr", "127.0.0.1:3000", "default"},
		"list in the file":        {input{files: map[string]string{"parley.yaml": file}}, "allow-origin", "https://a.example,https://b.example", "parley.yaml:4"},
		"list in a variable":      {input{environ: []string{"PARLEY_ALLOW_ORIGIN=https://c.example, null"}}, "allow-origin", "https://c.example,null", "PARLEY_ALLOW_ORIGIN"},
		"repeated flag":           {input{args: []string{"--allow-origin=https://d.example", "--allow-origin=https://e.example"}, files: map[string]string{"parley.yaml": file}}, "allow-origin", "https://d.example,https://e.example", "--allow-origin"},
		"named file by flag":      {input{args: []string{"--config=dev.yaml"}, files: map[string]string{"parley.yaml": file, "dev.yaml": "addr: 127.0.0.1:4444"}}, "addr", "127.0.0.1:4444", "dev.yaml:1"},
		"named file by variable":  {input{environ: []string{"PARLEY_CONFIG=dev.yaml"}, files: map[string]string{"parley.yaml": file, "dev.yaml": "addr: 127.0.0.1:4444"}}, "addr", "127.0.0.1:4444", "dev.yaml:1"},
		"file found":              {input{files: map[string]string{"parley.yaml": file}}, "config", "parley.yaml", "default"},
		"empty key":               {input{files: map[string]string{"parley.yaml": "addr:\n"}}, "addr", "127.0.0.1:3000", "default"},
		"empty file":              {input{files: map[string]string{"parley.yaml": ""}}, "addr", "127.0.0.1:3000", "default"},
		"file of comments":        {input{files: map[string]string{"parley.yaml": "# nothing\n---\n"}}, "addr", "127.0.0.1:3000", "default"},
		"json is yaml":            {input{files: map[string]string{"parley.yaml": `{"max-chats": 7}`}}, "max-chats", "7", "parley.yaml:1"},
		"yaml alias":              {input{files: map[string]string{"parley.yaml": "display-name: &n Pat\nprofile: *n\n"}}, "profile", "Pat", "parley.yaml:2"},
		"bare switch":             {input{args: []string{"--attachments", "--end-on-exit"}}, "attachments", "true", "--attachments"},
		"bare tristate":           {input{args: []string{"--end-on-exit"}}, "end-on-exit", "true", "--end-on-exit"},
		"duration":                {input{args: []string{"--upstream-timeout=90s"}}, "upstream-timeout", "1m30s", "--upstream-timeout"},
		"whole minutes":           {input{args: []string{"--upstream-timeout=120s"}}, "upstream-timeout", "2m", "--upstream-timeout"},
		"kubernetes service host": {input{environ: []string{"PARLEY_SERVICE_HOST=10.0.0.1", "PARLEY_PORT=tcp://10.0.0.1:3000", "PARLEY_PORT_3000_TCP_ADDR=10.0.0.1", "PARLEY_DEV_SERVICE_PORT_HTTP=80"}}, "addr", "127.0.0.1:3000", "default"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustLoad(t, test.in)
			for _, v := range s.Values() {
				if v.Field.Name != test.name {
					continue
				}
				if v.Text != test.want || v.Origin.String() != test.origin {
					t.Errorf("%s = %q from %q, want %q from %q", test.name, v.Text, v.Origin, test.want, test.origin)
				}
			}
		})
	}
}

// TestEveryFaultInOneRun is the promise of the package: nobody fixes one setting
// only to learn of the next.
func TestEveryFaultInOneRun(t *testing.T) {
	t.Parallel()
	_, err := load(t, input{
		args:    []string{"--upstream=asw", "--upstream-timeout=25", "--max-chats=-1"},
		environ: []string{"PARLEY_ADRR=127.0.0.1:1", "PARLEY_LOG_LEVEL=loud", "PARLEY_PORT=3199", "PARLEY_ADDR=3000"},
		files: map[string]string{"parley.yaml": "instanceId: x\nmax-concurrent: many\ncontent-types: text/html\n" +
			"attachments: perhaps\nregion: {a: b}\nregion: eu-west-2\nconfig: other.yaml\nport: 3199\n"},
	})
	all, ok := errors.AsType[*settings.FaultsError](err)
	if !ok {
		t.Fatalf("Load error is %T (%v), want *settings.FaultsError", err, err)
	}
	var got []string
	for _, f := range all.Faults {
		got = append(got, f.String())
	}
	want := []string{
		`--upstream: "asw" is not one of embedded, aws, replay:FILE; did you mean aws? (flag --upstream, variable PARLEY_UPSTREAM, key upstream)`,
		`--upstream-timeout: "25" has no unit; write 25s for seconds (flag --upstream-timeout, variable PARLEY_UPSTREAM_TIMEOUT, key upstream-timeout)`,
		`--max-chats: "-1" is neither auto nor a whole number from 0 up (flag --max-chats, variable PARLEY_MAX_CHATS, key max-chats)`,
		`PARLEY_ADRR: there is no such variable; did you mean PARLEY_ADDR?`,
		`PARLEY_PORT: there is no such variable; write PARLEY_ADDR=127.0.0.1:3199`,
		`PARLEY_LOG_LEVEL: "loud" is not one of debug, info, warn, error (flag --log-level, variable PARLEY_LOG_LEVEL, key log-level)`,
		`PARLEY_ADDR: "3000" is not HOST:PORT; write 127.0.0.1:3000 (flag --addr, variable PARLEY_ADDR, key addr)`,
		`parley.yaml:1: there is no setting "instanceId"; did you mean instance-id?`,
		`parley.yaml:2: max-concurrent: "many" is not a whole number (flag --max-concurrent, variable PARLEY_MAX_CONCURRENT, key max-concurrent)`,
		`parley.yaml:3: content-types: "text/html" lacks text/plain, which every chat must support (flag --content-types, variable PARLEY_CONTENT_TYPES, key content-types)`,
		`parley.yaml:4: attachments: "perhaps" is neither true nor false (flag --attachments, variable PARLEY_ATTACHMENTS, key attachments)`,
		`parley.yaml:5: region: takes one value (flag --region, variable PARLEY_REGION, key region)`,
		`parley.yaml:6: region: stands in line 5 already (flag --region, variable PARLEY_REGION, key region)`,
		`parley.yaml:7: there is no setting "config"`,
		`parley.yaml:8: there is no setting "port"; write addr: 127.0.0.1:3199`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(err.Error(), "the configuration has 15 faults:\n  --upstream") {
		t.Errorf("Error() = %q", err.Error())
	}
	if all.Hint() == "" {
		t.Error("the error has no hint")
	}
}

// TestFaults tries one bad value at a time; want is a part of the only fault.
func TestFaults(t *testing.T) {
	t.Parallel()
	const (
		instance = "arn:aws:connect:eu-west-2:123456789012:instance/11111111-1111-4111-8111-111111111111"
		flow     = instance + "/contact-flow/22222222-2222-4222-8222-222222222222"
	)
	tests := map[string]struct {
		args []string
		want string
	}{
		"address without port":       {[]string{"--addr=localhost"}, "write localhost:3000"},
		"address as url":             {[]string{"--addr=http://127.0.0.1:8080/"}, "write 127.0.0.1:8080"},
		"address as url, no port":    {[]string{"--addr=http://127.0.0.1"}, "write 127.0.0.1:3000"},
		"only a port with colon bad": {[]string{"--addr=127.0.0.1:http"}, "write 127.0.0.1:3000"},
		"port too large":             {[]string{"--addr=127.0.0.1:70000"}, "0 to 65535"},
		"port missing":               {[]string{"--addr=127.0.0.1:"}, "0 to 65535"},
		"address with a path":        {[]string{"--addr=a/b:80"}, "host that is none"},
		"address empty":              {[]string{"--addr="}, "write 127.0.0.1:3000"},
		"bare ipv6":                  {[]string{"--addr=::1"}, "write [::1]:3000"},
		"public url without scheme":  {[]string{"--public-url=example.com"}, "begins with http"},
		"public url with query":      {[]string{"--public-url=https://example.com/?a=b"}, "before any ? or #"},
		"endpoint of a wrong scheme": {[]string{"--endpoint-url=ftp://example.com"}, "begins with http"},
		"display name too long":      {[]string{"--display-name=" + strings.Repeat("é", 257)}, "1 to 256 characters, not 257"},
		"display name empty":         {[]string{"--display-name="}, "1 to 256 characters"},
		"no time":                    {[]string{"--upstream-timeout=0s"}, "longer than nothing"},
		"not a time":                 {[]string{"--drain-timeout=soon"}, "number and a unit"},
		"negative time":              {[]string{"--drain-timeout=-1s"}, "longer than nothing"},
		"no requests":                {[]string{"--max-concurrent=0"}, "at least 1"},
		"max chats":                  {[]string{"--max-chats=lots"}, "neither auto nor"},
		"path without slash":         {[]string{"--path=chat"}, "write /chat"},
		"path with query":            {[]string{"--path=/chat?x"}, "must not hold"},
		"path taken":                 {[]string{"--path=/healthz"}, "the server needs itself"},
		"host as address":            {[]string{"--allow-host=https://dev.example.com:8443/x"}, "write only the host, dev.example.com"},
		"host with wildcard":         {[]string{"--allow-host=*.example.com"}, "DNS rebinding"},
		"any host on loopback":       {[]string{"--allow-host=*"}, "DNS rebinding"},
		"host with a port":           {[]string{"--allow-host=example.com:80"}, "write example.com"},
		"host with a path":           {[]string{"--allow-host=example.com/x"}, "not a host name"},
		"content type":               {[]string{"--content-types=text/plain,markdown"}, "not a content type"},
		"no content types":           {[]string{"--content-types="}, "lacks text/plain"},
		"region":                     {[]string{"--region=Europe (London)"}, "not the name of a Region"},
		"instance is a flow":         {[]string{"--instance-id=" + flow}, "write 11111111-1111-4111-8111-111111111111"},
		"flow is an instance":        {[]string{"--contact-flow-id=" + instance}, "is an instance"},
		"arn of something else":      {[]string{"--instance-id=arn:aws:s3:::bucket"}, "not the ARN of an instance"},
		"instance with a blank":      {[]string{"--instance-id=my instance"}, "neither the id nor the ARN"},
		"flow by name on AWS":        {[]string{"--upstream=aws", "--contact-flow-id=Main flow"}, "neither the id nor the ARN"},
		"region of another instance": {[]string{"--instance-id=" + instance, "--region=us-east-1"}, "ARN says eu-west-2"},
		"flow of another instance":   {[]string{"--instance-id=33333333-3333-4333-8333-333333333333", "--contact-flow-id=" + flow}, "another instance"},
		"no such file":               {[]string{"--config=gone.yaml"}, "does not exist"},
		"stream target, no address":  {[]string{"--stream-target=arn:aws:sns:r:111122223333:t"}, "is not ARN=URL"},
		"attachment of nothing":      {[]string{"--attachment-bytes=0"}, "1 to 104857600"},
		"attachment of 100 MB and 1": {[]string{"--attachment-bytes=104857601"}, "1 to 104857600"},
		"attachment type, a dot":     {[]string{"--attachment-types=pdf,.txt"}, "without a dot"},
		"stream target, FIFO":        {[]string{"--stream-target=arn:aws:sns:r:111122223333:t.fifo=http://a/"}, "begins with a FIFO topic"},
		"stream target, a queue":     {[]string{"--stream-target=arn:aws:sqs:r:111122223333:t=http://a/"}, "begins with the ARN of something else"},
		"tristate":                   {[]string{"--end-on-exit=maybe"}, "not one of auto, true, false"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, input{args: test.args})
			all, ok := errors.AsType[*settings.FaultsError](err)
			if !ok {
				t.Fatalf("Load error is %T (%v), want *settings.FaultsError", err, err)
			}
			if len(all.Faults) != 1 || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load error %q, want one fault with %q", err, test.want)
			}
		})
	}
}

func TestFileFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ file, want string }{
		"syntax":         {"addr: [", "parley.yaml: is not YAML: "},
		"tab":            {"addr: x\n\tregion: y", "parley.yaml: is not YAML: line 2"},
		"list":           {"- addr", "parley.yaml:1: must hold settings"},
		"word":           {"hello", "parley.yaml:1: must hold settings"},
		"two documents":  {"addr: 127.0.0.1:1\n---\naddr: 127.0.0.1:2\n", "more than one YAML document"},
		"nested":         {"\nserver:\n  addr: x\n", `parley.yaml:2: there is no setting "server"`},
		"list of lists":  {"path: [[/a]]", "parley.yaml:1: path: takes a list of plain values"},
		"map for list":   {"path: {a: b}", "parley.yaml:1: path: takes one value or a list"},
		"list for value": {"addr: [a, b]", "parley.yaml:1: addr: takes one value"},
		"too large":      {strings.Repeat("#", 1<<20+1), "1048577 bytes, and may have at most 1048576"},
		"names list":     {"names: [a]", "parley.yaml:1: names must hold entries"},
		"names twice":    {"names:\n  a: b\n  a: c\n", "parley.yaml:3: names.a stands in line 2 already"},
		"names nested":   {"names:\n  a: [b]\n", "parley.yaml:2: names.a takes one value"},
		"names empty":    {"names:\n  a: ''\n", "parley.yaml:2: names.a takes one value"},
		"names misspelt": {"name:\n  a: b\n", "did you mean names?"},
		"snake case":     {"instance_id: x", "did you mean instance-id?"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, input{files: map[string]string{"parley.yaml": test.file}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load error %v, want one with %q", err, test.want)
			}
		})
	}
}

// Tables keep the order of the file, and each entry knows its line.
func TestTables(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, input{files: map[string]string{"parley.yaml": "names:\n  prod-*: main\n  Sales: Vertrieb\n"}})
	var got []string
	for _, e := range s.Tables() {
		got = append(got, e.Key+" "+e.Value+" "+e.Origin.String())
	}
	if want := []string{"names.prod-* main parley.yaml:2", "names.Sales Vertrieb parley.yaml:3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	_, err := settings.Load(settings.Sources{ReadFile: func(path string) ([]byte, error) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
	}})
	if err == nil || err.Error() != "parley.yaml: cannot be read: permission denied" {
		t.Errorf("Load error %v", err)
	}
}

// The file has two spellings, read alike. Both at once are one fault that names both.
func TestC4BothSpellingsOfTheFile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"parley.yaml", "parley.yml"} {
		s := mustLoad(t, input{files: map[string]string{name: "region: eu-west-2\n"}})
		if want := (settings.Origin{Source: settings.FromFile, Name: name, Line: 1}); s.Region != "eu-west-2" || s.Origin("region") != want || s.Config != name {
			t.Errorf("%s: region %q from %v, config %q", name, s.Region, s.Origin("region"), s.Config)
		}
		_, err := load(t, input{files: map[string]string{name: "regoin: x\n"}})
		if err == nil || !strings.Contains(err.Error(), name+`:1: there is no setting "regoin"`) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	both := map[string]string{"parley.yaml": "region: eu-west-2\n", "parley.yml": "region: eu-west-1\n"}
	_, err := load(t, input{files: both})
	if all, ok := errors.AsType[*settings.FaultsError](err); !ok || len(all.Faults) != 1 ||
		!strings.Contains(err.Error(), "parley.yml: stands beside parley.yaml") || !strings.Contains(err.Error(), "--config") {
		t.Errorf("both: error %v", err)
	}
	for _, name := range []string{"parley.yaml", "parley.yml"} { // whoever names one means it
		if s := mustLoad(t, input{args: []string{"--config", name}, files: both}); s.Config != name || s.Origin("region").Name != name {
			t.Errorf("--config %s: region from %v", name, s.Origin("region"))
		}
	}
}

// TestFaultsHidePasswords: an address with a password in it is refused without
// repeating it.
func TestFaultsHidePasswords(t *testing.T) {
	t.Parallel()
	const canary = "hunter2-canary"
	for _, flag := range []string{"endpoint-url", "participant-endpoint-url", "public-url", "allow-host"} {
		for _, value := range []string{"https://me:" + canary + "@example.com", "https://me:%zz" + canary + "@example.com/"} {
			_, err := load(t, input{args: []string{"--" + flag + "=" + value}})
			if err == nil {
				t.Errorf("--%s accepts a password", flag)
			} else if strings.Contains(err.Error(), canary) {
				t.Errorf("--%s prints the password: %v", flag, err)
			}
		}
	}
}

func TestDataDir(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   input
		want string
	}{
		"linux":          {input{goos: "linux", environ: []string{"HOME=/h"}}, "/h/.local/state/parley"},
		"linux with xdg": {input{goos: "linux", environ: []string{"HOME=/h", "XDG_STATE_HOME=/x"}}, "/x/parley"},
		"relative xdg":   {input{goos: "linux", environ: []string{"HOME=/h", "XDG_STATE_HOME=x"}}, "/h/.local/state/parley"},
		"no home":        {input{goos: "linux"}, ""},
		"macos":          {input{goos: "darwin", environ: []string{"HOME=/Users/pat"}}, "/Users/pat/Library/Application Support/parley"},
		"windows":        {input{goos: "windows", environ: []string{`LocalAppData=C:\Users\pat\AppData\Local`}}, `C:\Users\pat\AppData\Local\parley`},
		"chosen":         {input{goos: "linux", args: []string{"--data-dir=/d"}, environ: []string{"HOME=/h"}}, "/d"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := mustLoad(t, test.in).DataDir; got != test.want {
				t.Errorf("DataDir = %q, want %q", got, test.want)
			}
		})
	}
}

func TestRuntimeDirs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		goos    string
		environ []string
		want    []string
	}{
		"linux":           {"linux", []string{"HOME=/h", "XDG_RUNTIME_DIR=/run/user/1000"}, []string{"/run/user/1000/parley", "/h/.local/state/parley/run"}},
		"linux, none":     {"linux", []string{"HOME=/h"}, []string{"/h/.local/state/parley/run"}},
		"linux, relative": {"linux", []string{"HOME=/h", "XDG_RUNTIME_DIR=run"}, []string{"/h/.local/state/parley/run"}},
		"no home":         {"linux", []string{"XDG_RUNTIME_DIR=/run/user/1000"}, []string{"/run/user/1000/parley"}},
		"nothing":         {"linux", nil, nil},
		"macos":           {"darwin", []string{"HOME=/Users/pat", "TMPDIR=/tmp"}, []string{"/Users/pat/Library/Application Support/parley/run"}},
		"windows":         {"windows", []string{`LocalAppData=C:\Users\pat\AppData\Local`}, []string{`C:\Users\pat\AppData\Local\parley\run`}},
	}
	for name, test := range tests {
		if got := settings.RuntimeDirs(test.environ, test.goos); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestCostGuard(t *testing.T) {
	t.Parallel()
	const loopback, public = "loopback address, so it is for local work", "not listen on a loopback address"
	tests := map[string]struct {
		args      []string
		maxChats  int
		endOnExit bool
		why       string
	}{
		"embedded":                     {nil, 0, false, "costs nothing"},
		"a recording":                  {[]string{"--upstream=replay:x"}, 0, false, "costs nothing"},
		"aws on loopback":              {[]string{"--upstream=aws"}, 100, true, loopback},
		"aws on localhost":             {[]string{"--upstream=aws", "--addr=localhost:0"}, 100, true, loopback},
		"aws on ipv6 loopback":         {[]string{"--upstream=aws", "--addr=[::1]:0"}, 100, true, loopback},
		"aws on every address":         {[]string{"--upstream=aws", "--addr=:3000"}, 0, false, public},
		"aws on the network":           {[]string{"--upstream=aws", "--addr=192.168.1.2:3000"}, 0, false, public},
		"chosen":                       {[]string{"--upstream=aws", "--max-chats=5", "--end-on-exit=false"}, 5, false, ""},
		"number chosen":                {[]string{"--upstream=aws", "--max-chats=0"}, 0, true, loopback},
		"chosen on every address":      {[]string{"--upstream=aws", "--addr=:3000", "--end-on-exit"}, 0, true, public},
		"loopback in another notation": {[]string{"--upstream=aws", "--addr=[::ffff:127.0.0.1]:1"}, 100, true, loopback},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mustLoad(t, input{args: test.args, environ: []string{"PARLEY_INSTANCE_ID=i", "PARLEY_CONTACT_FLOW_ID=f"}}).CostGuard()
			if got.MaxChats != test.maxChats || got.EndOnExit != test.endOnExit || !strings.Contains(got.Why, test.why) || (test.why == "" && got.Why != "") {
				t.Errorf("CostGuard() = %+v, want %d, %v, %q", got, test.maxChats, test.endOnExit, test.why)
			}
		})
	}
}

func TestUnused(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, input{args: []string{"--profile=dev", "--max-chats=3"}, environ: []string{"PARLEY_REGION=eu-west-2"}})
	if diff := cmp.Diff([]string{"--profile", "--max-chats"}, s.Unused()); diff != "" {
		t.Errorf("Unused() (-want +got):\n%s", diff)
	}
	if got := mustLoad(t, input{args: []string{"--profile=dev", "--upstream=aws"}}).Unused(); got != nil {
		t.Errorf("Unused() = %v with the upstream aws", got)
	}
}

func TestTypedValues(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, input{
		args: []string{"--upstream=aws", "--drain-timeout=1ms", "--attachments", "--max-chats=7", "--path=/a,/b"},
	})
	if s.Upstream != settings.AWS || s.DrainTimeout != (settings.Delay{Time: time.Millisecond}) || !s.Attachments || s.MaxChats.N != 7 || s.MaxChats.Auto ||
		s.UpstreamTimeout != 25*time.Second || !slices.Equal(s.Paths, []string{"/a", "/b"}) {
		t.Errorf("settings %+v", s)
	}
	json := map[string]any{}
	for _, v := range s.Values() {
		json[v.Field.Name] = v.JSON
	}
	want := map[string]any{
		"path": []string{"/a", "/b"}, "attachments": true, "max-concurrent": 1024, "max-chats": 7, "end-on-exit": "auto",
		"upstream": "aws", "drain-timeout": "1ms", "allow-host": []string{},
	}
	maps.DeleteFunc(json, func(name string, _ any) bool { _, ok := want[name]; return !ok })
	if diff := cmp.Diff(want, json); diff != "" {
		t.Errorf("JSON values (-want +got):\n%s", diff)
	}
}

// A request must not be cut off while AWS may still answer it.
func TestDrain(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]time.Duration{
		"": 10 * time.Second, "--upstream-timeout=1m": 10 * time.Second, "--upstream=aws": 30 * time.Second,
		"--upstream=aws --upstream-timeout=1m": 65 * time.Second, "--upstream=aws --drain-timeout=3s": 3 * time.Second,
		"--drain-timeout=auto": 10 * time.Second, "--drain-timeout=2m": 2 * time.Minute,
	} {
		if got := mustLoad(t, input{args: strings.Fields(args)}).Drain(); got != want {
			t.Errorf("with %q requests get %v, want %v", args, got, want)
		}
	}
}

// What others find wrong joins the faults of the settings, once for each setting.
func TestJoin(t *testing.T) {
	t.Parallel()
	_, err := load(t, input{args: []string{"--addr=3000"}, environ: []string{"PARLEY_REGION=no such"}})
	origin := settings.Origin{Source: settings.FromFlag, Name: "--allow-origin"}
	err = settings.Join(err, []settings.Fault{
		{Setting: "addr", Message: "again"},
		{Origin: origin, Setting: "allow-origin", Value: "x", Message: "one"},
		{Origin: origin, Setting: "allow-origin", Value: "y", Message: "two"},
		{Message: "of no setting"},
	})
	var got []string
	if all, ok := errors.AsType[*settings.FaultsError](err); ok {
		for _, f := range all.Faults {
			got = append(got, f.Setting+" "+f.Value)
		}
	}
	if diff := cmp.Diff([]string{"addr 3000", "allow-origin x", "allow-origin y", "region no such", " "}, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if err := settings.Join(nil, nil); err != nil {
		t.Errorf("no faults became %v", err)
	}
	if other := errors.New("other"); !errors.Is(settings.Join(other, []settings.Fault{{Message: "x"}}), other) {
		t.Error("an error that is no fault was replaced")
	}
}

func TestForCustomers(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]bool{
		"": false, "--addr=:3000": false, "--upstream=aws": false, "--upstream=aws --addr=[::1]:1": false,
		"--upstream=aws --addr=:3000": true, "--upstream=aws --addr=192.168.1.5:3000": true,
	} {
		given := append(strings.Fields(args), "--instance-id=i", "--contact-flow-id=f")
		if got := mustLoad(t, input{args: given}).ForCustomers(); got != want {
			t.Errorf("with %q: %v, want %v", args, got, want)
		}
	}
}

// TestAnyHost: behind a load balancer the server may have to answer for any name.
func TestAnyHost(t *testing.T) {
	t.Parallel()
	mustLoad(t, input{args: []string{"--addr=:3000", "--allow-host=*", "--allow-origin=https://WWW.example.com"}})
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"addr", "instance-id", "contact-flow-id", "aws", "embedded"}
	for name, want := range map[string]string{
		"adr": "addr", "address": "addr", "instanceID": "instance-id", "contact_flow": "contact-flow-id",
		"asw": "aws", "embeddd": "embedded", "production": "", "": "", strings.Repeat("a", 1000): "",
	} {
		if got := hint.Nearest(name, names); got != want {
			t.Errorf("Nearest(%.20q) = %q, want %q", name, got, want)
		}
	}
}

// FuzzFile: whatever stands in the file, loading ends with settings or faults.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{"", "addr: x", "- a", "path: [a, {b: c}]", "a: &x [*x]", "? [a]\n: b", "<<: {addr: x}", "addr: !!binary x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := settings.Load(settings.Sources{ReadFile: func(string) ([]byte, error) { return []byte(text), nil }})
		if s == nil {
			t.Fatal("no settings")
		}
		if all, ok := errors.AsType[*settings.FaultsError](err); err != nil && (!ok || len(all.Faults) == 0) {
			t.Fatalf("error %T without faults", err)
		}
	})
}

func TestUpstream(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]struct{ file, kind, fault string }{
		"embedded": {"", "embedded", ""}, "aws": {"", "aws", ""}, "replay:chats/a: b.jsonl": {"chats/a: b.jsonl", "replay", ""},
		"replay:": {"", "", "names no file; write replay:FILE"}, "replay": {"", "", "did you mean replay:FILE?"},
		"awz": {"", "", "is not one of embedded, aws, replay:FILE; did you mean aws?"},
	} {
		s, err := load(t, input{args: []string{"--upstream=" + value}})
		if want.fault != "" {
			if err == nil || !strings.Contains(err.Error(), want.fault) {
				t.Errorf("%q: %v, want %q", value, err, want.fault)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", value, err)
			continue
		}
		if file, _ := s.Upstream.Recording(); file != want.file || s.Upstream.Kind() != want.kind {
			t.Errorf("%q is %s %q", value, s.Upstream.Kind(), file)
		}
	}
}

// Chats of customers are nobody's to look at or to write down.
func TestSeeingChats(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--upstream=aws --relay --record=x":                   "",
		"--record=x":                                          "",
		"--record=x --addr=:3000":                             "",
		"--upstream=aws --relay --addr=:3000":                 "relay: \"true\" is for a developer's own chats",
		"--upstream=aws --record=x --addr=:3000":              "record: \"x\" is for a developer's own chats",
		"--upstream=replay:x --record=y":                      "records nothing new",
		"--record=y --inspect=false":                          "records nothing with",
		"--replay-speed=0":                                    "",
		"--replay-speed=0.5":                                  "",
		"--replay-speed=-1":                                   "is neither 0 nor a number",
		"--replay-speed=NaN":                                  "is neither 0 nor a number",
		"--replay-speed=fast":                                 "is neither 0 nor a number",
		"--upstream=aws --participant-endpoint-url=localhost": "is not an address that begins with",
	} {
		_, err := load(t, input{args: strings.Fields(args), environ: []string{"PARLEY_INSTANCE_ID=i", "PARLEY_CONTACT_FLOW_ID=f"}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}
