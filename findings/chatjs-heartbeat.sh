#!/usr/bin/env bash
# A good guess says that a client whose heartbeat stays without an answer says so to the page, and that the callbacks
# onDeepHeartbeatSuccess and onDeepHeartbeatFailure are about aws/heartbeat. In amazon-connect-chatjs 5.0.0 they are about
# aws/ping. When aws/heartbeat is not answered, the client calls CreateParticipantConnection again at the next tick (10 s),
# opens a second socket and closes the first, over and over, and the page hears nothing but onDeepHeartbeatSuccess.
# Who writes a server or a proxy for these sockets has to answer both frames; one that answers the pings only looks healthy to
# every page and gets six calls and six sockets a minute from each.
set -euo pipefail
page=$(cd "$(dirname "$0")" && pwd)/lib/chatpage.mjs
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cp "$page" .
npm install --silent --no-audit --no-fund chatjs@npm:amazon-connect-chatjs@5.0.0
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { newPage, until } from './chatpage.mjs'

async function stay (mute, condition) {
  const page = newPage('chatjs', { mute })
  await page.newSession().connect()
  await until(() => page.events().includes('ConnectionEstablished'), 'a connection')
  await until(() => condition(page), `what comes without ${mute}`)
  const seen = {
    sockets: page.sockets.length > 1, closed: page.sockets[0].readyState === 3,
    calls: page.requests.filter((url) => url.endsWith('/participant/connection')).length > 1,
    told: [...new Set(page.events())].filter((event) => event !== 'ConnectionEstablished'),
    established: page.events().filter((event) => event === 'ConnectionEstablished').length,
  }
  console.log(`  not answered: ${mute}; sockets: ${page.sockets.length}; told: ${page.events().join(', ')}`)
  return seen
}
// The page hears ConnectionEstablished twice at the start, for the call and for the socket.
assert.deepEqual(await stay(['aws/heartbeat'], ({ sockets }) => sockets.length >= 4),
  { sockets: true, closed: true, calls: true, told: ['DeepHeartbeatSuccess'], established: 2 })
assert.deepEqual(await stay(['aws/ping'], ({ told }) => told.filter(({ event }) => event === 'DeepHeartbeatFailure').length >= 3),
  { sockets: false, closed: false, calls: false, told: ['DeepHeartbeatFailure'], established: 2 })
process.exit()
JS
node run.mjs
