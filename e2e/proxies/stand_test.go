//go:build unix

package proxies_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/program"
)

const (
	// patience bounds everything that is waited for.
	patience = 60 * time.Second
	// name is the host of docs/proxies.md.
	name = "chat.example.com"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(program.WithServer(func(path string) int { //nolint:forbidigo // what TestMain is for
		binary = path
		return m.Run()
	}))
}

// proxy is one of the three, and how its configuration is made to run here.
type proxy struct {
	// title is its heading in the page, language that of its code there.
	title, language, program string
	// listens is the line by which it listens in the page; the port is put in the place of %s.
	listens [2]string
	// around is put around the text of the page: what a distribution's own files say.
	around func(dir, config string) string
	args   func(dir, file string) []string
}

func proxies() []proxy {
	return []proxy{
		{
			title: "nginx", language: "nginx", program: "nginx", listens: [2]string{"listen 443 ssl;", "listen 127.0.0.1:%s ssl;"},
			around: func(dir, config string) string {
				text := "daemon off; master_process off; pid " + dir + "/pid; error_log stderr;\nevents {}\nhttp {\naccess_log off;\n"
				for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
					text += kind + "_temp_path " + dir + "/" + kind + ";\n"
				}
				return text + config + "}\n"
			},
			args: func(dir, file string) []string { return []string{"-p", dir, "-e", "stderr", "-c", file} },
		},
		{
			title: "HAProxy", language: "haproxy", program: "haproxy", listens: [2]string{"bind :443 ssl", "bind 127.0.0.1:%s ssl"},
			around: func(_, config string) string { return config },
			args:   func(_, file string) []string { return []string{"-db", "-f", file} },
		},
		{
			title: "Caddy", language: "caddyfile", program: "caddy", listens: [2]string{name + " {", "https://" + name + ":%s {\n    bind 127.0.0.1"},
			around: func(_, config string) string {
				return "{\n    admin off\n    auto_https disable_redirects\n    skip_install_trust\n}\n" + config
			},
			args: func(_, file string) []string { return []string{"run", "--adapter", "caddyfile", "--config", file} },
		},
	}
}

// config returns the configuration of a proxy as the page has it, moved to this machine's ports
// and files. below also makes the replacement of the page that puts the server under a path.
func (p proxy) config(t *testing.T, dir, parley, port string, below bool) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/proxies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n### "+p.title+"\n")
	_, text, fenced := strings.Cut(section, "```"+p.language+"\n")
	text, _, closed := strings.Cut(text, "```")
	if !found || !fenced || !closed {
		t.Fatalf("docs/proxies.md has no configuration of %s", p.title)
	}
	replace := func(old, instead string) {
		t.Helper()
		if strings.Count(text, old) != 1 {
			t.Fatalf("the configuration of %s in docs/proxies.md has %q %d times, want once", p.title, old, strings.Count(text, old))
		}
		text = strings.Replace(text, old, instead, 1)
	}
	if below {
		row := regexp.MustCompile("(?m)^\\| " + p.title + " \\| `([^`]+)` \\| `([^`]+)` \\|$").FindStringSubmatch(string(page))
		if row == nil {
			t.Fatalf("docs/proxies.md does not say how %s puts a server under a path", p.title)
		}
		replace(row[1], row[2])
	}
	replace("127.0.0.1:3000", parley)
	replace(p.listens[0], strings.Replace(p.listens[1], "%s", port, 1))
	return p.around(dir, strings.ReplaceAll(text, "/etc/ssl/", dir+"/"))
}

// run starts a program that ends with the test, and hands every line it prints to line.
func run(t *testing.T, line func(string), program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir())
	output, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = cmd.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	var reading sync.WaitGroup
	reading.Go(func() {
		for lines := bufio.NewScanner(output); lines.Scan(); {
			said.WriteString(lines.Text() + "\n")
			line(lines.Text())
		}
	})
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		reading.Wait()
		_ = cmd.Wait() // ended by the signal
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(program), &said)
		}
	})
}

// log is what a server has logged so far.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

// warnings returns the lines of warnings and errors.
func (l *log) warnings() (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, `"level":"WARN"`) || strings.Contains(line, `"level":"ERROR"`) {
			found = append(found, line)
		}
	}
	return found
}

// startParley starts a server and returns its address and log.
func startParley(t *testing.T, args ...string) (address string, said *log) {
	t.Helper()
	said = &log{}
	listening := make(chan string, 1)
	run(t, func(line string) {
		said.add(line)
		var entry struct{ Msg, Addr string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening" {
			listening <- entry.Addr
		}
	}, binary, append([]string{"serve", "--addr", "127.0.0.1:0", "--ephemeral", "--log-format", "json"}, args...)...)
	select {
	case address = <-listening:
		return address, said
	case <-time.After(patience):
		t.Fatalf("no server within %s", patience)
		return "", nil
	}
}

// freePort returns a port that nobody listens on at the moment: the proxies cannot choose one
// and tell which.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // nothing was accepted
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// certify writes a certificate for name into the files that the page names, and returns what trusts it.
func certify(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	secret := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	for file, text := range map[string][]byte{".pem": certificate, ".key": secret, ".both.pem": append(bytes.Clone(certificate), secret...)} {
		if err := os.WriteFile(filepath.Join(dir, name+file), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	return pool
}

// front is a server behind a proxy, as browsers reach it.
type front struct {
	url, origin string
	log         *log
	dial        func() (net.Conn, error)
	transport   *http.Transport
}

// open starts a server and a proxy in front of it. set chooses the server's flags for its public
// address.
func (p proxy) open(t *testing.T, base string, set func(url string) []string, edit func(config string) string) *front {
	t.Helper()
	program, err := exec.LookPath(p.program)
	if err != nil { // where Debian puts servers, which not everybody's PATH has
		program, err = exec.LookPath("/usr/sbin/" + p.program)
	}
	if err != nil {
		t.Skipf("%s is not installed (Debian: apt-get install %s)", p.program, p.program)
	}
	dir, port := t.TempDir(), freePort(t)
	f := &front{origin: "https://" + name + ":" + port}
	f.url = f.origin + base
	address, said := startParley(t, set(f.url)...)
	f.log = said
	trusted := &tls.Config{RootCAs: certify(t, dir), ServerName: name, MinVersion: tls.VersionTLS12}
	f.dial = func() (net.Conn, error) {
		dialer := tls.Dialer{Config: trusted}
		return dialer.DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
	}
	f.transport = &http.Transport{DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return f.dial() }}
	t.Cleanup(f.transport.CloseIdleConnections)
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte(edit(p.config(t, dir, address, port, base != ""))), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, func(string) {}, program, p.args(dir, file)...)
	end := time.Now().Add(patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for status, _, _ := f.ask(t, http.MethodGet, "/readyz", ""); status != http.StatusOK; status, _, _ = f.ask(t, http.MethodGet, "/readyz", "") {
		if time.Now().After(end) {
			t.Fatalf("no way through %s within %s", p.title, patience)
		}
		<-again.C
	}
	return f
}

// ask sends a request as a page of the public origin does whose browser sends no Sec-Fetch
// headers. The status is 0 when nobody answers.
func (f *front) ask(t *testing.T, method, path, body string) (status int, header http.Header, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, f.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", f.origin)
	answer, err := f.transport.RoundTrip(r)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer func() { _ = answer.Body.Close() }() // read to its end
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(read)
}
