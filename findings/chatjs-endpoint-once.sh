#!/usr/bin/env bash
# A good guess says that setGlobalConfig({ endpoint }) holds for every session that is created after it. amazon-connect-chatjs
# keeps one HTTP client for each region, made for the first session of it: a later endpoint for the same region is taken
# without a word and has no effect, until the page is loaded again or names another region. So in 1.3.2 and in 5.0.0.
# A page that switches between Amazon Connect and a server on localhost, or tests in one window that use a server each, go
# on calling the first one; the way out is a reload, or a region of its own for each endpoint.
set -euo pipefail
page=$(cd "$(dirname "$0")" && pwd)/lib/chatpage.mjs
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cp "$page" .
npm install --silent --no-audit --no-fund old@npm:amazon-connect-chatjs@1.3.2 new@npm:amazon-connect-chatjs@5.0.0
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { newPage } from './chatpage.mjs'

for (const name of ['old', 'new']) {
  const page = newPage(name) // its endpoint is http://first.example, its region us-east-1
  const asked = async () => {
    const before = page.requests.length
    await page.newSession().connect()
    return new URL(page.requests.slice(before).find((url) => url.endsWith('/participant/connection'))).host
  }
  const hosts = [await asked()]
  page.configure('http://second.example')
  hosts.push(await asked())
  page.configure('http://third.example', 'eu-west-2')
  hosts.push(await asked())
  console.log(`  configured first, second, third (another region); called ${hosts.join(', ')}`)
  assert.deepEqual(hosts, ['first.example', 'first.example', 'third.example'])
}
process.exit()
JS
node run.mjs
