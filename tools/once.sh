#!/bin/sh
# Counts the places that hold one idea each. A second place is a copy, and copies drift: use the
# package that a failure names. TestOnce (once_test.go) runs this with all other tests.
#
# Each line of the table: what it is, where it lives, how many lines match, the extended regular
# expression, and which files are searched; without those, all Go code but tests and examples.
set -u
cd "$(dirname "$0")/.." || exit 1
failed=0

check() { # idea, home, expected count, pattern, [paths]
	idea=$1 home=$2 want=$3 pattern=$4
	shift 4
	[ $# -gt 0 ] || set -- '*.go' ':!*_test.go' ':!examples'
	# Files count before they are committed, and in a tree without its history.
	found=$(git grep --no-index --exclude-standard -nE -e "$pattern" -- "$@" ':!tools/once.sh')
	[ $? -le 1 ] || { echo "once: the pattern of \"$idea\" is no regular expression: $pattern"; failed=1; return; }
	count=$(printf '%s' "$found" | grep -c '')
	[ "$count" -eq "$want" ] && return
	failed=1
	echo "once: $idea stands in $count places instead of $want; its home is $home:"
	printf '%s\n' "${found:-(nowhere: the pattern or its count is out of date)}" | sed 's/^/  /'
}

# The embedded Amazon Connect's own ids.
check 'the id of the embedded instance' internal/connectserver 1 '"11111111-1111-4111-8111-111111111111"'
check 'the id of the embedded contact flow' internal/emulator 1 '"22222222-2222-4222-8222-222222222222"'
check 'ids of the console that no strict server knows' internal/emulator 0 '11111111-1111-1111-1111|22222222-2222-2222-2222' .

check 'what writes to the store of chats' internal/chat 1 'store\.Commit\(' 'internal/*.go' ':!*_test.go'

check 'the test for hosts that mean this machine' internal/loopback 1 'Unmap\(\)\.IsLoopback\(\)'
check 'a private test for hosts that mean this machine' internal/loopback 0 'func is(Loopback|ThisMachine)'

check 'the type of attachment bytes to create and open' internal/blob 1 'Create\(id string\) \('
check 'the type of attachment bytes to commit' internal/blob 1 '^(func \(.*\) |	)Commit\(\) error'

check 'the source of shared keys' internal/identity 1 'KeySource interface'
check 'the interface of errors with a next step' internal/hint 1 '^	+Hint\(\) string' '*.go'
check 'the rule for keys of contact attributes' internal/connectmodel 0 'A-Za-z0-9_-|a-zA-Z0-9_-'
check 'a name for that rule' internal/connectmodel 1 'func [iI]sAttributeKey'

check 'a function that bounds text of callers' internal/excerpt 0 'func shorten|ToValidUTF8\([a-zA-Z]+\[:.*"…"|\[:most\] \+'
check 'lenient decoding' internal/awswire 1 'AllowDuplicateNames\(true\), jsontext\.AllowInvalidUTF8|AllowInvalidUTF8\(true\), jsontext\.AllowDuplicateNames'
check 'reading the body of a call' internal/awswire 1 'io\.ReadAll\(http\.MaxBytesReader' 'internal/*.go' ':!*_test.go'
check 'the paths of the front door' internal/doorpath 1 '"/start-chat"'

check 'how deep objects and lists stand within each other' internal/rawjson 0 'func tooDeep'
check 'the name that somebody meant' internal/hint 1 'func [nN]earest\(name'

# What only tests and measurements do.
check 'the rule of E2E_BINARY' internal/program 1 'Getenv\("E2E_BINARY"\)' '*.go'
check 'a test that builds programs by itself' internal/program 0 'Command(Context)?\(.*"go", "build"' '*_test.go'
check 'the flags of the function'"'"'s program' internal/program 1 '"lambda\.norpc"' '*.go'
check 'the Runtime API of Lambda' internal/runtimeapi 1 'HandleFunc\(.*invocation/next' '*.go'

exit $failed
