// The set-up for JavaScript in docs/testing.md: put into a test file as it stands there, and run by
// Node's own test runner, with the built program as `parley`.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('../..', import.meta.url))
const binary = process.env.E2E_BINARY ?? join(project, 'bin/parley')

let directory, setup
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-setup-'))
  await mkdir(join(directory, 'bin'))
  await symlink(binary, join(directory, 'bin/parley'))
  const document = await readFile(join(project, 'docs/testing.md'), 'utf8')
  setup = document.match(/```js\n([^]*?)```/)[1]
})
after(() => rm(directory, { recursive: true }))

/** Runs the set-up, with more below it, as a test file of its own in a folder of its own. */
async function run(name, code) {
  const cwd = join(directory, name)
  await mkdir(cwd)
  await writeFile(join(cwd, 'a.test.mjs'), setup + code)
  const env = { ...process.env, PATH: join(directory, 'bin') + delimiter + process.env.PATH }
  delete env.NODE_TEST_CONTEXT // which makes a runner inside of a runner skip its files
  const child = spawn(process.execPath, ['a.test.mjs'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { output += chunk })
  // 'close' comes when nobody holds the output any more: neither the runner nor its server.
  return { child, closed: once(child, 'close'), output: () => output, urlFile: join(cwd, 'parley.url') }
}

const gone = (file) => access(file).then(() => false, () => true)

const timeout = 120_000 // for a loaded machine; a server that stays would be waited for without end

test('a suite with many requests ends, and its server with it', { timeout }, async () => {
  const suite = await run('many', `
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
  const suite = await run('killed', `
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
