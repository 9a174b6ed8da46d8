//go:build !windows

package parent

import (
	"context"
	"os"
	"time"
)

// Process is the parent of this process at one moment.
type Process struct {
	pid    int
	getpid func() int // os.Getppid, except in tests
}

// Current returns the parent of this process. It should be called as early as possible: a
// parent that has ended before cannot be told from the process that took its place.
func Current() Process { return Process{pid: os.Getppid(), getpid: os.Getppid} }

// Await returns nil when the parent has ended, and the error of ctx when that ends before.
//
// A process whose parent ends gets another one: the first process or, on Linux, a nearer
// subreaper. The number is compared with the one at the start and not with 1, which in a
// container is a parent like any other.
func (p Process) Await(ctx context.Context) error {
	ticker := time.NewTicker(Interval)
	defer ticker.Stop()
	for p.getpid() == p.pid {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	return nil
}
