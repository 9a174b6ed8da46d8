#!/usr/bin/env bash
# Installs packages of Debian (or of a system with the same names) when it may: as root, or as a user
# with sudo that asks for no password. Fails otherwise. What apt-get prints goes to standard error.
#
#   e2e/debian.sh PACKAGE…
set -euo pipefail

command -v apt-get >/dev/null || exit 1
as_root=
if [ "$(id -u)" != 0 ]; then
	as_root="sudo -n"
	$as_root true 2>/dev/null || exit 1
fi
install() { $as_root apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@" >&2; }
echo "installing $* with apt-get" >&2
install "$@" || { $as_root apt-get update -qq >&2 && install "$@"; }
