#!/usr/bin/env bash
# A good guess says that a page learns of a lost line from onConnectionLost, and that a server can tell a chat client by its
# aws/ping. amazon-connect-chatjs 1.3.2 has neither: the session has no such method (a page that calls it gets a TypeError),
# no aws/ping is ever sent, only aws/heartbeat, and a line that is lost and found shows as a further onConnectionEstablished
# alone. 2.2.2 sends both frames and tells the loss; 5.0.0 as well, with onDeepHeartbeatSuccess for each ping.
# The prebuilt widget of amazon-connect-chat-ui-examples bundles 1.3.2. A server that closes sockets without pings closes
# those of that widget, and a page around it that wants to show "reconnecting" has no event for it.
set -euo pipefail
page=$(cd "$(dirname "$0")" && pwd)/lib/chatpage.mjs
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cp "$page" .
npm install --silent --no-audit --no-fund old@npm:amazon-connect-chatjs@1.3.2 middle@npm:amazon-connect-chatjs@2.2.2 new@npm:amazon-connect-chatjs@5.0.0
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { newPage, until } from './chatpage.mjs'

async function lose (name) {
  const page = newPage(name)
  const session = page.newSession()
  await session.connect()
  await until(() => page.frames.filter((topic) => topic === 'aws/heartbeat').length >= 3, 'three heartbeats')
  const before = page.told.length
  page.sockets[0].drop()
  await until(() => page.events().slice(before).includes('ConnectionEstablished'), 'a new connection')
  const seen = {
    method: typeof session.onConnectionLost,
    frames: [...new Set(page.frames)].sort(),
    told: page.events().slice(before).filter((event) => event.startsWith('Connection')),
  }
  console.log(`  onConnectionLost: ${seen.method}; frames: ${seen.frames.join(', ')}; told of the loss: ${seen.told.join(', ')}`)
  return seen
}
assert.deepEqual(await lose('old'), { method: 'undefined', frames: ['aws/heartbeat', 'aws/subscribe'], told: ['ConnectionEstablished'] })
for (const name of ['middle', 'new']) {
  assert.deepEqual(await lose(name), {
    method: 'function', frames: ['aws/heartbeat', 'aws/ping', 'aws/subscribe'], told: ['ConnectionLost', 'ConnectionEstablished'],
  })
}
process.exit()
JS
node run.mjs
