package awswire

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ReadBody reads the whole body of a request, of at most limit bytes; without a body it returns
// nil. A longer one is refused with 413, one that breaks off with 408, which SDKs try again.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *Error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		sent := "more" // than was read
		if r.ContentLength > limit {
			sent = strconv.FormatInt(r.ContentLength, 10)
		}
		return nil, &Error{
			Status: http.StatusRequestEntityTooLarge, Name: "RequestEntityTooLargeException",
			Message: fmt.Sprintf("The request body must have at most %d bytes, but has %s.", limit, sent),
		}
	}
	if err != nil {
		return nil, &Error{Status: http.StatusRequestTimeout, Name: "RequestTimeoutException", Message: "The request body did not arrive."}
	}
	return body, nil
}

// Decode reads JSON as leniently as AWS's services and clients do: of a member that stands twice
// the last one counts, text that is not UTF-8 is repaired, unknown members are ignored, and an
// empty text leaves into as it is.
func Decode[T ~string | ~[]byte](text T, into any, more ...json.Options) error {
	if len(text) == 0 {
		return nil
	}
	return json.Unmarshal([]byte(text), into, append(more, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))...)
}
