// Package settings owns what can be configured: one struct, [Settings], whose
// fields are at the same time command-line flags, PARLEY_* variables and keys of
// parley.yaml. Names, defaults, value checks, the help texts, the table in
// docs/settings.md and the output of "parley config print" all derive from its tags, so that
// they cannot drift apart.
//
// A value given by a flag wins over one from the environment, that over one from
// parley.yaml, that over the default. Everything that is wrong, wherever it comes
// from, is reported in one run as [*FaultsError].
//
// The package is pure: it reads no environment and no file by itself (see
// [Sources]), opens nothing and logs nothing. It knows no package that the settings
// configure. A loaded Settings is not changed any more and may be read by many
// goroutines.
package settings

import (
	"strings"
	"time"
)

// Upstream says who answers StartChatContact.
type Upstream string

// The upstreams there are.
const (
	// Embedded is Parley's own Amazon Connect; it needs no account.
	Embedded Upstream = "embedded"
	// AWS is Amazon Connect.
	AWS Upstream = "aws"
	// replayPrefix is what a recording's name follows.
	replayPrefix = "replay:"
)

// Recording returns the file whose recorded chats are played; false when the upstream is
// another one.
func (u Upstream) Recording() (file string, ok bool) {
	file, ok = strings.CutPrefix(string(u), replayPrefix)
	if !ok {
		file = ""
	}
	return file, ok
}

