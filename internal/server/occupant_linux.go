package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// occupant looks for the process that holds the listening socket of a port: the kernel lists sockets
// with their inodes, and shows in each process of the same user which it holds.
//
// Source: proc_pid_fd(5), and Documentation/networking/proc_net_tcp.rst of Linux.
func occupant(ctx context.Context, port uint16) Occupant {
	sockets := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue // without IPv6
		}
		for _, inode := range listening(string(text), port) {
			sockets["socket:["+inode+"]"] = true
		}
	}
	if len(sockets) == 0 {
		return Occupant{}
	}
	files, err := filepath.Glob("/proc/[0-9]*/fd/[0-9]*")
	if err != nil {
		return Occupant{}
	}
	for _, file := range files {
		if ctx.Err() != nil {
			break
		}
		if target, err := os.Readlink(file); err != nil || !sockets[target] {
			continue
		}
		process := filepath.Dir(filepath.Dir(file))
		name, err := os.ReadFile(filepath.Join(process, "comm"))
		pid, idErr := strconv.Atoi(filepath.Base(process))
		if err == nil && idErr == nil {
			return Occupant{Name: strings.TrimSpace(string(name)), PID: pid}
		}
	}
	return Occupant{}
}

// listening returns the inodes of the sockets in a table of the kernel that listen on a port.
func listening(table string, port uint16) []string {
	const (
		local, state, inode = 1, 3, 9 // columns
		listens             = "0A"
	)
	var inodes []string
	for line := range strings.Lines(table) {
		cells := strings.Fields(line)
		if len(cells) > inode && cells[state] == listens && strings.HasSuffix(cells[local], fmt.Sprintf(":%04X", port)) {
			inodes = append(inodes, cells[inode])
		}
	}
	return inodes
}
