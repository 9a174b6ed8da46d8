#!/usr/bin/env bash
# A good guess says that setGlobalConfig of amazon-connect-chatjs either keeps or forgets what a later call leaves out. It keeps
# endpoint and region, and forgets that read and delivered receipts are off: after a call with shouldSendMessageReceipts false
# under features.messageReceipts, any call about something else, such as a region or a logger, switches them on again.
# So in 1.3.2, 2.2.2, 3.0.3 and 5.0.0; 2.3.2 between them leaves them off.
# A page that must not tell when a customer has read something does so as soon as a script or a widget beside it has set an
# endpoint, and a test with 2.3.2 shows nothing of it; name the receipts in each call, or make the one that is about them the last.
set -euo pipefail
page=$(cd "$(dirname "$0")" && pwd)/lib/chatpage.mjs
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cp "$page" .
npm install --silent --no-audit --no-fund c1@npm:amazon-connect-chatjs@1.3.2 c2@npm:amazon-connect-chatjs@2.2.2 c23@npm:amazon-connect-chatjs@2.3.2 \
  c3@npm:amazon-connect-chatjs@3.0.3 c5@npm:amazon-connect-chatjs@5.0.0
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { newPage, until } from './chatpage.mjs'

async function read (name, ...configs) {
  const page = newPage(name) // which has set endpoint and region
  for (const config of configs) page.client.setGlobalConfig(config)
  const session = page.newSession()
  await session.connect()
  await until(() => page.events().filter((event) => event === 'ConnectionEstablished').length === 2, 'an open socket')
  await session.sendEvent({ contentType: 'application/vnd.amazonaws.connect.event.message.read', content: '{"messageId":"message-1"}' }).catch(({ errorMessage }) => assert.match(errorMessage, /^Ignoring messageReceipt/))
  await session.sendMessage({ contentType: 'text/plain', message: 'next' })
  await until(() => page.requests.at(-1).endsWith('/participant/message'), 'the message after the receipt')
  const sent = page.requests.some((url) => url.endsWith('/participant/event'))
  assert.ok(page.requests.every((url) => url.startsWith('http://first.example/')))
  console.log(`  ${configs.map((config) => config === off ? 'receipts off' : JSON.stringify(config)).join(', then ')}: ${sent ? 'sent' : 'not sent'}`)
  return sent
}
const off = { features: { messageReceipts: { shouldSendMessageReceipts: false } } }
for (const name of ['c1', 'c2', 'c23', 'c3', 'c5']) {
  for (const other of [{ region: 'us-east-1' }, { loggerConfig: {} }]) {
    assert.equal(await read(name, other), true)
    assert.equal(await read(name, other, off), false)
    assert.equal(await read(name, off, other), name !== 'c23')
  }
}
process.exit()
JS
node run.mjs
