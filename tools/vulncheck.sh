#!/bin/sh
# Usage: vulncheck.sh [directory of a module …]
#
# Looks for known vulnerabilities in what the programs and the tests of the SDK call, with
# govulncheck, pinned in tools/go.mod. The database is https://vuln.go.dev, or what GOVULNDB names
# (also file:///…). Exit codes: 0 none were found, 3 some were, 2 the database cannot be reached, so
# that nothing is known, and 1 for anything else.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$PWD
database=${GOVULNDB:-https://vuln.go.dev}
told=$(mktemp) || exit 1
trap 'rm -f "$told"' EXIT
found=0

[ $# -gt 0 ] || set -- . e2e/sdk
for dir; do
	(cd "$dir" && "${GO:-go}" tool -modfile="$root/tools/go.mod" govulncheck ${GOVULNDB:+-db "$GOVULNDB"} ./...) 2>"$told"
	status=$?
	cat "$told" >&2
	case $status in
	0) ;;
	3) found=3 ;;
	*)
		if grep -q 'fetching vulnerabilities\|creating client' "$told"; then
			echo "vulncheck: the vulnerability database $database cannot be reached, so nothing was checked." >&2
			echo "vulncheck: try again with a network, or name a copy of it with GOVULNDB." >&2
			exit 2
		fi
		exit 1
		;;
	esac
done
exit $found
