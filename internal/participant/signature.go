package participant

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
)

// signer makes and checks the addresses of attachments. They are their own permission, since
// clients send no token with them: each is for one file, one direction and a while.
type signer struct{ key []byte }

// path returns an attachment's address, without the server's. Time is counted in seconds.
func (s signer) path(method, id string, expiry time.Time) string {
	expires := strconv.FormatInt(expiry.Unix(), 10)
	return "/attachments/" + url.PathEscape(id) + "?expires=" + expires + "&signature=" + s.sign(method, id, expires)
}

// check refuses an address that was not made by path, or has expired, as Amazon S3 does.
func (s signer) check(method string, r *http.Request, id string, now time.Time) error {
	query := r.URL.Query()
	expires, signature := query.Get("expires"), query.Get("signature")
	seconds, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || !hmac.Equal([]byte(signature), []byte(s.sign(method, id, expires))) {
		return signatureMismatch("The address is not one that was given out for this: use it as it is, PUT to send, GET to fetch.")
	}
	if now.Unix() > seconds {
		return &storageError{&awswire.Error{Status: http.StatusForbidden, Name: "AccessDenied", Message: "Request has expired"}}
	}
	return nil
}

func (s signer) sign(method, id, expires string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(method + "\x00" + id + "\x00" + expires))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}
