package awscall_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/awscall"
	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/awswire"
)

// instanceMetadata serves the credentials of an EC2 instance's role.
func instanceMetadata(pair awsfake.Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /latest/api/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
		_, _ = io.WriteString(w, "metadata-token")
	})
	const roles = "GET /latest/meta-data/iam/security-credentials/"
	mux.HandleFunc(roles, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "role") })
	mux.HandleFunc(roles+"role", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{
			"Code": "Success", "AccessKeyId": pair.AccessKeyID, "SecretAccessKey": pair.SecretAccessKey,
			"Token": pair.SessionToken, "Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		})
	})
	return mux
}

func TestSourcesOfCredentials(t *testing.T) {
	const keys = "aws_access_key_id = " + awsfake.DefaultAccessKeyID + "\naws_secret_access_key = " + awsfake.DefaultSecretAccessKey + "\n"
	const role = "role_arn = arn:aws:iam::123456789012:role/dev\n"
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	printed := filepath.Join(dir, "keys.json")
	for file, text := range map[string]string{
		token:   "a-web-identity-token",
		printed: `{"Version":1,"AccessKeyId":"` + awsfake.DefaultAccessKeyID + `","SecretAccessKey":"` + awsfake.DefaultSecretAccessKey + `"}`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	metadata := httptest.NewServer(instanceMetadata(awsfake.New(awsfake.Config{}).Config()))
	t.Cleanup(metadata.Close)
	tests := []struct {
		name, profile, file string
		env                 map[string]string
		want                string
	}{
		{
			"environment", "", "", map[string]string{
				"AWS_ACCESS_KEY_ID": awsfake.DefaultAccessKeyID, "AWS_SECRET_ACCESS_KEY": awsfake.DefaultSecretAccessKey,
			}, "environment variables",
		},
		{"default profile", "", "[default]\n" + keys, nil, `profile "default"`},
		{"profile before environment", "dev", "[profile dev]\n" + keys, map[string]string{
			"AWS_ACCESS_KEY_ID": "AKIDOTHER", "AWS_SECRET_ACCESS_KEY": "other",
		}, `profile "dev"`},
		{"assumed role", "dev", "[profile base]\n" + keys + "[profile dev]\nsource_profile = base\n" + role, nil, `an assumed role of profile "dev"`},
		{"web identity", "", "", map[string]string{
			"AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/dev", "AWS_ROLE_SESSION_NAME": "s",
		}, "a role by web identity"},
		{"process", "dev", "[profile dev]\ncredential_process = cat " + printed + "\n", nil, `credential_process of profile "dev"`},
		{"container", "", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "ENDPOINT" + awsfake.ContainerCredentialsPath}, "the container's credentials endpoint"},
		{"instance", "", "", map[string]string{
			"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.URL,
		}, "the instance's role"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			endpoint := awsfake.Start(t)
			useConfig(t, test.file)
			t.Setenv("AWS_ENDPOINT_URL", endpoint.URL)
			t.Setenv("AWS_ENDPOINT_URL_STS", endpoint.URL) // the SDK's chain does not read the general one
			t.Setenv("AWS_REGION", awsfake.DefaultRegion)
			for name, value := range test.env {
				t.Setenv(name, strings.ReplaceAll(value, "ENDPOINT", endpoint.URL))
			}
			client, err := open(t.Context(), config{Profile: test.profile})
			for try := 1; err != nil && try < 10 && strings.Contains(err.Error(), "no answer within"); try++ { // as below, of a busy machine
				client, err = open(t.Context(), config{Profile: test.profile})
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := client.SourceOfCredentials(); got != test.want {
				t.Errorf("SourceOfCredentials() = %q, want %q", got, test.want)
			}
			if endpoint.Calls() > 1 {
				t.Errorf("New made %d calls", endpoint.Calls())
			}
			for range 2 {
				if _, err := client.start(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if fetched := endpoint.Calls() - 2; fetched > 1 {
				t.Errorf("credentials were fetched %d times", fetched)
			}
		})
	}
}

func TestMissingCredentials(t *testing.T) {
	dir := t.TempDir()
	printed := filepath.Join(dir, "keys.json")
	if err := os.WriteFile(printed, []byte(`{"Version":1,"SecretAccessKey":"`+canary+`",`), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, file string
		env        map[string]string
		want, hint string
	}{
		{"nothing", "", nil, "AWS_ACCESS_KEY_ID is not set", "aws configure"},
		{"half a key", "", map[string]string{"AWS_SECRET_ACCESS_KEY": canary}, "AWS_ACCESS_KEY_ID is not set", "AWS_ACCESS_KEY_ID"},
		{"the other half", "", map[string]string{"AWS_ACCESS_KEY_ID": canary}, "AWS_SECRET_ACCESS_KEY is not set", "AWS_SECRET_ACCESS_KEY"},
		{"process that fails", "[default]\ncredential_process = false\n", nil, "exit status 1", `of profile "default"`},
		{"process that prints nonsense", "[default]\ncredential_process = cat " + printed + "\n", nil, "the expected JSON", "by hand"},
		{"single sign-on", "[default]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = us-west-2\nsso_start_url = https://example.com/start\n", nil, "single sign-on", "aws sso login --profile default"},
		{"role that is refused", "[profile base]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = " + canary + "\n[default]\nsource_profile = base\nrole_arn = arn:aws:iam::1:role/r\n", nil, "InvalidClientTokenId", "could not be assumed"},
		{"container that is gone", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "ENDPOINT/nothing", "AWS_CONTAINER_AUTHORIZATION_TOKEN": canary}, "its credentials endpoint is set", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			endpoint := awsfake.Start(t)
			useConfig(t, test.file)
			t.Setenv("HOME", t.TempDir())
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			t.Setenv("AWS_REGION", awsfake.DefaultRegion)
			t.Setenv("AWS_ENDPOINT_URL", endpoint.URL)
			t.Setenv("AWS_ENDPOINT_URL_STS", endpoint.URL) // the SDK's chain does not read the general one
			for name, value := range test.env {
				t.Setenv(name, strings.ReplaceAll(value, "ENDPOINT", endpoint.URL))
			}
			_, err := open(t.Context(), config{})
			if !errors.Is(err, awswire.ErrCredentials) {
				t.Fatalf("New gave %v, want ErrCredentials", err)
			}
			missing, ok := errors.AsType[*awscall.CredentialsError](err)
			if !ok || len(missing.Tried) == 0 {
				t.Fatalf("New gave %T without sources", err)
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(missing.Hint(), test.hint) {
				t.Errorf("error %q\nhint %q\nwant %q and %q", err, missing.Hint(), test.want, test.hint)
			}
			if shown := fmt.Sprintf("%v %+v %#v %s", err, err, err, missing.Hint()); strings.Contains(shown, canary) {
				t.Errorf("a key is shown: %s", shown)
			}
		})
	}
}

// A refusal that quotes a key is cut at no place that leaves a part of the key in the error.
func TestQuotedKeyIsNotCut(t *testing.T) {
	for padding := 200; padding < 400; padding += len(canary) / 2 {
		sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/xml")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>%s%s</Message></Error></ErrorResponse>",
				strings.Repeat("x", padding), canary)
		}))
		t.Cleanup(sts.Close)
		useConfig(t, "[profile base]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = "+canary+
			"\n[default]\nsource_profile = base\nrole_arn = arn:aws:iam::1:role/r\n")
		t.Setenv("AWS_MAX_ATTEMPTS", "1")
		t.Setenv("AWS_REGION", awsfake.DefaultRegion)
		t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
		_, err := open(t.Context(), config{})
		if !errors.Is(err, awswire.ErrCredentials) || !strings.Contains(err.Error(), "AccessDenied") {
			t.Fatalf("New gave %v, want the refusal", err)
		}
		if strings.Contains(err.Error(), canary[:5]) {
			t.Errorf("a part of a key is shown behind %d characters: %v", padding, err)
		}
	}
}

