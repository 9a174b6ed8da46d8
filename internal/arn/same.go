package arn

import "strings"

// Same reports whether two references mean the same resource: by the ids in ARNs, or as they stand.
func Same(a, b string) bool { return a != "" && (a == b || idOf(a) == idOf(b)) }

// idOf is what tells a resource from others of its kind: the name of a function, bot and alias, or the
// id at the end of an ARN.
func idOf(ref string) string {
	if !Is(ref) {
		return ref
	}
	if _, bot, is := strings.Cut(ref, ":bot-alias/"); is {
		return bot
	}
	if strings.Contains(ref, ":function:") {
		return FunctionOf(ref).Name
	}
	return ref[strings.LastIndexByte(ref, '/')+1:]
}
