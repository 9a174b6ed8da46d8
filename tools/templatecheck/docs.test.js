// The code in docs/production.md that signs tokens: run as it stands there, against the built server.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('../..', import.meta.url))

test('tokens of the example start chats', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-docs-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const parley = process.env.E2E_BINARY ?? join(directory, 'parley')
  if (!process.env.E2E_BINARY) execFileSync('go', ['build', '-o', parley, './cmd/parley'], { cwd: project })
  const document = readFileSync(join(project, 'docs/production.md'), 'utf8')
  writeFileSync(join(directory, 'token.mjs'), document.match(/```js\n([^]*?)```/)[1])
  const { chatToken } = await import(join(directory, 'token.mjs'))

  const key = 'k'.repeat(44)
  const keyFile = join(directory, 'key')
  const urlFile = join(directory, 'url')
  writeFileSync(keyFile, `${key}\n`)
  const server = spawn(parley, [
    'serve', '--addr', '127.0.0.1:0', '--ephemeral', '--partner=false', '--url-file', urlFile,
    '--auth-mode', 'hs256', '--jwt-key-file', keyFile, '--jwt-audience', 'website', '--persistent-chat', 'signed',
  ], { stdio: 'ignore' })
  const ended = new Promise((resolve) => server.on('exit', resolve))
  t.after(() => {
    server.kill('SIGINT')
    return ended
  })
  const url = execFileSync(parley, ['ready', '--url-file', urlFile, '--wait', '2m'], { encoding: 'utf8' }).trim()

  const start = async (token, body) => {
    const headers = token ? { Authorization: `Bearer ${token}` } : {}
    const response = await fetch(`${url}/startChatContact`, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, answer: await response.json() }
  }
  const ada = chatToken(key, { id: 'c-42', name: 'Ada', plan: 'gold' })
  const first = await start(ada, {})
  assert.equal(first.status, 200, JSON.stringify(first.answer))
  assert.equal((await start(chatToken('x'.repeat(44), { id: 'c-42', name: 'Ada', plan: 'gold' }), {})).status, 401)
  assert.equal((await start('', {})).status, 401)

  // An earlier chat is its customer's.
  const { resumeId, ContactId } = first.answer.data.startChatResult
  const earlier = (id) => ({ PersistentChat: { SourceContactId: id, RehydrationType: 'ENTIRE_PAST_SESSION' } })
  assert.equal((await start(chatToken(key, { id: 'c-43', name: 'Eve', plan: 'free' }), earlier(resumeId))).status, 403)
  assert.equal((await start(ada, earlier(ContactId))).status, 403)
  const stop = await fetch(`${url}/contact/stop`, { method: 'POST', body: JSON.stringify({ ContactId, InstanceId: 'any' }) })
  assert.equal(stop.status, 200, await stop.text())
  const again = await start(ada, earlier(resumeId))
  assert.equal(again.answer.data.startChatResult?.ContinuedFromContactId, ContactId, JSON.stringify(again.answer))
})
