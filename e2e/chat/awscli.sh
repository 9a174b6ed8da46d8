#!/usr/bin/env bash
# Prints the path of an AWS CLI, and installs Debian's when there is none and it may.
# AWS_CLI=/path/to/aws takes another.
set -euo pipefail

command -v "${AWS_CLI:-aws}" && exit 0

if command -v apt-get >/dev/null; then
	as_root=
	if [ "$(id -u)" != 0 ]; then as_root="sudo -n"; fi
	if [ -z "$as_root" ] || $as_root true 2>/dev/null; then
		echo "installing the AWS CLI with apt-get" >&2
		{ $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends awscli; } >&2
		command -v aws && exit 0
	fi
fi
echo "there is no AWS CLI, and none could be installed: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html" >&2
exit 1
