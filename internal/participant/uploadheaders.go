package participant

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// account stands in the headers of uploads, as in the ARNs of an instance.
const account = "000000000000"

// uploadHeaders are the headers that an attachment's bytes have to be sent with. They depend on
// nothing but the attachment, its chat and the configuration, so the upload is checked against the
// same ones.
//
// Source: the answer recorded in https://github.com/amazon-connect/amazon-connect-chatjs/issues/188;
// the three for encryption are those that amazon-connect-chat-ios passes on.
func (s *Service) uploadHeaders(file *transcript.File, contact *chat.Contact) map[string]string {
	headers := map[string]string{
		"x-amz-meta-contact_id": contact.ID, "x-amz-meta-initial_contact_id": contact.ID,
		"x-amz-meta-account_id": account, "x-amz-meta-organization_id": contact.InstanceID, "x-amz-acl": "bucket-owner-full-control",
		"Content-Disposition": disposition(file.Name), "Content-Length": strconv.FormatInt(file.Size, 10), "Content-Type": file.ContentType,
	}
	if s.encryptionKey != "" {
		context := `{"organization_id":"` + contact.InstanceID + `"}`
		headers["x-amz-server-side-encryption"] = "aws:kms"
		headers["x-amz-server-side-encryption-aws-kms-key-id"] = s.encryptionKey
		headers["x-amz-server-side-encryption-context"] = base64.StdEncoding.EncodeToString([]byte(context))
	}
	return headers
}

// signedHeaders checks that an upload has the x-amz- headers that its address is signed for, as
// Amazon S3 does. The others are not compared: Android sends another Content-Type.
//
// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
func signedHeaders(sent http.Header, due map[string]string) error {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(due)) {
		if strings.HasPrefix(name, "x-amz-") && strings.TrimSpace(strings.Join(sent.Values(name), ",")) != due[name] {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return signatureMismatch("These headers are missing or changed: " + strings.Join(wrong, ", ") +
		". Send every header of UploadMetadata.HeadersToInclude as it was given; a proxy may have dropped names with an underscore.")
}

// signatureMismatch is Amazon S3's answer to a signature that does not fit the request; why follows
// its own text.
func signatureMismatch(why string) error {
	return &storageError{&awswire.Error{
		Status: http.StatusForbidden, Name: "SignatureDoesNotMatch",
		Message: "The request signature we calculated does not match the signature you provided. Check your key and signing method. " + why,
	}}
}
