package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/transcript"
)

const (
	// itemsPage is how many items are read from the store at a time.
	itemsPage = 100
	// mostItems bounds a transcript that is answered as a whole.
	mostItems = 10_000
)

// transcriptAnswer is a conversation, with what was said in the chats it continues.
type transcriptAnswer struct {
	ContactID string            `json:"contactId"`
	Items     []json.RawMessage `json:"items"`
	// Truncated says that the items are the end of a longer conversation.
	Truncated bool `json:"truncated,omitempty"`
}

// transcript answers all items of a contact, as frames show them; ?format=text as lines.
func (a *API) transcript(w http.ResponseWriter, r *http.Request) error {
	format := r.URL.Query().Get("format")
	if format != "" && format != "json" && format != "text" {
		return bad("format", fmt.Sprintf("format %q is not one of json, text", excerpt.Of(format, longestQuote)))
	}
	most, err := number(r.URL.Query().Get("last"), mostItems, mostItems)
	if err != nil {
		return bad("last", err.Error())
	}
	found, err := a.cfg.Chats.Contact(r.Context(), r.PathValue("contact"))
	if err != nil {
		return err
	}
	items, truncated, err := a.items(r.Context(), found.ID, most)
	if err != nil {
		return err
	}
	if format == "text" {
		describe(w, "text/plain; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="transcript-`+found.ID+`.txt"`)
		_, _ = w.Write(transcriptText(items, truncated)) // the caller is gone
		return nil
	}
	answer := transcriptAnswer{found.ID, make([]json.RawMessage, 0, len(items)), truncated}
	for i := range items {
		answer.Items = append(answer.Items, encodeItem(&items[i]))
	}
	a.write(w, answer)
	return nil
}

// processing is what became of a message on its way, for developers: clients are told the status only.
type processing struct {
	Original            string `json:",omitempty"`
	OriginalContentType string `json:",omitempty"`
	Why                 string `json:",omitempty"`
}

// encodeItem writes an item as frames show it, with what became of it on its way.
func encodeItem(item *transcript.Item) json.RawMessage {
	raw := participant.Encode(item)
	if item.Processed == nil {
		return raw
	}
	more, err := json.Marshal(processing{item.Processed.Original, item.Processed.OriginalType, item.Processed.Why})
	if err != nil { // three texts
		return raw
	}
	return append(append(append(raw[:len(raw)-1], `,"Processing":`...), more...), '}')
}

// items reads a transcript, oldest first. Of one that has more items it is the end.
func (a *API) items(ctx context.Context, contactID string, most int) (all []transcript.Item, truncated bool, err error) {
	var pages [][]transcript.Item
	total, token := 0, ""
	for total < most {
		page, err := a.cfg.Chats.Transcript(ctx, contactID, chat.TranscriptQuery{MaxResults: min(itemsPage, most-total), NextToken: token})
		if err != nil {
			return nil, false, err
		}
		pages = append(pages, page.Items)
		total += len(page.Items)
		if token = page.NextToken; token == "" {
			break
		}
	}
	all = make([]transcript.Item, 0, total)
	for _, page := range slices.Backward(pages) {
		all = append(all, page...)
	}
	return all, token != "", nil
}

// transcriptText writes a conversation as people paste it into a ticket. Every line begins with
// a time or with spaces, so that nobody can say what looks like somebody else's line.
func transcriptText(items []transcript.Item, truncated bool) []byte {
	var b strings.Builder
	if truncated {
		b.WriteString("(What was said before is left out.)\n")
	}
	for i := range items {
		item := &items[i]
		at := item.Time.UTC().Format("2006-01-02 15:04:05.000")
		who := inLine(item.DisplayName)
		if item.Role != "" {
			who = strings.TrimSpace(who + " (" + string(item.Role) + ")")
		}
		switch item.Type {
		case transcript.MessageItem:
			if item.Undelivered() {
				who += " [" + string(item.Processed.Status) + "]"
			}
			fmt.Fprintf(&b, "%s  %s: %s\n", at, who, visible(item.Content, "\n    "))
		case transcript.AttachmentItem:
			for _, file := range item.Attachments {
				fmt.Fprintf(&b, "%s  %s: [%s, %s, %s]\n", at, who, inLine(file.Name), inLine(file.ContentType), file.Status)
			}
		case transcript.EventItem, transcript.MetadataItem:
			name := item.ContentType[strings.LastIndexByte(item.ContentType, '/')+1:]
			name = strings.TrimPrefix(name, "vnd.amazonaws.connect.event.")
			fmt.Fprintf(&b, "%s  -- %s\n", at, strings.TrimSpace(name+" "+who))
		}
	}
	return []byte(b.String())
}

// inLine is a text without line breaks.
func inLine(text string) string { return visible(text, " ") }

// visible writes out what a terminal or an editor would act on: control characters, and those
// that turn the direction of writing.
func visible(text, lineBreak string) string {
	const joiner, nonJoiner = '\u200d', '\u200c' // of emoji, and of Persian
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == '\n':
			b.WriteString(lineBreak)
		case r == '\r' && strings.HasPrefix(text[size:], "\n"):
		case r == '\t':
			b.WriteByte(' ')
		case unicode.IsPrint(r) || r == joiner || r == nonJoiner:
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		text = text[size:]
	}
	return b.String()
}
