#!/usr/bin/env bash
# Runs a command beside two busy loops, which take the cores of a small machine from it. The loops
# end with the command, and by themselves after an hour.
#
#   tools/loaded.sh make test
set -euo pipefail

loops=()
trap 'kill "${loops[@]}" 2>/dev/null || true' EXIT
for _ in 1 2; do
	timeout 3600 sh -c 'while :; do :; done' &
	loops+=("$!")
done
"$@"
