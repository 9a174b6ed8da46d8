package participant

import "github.com/parley-chat/parley/internal/chat"

// EncodeItem returns an item as it stands in a frame of a chat socket, for others who show
// transcripts.
func EncodeItem(item *chat.Item) []byte { return appendItem(nil, item, onSocket) }
