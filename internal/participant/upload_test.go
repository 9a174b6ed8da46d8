package participant_test

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/participant"
)

// An upload is told eight headers, as was recorded of Amazon Connect, and its address is signed
// for those that begin with x-amz-: without one of them, or with another value, Amazon S3 answers
// 403 in XML. The Content-Type is not compared, since Android sends its own.
func TestRowA2UploadHeaders(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:eu-west-2:000000000000:key/1"
	w := newWorld(t, setup{})
	sealed := newWorld(t, setup{config: func(c *participant.Config) { c.EncryptionKey = key }})
	for _, w := range []*world{w, sealed} {
		w.t = t
		started := w.start(chat.StartRequest{InstanceID: "11111111-2222-4333-8444-555555555555"})
		c := w.connect(started)
		announce := func() answer {
			return w.must("start-attachment-upload", c.token, `{"AttachmentName":"a b.txt","ContentType":"text/plain","AttachmentSizeInBytes":5,"ClientToken":"t"}`)
		}
		up := announce()
		told := map[string]string{}
		for pairs := range slices.Chunk(given(t, up), 2) {
			told[pairs[0]] = pairs[1]
		}
		want := map[string]string{
			"x-amz-meta-contact_id": started.ContactID, "x-amz-meta-initial_contact_id": started.ContactID, "x-amz-acl": "bucket-owner-full-control",
			"x-amz-meta-account_id": "000000000000", "x-amz-meta-organization_id": "11111111-2222-4333-8444-555555555555",
			"Content-Disposition": `attachment; filename="a b.txt"`, "Content-Type": "text/plain",
		}
		if w == sealed {
			want["x-amz-server-side-encryption"] = "aws:kms"
			want["x-amz-server-side-encryption-aws-kms-key-id"] = key
			want["x-amz-server-side-encryption-context"] = base64.StdEncoding.EncodeToString([]byte(`{"organization_id":"11111111-2222-4333-8444-555555555555"}`))
		}
		if diff := cmp.Diff(want, told); diff != "" || up.member(t, "UploadMetadata", "HeadersToInclude", "Content-Length") != "5" {
			t.Errorf("headers (-want +got):\n%s", diff)
		}
		for name := range want {
			signed := strings.HasPrefix(name, "x-amz-")
			for _, value := range []string{"", told[name] + "x"} {
				up := announce()
				a := w.upload(up, "12345", name, value) // an empty value leaves it out
				complete := w.post("complete-attachment-upload", c.token, `{"AttachmentIds":["`+up.member(t, "AttachmentId")+`"],"ClientToken":"t"}`)
				if !signed && (a.Status != http.StatusOK || complete.Status != http.StatusOK) {
					t.Errorf("%s %q: %d %s, completed %d", name, value, a.Status, a.Body, complete.Status)
				}
				var refused struct {
					XMLName                        xml.Name `xml:"Error"`
					Code, Message, RequestId, Host string
				}
				if signed && (a.Status != http.StatusForbidden || a.Header.Get("Content-Type") != "application/xml" || xml.Unmarshal(a.Body, &refused) != nil ||
					refused.Code != "SignatureDoesNotMatch" || !strings.Contains(refused.Message, name) || refused.RequestId == "" || complete.Status != http.StatusBadRequest) {
					t.Errorf("%s %q: %d %s, completed %d", name, value, a.Status, a.Body, complete.Status)
				}
			}
		}
	}
}

// Altered addresses are refused as Amazon S3 refuses them, and so are those that have expired.
func TestRowA2AlteredAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	up := w.must("start-attachment-upload", c.token, `{"AttachmentName":"a.txt","ContentType":"text/plain","AttachmentSizeInBytes":5,"ClientToken":"t"}`)
	address := up.member(t, "UploadMetadata", "Url")
	for _, method := range []string{http.MethodPut, http.MethodGet} {
		if a := w.call(method, address+"x", "", "12345", given(t, up)...); a.Status != 403 || !strings.Contains(string(a.Body), "<Code>SignatureDoesNotMatch</Code>") {
			t.Errorf("%s, altered: %d %s", method, a.Status, a.Body)
		}
	}
	w.chats.Clock().Skip(16 * time.Minute)
	if a := w.upload(up, "12345"); a.Status != 403 || !strings.Contains(string(a.Body), "<Code>AccessDenied</Code>") {
		t.Errorf("expired: %d %s", a.Status, a.Body)
	}
}
