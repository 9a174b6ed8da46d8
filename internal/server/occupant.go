package server

import (
	"context"
	"net"
	"strconv"
	"time"
)

// Occupant is the process that listens on a port of this machine. The zero value is one that nobody
// could name: a process of another user, or on a system that does not tell.
type Occupant struct {
	// Name is the program's, as the system shows it; PID the id of the process, 0 for an unknown one.
	Name string
	PID  int
}

// InProcess is the id in words, to stand behind a name; empty for an unknown one.
func (o Occupant) InProcess() string {
	if o.PID == 0 {
		return ""
	}
	return " (process " + strconv.Itoa(o.PID) + ")"
}

// lookTime bounds the search for a process, which takes milliseconds unless the machine is busy.
const lookTime = 10 * time.Second

// OccupantOf finds the process that listens on the port of an address, HOST:PORT.
func OccupantOf(ctx context.Context, addr string) Occupant {
	_, text, err := net.SplitHostPort(addr)
	if err != nil {
		return Occupant{}
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return Occupant{}
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return occupant(ctx, uint16(port))
}
