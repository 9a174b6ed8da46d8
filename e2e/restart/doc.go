// Package restart replaces the built program in place again and again while it is called, and
// while it is sent signals. It has tests only, for systems that have such signals.
package restart
