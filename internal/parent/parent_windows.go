package parent

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// Process is the parent of this process.
type Process struct{ pid int }

// Current returns the parent of this process.
func Current() Process { return Process{pid: os.Getppid()} }

// Await returns nil when the parent has ended, and the error of ctx when that ends before.
// Another error says why the parent cannot be watched: it belongs to another user, for example.
//
// A process keeps the number of its parent for life here, even when another process has got it
// meanwhile. So the parent is held by a handle, and it must not be younger than this process.
func (p Process) Await(ctx context.Context) error {
	const access = windows.SYNCHRONIZE | windows.PROCESS_QUERY_LIMITED_INFORMATION
	handle, err := windows.OpenProcess(access, false, uint32(p.pid))
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) { // no process has this number
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening the parent process %d: %w", p.pid, err)
	}
	defer func() { _ = windows.CloseHandle(handle) }() // it was only waited for
	started, err := startTime(handle)
	if err != nil {
		return fmt.Errorf("asking when the parent process %d started: %w", p.pid, err)
	}
	own, err := startTime(windows.CurrentProcess())
	if err != nil {
		return fmt.Errorf("asking when this process started: %w", err)
	}
	if started > own {
		return nil
	}
	for {
		event, err := windows.WaitForSingleObject(handle, uint32(Interval.Milliseconds()))
		switch {
		case err != nil:
			return fmt.Errorf("waiting for the end of the parent process %d: %w", p.pid, err)
		case event == windows.WAIT_OBJECT_0:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// startTime returns when a process started, in nanoseconds since 1970.
func startTime(process windows.Handle) (int64, error) {
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(process, &created, &exited, &kernel, &user); err != nil {
		return 0, err
	}
	return created.Nanoseconds(), nil
}
