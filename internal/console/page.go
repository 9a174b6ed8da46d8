package console

import (
	"bytes"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/manual"
)

// page is one page: pages/NAME.html, which defines "main" for the frame, and
// static/NAME.js. Style sheets beside style.css are named.
type page struct {
	name, address, title string
	// nav is what the page is called in the navigation.
	nav    string
	styles []string
}

// pages are in the order of the navigation. A chat with the real Amazon Connect is
// answered in its own agent workspace, so there is no desk then, nothing to break and no
// clock to turn; the page that says how to connect comes first.
func pages(embedded bool) []page {
	workbench := page{name: "workbench", address: "/", title: "Parley", nav: "Try it", styles: []string{"talk", "workbench"}}
	desk := page{name: "desk", address: "/console/desk", title: "Agent desk · Parley", nav: "Desk", styles: []string{"talk", "desk"}}
	inspector := page{name: "inspector", address: "/console/inspector", title: "Inspector · Parley", nav: "Inspector", styles: []string{"talk", "inspector"}}
	faults := page{name: "faults", address: "/console/faults", title: "Faults and time · Parley", nav: "Faults", styles: []string{"faults"}}
	connect := page{name: "connect", address: "/console/connect", title: "Connect your client · Parley", nav: "Connect"}
	explained := page{name: "errors", address: "/docs/errors", title: "What goes wrong, and what to do · Parley", nav: "Errors"}
	if embedded {
		signedIn := page{name: "signedin", address: "/console/signed-in", title: "Back from the sign-in page · Parley"}
		return []page{workbench, desk, inspector, faults, connect, explained, signedIn}
	}
	first := connect
	first.address, first.title = "/", "Parley"
	connect.nav = ""
	return []page{first, inspector, connect, explained}
}

// view is the data of a page.
type view struct {
	Config
	// Title is the page's name in the browser, Name that of its files.
	Title, Name string
	Styles      []string
	Nav         []navigation
	// Instance and Flow are the ids to show in snippets; empty when the server has its
	// own.
	Instance, Flow string
	// Emulator is the server's address as an Android emulator sees it, Port its port.
	Emulator, Port string
	// Groups are the explained errors.
	Groups []group
	// Manual are links to the pages of the documentation, Text is one of them.
	Manual []navigation
	Text   template.HTML
}

// navigation is a link to a page.
type navigation struct {
	Address, Name string
	Current       bool
}

func (p page) view(config Config) view {
	data := view{Config: config, Title: p.title, Name: p.name, Styles: p.styles, Groups: groups()}
	for _, other := range pages(config.Embedded) {
		if other.nav != "" {
			data.Nav = append(data.Nav, navigation{Address: other.address, Name: other.nav, Current: other.name == p.name})
		}
	}
	if !config.HasInstanceID {
		data.Instance = "YOUR_INSTANCE_ID"
	}
	if !config.HasContactFlowID {
		data.Flow = "YOUR_CONTACT_FLOW_ID"
	}
	if config.Embedded {
		data.Instance, data.Flow = config.InstanceID, config.ContactFlowID
	}
	if u, err := url.Parse(config.URL); err == nil {
		data.Port = u.Port()
	}
	data.Emulator = "http://10.0.2.2"
	if data.Port != "" {
		data.Emulator += ":" + data.Port
	}
	return data
}

// render executes a page. The pages are part of the program, so a failure is a mistake in
// them that every test of this package would show.
func (p page) render(config Config) []byte { return p.execute(p.view(config)) }

// documentation renders a page of the documentation.
func documentation(config Config, name string) []byte {
	p := page{name: "docs", address: manual.Address(name), title: manual.Title(name) + " · Parley"}
	data := p.view(config)
	for _, other := range manual.Names() {
		data.Manual = append(data.Manual, navigation{manual.Address(other), manual.Title(other), other == name})
	}
	data.Text = template.HTML(manual.HTML(name, config.Base)) // of the program's own files
	return p.execute(data)
}

func (p page) execute(data view) []byte {
	parsed := template.Must(template.New("").Funcs(template.FuncMap{"spans": spans}).
		ParseFS(files, "pages/"+p.name+".html", "pages/frame.html"))
	var out bytes.Buffer
	if err := parsed.ExecuteTemplate(&out, "frame", data); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// group is a heading of the page that explains errors, with its rules.
type group struct {
	Name, Anchor string
	Rules        []diagnosis.Rule
}

func groups() []group {
	var all []group
	for _, rule := range diagnosis.Rules() {
		i := slices.IndexFunc(all, func(g group) bool { return g.Name == rule.Group })
		if i < 0 {
			i = len(all)
			all = append(all, group{Name: rule.Group, Anchor: "group-" + slug(rule.Group)})
		}
		all[i].Rules = append(all[i].Rules, rule)
	}
	return all
}

// slug turns a heading into an anchor.
func slug(heading string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(heading), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}), "-")
}

// span is a piece of a rule's text: prose, or code that stood between backquotes.
type span struct {
	Text string
	Code bool
}

// spans splits the little Markdown that rules use.
func spans(text string) []span {
	var out []span
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			out = append(out, span{part, i%2 == 1})
		}
	}
	return out
}
