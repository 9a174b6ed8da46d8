#!/bin/sh
# Asks a deployed endpoint for what it must do and must refuse. Needs curl.
#
#   deploy/smoke.sh URL ORIGIN
#
# URL is the stack's output StartChatUrl, or wherever a container is reached; ORIGIN is one of the origins that
# may call. One line says ok, FAIL or skip for each question; the exit code is 1 when one failed, 2 for wrong usage.
#
# In the environment:
#   TOKEN        a customer's token, for an endpoint that asks for one (authMode)
#   CHAT         no: start no chat. Otherwise one is started and ended again.
#   PARTICIPANT  where that chat is ended: the Participant Service, https://participant.connect.REGION.amazonaws.com.
#                Needed unless URL is an execute-api address in the instance's Region.
#   BURST        requests sent at once to meet the limit, 20 if not given; 0: none
#   PAUSE        seconds before each other request, 1 if not given, so that these do not meet the limit
#
# With 20 in the burst it sends fewer than 30 requests, which is what the template's firewall lets one address send in
# five minutes. Wait that long before the next run.

set -eu

usage() {
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

[ $# -eq 2 ] || usage
case $1 in http://?* | https://?*) ;; *) usage ;; esac
case $2 in http://?* | https://?*) ;; *) usage ;; esac
url=$1
origin=$2
foreign=https://smoke-test.invalid
burst=${BURST:-20}
pause=${PAUSE:-1}
type=text/plain # as widgets send it, so that no preflight stands in the way
failed=0

umask 077
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
# Tokens are handed over in files, because everybody on this machine can read command lines.
: >"$tmp/nothing"
cp "$tmp/nothing" "$tmp/token"
cp "$tmp/nothing" "$tmp/forged"
if [ -n "${TOKEN:-}" ]; then
	printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" >"$tmp/token"
	printf 'header = "Authorization: Bearer %sx"\n' "$TOKEN" >"$tmp/forged"
fi

# ask CONFIG METHOD BODY [CURL ARGUMENT…]: a request with the headers of the file CONFIG. Its answer is in $status,
# $tmp/headers and $tmp/body.
ask() {
	config=$1
	method=$2
	body=$3
	shift 3
	[ "$pause" = 0 ] || sleep "$pause"
	: >"$tmp/headers"
	: >"$tmp/body"
	status=$(printf %s "$body" | curl -s -K "$tmp/$config" -X "$method" --data-binary @- -H "Content-Type: $type" \
		-D "$tmp/headers" -o "$tmp/body" -w '%{http_code}' --max-time 30 "$@" || :)
	[ -n "$status" ] || status=000
}

# header NAME: the value of a header of the last answer.
header() {
	tr -d '\r' <"$tmp/headers" | awk -v name="$1" 'BEGIN { name = tolower(name) ":" }
		index(tolower($0), name) == 1 { value = substr($0, length(name) + 1); sub(/^ */, "", value); print value; exit }'
}

# member NAME: the text of a member of the last answer.
member() {
	sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" "$tmp/body" | head -n 1
}

ok() { printf 'ok    %s\n' "$1"; }
skip() { printf 'skip  %s: %s\n' "$1" "$2"; }
fail() {
	printf 'FAIL  %s: %s\n' "$1" "$2"
	failed=1
}

# answered: what came instead, for a line that fails.
answered() {
	if [ "$status" = 000 ]; then
		echo "no answer"
	else
		echo "status $status, Access-Control-Allow-Origin \"$(header Access-Control-Allow-Origin)\", code \"$(member code)\""
	fi
}

# expect TEXT STATUSES ALLOWED: the last answer has one of the statuses, and is readable for the origin ALLOWED; - is
# for none, and empty for any.
expect() {
	allowed=$(header Access-Control-Allow-Origin)
	case " $2 " in *" $status "*) ;; *)
		fail "$1" "$(answered)"
		return
		;;
	esac
	case $3 in
	'') ;;
	-) [ -z "$allowed" ] || {
		fail "$1" "$(answered)"
		return
	} ;;
	*) [ "$allowed" = "$3" ] || {
		fail "$1" "$(answered)"
		return
	} ;;
	esac
	ok "$1"
}

# What follows sends broken JSON, which starts no chat whatever else is allowed.
broken='{'

ask nothing OPTIONS '' "$url" -H "Origin: $origin" -H 'Access-Control-Request-Method: POST' -H 'Access-Control-Request-Headers: authorization,content-type'
expect "preflight of $origin is allowed" '200 204' "$origin"

