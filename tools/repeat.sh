#!/usr/bin/env bash
# Runs a command N times and prints a table of the times of its parts (tools/parts.mjs), a column
# for each run. During every second run another Parley listens on port 3000, as one does that a
# developer has left running. Stops at the first run that fails.
#
#   tools/repeat.sh 5 make test
set -euo pipefail

if [ "$#" -lt 2 ] || ! [ "$1" -gt 0 ] 2>/dev/null; then
	echo "usage: tools/repeat.sh N COMMAND…" >&2
	exit 2
fi
count=$1
shift
dir=$(mktemp -d)
other=
stop_other() {
	if [ -n "$other" ]; then
		kill -INT "$other" 2>/dev/null || true
		wait "$other" 2>/dev/null || true
	fi
	other=
}
trap 'stop_other; rm -rf "$dir"' EXIT

# The other Parley is built once, from what is here now: a run may replace bin/parley.
CGO_ENABLED=0 go build -o "$dir/parley" ./cmd/parley

for run in $(seq "$count"); do
	if [ $((run % 2)) = 0 ]; then
		"$dir/parley" serve --addr 127.0.0.1:3000 --data-dir "$dir/data" --log-level error >/dev/null 2>&1 &
		other=$!
		"$dir/parley" ready --server http://127.0.0.1:3000 --wait 1m >/dev/null
		kill -0 "$other" # and not a stranger's
	fi
	echo "=== run $run of $count${other:+, with another Parley on port 3000}"
	status=0
	PARTS_TIMES="$dir/times.$run" "$@" || status=$?
	stop_other
	if [ "$status" != 0 ]; then
		echo "=== run $run of $count failed with status $status" >&2
		exit "$status"
	fi
done

echo
echo "seconds of each part, by run (even runs with another Parley on port 3000)"
awk -F '\t' '
	FNR == 1 { run++ }
	!($1 in order) { order[$1] = ++parts; name[parts] = $1 }
	{ took[$1, run] = $3 }
	END {
		for (part = 1; part <= parts; part++) {
			printf "%-12s", name[part]
			for (each = 1; each <= run; each++) printf "%9s", took[name[part], each]
			printf "\n"
		}
	}' $(seq -f "$dir/times.%g" "$count")
