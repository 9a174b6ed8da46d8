#!/usr/bin/env bash
# A good guess says that connect.LogLevel.INFO is the level INFO of amazon-connect-chatjs: its README sets it as the level of
# loggerConfig (in the part about React Native), and without other scripts it is the number 20. amazon-connect-streams has a
# connect.LogLevel as well, of texts, and on a page with both it wins in either order: it writes over that of chatjs when it
# comes later, and chatjs keeps it when it comes first. chatjs compares the text "INFO" with its numbers, which never holds, so
# that setGlobalConfig takes it without a word and nothing is logged any more, errors included.
# Seen with amazon-connect-chatjs 3.0.3 and 5.0.0 and Streams 2.28.2. A chat that works in the customer's page loses its log in
# the agent's desktop, where it is needed; connect.ChatSession.LogLevel holds the numbers in both.
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
function log (scripts, levels) {
  const { window } = new JSDOM('', { runScripts: 'outside-only', url: 'https://desk.example/', virtualConsole: new VirtualConsole() })
  for (const name of scripts) window.eval(readFileSync(`node_modules/${files[name]}`, 'utf8'))
  const { connect } = window
  const lines = []
  const customizedLogger = Object.fromEntries(['debug', 'info', 'warn', 'error', 'advancedLog'].map((level) => [level, () => lines.push(level)]))
  const level = levels(connect).INFO
  connect.ChatSession.setGlobalConfig({ region: 'us-east-1', loggerConfig: { customizedLogger, level } })
  lines.length = 0
  const logger = connect.LogManager.getLogger({ prefix: 'page' })
  for (const at of ['debug', 'info', 'warn', 'error']) logger[at]('text')
  window.close()
  console.log(`  ${scripts.join(', ')}; level ${JSON.stringify(level)}: ${lines.join(', ') || 'nothing'}`)
  return lines
}
const all = ['info', 'warn', 'error']
for (const chatjs of ['old', 'new']) {
  assert.deepEqual(log([chatjs], ({ LogLevel }) => LogLevel), all)
  for (const both of [['streams', chatjs], [chatjs, 'streams']]) {
    assert.deepEqual(log(both, ({ LogLevel }) => LogLevel), [])
    assert.deepEqual(log(both, ({ ChatSession }) => ChatSession.LogLevel), all)
  }
}
process.exit()
JS
node run.mjs
