// The packages as their users have them: packed, installed without a network, started without Go.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { atOnce, until } from '../bounds.js'
import { platform, project, run, tarballs } from './project.js'

describe('RowA1 npx parley-chat', { concurrency: atOnce }, () => {
  let home
  before(async () => { home = await project() })
  after(() => home?.remove())

  /** Starts a command that serves, and waits until it takes requests. */
  async function serve(t, command, ...flags) {
    const dir = await mkdtemp(join(home.folder, 'server-'))
    const file = join(dir, 'url')
    const child = spawn(command[0], [...command.slice(1), 'serve', '--addr', '127.0.0.1:0', '--ephemeral', '--url-file', file, ...flags],
      { ...home.inside, stdio: ['ignore', 'pipe', 'pipe'] })
    let log = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { log += chunk })
    const ended = once(child, 'exit')
    let pid
    t.after(() => {
      child.kill('SIGKILL')
      try { process.kill(pid, 'SIGKILL') } catch { /* it has ended; behind npx it would not */ }
    })
    const [url, id] = await until(async () => {
      assert.equal(child.exitCode, null, log)
      const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
      return lines.length > 2 && lines
    }, () => `no server:\n${log}`)
    pid = Number(id)
    return { child, url, file, pid, ended: ended.then(([code, signal]) => ({ code, signal, log })) }
  }
  const gone = (pid) => until(() => {
    try { return !process.kill(pid, 0) } catch { return true }
  }, () => `the server ${pid} lives on`)

  test('starts a chat, where there is no Go', async (t) => {
    await assert.rejects(run('go', ['version'], home.inside), { code: 'ENOENT' })
    const { url } = await serve(t, ['npx', 'parley-chat'])
    const response = await fetch(`${url}/startChatContact`, { method: 'POST', body: '{}' })
    const { data } = await response.json()
    assert.match(data.startChatResult.ContactId, /^[0-9a-f-]{36}$/)
  })

  test('passes arguments, output and exit codes through', async () => {
    const { stdout } = await run(home.launcher, ['version', '-o', 'json'], home.inside)
    assert.equal(typeof JSON.parse(stdout).version, 'string')
    await assert.rejects(run(home.launcher, ['serve', '--addr', 'nowhere'], home.inside), ({ code, stderr }) => {
      assert.equal(code, 2)
      assert.match(stderr, /parley: error: --addr/)
      return true
    })
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    test(`ends in good order after ${signal}`, async (t) => {
      const { child, pid, ended } = await serve(t, [home.launcher])
      child.kill(signal)
      const { code, log } = await ended
      assert.equal(code, 0, log)
      await gone(pid)
    })
  }

  test('restarts in place after SIGUSR2', async (t) => {
    const { child, file, pid, ended } = await serve(t, [home.launcher])
    const written = async () => (await stat(file).catch(() => ({}))).ino
    const before = await written()
    child.kill('SIGUSR2')
    await until(async () => ![before, undefined].includes(await written()), () => 'no address was written anew')
    assert.equal(Number((await readFile(file, 'utf8')).split('\n')[1]), pid, 'another process')
    child.kill('SIGINT')
    assert.equal((await ended).code, 0)
  })

  test('ends as the program ended', async (t) => {
    const { pid, ended } = await serve(t, [home.launcher])
    process.kill(pid, 'SIGKILL')
    assert.equal((await ended).signal, 'SIGKILL')
  })

  test('leaves no server behind when it is killed', async (t) => {
    const { child, pid } = await serve(t, [home.launcher])
    child.kill('SIGKILL')
    await gone(pid)
  })

  test('leaves none behind when what started it is killed, where that was asked for', async (t) => {
    const { child, pid } = await serve(t, ['sh', '-c', '"$0" "$@"; true', home.launcher], '--exit-with-parent')
    child.kill('SIGKILL')
    await gone(pid)
  })

  test('takes the program that the variable names', async () => {
    const named = join(home.folder, 'other')
    await writeFile(named, '#!/bin/sh\necho "other $1"\n', { mode: 0o755 })
    const env = { ...home.inside.env, PARLEYCHAT_BINARY: named }
    assert.equal((await run(home.launcher, ['x'], { ...home.inside, env })).stdout, 'other x\n')
    await assert.rejects(run(home.launcher, [], { ...home.inside, env: { ...env, PARLEYCHAT_BINARY: `${named}-not` } }),
      /PARLEYCHAT_BINARY names .*other-not: there is no program/)
  })
})

test('RowA1 says which package is missing with --omit=optional', async (t) => {
  const home = await project('--omit=optional')
  t.after(home.remove)
  await assert.rejects(run(home.launcher, ['version'], home.inside), ({ code, stderr }) => {
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`^parley: error: the package @parley-chat/${platform}, .*--omit=optional.*npm install .*PARLEYCHAT_BINARY`))
    return true
  })
})

test('RowA1 has a program that may be executed, and says so when it may not', async (t) => {
  const { stdout } = await run('tar', ['-tvzf', (await tarballs()).program])
  assert.match(stdout, /^-rwxr-xr-x .*package\/parley$/m)
  const home = await project()
  t.after(home.remove)
  assert.equal((await stat(home.program)).mode & 0o777, 0o755)
  await chmod(home.program, 0o644)
  await assert.rejects(run(home.launcher, ['version'], home.inside), /may not be executed.*chmod \+x/)
})
