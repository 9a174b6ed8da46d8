// The examples for test runners, as somebody who tries them does.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { inTurn } from '../bounds.js'
import { run, top } from './project.js'

test('RowA4 examples/firstday.sh runs every command of the README', async () => {
  const { stdout } = await run(join(top, 'examples', 'firstday.sh'), [join(top, 'bin', 'npm')]).catch((error) => assert.fail(`${error.stdout}\n${error.stderr}`))
  assert.match(stdout, /^\$ make run\n\$ npx parley-chat\n/)
  assert.match(stdout, /\nfirstday: \d+ commands\n$/)
})

for (const [name, command, passed] of [
  ['playwright', ['npx', 'playwright', 'test', '--workers=2'], /2 passed/],
  ['vitest', ['npx', 'vitest', 'run'], /Tests +2 passed/],
  ['jest', ['npx', 'jest'], /Tests: +2 passed/],
]) {
  test(`RowA2 examples/${name}`, () => inTurn(async () => {
    const env = { ...process.env, PARLEYCHAT_BINARY: process.env.E2E_BINARY ?? join(top, 'bin', 'parley'), NO_COLOR: '1', FORCE_COLOR: undefined }
    delete env.NODE_TEST_CONTEXT
    const { stdout, stderr } = await run(command[0], command.slice(1), { cwd: join(top, 'examples', name), env })
      .catch((error) => assert.fail(`${error.stdout}\n${error.stderr}`))
    assert.match(stdout + stderr, passed)
  }))
}
