package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/rawjson"
)

// maxBody bounds what a call may send, in bytes; attachments have the limit of package chat.
const maxBody = 1 << 20

// longestQuote is how many characters of a caller's text a refusal repeats.
const longestQuote = 80

// readBody reads the body of a call.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	most := int64(maxBody)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		body, most, err = nil, tooLarge.Limit, nil
	} else if len(body) <= maxBody {
		most = 0
	}
	switch {
	case err != nil:
		return nil, bad("", "the request body ended too early")
	case most > 0:
		p := diagnosis.New(diagnosis.BodyTooLarge, "The request body has more than %d bytes.", most)
		p.Hint = "Send less."
		return nil, p
	}
	return body, nil
}

// decode reads a call's JSON body into a struct; an empty body leaves it as it is. Members have
// to be written as they are documented, and each once.
func decode(r *http.Request, into any) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return nil
	case jsontext.Value(body).Kind() != '{':
		return bad("", "the request body is not a JSON object")
	}
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true)); err != nil {
		if name, cut := rawjson.HalfCharacter(body); cut != "" {
			p := diagnosis.New(diagnosis.HalfCharacter, "%s", cut)
			p.Field = name
			return p
		}
		return decodeProblem(err)
	}
	return nil
}

// decodeProblem says what is wrong with a body without repeating more of it than a name.
func decodeProblem(err error) error {
	if broken, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if name := memberOf(broken.JSONPointer); errors.Is(err, jsontext.ErrDuplicateName) {
			return bad(name, name+" is given twice")
		}
		return bad("", fmt.Sprintf("the request body is not valid JSON at byte %d", broken.ByteOffset))
	}
	wrong, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return bad("", "the request body is not valid JSON for this call")
	}
	name := memberOf(wrong.JSONPointer)
	if errors.Is(wrong.Err, json.ErrUnknownName) {
		return bad(name, fmt.Sprintf("this call has no member %q", name))
	}
	return bad(name, name+" has the wrong type or is too large")
}

// memberOf writes a JSON pointer as people write members.
func memberOf(pointer jsontext.Pointer) string {
	return excerpt.Of(rawjson.Path(pointer), longestQuote)
}

// number reads a number from 1 to most.
func number(text string, otherwise, most int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%q is not a number from 1 to %d", excerpt.Of(text, longestQuote), most)
	}
	return n, nil
}

// orElse is what was given, or something else.
func orElse[T any](given *T, otherwise T) T {
	if given != nil {
		return *given
	}
	return otherwise
}
