// Package parent notices the end of the process that started this one.
//
// A test runner that is killed has no time to stop the servers it started. They can watch
// their parent themselves, which works on every system and needs nothing of the parent.
// Linux's PR_SET_PDEATHSIG is no way to do it: it is bound to the thread that started the
// process, and the runtimes of Go and Node start processes from threads that may end before
// the program does (prctl(2), PR_SET_PDEATHSIG).
package parent

import "time"

// Interval is the time between two looks at the parent.
const Interval = 250 * time.Millisecond
