package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Windows has numbers of its own for what the syscall package names the Unix way.
const (
	errWSAAccess       = syscall.Errno(10013)
	errWSAAddrInUse    = syscall.Errno(10048)
	errWSAAddrNotAvail = syscall.Errno(10049)
)

// ListenError is an address that could not be listened on, with what to do about it.
type ListenError struct {
	// Addr is the address as it was configured.
	Addr string
	// Reason says in a few words what is wrong.
	Reason string
	// Err is the system's error.
	Err  error
	hint string
}

// Error implements error.
func (e *ListenError) Error() string { return fmt.Sprintf("listening on %s: %s", e.Addr, e.Reason) }

// Unwrap returns the system's error.
func (e *ListenError) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *ListenError) Hint() string { return e.hint }

// By returns the error of a port that a known program has: who says which, first what to do about it
// before looking for another port; it may be empty.
func (e *ListenError) By(who, first string) *ListenError {
	by := *e
	by.Reason = "the port is in use by " + who
	by.hint = first + strings.ToLower(e.hint[:1]) + e.hint[1:]
	if known, _, ok := strings.Cut(by.hint, whoHasIntro); ok {
		by.hint = known + "."
	}
	if first == "" {
		by.hint = strings.ToUpper(by.hint[:1]) + by.hint[1:]
	}
	return &by
}

// SetWith returns the error with advice that speaks of the way in which the address was set, in the place
// of the flag: "PARLEY_ADDR=" or "addr: ".
func (e *ListenError) SetWith(before string) *ListenError {
	other := *e
	other.hint = strings.ReplaceAll(e.hint, "--addr ", before)
	return &other
}

// whoHasIntro stands before the command that names the program on a port.
const whoHasIntro = ", or see who has it: "

// Listen opens the TCP address HOST:PORT; port 0 lets the system choose and an empty
// host means every interface. Its error is a [ListenError].
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, explain(addr, err)
	}
	return l, nil
}

// InUse reports whether an error of [Listen] says that another program listens on the port.
func InUse(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, errWSAAddrInUse)
}

func explain(addr string, err error) *ListenError {
	e := &ListenError{Addr: addr, Reason: err.Error(), Err: err, hint: "Use --addr with HOST:PORT, for example --addr 127.0.0.1:3000."}
	host, port, splitErr := net.SplitHostPort(addr)
	is := func(targets ...error) bool {
		return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
	}
	number, portErr := strconv.Atoi(port)
	switch dns, isDNS := errors.AsType[*net.DNSError](err); {
	case splitErr != nil:
		e.Reason = "the address is not HOST:PORT"
	case portErr == nil && (number < 0 || number > 65535):
		e.Reason = "the port is not between 0 and 65535"
	case isDNS && portErr != nil:
		e.Reason = "the port " + strconv.Quote(port) + " is not a number"
	case isDNS:
		e.Reason = "the host " + strconv.Quote(dns.Name) + " cannot be resolved"
		e.hint = "Use an address of this machine: 127.0.0.1 for this machine alone, 0.0.0.0 for every network it is in."
	case InUse(err):
		e.Reason = "the port is in use by another program"
		e.hint = fmt.Sprintf("Use another port (--addr %s, or --addr %s for any free one)%s",
			net.JoinHostPort(host, strconv.Itoa(otherPort(number))), net.JoinHostPort(host, "0"), whoHasIntro+whoHas(number))
	case is(syscall.EADDRNOTAVAIL, errWSAAddrNotAvail):
		e.Reason = "the address is not one of this machine's"
		e.hint = "Use 127.0.0.1 for this machine alone, or 0.0.0.0 for every network it is in."
	case is(os.ErrPermission, errWSAAccess):
		e.Reason = "permission denied"
		e.hint = fmt.Sprintf("Ports below 1024 are often reserved for the system; use another: --addr %s", net.JoinHostPort(host, "3000"))
	}
	return e
}

func otherPort(port int) int {
	if port >= 65535 {
		return port - 1
	}
	return port + 1
}

// whoHas is the command that names the program that listens on a port.
func whoHas(port int) string {
	if runtime.GOOS == "windows" {
		return fmt.Sprintf("netstat -ano | findstr :%d", port)
	}
	return fmt.Sprintf("lsof -nP -iTCP:%d -sTCP:LISTEN", port)
}

// URL is where a browser on this machine finds a server on the address: by the name
// localhost when it listens on 127.0.0.1 or on every interface, else by the address.
func URL(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return "http://" + addr.String()
	}
	ip := tcp.AddrPort().Addr().Unmap()
	if !ip.IsValid() || ip.IsUnspecified() || ip == netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		return "http://" + net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
	}
	return "http://" + netip.AddrPortFrom(ip.WithZone(""), tcp.AddrPort().Port()).String()
}

// Exposure says what listening on the address exposes; it is empty for loopback.
func Exposure(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || tcp.IP.IsLoopback() {
		return ""
	}
	who := "anybody who can reach " + tcp.String()
	if tcp.IP == nil || tcp.IP.IsUnspecified() {
		who = "anybody in a network this machine is in"
	}
	return who + " can start chats here and see this server's pages; web pages are held to the allowed origins, other programs are not"
}
