package participant

import (
	"encoding/xml"
	"net/http"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
)

// storageError is a refusal by Amazon S3, where the bytes of attachments are, which answers in XML.
type storageError struct{ wire *awswire.Error }

// Error implements error.
func (e *storageError) Error() string { return e.wire.Error() }

// Unwrap returns the refusal as it is logged, and as what the tap is told.
func (e *storageError) Unwrap() []error { return []error{e.wire, chat.ErrAccessDenied} }

// writeStorageError answers with an error as Amazon S3 writes it.
//
// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func writeStorageError(w http.ResponseWriter, e *awswire.Error) {
	body, _ := xml.Marshal(struct { // four texts always encode
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
		RequestID     string `xml:"RequestId"`
		HostID        string `xml:"HostId"`
	}{Code: e.Name, Message: e.Message, RequestID: e.RequestID, HostID: "parley"})
	h := w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("X-Amz-Request-Id", e.RequestID)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(e.Status)
	_, _ = w.Write(append([]byte(xml.Header), body...)) // the client is gone: nobody left to tell
}
