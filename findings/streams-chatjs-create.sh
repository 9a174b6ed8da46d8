#!/usr/bin/env bash
# A good guess says that a chat session can be made as soon as the library is there: create() of amazon-connect-chatjs only makes
# an object, and calls nobody before connect(). In 5.0.0 it counts each session, and where amazon-connect-streams is on the page
# too it does so through Streams' publishMetric, which throws until initCCP has been called: create() of a customer's or an
# agent's session ends with Streams' StateError, "There is no upstream conduit!", whichever script came first. The throw is
# inside the catch that tells of failures, so that it replaces the reason as well. 3.0.3 makes the session. Streams 2.28.2.
# A page that shows a customer's chat beside an agent's panel, or opens the panel at the click of a button only, has to call
# initCCP before the first create(), or leave Streams out until then; disableCSM changes nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund jsdom@26.1.0 amazon-connect-streams@2.28.2 \
  old@npm:amazon-connect-chatjs@3.0.3 new@npm:amazon-connect-chatjs@5.0.0
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { JSDOM, VirtualConsole } from 'jsdom'

const files = {
  streams: 'amazon-connect-streams/release/connect-streams.js',
  old: 'old/dist/amazon-connect-chat.js',
  new: 'new/dist/amazon-connect-chat.js',
}
function create (scripts, type, init) {
  const { window } = new JSDOM('<div id="panel"></div>', { runScripts: 'outside-only', url: 'https://desk.example/', virtualConsole: new VirtualConsole() })
  for (const name of scripts) window.eval(readFileSync(`node_modules/${files[name]}`, 'utf8'))
  if (init) window.connect.core.initCCP(window.document.getElementById('panel'), { ccpUrl: 'https://ccp.example/', loginPopup: false, softphone: { allowFramedSoftphone: false } })
  const chatDetails = { contactId: 'contact', participantId: 'participant', participantToken: 'token' }
  let told = 'made'
  try {
    window.connect.ChatSession.create({ type, chatDetails, disableCSM: true, options: { region: 'us-east-1' }, websocketManager: {} })
  } catch (error) {
    told = `${error.name}: ${error.message}`
  }
  window.close()
  console.log(`  ${scripts.join(', ')}${init ? ', initCCP' : ''}; ${type}: ${told}`)
  return told
}
const refused = 'StateError: There is no upstream conduit!'
for (const type of ['CUSTOMER', 'AGENT']) {
  assert.equal(create(['new'], type), 'made')
  assert.equal(create(['streams', 'old'], type), 'made')
  assert.equal(create(['streams', 'new'], type), refused)
  assert.equal(create(['new', 'streams'], type), refused)
  assert.equal(create(['streams', 'new'], type, true), 'made')
}
process.exit()
JS
node run.mjs
