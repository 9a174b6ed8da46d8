#!/usr/bin/env bash
# A good guess says that the ClientToken of each SendEvent call is one of its own, a UUID, as AWS documents for telling a
# repeated call from a new one. amazon-connect-chatjs 5.0.0 sends the same words with each read receipt: those of two
# messages both carry INCOMING_READ_RECEIPT. 3.0.3 sends a UUID for each.
# A back end or a stand-in for Amazon Connect that takes a repeated ClientToken for a repeated call of the participant drops
# every read receipt but the first; the token has to be compared together with the content, or not at all for receipts.
set -euo pipefail
page=$(cd "$(dirname "$0")" && pwd)/lib/chatpage.mjs
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cp "$page" .
npm install --silent --no-audit --no-fund old@npm:amazon-connect-chatjs@3.0.3 new@npm:amazon-connect-chatjs@5.0.0
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { newPage, until } from './chatpage.mjs'

const contentType = 'application/vnd.amazonaws.connect.event.message.read'
async function read (name) {
  const page = newPage(name)
  const session = page.newSession()
  await session.connect()
  await until(() => page.events().filter((event) => event === 'ConnectionEstablished').length === 2, 'an open socket')
  for (const messageId of ['message-1', 'message-2']) await session.sendEvent({ contentType, content: JSON.stringify({ messageId }) })
  const sent = () => page.bodies.filter((body) => body.includes(contentType)).map((body) => JSON.parse(body))
  await until(() => sent().length === 2, 'two receipts')
  for (const { Content, ClientToken } of sent()) console.log(`  ${Content} ClientToken: ${ClientToken}`)
  assert.equal(new Set(sent().map(({ Content }) => Content)).size, 2)
  return sent().map(({ ClientToken }) => ClientToken)
}
const [first, second] = await read('old')
assert.match(first, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
assert.notEqual(first, second)
assert.deepEqual(await read('new'), ['INCOMING_READ_RECEIPT', 'INCOMING_READ_RECEIPT'])
process.exit()
JS
node run.mjs
