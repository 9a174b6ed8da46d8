package server

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
)

// The variables by which a listening socket is handed to a program: LISTEN_PID and
// LISTEN_FDS as systemd sets them, and, where the socket is not descriptor 3, its number.
//
// Source: https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
const (
	listenPID   = "LISTEN_PID"
	listenFDs   = "LISTEN_FDS"
	listenFirst = "LISTEN_FDS_FIRST"
)

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
	return l, file.Close()
}

// HandOver returns a copy of a listening socket that outlives the listener, and the
// variables by which the successor in the same process finds it. Connections that arrive
// meanwhile wait in the socket's queue.
func HandOver(l net.Listener, pid int) (*os.File, []string, error) {
	tcp, ok := l.(*net.TCPListener)
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
