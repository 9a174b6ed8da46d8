//go:build !linux

package server

import (
	"context"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// occupant asks the system's own programs who listens on a port: lsof, or on Windows netstat and
// tasklist.
func occupant(ctx context.Context, port uint16) Occupant {
	if runtime.GOOS == "windows" {
		table, err := exec.CommandContext(ctx, "netstat", "-ano", "-p", "TCP").Output()
		if err != nil {
			return Occupant{}
		}
		pid := pidInNetstat(string(table), port)
		if pid == 0 {
			return Occupant{}
		}
		row, err := exec.CommandContext(ctx, "tasklist", "/FI", "PID eq "+strconv.Itoa(pid), "/FO", "CSV", "/NH").Output() //nolint:gosec // a number
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(row)), `"`), `"`)
		if err != nil || name == "" {
			return Occupant{}
		}
		return Occupant{Name: name, PID: pid}
	}
	list, err := exec.CommandContext(ctx, "lsof", "-nP", "-iTCP:"+strconv.Itoa(int(port)), "-sTCP:LISTEN", "-Fpc").Output() //nolint:gosec // a number
	if err != nil {
		return Occupant{}
	}
	var found Occupant
	for line := range strings.Lines(string(list)) { // p12, cnode, one field a line
		switch line = strings.TrimSpace(line); {
		case found.PID == 0 && strings.HasPrefix(line, "p"):
			found.PID, _ = strconv.Atoi(line[1:])
		case found.Name == "" && strings.HasPrefix(line, "c"):
			found.Name = line[1:]
		}
	}
	return found
}

// pidInNetstat finds the process that listens on a port in the table of Windows's netstat; its words
// are in the user's language, so the foreign address of a listening socket, which has port 0, tells it.
func pidInNetstat(table string, port uint16) int {
	const local, foreign, process = 1, 2, 4 // columns
	for line := range strings.Lines(table) {
		cells := strings.Fields(line)
		if len(cells) > process && strings.HasSuffix(cells[local], ":"+strconv.Itoa(int(port))) && strings.HasSuffix(cells[foreign], ":0") {
			if pid, err := strconv.Atoi(cells[process]); err == nil {
				return pid
			}
		}
	}
	return 0
}
