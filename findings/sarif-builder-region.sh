#!/usr/bin/env bash
# A good guess says that a writer of SARIF which is told only where a result starts leaves out where it ends, since readers
# then take the rest of the line. node-sarif-builder 5.0.0 writes both members of the end all the same, endLine as startLine
# and endColumn as 1: a result at line 3, column 7 ends at line 3, column 1, before it begins. Its README calls each member
# optional, and the JSON schema of SARIF cannot see it; by section 3.30.8 of SARIF 2.1.0 endColumn is the column after the
# last one of the region.
# A checker of flows that knows line and column of a fault, as most do, writes regions that a reader refuses or marks wrongly;
# give endColumn as well, or set the region with setLocationRegion, which writes what it is given.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund node-sarif-builder@5.0.0
cat >build.mjs <<'JS'
import assert from 'node:assert/strict'
import { SarifBuilder, SarifResultBuilder, SarifRunBuilder } from 'node-sarif-builder'

function written (options, region) {
  const result = new SarifResultBuilder()
    .initSimple({ ruleId: 'flow', level: 'error', messageText: 'no such queue', fileUri: 'flow.json', ...options })
  if (region) result.setLocationRegion(region)
  const run = new SarifRunBuilder().initSimple({ toolDriverName: 'checker', toolDriverVersion: '1.0.0' })
  run.addResult(result)
  const sarif = new SarifBuilder()
  sarif.addRun(run)
  const told = JSON.parse(sarif.buildSarifJsonString()).runs[0].results[0].locations[0].physicalLocation.region
  console.log(`  ${JSON.stringify(options)} ${region ? 'setLocationRegion' : 'initSimple'}:`, JSON.stringify(told))
  return told
}
const start = { startLine: 3, startColumn: 7 }
assert.deepEqual(written(start), { ...start, endLine: 3, endColumn: 1 })
assert.deepEqual(written({ ...start, endLine: 3 }), { ...start, endLine: 3, endColumn: 1 })
assert.deepEqual(written({ startLine: 3 }), { startLine: 3, startColumn: 1, endLine: 3, endColumn: 1 })
assert.deepEqual(written(start, start), start)
JS
npm ls --depth=0 | grep @
node build.mjs
