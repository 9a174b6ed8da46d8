package server

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
)

// The variables by which a listening socket is handed to a program: LISTEN_PID and
// LISTEN_FDS as systemd sets them, and, where the socket is not descriptor 3, its number.
//
// Source: https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
const (
	listenPID   = "LISTEN_PID"
	listenFDs   = "LISTEN_FDS"
	listenFirst = "LISTEN_FDS_FIRST"
	// listenAccepted holds the descriptors of connections that the predecessor accepted.
	listenAccepted = "LISTEN_FDS_ACCEPTED"
)

// maxHandedOver is how many connections go over to a successor; more are closed. A variable
// may not be longer than 128 KiB on Linux, and a process starts with 1,024 descriptors.
const maxHandedOver = 512

// inherited is a listening socket with the connections that the predecessor accepted, and on
// which it read nothing.
type inherited struct {
	*net.TCPListener

	mu       sync.Mutex
	accepted []net.Conn
}

// Accept implements [net.Listener].
func (l *inherited) Accept() (net.Conn, error) {
	if c := l.next(); c != nil {
		return c, nil
	}
	return l.TCPListener.Accept()
}

func (l *inherited) next() net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.accepted) == 0 {
		return nil
	}
	c := l.accepted[0]
	l.accepted = l.accepted[1:]
	return c
}

// Inherited returns the listening socket that this process was started with, by systemd's
// socket activation or by a predecessor that restarts; nil when there is none. getenv reads
// the environment, pid is this process's.
func Inherited(getenv func(string) string, pid int) (net.Listener, error) {
	if getenv(listenPID) != strconv.Itoa(pid) {
		return nil, nil //nolint:nilnil // meant for another process: there is none for this one
	}
	if n, err := strconv.Atoi(getenv(listenFDs)); err != nil || n != 1 {
		return nil, fmt.Errorf("taking over a socket: %s is %q, but exactly one socket can be used", listenFDs, getenv(listenFDs))
	}
	fd := 3
	if first := getenv(listenFirst); first != "" {
		n, err := strconv.Atoi(first)
		if err != nil || n < 3 {
			return nil, fmt.Errorf("taking over a socket: %s is no descriptor", listenFirst)
		}
		fd = n
	}
	file := os.NewFile(uintptr(fd), "inherited socket")
	l, err := net.FileListener(file) // which makes a copy
	if err != nil {
		return nil, errors.Join(fmt.Errorf("taking over a socket: %w", err), file.Close())
	}
	if err := file.Close(); err != nil {
		return nil, errors.Join(fmt.Errorf("taking over a socket: %w", err), l.Close())
	}
	tcp, ok := l.(*net.TCPListener)
	if list := getenv(listenAccepted); ok && list != "" {
		return &inherited{TCPListener: tcp, accepted: accepted(list)}, nil
	}
	return l, nil
}

// accepted returns the connections of a list of descriptors. One that ended meanwhile is left
// out.
func accepted(list string) (connections []net.Conn) {
	for number := range strings.SplitSeq(list, ",") {
		fd, err := strconv.Atoi(number)
		if err != nil || fd < 3 {
			continue
		}
		file := os.NewFile(uintptr(fd), "inherited connection")
		if c, err := net.FileConn(file); err == nil {
			connections = append(connections, c)
		}
		_ = file.Close() // the connection is a copy
	}
	return connections
}

// Accepted returns the variable by which the successor finds connections, for [HandOver]'s.
// Those that are too many for it are closed.
func Accepted(connections []*os.File) (kept []*os.File, environ []string) {
	var list []string
	for _, file := range connections {
		fd, err := descriptor(file)
		if err != nil || len(list) == maxHandedOver {
			_ = file.Close()
			continue
		}
		kept, list = append(kept, file), append(list, strconv.FormatUint(uint64(fd), 10))
	}
	if list == nil {
		return nil, nil
	}
	return kept, []string{listenAccepted + "=" + strings.Join(list, ",")}
}

// HandOver returns a copy of a listening socket that outlives the listener, and the
// variables by which the successor in the same process finds it. Connections that arrive
// meanwhile wait in the socket's queue.
func HandOver(l net.Listener, pid int) (*os.File, []string, error) {
	tcp, ok := l.(interface{ File() (*os.File, error) })
	if !ok {
		return nil, nil, errors.New("handing over a socket: it is no tcp socket")
	}
	file, err := tcp.File()
	if err != nil {
		return nil, nil, fmt.Errorf("handing over a socket: %w", err)
	}
	fd, err := descriptor(file)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("handing over a socket: %w", err), file.Close())
	}
	return file, []string{
		listenPID + "=" + strconv.Itoa(pid), listenFDs + "=1", listenFirst + "=" + strconv.FormatUint(uint64(fd), 10),
	}, nil
}

// descriptor returns a file's number. [os.File.Fd] would also make the file block its callers,
// and with it every copy of it: a listener that still accepts would then wait in the system
// for one more connection, where closing it does not wake it up.
func descriptor(file *os.File) (fd uintptr, err error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return 0, err
	}
	err = raw.Control(func(number uintptr) { fd = number })
	return fd, err
}
