#!/usr/bin/env bash
# A good guess says that an event chat.ended in onMessage is one that the server sent, with an Id and a time, and that the
# transcript has it too. When the line is lost and CreateParticipantConnection answers 403 AccessDeniedException,
# amazon-connect-chatjs 5.0.0 makes that event itself: Id, AbsoluteTime and InitialContactId are empty texts; onEnded follows.
# 3.0.3 tells the same answer as onConnectionBroken, and 5.0.0 does so for a 404.
# A page that sorts by AbsoluteTime or keys its messages by Id has to bear empty ones, one that takes onEnded for the end of the
# contact can be wrong, since any refused token is told so as well, and onConnectionBroken does not come any more.
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

async function refuse (name, status) {
  const page = newPage(name, { answer: (path, nth) => path.endsWith('/connection') && nth > 1 ? status : 200 })
  await page.newSession().connect()
  await until(() => page.events().filter((event) => event === 'ConnectionEstablished').length === 2, 'an open socket')
  const before = page.told.length
  page.sockets[0].drop()
  await until(() => page.events().some((event) => event === 'Ended' || event === 'ConnectionBroken'), 'an end')
  const told = page.told.slice(before).filter(({ event }) => !/^DeepHeartbeat|^ConnectionLost/.test(event))
  console.log(`  line lost, then ${status}:`, JSON.stringify(told))
  return told
}
const broken = (told) => assert.deepEqual(told.map(({ event }) => event), ['ConnectionBroken'])
broken(await refuse('old', 403))
broken(await refuse('new', 404))
const told = await refuse('new', 403)
assert.deepEqual(told.map(({ event }) => event), ['Message', 'Ended'])
assert.deepEqual({ ...told[0].data }, {
  AbsoluteTime: '', ContentType: 'application/vnd.amazonaws.connect.event.chat.ended', Id: '', Type: 'EVENT', InitialContactId: '',
})
process.exit()
JS
node run.mjs
