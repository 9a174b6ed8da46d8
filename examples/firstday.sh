#!/usr/bin/env bash
# Runs every command of the README in a clean folder, as somebody on their first day does, and looks
# whether every command that the pages name is there. A command in the README that this script does
# not know is a failure: it gets its line below.
#
#   examples/firstday.sh           installs parley-chat from the npm registry
#   examples/firstday.sh FOLDER    installs the packages in FOLDER (make bin/npm), without a network
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
packages=${1:+$(cd "$1" && pwd)}
folder=$(mktemp -d)
server=
finish() {
	if [ -n "$server" ]; then # npx hands no signal on: the server itself is told, by the id in its file
		kill -INT "$(sed -n 2p url 2> /dev/null || echo "$server")" 2> /dev/null || true
		wait "$server" || true
	fi
	rm -rf "$folder"
}
trap finish EXIT
fail() { echo "firstday: $*" >&2; exit 1; }

# A home without settings, and no server but the one that is started here.
cd "$folder"
for name in ${!PARLEY_*} ${!AWS_*}; do unset "$name"; done
export HOME=$folder XDG_STATE_HOME=$folder XDG_RUNTIME_DIR=$folder AWS_EC2_METADATA_DISABLED=true
export PARLEY_ADDR=127.0.0.1:0 PARLEY_URL_FILE=$folder/url PARLEY_EPHEMERAL=true

platform=$(node -p '`${process.platform}-${process.arch}`')
if [ -n "$packages" ]; then
	export npm_config_offline=true
	printf '{"overrides": {"@parley-chat/%s": "file:%s"}}' "$platform" "$(echo "$packages"/parley-chat-"$platform"-*.tgz)" > package.json
	npm install --silent --no-audit --no-fund "file:$(echo "$packages"/parley-chat-[0-9]*.tgz)"
else
	npm install --silent --no-audit --no-fund parley-chat
fi
export PATH="$folder/node_modules/.bin:$PATH"

# Starts a server with the command, once, and waits until it is ready.
serve() {
	[ -z "$server" ] || return 0
	"$@" > log 2>&1 < /dev/null &
	server=$!
	until [ -s url ]; do kill -0 "$server" 2> /dev/null || fail "$* has ended: $(cat log)"; sleep 0.1; done
	url=$(head -n 1 url)
}

# Runs a command of the README, and looks at what it says.
try() {
	local command=$1 says
	echo "$ $command"
	case $command in
	"npx parley-chat") serve npx parley-chat ;;
	"make "*) make -n -C "$top" "${command#make }" > /dev/null || fail "there is no ${command}" ;;
	"go install "* | "brew install "*) ;; # what they fetch is published with a release
	"aws sso login "*) ;;              # needs an account
	"curl "*)
		says=$(eval "${command//http:\/\/localhost:3000/$url} -sS")
		[[ $says == *'"startChatResult"'* ]] || fail "the answer is $says"
		;;
	"parley doctor "*)
		if says=$($command 2>&1); then fail "without an account the doctor finds nothing: $says"; fi
		[[ $says == *redentials* ]] || fail "the doctor does not speak of credentials: $says"
		;;
	"parley serve  --upstream aws "*) parley config print ${command#parley serve } > /dev/null ;; # without an account there is nothing to serve
	"parley chat") says=$(printf 'hi\n' | parley chat) && [[ $says == *hi* ]] || fail "the chat was: $says" ;;
	"parley start "*) parley start ${command#parley start } > /dev/null ;;
	"parley "*) $command > /dev/null ;;
	*) fail "the README has a command that this script does not know: $command" ;;
	esac
}

# The commands in the README's blocks, a line each: with a prompt in examples of a session, without
# comments, continued lines in one, and ids in the place of the dots.
commands() {
	awk '
		/^```(sh|console)$/ { inside = $0; next }
		/^```/ { inside = ""; next }
		!inside { next }
		joined != "" { line = joined $0 }
		joined == "" { if (inside ~ /console/ && !/^\$ /) next; line = $0; sub(/^\$ /, "", line) }
		line ~ /\\$/ { sub(/\\$/, "", line); joined = line; next }
		{ joined = ""; sub(/  +# .*$/, "", line); gsub(/…/, "11111111-2222-4333-8444-555555555555", line); if (line ~ /[^ ]/) print line }
	' "$top/README.md"
}

count=0
while IFS= read -r command <&3; do
	try "$command"
	count=$((count + 1))
done 3< <(commands)
[ "$count" -gt 5 ] || fail "the README has $count commands"

program=$folder/node_modules/@parley-chat/$platform/parley # without Node, which takes longer than the rest
# Every page that says `parley something` names a command there is.
grep -hoE '`parley [a-z]+( [a-z]+)?' "$top"/README.md "$top"/docs/*.md "$top"/deploy/*.md "$top"/npm/README.md | tr -d '`' | sort -u |
	while read -r _ first second; do
		"$program" help "$first" > /dev/null 2>&1 || fail "the pages name \"parley $first\", which is no command"
		case $first in flow | bot | agent | fault | clock | config | completion)
			[ -z "$second" ] || "$program" help "$first" "$second" > /dev/null 2>&1 || fail "the pages name \"parley $first $second\", which is no command" ;;
		esac
	done
echo "firstday: $count commands"
