#!/usr/bin/env bash
# Prints the path of a Python that has boto3, and installs Debian's when there is none and it may.
# PYTHON=/path/to/python3 takes another.
set -euo pipefail

find_boto3() {
	local python
	for python in "${PYTHON:-/usr/bin/python3}" python3; do # Debian's package is for Debian's own Python
		if "$python" -c 'import boto3' 2>/dev/null; then
			command -v "$python"
			return 0
		fi
	done
	return 1
}

find_boto3 && exit 0
"$(dirname "$0")/../debian.sh" python3-boto3 && find_boto3 && exit 0
echo "there is no Python with boto3, and none could be installed: https://pypi.org/project/boto3/" >&2
exit 1
