package diagnosis

import "net/http"

// Rules about requests that end before anything has read their body.
const (
	HeadersTooLarge  ID = "headers-too-large"
	MalformedRequest ID = "malformed-request"
)

func httpRules() []Rule {
	return []Rule{
		{
			ID: HeadersTooLarge, Group: accessGroup, Title: "The request's headers are too large",
			Status: http.StatusRequestHeaderFieldsTooLarge, Code: "RequestHeaderFieldsTooLarge",
			Sentence: "The request's headers are larger than 32 KiB.",
			Remedy:   "Send fewer headers; clear the cookies the browser keeps for this host.",
			Detail: "Cookies do not keep apart the ports of a host: everything that other programs on `localhost` have set is " +
				"sent here too. This answer is given before the headers are read, so it carries no CORS headers, and a " +
				"page of another origin sees a failed fetch.",
		},
		{
			ID: MalformedRequest, Group: accessGroup, Title: "The request is not valid HTTP",
			Status: http.StatusBadRequest, Code: "MalformedRequest",
			Sentence: "The request is not valid HTTP.",
			Remedy:   "Send an HTTP/1.1 request with one Host header; if a tool made this one, check its URL and proxy settings.",
			Detail: "The usual causes are https spoken to a port that speaks http, a missing or repeated `Host` header, and " +
				"control characters in a header. Like every answer given before the headers are read, this one carries no " +
				"CORS headers.",
		},
	}
}
