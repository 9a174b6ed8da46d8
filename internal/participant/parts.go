package participant

import (
	"slices"

	"github.com/parley-chat/parley/internal/transcript"
)

// parts is what a socket keeps of messages that are being said in pieces.
type parts struct {
	// late is a piece that comes after the one that follows it, by strict rules; nil for none.
	late *transcript.Item
	// stopped are the messages of which nothing more is shown, by a fault.
	stopped []stopped
}

// stopped is the id of a message, and the name of the fault.
type stopped struct{ id, fault string }

// deliverPart shows a piece of a message, or the whole that ends it. The caller holds the lock.
func (k *socket) deliverPart(item *transcript.Item) {
	if k.stops(item) {
		return
	}
	late := k.takeLate(item)
	switch {
	case late == nil && item.IsPiece() && k.service.strict.Swaps():
		k.keepParts().late = item
	case late == nil:
		k.show(item)
	case item.IsPiece():
		k.show(item)
		k.show(late)
	default: // nothing comes after the whole: chatjs would append it
		k.show(late)
		k.show(item)
	}
}

// takeLate returns the piece that was held back of the message that an item belongs to; nil for none.
func (k *socket) takeLate(item *transcript.Item) *transcript.Item {
	if k.parts == nil || k.parts.late == nil || k.parts.late.ID != item.ID {
		return nil
	}
	late := k.parts.late
	k.parts.late = nil
	return late
}

// stops reports whether a fault keeps an item of a message in pieces from the client. The whole of one
// that was stopped is kept from it as well; the transcript has it.
func (k *socket) stops(item *transcript.Item) bool {
	if k.service.faults == nil {
		return false
	}
	if k.parts != nil {
		if i := slices.IndexFunc(k.parts.stopped, func(s stopped) bool { return s.id == item.ID }); i >= 0 {
			k.lose(item, k.parts.stopped[i].fault)
			if !item.IsPiece() {
				k.parts.stopped = slices.Delete(k.parts.stopped, i, i+1)
			}
			return true
		}
	}
	if !item.IsPiece() {
		return false
	}
	fault := k.service.faults.StopsStream(k.hold.ContactID, k.hold.ParticipantID, item.Part.Chunk)
	if fault == "" {
		return false
	}
	k.keepParts().stopped = append(k.keepParts().stopped, stopped{item.ID, fault})
	k.lose(item, fault)
	return true
}

// lose lets the tap alone hear of an item that a fault keeps from the client. The caller holds the lock.
func (k *socket) lose(item *transcript.Item, fault string) {
	if k.service.tap != nil && !k.closed && k.code == 0 {
		k.enqueue(outgoing{kind: sendItem, item: item, free: k.subscribing, fault: fault, lost: true})
	}
}

func (k *socket) keepParts() *parts {
	if k.parts == nil {
		k.parts = &parts{}
	}
	return k.parts
}
