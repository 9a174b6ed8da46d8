#!/usr/bin/env bash
# A good guess says that disconnectParticipant() ends the client's side: once it has resolved, the socket is closed and
# sendMessage is refused in the page, as amazon-connect-chatjs 3.0.3 does. In 5.0.0 the call to AWS is all that it does: the
# socket stays open, heartbeats go on and a message of the page is sent, until the server's event chat.ended comes.
# A server that closes the contact without that event leaves pages connected for ever, an agent's survey can follow the
# customer's goodbye, and a page has to lock its input itself after the customer has left.
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

async function leave (name) {
  const page = newPage(name)
  const session = page.newSession()
  await session.connect()
  await until(() => page.events().filter((event) => event === 'ConnectionEstablished').length === 2, 'an open socket')
  await session.disconnectParticipant()
  const heartbeats = page.frames.length
  const open = page.sockets[0].readyState === 1
  if (open) await until(() => page.frames.length > heartbeats, 'further heartbeats')
  const late = await session.sendMessage({ message: 'wait', contentType: 'text/plain' }).then(() => 'sent', (error) => String(error.message ?? error))
  const reached = page.requests.some((url) => url.endsWith('/participant/message'))
  console.log(`  after disconnectParticipant: socket ${open ? 'open' : 'closed'}, a message: ${late}`)
  return { open, reached }
}
assert.deepEqual(await leave('old'), { open: false, reached: false })
assert.deepEqual(await leave('new'), { open: true, reached: true })
process.exit()
JS
node run.mjs
