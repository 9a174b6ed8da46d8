#!/usr/bin/env bash
# A good guess says that a package whose peer range admits a version works with it once npm has installed both. The generator
# @hey-api/openapi-ts 0.95.0 asks for typescript ">=5.5.3 || …", so npm installs typescript 7.0.2 beside it without a word.
# Then the import of the package itself raises a TypeError, before any description is read: it reads the enums of the
# compiler's own API, which the main entry of typescript 7 no longer has. With typescript 5.9.3 it imports. Its neighbour
# openapi-typescript 7.13.0 asks for ^5.x, so that npm refuses the pair at once, with the reason.
# Who makes a client of a chat back end from its OpenAPI description and updates TypeScript reads "LineFeed" of undefined,
# with no word of a version: pin typescript 5 in the folder of the generator.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
try() { # folder, packages
	mkdir "$1"
	(cd "$1" && npm init -y >/dev/null && npm install --no-audit --no-fund "${@:2}" >npm.txt 2>&1) || { echo "$1: npm refuses: ${*:2}"; return 0; }
	(cd "$1" && npm ls --depth=0 | grep @)
}
load() { (cd "$1" && node -e "import('$2').then((m) => console.log('imported', typeof m.createClient), (e) => console.log(e.name + ':', e.message))"); }
expect() {
	echo "$1: $2"
	[ "$2" = "$3" ] || { echo "  changed, it was: $3"; exit 1; }
}
try old @hey-api/openapi-ts@0.95.0 typescript@5.9.3
expect 'with typescript 5.9.3' "$(load old @hey-api/openapi-ts)" 'imported function'
try new @hey-api/openapi-ts@0.95.0 typescript@7.0.2
expect 'with typescript 7.0.2' "$(load new @hey-api/openapi-ts)" "TypeError: Cannot read properties of undefined (reading 'LineFeed')"
expect 'typescript 7.0.2, NewLineKind' "$(cd new && node -p "typeof require('typescript').NewLineKind")" undefined
try neighbour openapi-typescript@7.13.0 typescript@7.0.2
grep 'peer typescript' neighbour/npm.txt
grep -q ERESOLVE neighbour/npm.txt
