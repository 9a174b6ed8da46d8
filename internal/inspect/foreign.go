package inspect

import "net/http"

// mostForeign is how many exchanges of foreign pages are kept at once; after that it is one a
// minute, so that it takes them days to push out what a developer wants to see, and their refusals
// are still seen.
const mostForeign = 200

// wanted reports whether an exchange is kept. Any page that the developer's browser shows can have
// it call this server as often as it likes. The caller holds settling.
func (r *Recorder) wanted(e *Exchange) bool {
	return !foreign(e) || r.foreign.AllowN(r.now(), 1)
}

// foreign reports whether an exchange is the call of a page that has no right to call: one that
// was refused for that, and one that failed without the page being told.
func foreign(e *Exchange) bool {
	if e.Problem == nil {
		return false
	}
	switch e.Problem.Rule {
	case "host-not-allowed", "origin-not-allowed", "null-origin", "origin-required", "HostNotAllowed", "OriginNotAllowed", "preflight-refused":
		return true
	}
	return e.Status >= http.StatusBadRequest && headerOf(e.RequestHeaders, "Sec-Fetch-Site") == "cross-site" &&
		headerOf(e.ResponseHeaders, "Access-Control-Allow-Origin") == ""
}