ask nothing OPTIONS '' "$url" -H "Origin: $foreign" -H 'Access-Control-Request-Method: POST'
expect "preflight of $foreign is not" '200 204 403' -

ask token POST "$broken" "$url" -H "Origin: $origin"
if [ "$status" = 401 ] && [ -z "${TOKEN:-}" ]; then
	expect "a request without a token is refused" 401 "$origin"
	skip "a broken request is refused" "TOKEN is not set"
	locked=yes
else
	expect "a broken request is refused, and the page can read why" 400 "$origin"
	locked=no
fi

ask token POST "$broken" "$url" -H "Origin: $foreign"
expect "a page of $foreign is refused" 403 -

ask token POST "$broken" "$url"
if [ -n "${TOKEN:-}" ]; then
	expect "an app without an origin gets in with its token" 400 -
	ask nothing POST "$broken" "$url" -H "Origin: $origin"
	expect "a request without a token is refused" 401 "$origin"
	ask forged POST "$broken" "$url" -H "Origin: $origin"
	expect "a forged token is refused" 401 "$origin"
else
	expect "a request without an origin is refused" '401 403' -
fi

if [ "$locked" = no ]; then
	ask token POST '{"InstanceId":"00000000-0000-4000-8000-000000000000","ParticipantDetails":{"DisplayName":"Smoke test"}}' "$url" -H "Origin: $origin"
	expect "a page cannot choose the instance" 403 "$origin"
fi

# One chat, started as a page does and ended as its customer does.
participant=${PARTICIPANT:-$(printf %s "$url" | sed -n 's#^https://[a-z0-9]*\.execute-api\.\([a-z0-9-]*\)\.\(amazonaws\.com[.a-z]*\)/.*#https://participant.connect.\1.\2#p')}
if [ "${CHAT:-}" = no ]; then
	skip "a chat is started" "CHAT is no"
elif [ "$locked" = yes ]; then
	skip "a chat is started" "TOKEN is not set"
elif [ -z "$participant" ]; then
	skip "a chat is started" "PARTICIPANT is not set, so it could not be ended"
else
	ask token POST '{"ParticipantDetails":{"DisplayName":"Smoke test"}}' "$url" -H "Origin: $origin"
	expect "a chat is started" 200 "$origin"
	secret=$(member ParticipantToken)
	if [ "$status" = 200 ] && [ -z "$secret" ]; then
		fail "the chat has a participant token" "none in the answer"
	elif [ "$status" = 200 ]; then
		printf 'header = "X-Amz-Bearer: %s"\n' "$secret" >"$tmp/participant"
		type=application/json
		ask participant POST '{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"]}' "$participant/participant/connection" -H "Origin: $origin"
		expect "its customer is let in" 200 ''
		printf 'header = "X-Amz-Bearer: %s"\n' "$(member ConnectionToken)" >"$tmp/connection"
		ask connection POST '{}' "$participant/participant/disconnect" -H "Origin: $origin"
		expect "its customer has left again" 200 ''
	fi
fi

# Many at once: some have to be turned away, in a way that pages can read.
if [ "$burst" -gt 0 ]; then
	i=0
	while [ "$i" -lt "$burst" ]; do
		printf %s "$broken" | curl -s -K "$tmp/token" --data-binary @- -H 'Content-Type: text/plain' -H "Origin: $origin" \
			-D "$tmp/headers.$i" -o /dev/null --max-time 30 "$url" || : &
		i=$((i + 1))
	done
	wait
	limited=0
	i=0
	while [ "$i" -lt "$burst" ]; do
		if head -n 1 "$tmp/headers.$i" 2>/dev/null | grep -q ' 429'; then
			cp "$tmp/headers.$i" "$tmp/headers"
			: >"$tmp/body"
			limited=$((limited + 1))
		fi
		i=$((i + 1))
	done
	if [ "$limited" -eq 0 ]; then
		fail "of $burst requests at once some are turned away" "none was answered 429"
	else
		ok "of $burst requests at once $limited are turned away"
		case $(header Access-Control-Allow-Origin) in
		'*' | "$origin") ok "and the page can read that" ;;
		*) fail "and the page can read that" "Access-Control-Allow-Origin is \"$(header Access-Control-Allow-Origin)\"" ;;
		esac
	fi
else
	skip "of many requests at once some are turned away" "BURST is 0"
fi

exit "$failed"
