// The code for JavaScript in docs/testing.md, each put into a test file as it stands there: the use of the
// package, and the set-up without it, run by Node's own test runner with the built program as `parley`.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { patience } from '../bounds.js'

const project = fileURLToPath(new URL('../..', import.meta.url))
const binary = process.env.E2E_BINARY ?? join(project, 'bin/parley')

let directory, usage, setup
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-setup-'))
  await mkdir(join(directory, 'bin'))
  await symlink(binary, join(directory, 'bin/parley'))
  const document = await readFile(join(project, 'docs/testing.md'), 'utf8')
  const under = (heading) => document.split(`\n## ${heading}\n`)[1].match(/```js\n([^]*?)```/)[1]
  usage = under('JavaScript')
  setup = under('Everything else')
  await mkdir(join(directory, 'node_modules'))
  await symlink(join(project, 'npm'), join(directory, 'node_modules/parley-chat'))
})
after(() => rm(directory, { recursive: true }))

/** Runs code of the page, with more below it, as a test file of its own in a folder of its own. */
async function run(name, page, code) {
  const cwd = join(directory, name)
  await mkdir(cwd)
  await writeFile(join(cwd, 'a.test.mjs'), page + code)
  const env = { ...process.env, PATH: join(directory, 'bin') + delimiter + process.env.PATH, PARLEYCHAT_BINARY: binary }
  delete env.NODE_TEST_CONTEXT // which makes a runner inside of a runner skip its files
  const child = spawn(process.execPath, ['a.test.mjs'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { output += chunk })
  // 'close' comes when nobody holds the output any more: neither the runner nor its server.
  return { child, closed: once(child, 'close'), output: () => output, urlFile: join(cwd, 'parley.url') }
}

const gone = (file) => access(file).then(() => false, () => true)

const timeout = 5 * patience // a server that stays would be waited for without end

test('the package, as the page shows it, holds a chat and ends', { timeout }, async () => {
  const suite = await run('package', usage, `
import assert from 'node:assert/strict'
await assert.rejects(fetch(parley.url), 'the server has not ended')
console.log('answered ' + chat.contactId)
`)
  const [code] = await suite.closed
  assert.equal(code, 0, suite.output())
  assert.match(suite.output(), /^answered [0-9a-f-]{36}$/m)
})

test('a suite with many requests ends, and its server with it', { timeout }, async () => {
  const suite = await run('many', setup, `
import assert from 'node:assert/strict'
import { test } from 'node:test'

test('2000 chats', async () => {
  for (let i = 0; i < 250; i++) {
    await Promise.all(Array.from({ length: 8 }, async () => {
      const response = await fetch(url + '/startChatContact', { method: 'POST', body: '{}' })
      assert.equal(response.status, 200, await response.text())
    }))
  }
})
`)
  const [code] = await suite.closed
  assert.equal(code, 0, suite.output())
  assert.match(suite.output(), /^(#|ℹ) pass 1$/m)
  assert.ok(await gone(suite.urlFile), 'the server has not ended')
})

test('a suite that is killed leaves no server behind', { timeout }, async () => {
  const suite = await run('killed', setup, `
console.log('server ' + url)
setInterval(() => {}, 1000)
`)
  const failed = suite.closed.then(() => assert.fail(suite.output()))
  while (!suite.output().includes('server http')) await Promise.race([once(suite.child.stdout, 'data'), failed])
  assert.ok(!await gone(suite.urlFile))
  failed.catch(() => {}) // now it is to end
  suite.child.kill('SIGKILL')
  await suite.closed
  assert.ok(await gone(suite.urlFile), suite.output())
})