// Kind returns the upstream without the name of a file: "embedded", "aws" or "replay".
func (u Upstream) Kind() string {
	if _, ok := u.Recording(); ok {
		return strings.TrimSuffix(replayPrefix, ":")
	}
	return string(u)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (u *Upstream) UnmarshalText(text []byte) error {
	*u = Upstream(text)
	file, replay := u.Recording()
	switch {
	case *u == Embedded || *u == AWS || file != "":
		return nil
	case replay:
		return fault("names no file; write replay:FILE")
	}
	kinds := []string{string(Embedded), string(AWS), replayPrefix + "FILE"}
	return faultf("is not one of %s%s", strings.Join(kinds, ", "), didYouMean(string(text), kinds))
}

// Format is the shape of log lines.
type Format string

// The log formats there are.
const (
	// FormatAuto means text on a terminal and JSON everywhere else.
	FormatAuto Format = "auto"
	// FormatText is for people.
	FormatText Format = "text"
	// FormatJSON is one JSON object a line.
	FormatJSON Format = "json"
)

// UnknownMembers says what happens to request members that StartChatContact does
// not have.
type UnknownMembers string

// The ways to treat unknown members.
const (
	// Ignore drops them and names them once in the log.
	Ignore UnknownMembers = "ignore"
	// Forward sends them to the upstream.
	Forward UnknownMembers = "forward"
	// Reject answers 400.
	Reject UnknownMembers = "reject"
)

// AuthMode is the kind of token that a customer has to bring.
type AuthMode string

// The kinds of token there are.
const (
	// AuthNone asks for no token.
	AuthNone AuthMode = "none"
	// AuthHS256 is a token signed with a key that the customer's own server shares.
	AuthHS256 AuthMode = "hs256"
	// AuthOIDC is a token of an OpenID Connect provider.
	AuthOIDC AuthMode = "oidc"
)

// PersistentChat says who may continue an earlier chat.
type PersistentChat string

// The answers there are, beside Auto.
const (
	// PersistentAuto leaves the choice to Parley.
	PersistentAuto PersistentChat = "auto"
	// PersistentOpen lets everybody who knows the contact's id.
	PersistentOpen PersistentChat = "open"
	// PersistentSigned lets everybody who has an id signed by this server.
	PersistentSigned PersistentChat = "signed"
	// PersistentOff lets nobody.
	PersistentOff PersistentChat = "off"
)

// Switch is a yes-or-no setting that can also be left to Parley.
type Switch string

// The positions of a switch.
const (
	// Auto leaves the choice to Parley.
	Auto Switch = "auto"
	// On is yes.
	On Switch = "true"
	// Off is no.
	Off Switch = "false"
)

// Settings are the values in effect. Each tagged field is one setting: its
// "setting" tag is the name of the flag and of the key in parley.yaml, and in upper
// case, with PARLEY_ in front, of the variable.
//
// Further tags: group (heading in help texts), help (one line), default (in the
// form a user would write it), lambda (the variable of the production function, which
// with PARLEY_ in front is a second name of the server's), value (placeholder in help texts), oneof (the only
// values allowed), file:"-" (not a key of parley.yaml), defaulttext (what to show
// for a default that depends on the machine).
type Settings struct {
	Config string `setting:"config" file:"-" value:"FILE" defaulttext:"parley.yaml or parley.yml in the working directory, if there is one" group:"Running" help:"read settings from this file; it must exist"`

	Addr      string   `setting:"addr" default:"127.0.0.1:3000" value:"HOST:PORT" group:"Listening" help:"address to listen on; port 0 picks a free one, and without this setting the next ports are tried when 3000 is taken"`
	URLFile   string   `setting:"url-file" value:"FILE" group:"Listening" help:"write the server's URL and, on a second line, its process id to this file once it is ready; commands that are given it call that server and no other"`
	PublicURL string   `setting:"public-url" value:"URL" group:"Listening" help:"address by which clients reach this server through a proxy or tunnel; its host and its pages are allowed"`
	Paths     []string `setting:"path" value:"PATH" group:"Listening" help:"a further path at which chats are started"`

	Upstream        Upstream      `setting:"upstream" default:"embedded" value:"embedded|aws|replay:FILE" group:"Amazon Connect" help:"who answers: the embedded Amazon Connect (no account), AWS, or a recording of chats"`
	InstanceID      string        `setting:"instance-id" lambda:"INSTANCE_ID" value:"ID|ARN" group:"Amazon Connect" help:"instance to use when the page names none"`
	ContactFlowID   string        `setting:"contact-flow-id" lambda:"CONTACT_FLOW_ID" value:"ID|ARN" group:"Amazon Connect" help:"contact flow to use when the page names none; one of a file by its name, too"`
	Region          string        `setting:"region" lambda:"REGION" value:"REGION" defaulttext:"from the instance's ARN, the AWS environment or the profile" group:"Amazon Connect" help:"AWS Region of the instance"`
	Profile         string        `setting:"profile" value:"NAME" defaulttext:"as the AWS CLI chooses" group:"Amazon Connect" help:"profile of the shared AWS configuration"`
	EndpointURL     string        `setting:"endpoint-url" value:"URL" defaulttext:"the Region's endpoint" group:"Amazon Connect" help:"call Amazon Connect at this address (a VPC endpoint, a stand-in)"`
	UpstreamTimeout time.Duration `setting:"upstream-timeout" default:"25s" value:"TIME" group:"Amazon Connect" help:"time a StartChatContact call may take, repetitions included"`

	Relay                  bool   `setting:"relay" default:"false" group:"Seeing chats" help:"with AWS, pass the chat client's calls and socket on too, so that the inspector shows the whole chat; for a loopback address"`
	ParticipantEndpointURL string `setting:"participant-endpoint-url" value:"URL" defaulttext:"the Region's endpoint" group:"Seeing chats" help:"call the Participant Service at this address; for --relay"`
	Record                 string `setting:"record" value:"FILE" group:"Seeing chats" help:"write chats to this new file, secrets masked, for --upstream replay:FILE; for a loopback address"`
	ReplaySpeed            Speed  `setting:"replay-speed" default:"1" value:"N" group:"Seeing chats" help:"how fast a recording is played: 1 with its own pauses, 10 ten times as fast, 0 without pauses"`

	DisplayName    string         `setting:"display-name" lambda:"DISPLAY_NAME" default:"Customer" value:"NAME" group:"Chats" help:"the customer's name when the page gives none"`
	ContentTypes   []string       `setting:"content-types" lambda:"CONTENT_TYPES" default:"text/plain" value:"TYPE" group:"Chats" help:"SupportedMessagingContentTypes when the page gives none"`
	UnknownMembers UnknownMembers `setting:"unknown-members" lambda:"UNKNOWN_MEMBERS" default:"ignore" oneof:"ignore,forward,reject" group:"Chats" help:"what to do with request members that StartChatContact does not have"`
	Attachments    bool           `setting:"attachments" lambda:"FEATURE_ATTACHMENTS" default:"false" group:"Chats" help:"tell chat widgets that customers may send attachments"`

	AllowOrigins  []string `setting:"allow-origin" lambda:"ALLOWED_ORIGINS" value:"ORIGIN" group:"Access" help:"a web page origin that may call, null for pages opened from a file; pages on this machine may, too, and those on its network when addr is beyond loopback, except with AWS there"`
	AllowHosts    []string `setting:"allow-host" value:"HOST" group:"Access" help:"a further host name by which this server may be called"`
	AdminToken    Secret   `setting:"admin-token" value:"TOKEN" defaulttext:"a random one, kept in data-dir, or with ephemeral while the server runs" group:"Access" help:"lets commands and scripts change something by the API of the console; better given by its variable than where others can read it"`
	MaxConcurrent int      `setting:"max-concurrent" default:"1024" value:"N" group:"Access" help:"requests handled at the same time; more are answered 503"`

	AllowedFlows    []string        `setting:"allowed-contact-flow-ids" lambda:"ALLOWED_CONTACT_FLOW_IDS" value:"ID|ARN" group:"Public endpoint" help:"further contact flows a page may ask for, * for any; without it and for customers only contact-flow-id"`
	RequireOrigin   Switch          `setting:"require-origin" lambda:"REQUIRE_ORIGIN" default:"auto" oneof:"auto,true,false" group:"Public endpoint" help:"refuse requests that name no origin; auto is true for customers that need no token"`
	AuthMode        AuthMode        `setting:"auth-mode" lambda:"AUTH_MODE" default:"none" oneof:"none,hs256,oidc" group:"Public endpoint" help:"the token a customer has to bring: none, one your server signs (hs256), one of your identity provider (oidc)"`
	JWTKeyARN       string          `setting:"jwt-key-arn" lambda:"JWT_KEY_ARN" value:"ARN" group:"Public endpoint" help:"secret in AWS Secrets Manager with the key for hs256 and for signed resume ids"`
	JWTKeyFile      string          `setting:"jwt-key-file" value:"FILE" group:"Public endpoint" help:"file with that key, read again when it changes"`
	JWTIssuer       string          `setting:"jwt-issuer" lambda:"JWT_ISSUER" value:"URL" group:"Public endpoint" help:"issuer of the tokens (iss); required for oidc"`
	JWTAudience     string          `setting:"jwt-audience" lambda:"JWT_AUDIENCE" value:"TEXT" group:"Public endpoint" help:"audience of the tokens (aud; for hs256 also sub, the widget's id); required for oidc"`
	JWKSURL         string          `setting:"jwt-jwks-url" lambda:"JWT_JWKS_URL" value:"URL" defaulttext:"as the issuer's discovery document says" group:"Public endpoint" help:"where the identity provider publishes its keys"`
	ClaimAttributes []string        `setting:"jwt-claim-attributes" lambda:"JWT_CLAIM_ATTRIBUTES" value:"CLAIM=ATTRIBUTE" group:"Public endpoint" help:"claims of the token that become contact attributes, which a page cannot overwrite"`
	PageAttributes  []string        `setting:"attribute-allow-list" lambda:"ATTRIBUTE_ALLOW_LIST" value:"KEY" defaulttext:"any; for customers none" group:"Public endpoint" help:"contact attributes a page may set beside customerName, * for any"`
	OtherAttributes OtherAttributes `setting:"attribute-others" lambda:"ATTRIBUTE_OTHERS" default:"drop" value:"drop|reject|prefix:TEXT" group:"Public endpoint" help:"what happens to what a page may not set: left out, answered 400, or, for attributes, kept under a key with TEXT before it"`
	PageMembers     []string        `setting:"allowed-members" lambda:"ALLOWED_MEMBERS" value:"MEMBER" defaulttext:"any; for customers none" group:"Public endpoint" help:"members of StartChatContact a page may set beside those every widget needs, such as CustomerId, * for any"`
	PersistentChat  PersistentChat  `setting:"persistent-chat" lambda:"PERSISTENT_CHAT" default:"auto" oneof:"auto,open,signed,off" group:"Public endpoint" help:"who may continue an earlier chat: whoever knows its id, whoever has a signed id, nobody; auto is open, for customers signed with a key and else off"`
	MaxDuration     int             `setting:"max-chat-duration" lambda:"MAX_CHAT_DURATION" default:"0" value:"MINUTES" group:"Public endpoint" help:"longest chat a page may ask for, 60 to 10080; 0 is AWS's limit, for customers 1440"`
	DefaultDuration int             `setting:"default-chat-duration" lambda:"DEFAULT_CHAT_DURATION" default:"0" value:"MINUTES" group:"Public endpoint" help:"length of a chat when the page gives none, 60 to 10080; 0 leaves it to AWS (1500)"`
	AddressRate     Rate            `setting:"address-rate" default:"off" value:"N/TIME" group:"Public endpoint" help:"requests one address may send, such as 30/5m; for each process"`
	SubjectRate     Rate            `setting:"subject-rate" default:"off" value:"N/TIME" group:"Public endpoint" help:"chats one signed-in customer may start, such as 10/5m; for each process"`
	TrustedProxies  int             `setting:"trusted-proxies" default:"0" value:"N" group:"Public endpoint" help:"proxies in front that add to X-Forwarded-For; the client's address is the N-th from the right"`

	DataDir         string    `setting:"data-dir" value:"DIR" defaulttext:"the user's state directory" group:"Embedded Amazon Connect" help:"where chats are kept, and the list of AWS chats still to be ended"`
	Ephemeral       bool      `setting:"ephemeral" default:"false" group:"Embedded Amazon Connect" help:"keep chats in memory only"`
	Keep            Retention `setting:"keep" default:"30d" value:"TIME" group:"Embedded Amazon Connect" help:"how long ended chats are kept, such as 30d or 12h; forever keeps them"`
	Partner         bool      `setting:"partner" default:"true" group:"Embedded Amazon Connect" help:"let the built-in partner answer every chat while no agent is available"`
	Agents          []string  `setting:"agent" value:"echo|FILE" group:"Embedded Amazon Connect" help:"a scripted agent who answers chats: echo repeats what it hears, FILE is a script (docs/agents.md)"`
	Greeting        string    `setting:"greeting" default:"Welcome! Please wait a moment, somebody will be with you." value:"TEXT" group:"Embedded Amazon Connect" help:"what customers are told who wait for an agent; empty for nothing"`
	Queues          []string  `setting:"queue" value:"NAME" group:"Embedded Amazon Connect" help:"a queue of the agent desk beside Default"`
	HoldAttachments bool      `setting:"hold-attachments" default:"false" group:"Embedded Amazon Connect" help:"let attachments wait until somebody approves or rejects them at the agent desk"`
	FileBytes       int       `setting:"attachment-bytes" default:"20971520" value:"N" group:"Embedded Amazon Connect" help:"largest attachment, in bytes, 1 to 104857600, until UpdateAttachedFilesConfiguration says otherwise"`
	FileTypes       []string  `setting:"attachment-types" default:"csv,doc,docx,heic,jfif,jpeg,jpg,mov,mp4,pdf,png,ppt,pptx,rtf,txt,wav,xls,xlsx" value:"EXTENSION" group:"Embedded Amazon Connect" help:"extensions that attachments may have, until UpdateAttachedFilesConfiguration says otherwise"`
	EncryptedFiles  bool      `setting:"encrypted-attachments" default:"false" group:"Embedded Amazon Connect" help:"tell uploads the three headers more of a bucket that is encrypted with a KMS key"`
	Strict          bool      `setting:"strict" default:"false" group:"Embedded Amazon Connect" help:"keep AWS's rates, quotas and short lives, and refuse unknown ids"`
	Seed            int       `setting:"seed" default:"1" value:"N" group:"Embedded Amazon Connect" help:"makes the freedoms that --strict takes repeatable"`
	ApprovedOrigins []string  `setting:"approved-origin" value:"ORIGIN" group:"Embedded Amazon Connect" help:"the only origins whose pages may call the Participant Service, as on an instance"`
	Flows           string    `setting:"flows" value:"DIR" group:"Embedded Amazon Connect" help:"contact flows that run, as exported from Amazon Connect; without it the folder flows, where there is one"`
	ViewsDir        string    `setting:"views-dir" value:"DIR" group:"Embedded Amazon Connect" help:"views that DescribeView answers, each in a file TOKEN.json"`
	StreamTargets   []string  `setting:"stream-target" value:"ARN=URL" group:"Embedded Amazon Connect" help:"where StartContactStreaming posts the items for a topic"`

	TLS     bool   `setting:"tls" default:"false" group:"Devices" help:"serve HTTPS with a certificate of Parley's own authority"`
	TLSCert string `setting:"tls-cert" value:"FILE" group:"Devices" help:"serve HTTPS with this certificate (PEM, with its chain)"`
	TLSKey  string `setting:"tls-key" value:"FILE" group:"Devices" help:"the key of --tls-cert (PEM)"`
	QR      bool   `setting:"qr" default:"false" group:"Devices" help:"print a QR code with the address for other devices"`

	MaxChats  Limit  `setting:"max-chats" default:"auto" value:"N|auto" group:"Cost guard" help:"chats this run may start on AWS, 0 for any number; auto is 100 on a loopback address, else 0"`
	EndOnExit Switch `setting:"end-on-exit" default:"auto" oneof:"auto,true,false" group:"Cost guard" help:"end the AWS chats of this run when it ends; auto is true on a loopback address, else false"`

	Inspect        bool          `setting:"inspect" default:"true" group:"Running" help:"keep the last 10000 exchanges, without secrets, for the console's inspector; never for customers"`
	DrainDelay     time.Duration `setting:"drain-delay" default:"0s" value:"TIME" group:"Running" help:"time after an interrupt signal in which readiness is off but requests are still answered, for a load balancer to notice"`
	DrainTimeout   Delay         `setting:"drain-timeout" default:"auto" value:"TIME|auto" group:"Running" help:"time that requests in progress get after an interrupt signal; auto is upstream-timeout and 5s on AWS, else 10s"`
	ExitWithParent bool          `setting:"exit-with-parent" default:"false" group:"Running" help:"end as after an interrupt signal when the process that started this one is gone, for servers that tests start"`
	Open           bool          `setting:"open" default:"false" group:"Running" help:"open the console in a browser once the server is ready"`
	Quiet          bool          `setting:"quiet" default:"false" group:"Running" help:"print nothing but warnings and errors"`
	LogFormat      Format        `setting:"log-format" default:"auto" oneof:"auto,text,json" group:"Running" help:"shape of the log: auto is text on a terminal, else json"`
	LogLevel       string        `setting:"log-level" lambda:"LOG_LEVEL" default:"info" oneof:"debug,info,warn,error" group:"Running" help:"least important log lines to show; debug has each request"`

	// Names are what contact flows call flows and queues, and what these are called here.
	Names []Entry
	// QueueTable says of queues of the desk how many contacts may wait in them, and when they are open, HoursTable
	// when that is.
	QueueTable, HoursTable []Entry
	// Transfers are the contact flows that run when agents pass chats on, by the names of queues and agents.
	Transfers []Entry
	// Bots say where the Lex bots of contact flows are.
	Bots []Entry
	// AgenticCX say what answers for the applications of contact flows.
	AgenticCX []Entry
	// Functions say where the functions of contact flows are answered.
	Functions []Entry

	origins map[string]Origin
	// inLambda is set by [LoadLambda].
	inLambda bool
}

// Origin returns where the value of the named setting came from.
func (s *Settings) Origin(name string) Origin { return s.origins[name] }

// Given reports whether the named setting has a value that somebody chose.
func (s *Settings) Given(name string) bool { return s.origins[name].Source != FromDefault }

// Times of [Settings.Drain].
const (
	// embeddedDrain is enough for requests that no other service is asked for.
	embeddedDrain = 10 * time.Second
	// awsDrainMargin is what a request may take beside the call to AWS.
	awsDrainMargin = 5 * time.Second
)

// Drain returns what drain-timeout comes to. A call to AWS that is cut off leaves a chat
// behind that nobody knows of, so that requests get at least as long as a call may take.
func (s *Settings) Drain() time.Duration {
	switch {
	case !s.DrainTimeout.Auto:
		return s.DrainTimeout.Time
	case s.Upstream == AWS:
		return s.UpstreamTimeout + awsDrainMargin
	}
	return embeddedDrain
}

// ForCustomers reports whether the server is one that customers use: it starts chats on a
// real instance and listens on more than a loopback address.
func (s *Settings) ForCustomers() bool {
	return s.inLambda || s.Upstream == AWS && !s.Loopback()
}

// Secure reports whether the server speaks HTTPS.
func (s *Settings) Secure() bool { return s.TLS || s.TLSCert != "" }
