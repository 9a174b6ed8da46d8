package participant

import "github.com/parley-chat/parley/internal/chat"

// EncodeItem writes an item as the chat socket delivers it, for those who pass it on by
// another way: streams of contacts carry the same JSON.
func EncodeItem(item *chat.Item) ([]byte, error) { return appendItem(nil, item, onSocket), nil }
