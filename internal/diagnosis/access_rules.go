package diagnosis

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/doorpath"
)

// Rules about who called, how, and what this server itself could not do.
const (
	NotFound         ID = "not-found"
	MethodNotAllowed ID = "method-not-allowed"
	WidgetNotFound   ID = "widget-not-found"
	HostNotAllowed   ID = "host-not-allowed"
	OriginNotAllowed ID = "origin-not-allowed"
	NullOrigin       ID = "null-origin"
	LocalNetwork     ID = "local-network-access"
	TooBusy          ID = "too-busy"
	MaxChatsReached  ID = "max-chats-reached"
	JournalFailed    ID = "journal-failed"
	DiskFull         ID = "disk-full"
	StoreFailed      ID = "store-failed"
	ShuttingDown     ID = "shutting-down"
	InternalFailure  ID = "internal-failure"
)

const accessGroup = "Who called, and how"

// accessRules are about calls that never become a start of a chat.
func accessRules() []Rule { return slices.Concat(callerRules(), serverRules()) }

// callerRules are about what a caller did: address, method, host and origin.
func callerRules() []Rule {
	return []Rule{
		{
			ID: NotFound, Group: accessGroup, Title: "Nothing at this address",
			Status: http.StatusNotFound, Code: "NotFound",
			Sentence: "There is nothing at this address.",
			Remedy:   "Chats are started with POST " + doorpath.Main + ".",
			Detail: "The front door answers at `" + strings.Join(doorpath.Usual(), "`, `") + "`, and for hosted widgets at " +
				"`/connectwidget/api/WIDGET/start`; `--path` adds another address.",
		},
		{
			ID: MethodNotAllowed, Group: accessGroup, Title: "The method is not allowed here",
			Status: http.StatusMethodNotAllowed, Code: "MethodNotAllowed",
			Sentence: "This address does not take the request's method.",
			Remedy:   "Use the method named in the Allow header; chats are started with POST.",
			Detail:   "Opening the endpoint in a browser's address bar sends GET. A widget sends POST.",
		},
		{
			ID: WidgetNotFound, Group: accessGroup, Title: "There is no such hosted widget",
			Status: http.StatusNotFound, Code: "ResourceNotFoundException",
			Sentence: "There is no hosted widget of the id in this address.",
			Remedy:   "Post to the widget that --jwt-audience names, or start the server without --strict, which takes any id.",
			Detail: "With `--strict` there is one hosted widget: the one that tokens are made for (`--jwt-audience`), or a " +
				"default one, which the answer names.",
		},
		{
			ID: HostNotAllowed, Group: accessGroup, Title: "The Host header is not one of this server's names",
			Status: http.StatusForbidden, Code: "HostNotAllowed",
			Sentence: "The request names a host that this server does not answer for.",
			Remedy:   "Call the server as localhost or 127.0.0.1, or start it with --allow-host NAME; behind a proxy, with --public-url.",
			Detail: "A page on the internet can make its own name resolve to 127.0.0.1 and so reach a server on your " +
				"machine (DNS rebinding). That is why only known names are answered: loopback names, the addresses the " +
				"server listens on, `10.0.2.2` (an Android emulator's name for your machine) and what `--allow-host` and `--public-url` add.",
		},
		{
			ID: OriginNotAllowed, Group: accessGroup, Title: "The page's origin is not allowed",
			Status: http.StatusForbidden, Code: "OriginNotAllowed",
			Sentence: "Pages of this origin may not start chats here.",
			Remedy:   "Start the server with --allow-origin and the page's origin, e.g. --allow-origin https://www.example.com.",
			Detail: "By default pages on loopback addresses may call, and those on private-network addresses where the " +
				"server itself listens beyond loopback; any other page only when its exact origin (scheme, name and port) is " +
				"named. The same holds for chat sockets and for `/parley.js`: a script tag sends its page's address as " +
				"`Referer`, and where a policy of the page forbids that, the attribute `crossorigin` makes the browser send the " +
				"origin. What `/api/` tells of all chats is for the console, for programs and for named origins alone, or " +
				"brings the admin token. The check runs before anything else: CORS headers alone " +
				"would not keep a foreign page from starting chats, because a widget's `text/plain` post needs no " +
				"preflight and is carried out before the browser looks at the answer. A server on a loopback address with " +
				"the embedded Amazon Connect lets any page read this refusal of a start call, and nothing else; from other " +
				"servers and addresses a refused page gets `Failed to fetch`, and the reason stands in the server's log.",
		},
		{
			ID: NullOrigin, Group: accessGroup, Title: "The page has no origin of its own (Origin: null)",
			Status: http.StatusForbidden, Code: "OriginNotAllowed",
			Sentence: "The page was opened from a file or a sandboxed frame, so its origin is null.",
			Remedy:   "Serve the page from a local web server, or start this server with --allow-origin null.",
			Detail: "Pages opened from disk (`file://…`) and sandboxed frames of any site send `Origin: null`. Allowing " +
				"`null` therefore lets a hostile site in through a sandboxed frame; do it only while you need it.",
		},
		localNetwork(),
	}
}

