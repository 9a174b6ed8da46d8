#!/usr/bin/env bash
# Runs `make test` as on a machine that has never seen this project: the last commit in a fresh
# clone, with module, build and npm caches of its own, all of them removed at the end. What the
# system has installed (Go, Node.js, a Chromium) stays.
set -euo pipefail

source=$(git rev-parse --show-toplevel)
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT # the module cache is read-only

git clone --quiet "$source" "$dir/parley"
cd "$dir/parley"
GOMODCACHE=$dir/modules GOCACHE=$dir/build npm_config_cache=$dir/npm make test
