// Package proxies holds whole chats with the built binary through nginx, HAProxy and Caddy, with
// the configurations of docs/proxies.md as they stand there. It has tests only, for systems where
// those are installed.
package proxies
