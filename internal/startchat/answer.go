package startchat

import (
	"net/http"
	"strconv"
)

// write sends the answer of a started chat.
func (c chat) write(w http.ResponseWriter) {
	header, id := w.Header(), c.result.Metadata.RequestID
	// The names are in canonical form, which Set would look at letter by letter.
	values := [...]string{"application/json", "no-store", "nosniff", strconv.Itoa(len(c.answer)), id}
	header["Content-Type"] = values[0:1:1]
	header["Cache-Control"] = values[1:2:2]
	header["X-Content-Type-Options"] = values[2:3:3]
	header["Content-Length"] = values[3:4:4]
	if id != "" {
		header["X-Amzn-Requestid"] = values[4:5:5]
	}
	_, _ = w.Write(c.answer) // the page is gone: the chat exists all the same and was logged
}

// answer is the last stage: it writes the envelope that widgets read. The envelope is the superset
// of the answers of the original local proxy (data.startChatResult with $metadata) and of the
// original production endpoint (featurePermissions). The three ids, and the resume id if there is
// one, also stand at the top level, where pages written after chatjs's README look for them.
func (h *Handler) answer(request *Request, result *Result, run *policyRun) []byte {
	resumeID := run.resumeID(request, result)
	// The ids stand in it twice; the rest is about 360 bytes.
	dst := make([]byte, 0, 400+2*(len(result.ContactID)+len(result.ParticipantID)+len(result.ParticipantToken.Reveal())+len(resumeID)))
	dst = append(dst, `{"data":{"startChatResult":{`...)
	dst = appendMetadata(dst, result.Metadata)
	dst = append(dst, ',')
	from := len(dst)
	dst = appendIDs(dst, result, resumeID)
	ids := dst[from:]
	if result.ContinuedFromContactID != "" {
		dst = append(dst, `,"ContinuedFromContactId":`...)
		dst = appendQuoted(dst, result.ContinuedFromContactID)
	}
	dst = append(dst, `},"featurePermissions":{"MESSAGING_MARKDOWN":`...)
	dst = strconv.AppendBool(dst, request.markdown)
	dst = append(dst, `,"ATTACHMENTS":`...)
	dst = strconv.AppendBool(dst, h.attachments)
	dst = append(dst, `}},`...)
	dst = append(dst, ids...)
	return append(dst, '}', '\n')
}

func appendIDs(dst []byte, result *Result, resumeID string) []byte {
	dst = append(dst, `"ContactId":`...)
	dst = appendQuoted(dst, result.ContactID)
	dst = append(dst, `,"ParticipantId":`...)
	dst = appendQuoted(dst, result.ParticipantID)
	dst = append(dst, `,"ParticipantToken":`...)
	dst = appendQuoted(dst, result.ParticipantToken.Reveal())
	if resumeID == "" {
		return dst
	}
	dst = append(dst, `,"resumeId":`...)
	return appendQuoted(dst, resumeID)
}

// appendMetadata writes $metadata as the AWS SDK for JavaScript prints it: waits in
// whole milliseconds, absent members left out.
func appendMetadata(dst []byte, m Metadata) []byte {
	dst = append(dst, `"$metadata":{`...)
	if m.HTTPStatusCode != 0 {
		dst = append(dst, `"httpStatusCode":`...)
		dst = strconv.AppendInt(dst, int64(m.HTTPStatusCode), 10)
		dst = append(dst, ',')
	}
	for _, id := range []struct{ name, value string }{
		{`"requestId":`, m.RequestID}, {`"extendedRequestId":`, m.ExtendedRequestID}, {`"cfId":`, m.CFID},
	} {
		if id.value != "" {
			dst = append(dst, id.name...)
			dst = appendQuoted(dst, id.value)
			dst = append(dst, ',')
		}
	}
	dst = append(dst, `"attempts":`...)
	dst = strconv.AppendInt(dst, int64(m.Attempts), 10)
	dst = append(dst, `,"totalRetryDelay":`...)
	dst = strconv.AppendInt(dst, m.TotalRetryDelay.Milliseconds(), 10)
	return append(dst, '}')
}
