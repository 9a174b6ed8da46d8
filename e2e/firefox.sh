#!/usr/bin/env bash
# Prints the path of a Firefox, and installs Debian's when there is none and it may. Not that of
# Playwright, which is a build of its own. FIREFOX=/path/to/firefox takes another.
set -euo pipefail

find_firefox() {
	local name
	for name in "${FIREFOX:-}" firefox-esr firefox /Applications/Firefox.app/Contents/MacOS/firefox; do
		if [ -n "$name" ] && command -v "$name" 2>/dev/null; then return 0; fi
	done
	return 1
}

find_firefox && exit 0
"$(dirname "$0")/debian.sh" firefox-esr && find_firefox && exit 0
echo "there is no Firefox, and none could be installed: https://www.mozilla.org/firefox/" >&2
exit 1
