package participant

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

const (
	longestID    = 256
	longestToken = 1000
	mostRecent   = 100
)

// getTranscript is GetTranscript.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_GetTranscript.html
func (s *Service) getTranscript(ctx context.Context, c *call) ([]byte, error) {
	query, err := transcriptQuery(c.body)
	if err != nil {
		return nil, err
	}
	query.For = c.participantID
	page, err := s.chats.Transcript(ctx, c.contactID, query)
	if err != nil {
		return nil, err
	}
	return appendPage(nil, page), nil
}

func transcriptQuery(body []byte) (chat.TranscriptQuery, error) {
	var in struct {
		ContactID     string `json:"ContactId"`
		MaxResults    int
		NextToken     string
		ScanDirection string
		SortOrder     string
		StartPosition struct {
			ID           string `json:"Id"`
			AbsoluteTime string
			MostRecent   *int
		}
	}
	err := decode(body, &in)
	if err == nil {
		err = first(
			optional("ContactId", in.ContactID, longestID), optional("NextToken", in.NextToken, longestToken),
			optional("StartPosition.Id", in.StartPosition.ID, longestID))
	}
	if err != nil {
		return chat.TranscriptQuery{}, err
	}
	query := chat.TranscriptQuery{ContactID: in.ContactID, MaxResults: in.MaxResults, NextToken: in.NextToken}
	query.Start, err = startPosition(in.StartPosition.ID, in.StartPosition.AbsoluteTime, in.StartPosition.MostRecent)
	if err != nil {
		return query, err
	}
	switch in.ScanDirection {
	case "":
		query.Forward = query.Start != nil
	case "FORWARD":
		query.Forward = true
	case "BACKWARD":
	default:
		return query, &chat.InvalidError{Field: "ScanDirection", Text: "ScanDirection must be FORWARD or BACKWARD."}
	}
	switch in.SortOrder {
	case "", "DESCENDING":
		query.Descending = true
	case "ASCENDING":
	default:
		return query, &chat.InvalidError{Field: "SortOrder", Text: "SortOrder must be ASCENDING or DESCENDING."}
	}
	return query, nil
}

// startPosition reads where to start. chatjs always sends the object, mostly empty: then it
// was not given.
func startPosition(id, at string, recent *int) (*chat.StartPosition, error) {
	given := 0
	var start chat.StartPosition
	if id != "" {
		given, start.ID = given+1, id
	}
	if at != "" {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return nil, &chat.InvalidError{Field: "StartPosition.AbsoluteTime", Text: "StartPosition.AbsoluteTime is not a time in ISO 8601."}
		}
		given, start.Time = given+1, t
	}
	if recent != nil {
		if *recent < 0 || *recent > mostRecent {
			return nil, chat.Outside("StartPosition.MostRecent", 0, mostRecent, *recent)
		}
		given, start.MostRecent = given+1, recent
	}
	switch given {
	case 0:
		return nil, nil
	case 1:
		return &start, nil
	}
	return nil, &chat.InvalidError{Field: "StartPosition", Text: "StartPosition takes one of Id, AbsoluteTime and MostRecent."}
}

// appendPage writes a page. Transcript stands there even when it is empty, and NextToken only
// when there is a next page: two clients page on until it is absent.
func appendPage(dst []byte, page chat.Page) []byte {
	in := inTranscript
	if page.Past {
		in = inPastTranscript
	}
	dst = append(dst, `{"InitialContactId":`...)
	dst = append(appendText(dst, page.InitialContactID), `,"Transcript":[`...)
	for i := range page.Items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendItem(dst, &page.Items[i], in)
	}
	dst = append(dst, ']')
	if page.NextToken != "" {
		dst = appendMember(dst, "NextToken", page.NextToken)
	}
	return append(dst, '}')
}
