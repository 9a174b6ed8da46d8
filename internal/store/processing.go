package store

import (
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/redact"
	"github.com/parley-chat/parley/internal/transcript"
)

// processingRecord is what happens to the messages of a contact.
type processingRecord struct {
	Processor *processorRecord `json:"processor,omitempty"`
	Redaction *redactionRecord `json:"redaction,omitempty"`
	Held      []heldRecord     `json:"held,omitempty"`
	Ending    chat.Reason      `json:"ending,omitempty"`
}

type processorRecord struct {
	Function string `json:"function,omitempty"`
	Shown    string `json:"shown,omitempty"`
	Deliver  bool   `json:"deliver,omitempty"`
}

type redactionRecord struct {
	Entities []string `json:"entities,omitempty"`
	Same     bool     `json:"same,omitempty"`
	Deliver  bool     `json:"deliver,omitempty"`
}

// heldRecord is a message that was accepted and not delivered.
type heldRecord struct {
	ID          string           `json:"id"`
	Time        time.Time        `json:"time"`
	ContentType string           `json:"contentType,omitempty"`
	Content     string           `json:"content,omitempty"`
	Participant string           `json:"participant,omitempty"`
	DisplayName string           `json:"name,omitempty"`
	Role        transcript.Role  `json:"role,omitempty"`
	ClientToken string           `json:"token,omitempty"`
	Only        string           `json:"only,omitempty"`
	Processed   *processedRecord `json:"processed,omitempty"`
	Stored      bool             `json:"stored,omitempty"`
	Processor   *processorRecord `json:"processor,omitempty"`
	Passing     bool             `json:"passing,omitempty"`
	Stopped     bool             `json:"stopped,omitempty"`
}

// processedRecord is what became of a message on its way.
type processedRecord struct {
	Status       transcript.ProcessingStatus `json:"status,omitempty"`
	Original     string                      `json:"original,omitempty"`
	OriginalType string                      `json:"originalType,omitempty"`
	Why          string                      `json:"why,omitempty"`
}

// copied is a copy in another type; nil of nil.
func copied[T, U any](value *T, as func(T) U) *U {
	if value == nil {
		return nil
	}
	made := as(*value)
	return &made
}

func recordProcessor(p chat.Processor) processorRecord       { return processorRecord(p) }
func recordProcessed(p transcript.Processed) processedRecord { return processedRecord(p) }
func processor(r processorRecord) chat.Processor             { return chat.Processor(r) }
func processed(r processedRecord) transcript.Processed       { return transcript.Processed(r) }
func recordRedaction(r chat.Redaction) redactionRecord {
	return redactionRecord{r.Entities, r.Same, r.Deliver}
}

func redaction(r redactionRecord) chat.Redaction {
	return chat.Redaction{Rules: redact.Rules{Entities: r.Entities, Same: r.Same}, Deliver: r.Deliver}
}

func recordProcessing(p chat.Processing) processingRecord {
	r := processingRecord{Processor: copied(p.Processor, recordProcessor), Redaction: copied(p.Redaction, recordRedaction), Ending: p.Ending}
	for i := range p.Held {
		h := &p.Held[i]
		r.Held = append(r.Held, heldRecord{
			h.Item.ID, h.Item.Time.UTC(), h.Item.ContentType, h.Item.Content, h.Item.ParticipantID, h.Item.DisplayName, h.Item.Role, h.Item.ClientToken,
			h.Item.Only, copied(h.Item.Processed, recordProcessed), h.Stored, copied(h.Processor, recordProcessor), h.Passing, h.Stopped,
		})
	}
	return r
}

// processing is the processing of a contact. Only messages are held, which all have a content.
func processing(r processingRecord) chat.Processing {
	p := chat.Processing{Processor: copied(r.Processor, processor), Redaction: copied(r.Redaction, redaction), Ending: r.Ending}
	for _, h := range r.Held {
		p.Held = append(p.Held, chat.Held{
			Item: transcript.Item{
				ID: h.ID, Type: transcript.MessageItem, Time: h.Time, ContentType: h.ContentType, Content: h.Content,
				HasContent: true, ParticipantID: h.Participant, DisplayName: h.DisplayName, Role: h.Role, ClientToken: h.ClientToken,
				Only: h.Only, Processed: copied(h.Processed, processed),
			},
			Stored: h.Stored, Processor: copied(h.Processor, processor), Passing: h.Passing, Stopped: h.Stopped,
		})
	}
	return p
}
