#!/usr/bin/env bash
# Prints the path of an AWS CLI, and installs Debian's when there is none and it may.
# AWS_CLI=/path/to/aws takes another.
set -euo pipefail

command -v "${AWS_CLI:-aws}" && exit 0
"$(dirname "$0")/../debian.sh" awscli && command -v aws && exit 0
echo "there is no AWS CLI, and none could be installed: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html" >&2
exit 1
