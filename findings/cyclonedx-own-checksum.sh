#!/usr/bin/env bash
# A good guess says that cyclonedx-gomod with -noserial and -notimestamp writes the same SBOM of the same program each time, as
# nothing else in it changes. cyclonedx-gomod 1.10.0 also records checksums of itself, of the very file that runs, under
# metadata.tools: the same version, built with other flags, by another Go or for another system, writes another file.
# Who publishes SHA-256 sums of SBOMs that others are to rebuild has to fix the build of the tool as well (its flags, Go's
# version, the system that it runs on), or take metadata.tools out before comparing. It says nothing about the program.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir tool program
cat >tool/go.mod <<'MOD'
module tool

go 1.25
MOD
cat >program/go.mod <<'MOD'
module program

go 1.25
MOD
printf 'package main\n\nfunc main() {}\n' >program/main.go
(cd program && go build -trimpath -buildvcs=false -o ../program.bin .)
cd tool
go get -tool github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 2>/dev/null
go list -m github.com/CycloneDX/cyclonedx-gomod
go build -o ../one github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
go build -ldflags=-s -o ../two github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
cd ..
for tool in one two; do
	./$tool bin -json -noserial -notimestamp -version 1.0.0 -output $tool.json program.bin 2>/dev/null
	./$tool bin -json -noserial -notimestamp -version 1.0.0 -output $tool-again.json program.bin 2>/dev/null
	cmp $tool.json $tool-again.json
done
cat >compare.mjs <<'JS'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const seen = ['one', 'two'].map((tool) => {
  const sbom = JSON.parse(readFileSync(`${tool}.json`))
  const { tools } = sbom.metadata
  delete sbom.metadata.tools
  const [{ name, version, hashes }] = tools.components ?? tools
  const recorded = hashes.find(({ alg }) => alg === 'SHA-256').content
  console.log(`  written by ${name} ${version}, metadata.tools: ${hashes.map(({ alg }) => alg).join(', ')}; SHA-256 ${recorded.slice(0, 16)}…`)
  assert.equal(recorded, createHash('sha256').update(readFileSync(tool)).digest('hex'))
  return { recorded, rest: JSON.stringify(sbom) }
})
assert.notEqual(seen[0].recorded, seen[1].recorded)
assert.equal(seen[0].rest, seen[1].rest)
console.log('  without metadata.tools: the same')
JS
node compare.mjs