// localNetwork is about what browsers do before anything arrives here.
//
// Sources: https://wicg.github.io/local-network-access/, and measurements with Chromium 156, Firefox
// ESR 153 and WebKitGTK 2.50.
func localNetwork() Rule {
	return Rule{
		ID: LocalNetwork, Group: accessGroup, Title: "A page of a public address does not reach this machine", Browser: true,
		Sentence: "The browser keeps pages of public addresses, and some https pages, from servers on the machine that it runs on.",
		Remedy: "Open the page from localhost, or from where it is developed on this machine; or let the browser do it, each in its " +
			"own way: by the permission that it asks for, in tests by the permission, flag or preference above; for WebKit " +
			"start the server with --tls.",
		Detail: "The server sees nothing and no header of its answers changes it, so it is no matter of CORS; `--allow-origin` is " +
			"needed all the same. In Chromium and the browsers made of it a fetch fails with `Failed to fetch`, a socket closes with 1006 and " +
			"a script does not load; the console speaks of the `loopback` address space. An https page may be allowed, when the " +
			"browser asks or in the site's settings; an http page never, because it is no secure context. Tests grant the " +
			"permission `local-network-access` (Playwright's name) or start the browser with " +
			"`--disable-features=LocalNetworkAccessChecks`. Firefox asks for a permission too, but not about sockets; without a " +
			"window nobody answers, and a fetch stays pending without a word in the console. Tests set the preference " +
			"`permissions.default.loopback-network` to 1, or `network.lna.skip-domains` to `127.0.0.1`, or `network.lna.enabled` to " +
			"false. WebKit, and so Safari, lets no https page reach plain http on this machine, wherever the page is from: a fetch " +
			"fails with `Load failed`, and a socket fires `error` but never `close`; with https and wss it works. Pages of this " +
			"machine and of private addresses are not held back by Chromium and Firefox.",
	}
}

// serverRules are about what this server itself could not or would not do.
func serverRules() []Rule {
	return []Rule{
		{
			ID: TooBusy, Group: accessGroup, Title: "Too many requests at once", RetryAfter: time.Second,
			Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable",
			Sentence: "The server is handling as many requests as it may.",
			Remedy:   "Try again in a moment, or raise --max-concurrent.",
			Detail: "The number of requests handled at the same time is bounded, so that memory is too. Requests whose bodies " +
				"have not arrived do not count; those have 64 MiB together. Meanwhile `/readyz` answers 503.",
		},
		{
			ID: MaxChatsReached, Group: accessGroup, Title: "This run has started as many chats as it may", RetryAfter: time.Hour,
			Status: http.StatusTooManyRequests, Code: "MaxChatsReached",
			Sentence: "This run of the server has started as many chats as --max-chats allows.",
			Remedy:   "Restart the server, or start it with a larger --max-chats (0 for no limit).",
			Detail: "Chats on a real instance cost money and count against its quota of active chats. For local work the " +
				"number per run is limited to 100, so that a page that starts chats in a loop does no harm.",
		},
		{
			ID: JournalFailed, Group: accessGroup, Title: "The chat could not be written down",
			Status: http.StatusInternalServerError, Code: "JournalFailed",
			Sentence: "The list of chats to end could not be written, so no chat was left open.",
			Remedy:   "Make room or permission for the directory named in the log, choose another with --data-dir, or start with --end-on-exit=false.",
			Detail: "For local work every chat on the real instance is written to a small file before the page learns of it, so " +
				"that it can be ended even after a crash. A chat that cannot be written down is ended at once.",
		},
		{
			ID: DiskFull, Group: accessGroup, Title: "The disk is full",
			Status: http.StatusInsufficientStorage, Code: "DiskFull",
			Sentence: "The disk with the data directory is full, so no chat was started.",
			Remedy:   "Make room on the disk, remove old chats with --keep, or choose another directory with --data-dir.",
			Detail: "The embedded Amazon Connect answers only when a chat is stored. What was stored before is still there, and " +
				"chats go on as soon as there is room. The log names the directory.",
		},
		{
			ID: StoreFailed, Group: accessGroup, Title: "The chat could not be stored",
			Status: http.StatusInternalServerError, Code: "StoreFailed",
			Sentence: "The embedded Amazon Connect could not carry the call out.",
			Remedy:   "The server's log says why: look at what it names, or choose another directory with --data-dir.",
			Detail:   "Most often the data directory cannot be written, or its disk fails. Amazon Connect on AWS has no part in it.",
		},
		{
			ID: ShuttingDown, Group: accessGroup, Title: "The server is shutting down",
			Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable",
			Sentence: "The server is shutting down.",
			Remedy:   "Try again when it is back.",
			Detail:   "After the first interrupt signal the server finishes what it has begun and takes nothing new.",
		},
		{
			ID: InternalFailure, Group: accessGroup, Title: "The server failed",
			Status: http.StatusInternalServerError, Code: "InternalFailure",
			Sentence: "The server failed while handling the request.",
			Remedy:   "Look at the server's log for the request id in the answer, and report it.",
			Detail:   "This is a bug in the server, not in the page.",
		},
	}
}
