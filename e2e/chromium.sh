#!/usr/bin/env bash
# Prints the path of a Chromium that tests can drive, and installs one when there is none. The build
# without a window is preferred: it has the same engine and takes half of the CPU time. With "best"
# as its argument the script also installs that one beside a Chromium with a window, where it can.
# CHROMIUM=/path/to/chrome takes another.
set -euo pipefail

find_chromium() {
	local name
	for name in "${CHROMIUM:-}" chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable \
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
		"/Applications/Chromium.app/Contents/MacOS/Chromium"; do
		if [ -n "$name" ] && command -v "$name" 2>/dev/null; then
			return 0
		fi
	done
	return 1
}

if path=$(find_chromium) && { [ "${1:-}" != best ] || [ -n "${CHROMIUM:-}" ] || [[ $path == *headless* ]]; }; then
	echo "$path"
	exit 0
fi

debian() { "$(dirname "$0")/debian.sh" "$1"; }
debian chromium-headless-shell || debian chromium || true
find_chromium && exit 0

echo "installing Chromium with Playwright" >&2
cd "$(dirname "$0")/browser"
[ -d node_modules ] || npm ci --silent >&2
npx --no-install playwright-core install chromium >&2 || true
path=$(node -e 'process.stdout.write(require("playwright-core").chromium.executablePath())')
if [ -x "$path" ]; then
	echo "$path"
	exit 0
fi
echo "no Chromium found and none could be installed; install Chromium or Chrome, or set CHROMIUM to its path" >&2
exit 1