// Off EC2 nobody answers at the metadata service's address.
func TestSilentMetadataServiceIsGivenUp(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	useConfig(t, "")
	t.Setenv("AWS_REGION", awsfake.DefaultRegion)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.URL)
	var err error
	for try := 1; ; try++ { // a machine that is busy with something else may need another one
		started := time.Now()
		_, err = open(t.Context(), config{})
		took := time.Since(started)
		if took <= 4*time.Second {
			break
		}
		if try == 10 {
			t.Fatalf("New took %v", took)
		}
	}
	if !errors.Is(err, awswire.ErrCredentials) || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within") {
		t.Errorf("New gave %v", err)
	}
	silent.CloseClientConnections()
}

// Credentials that end are fetched anew; when that fails, the call says so.
func TestRenewalOfCredentials(t *testing.T) {
	pair := awsfake.New(awsfake.Config{}).Config()
	fetched, broken := 0, false
	container := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fetched++
		if broken {
			http.Error(w, `{"code":"Gone","message":"role was deleted"}`, http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{
			"AccessKeyId": pair.AccessKeyID, "SecretAccessKey": pair.SecretAccessKey,
			// Within the SDK's expiry window, so that each call asks again.
			"Expiration": time.Now().Add(time.Minute).UTC().Format(time.RFC3339),
		})
	}))
	t.Cleanup(container.Close)
	endpoint := awsfake.Start(t)
	useConfig(t, "")
	t.Setenv("AWS_REGION", awsfake.DefaultRegion)
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.URL)
	client := mustOpen(t, config{EndpointURL: endpoint.URL})
	if _, err := client.start(t.Context()); err != nil || fetched != 2 {
		t.Fatalf("fetched %d times, %v", fetched, err)
	}
	broken = true
	_, err := client.start(t.Context())
	if !errors.Is(err, awswire.ErrCredentials) || !strings.Contains(err.Error(), "role was deleted") {
		t.Errorf("with a renewal that fails: %v", err)
	}
}

func TestSessionTokenIsSent(t *testing.T) {
	endpoint := awsfake.Start(t, awsfake.Config{SessionToken: canary})
	for _, variable := range endpoint.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	client := mustOpen(t, config{})
	if _, err := client.start(t.Context()); err != nil {
		t.Error(err)
	}
	endpoint.ExpireCredentials()
	_, err := client.start(t.Context())
	if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v %#v %+v", err, err, err, client, client), canary) {
		t.Errorf("expired credentials: %v", err)
	}
}
