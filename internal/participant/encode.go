package participant

import (
	"github.com/parley-chat/parley/internal/transcript"
)

// Encode writes an item as the chat socket delivers it, for those who pass it on by another
// way: streams of contacts carry the same JSON.
func Encode(item *transcript.Item) []byte { return appendItem(nil, item, onSocket) }
