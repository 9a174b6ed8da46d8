// Package crash kills the built binary again and again while chats are going on, and holds
// what is left against what was acknowledged. It has tests only, for systems that can kill.
package crash
