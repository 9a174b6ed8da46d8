// What a test does with the library: a server of its own, chats, agents, faults and time.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { atOnce, patience, until } from '../bounds.js'
import { project, run, top } from './project.js'

const timeout = patience // of every wait of the library

describe('RowA2 startParley', { concurrency: atOnce }, () => {
  let home, startParley, ParleyError
  before(async () => {
    home = await project()
    ;({ startParley, ParleyError } = await import(pathToFileURL(createRequire(join(home.folder, 'x.js')).resolve('parley-chat'))))
  })
  after(() => home?.remove())

  async function start(t, options) {
    const parley = await startParley(options)
    t.after(() => parley.close())
    return parley
  }

  test('holds a chat in the five lines of the README', async () => {
    const readme = (await run('cat', [join(top, 'npm', 'README.md')])).stdout
    const [, example] = readme.match(/```js\n([^]*?)```/)
    assert.equal(example.trim().split('\n').filter((line) => line && !line.startsWith('import')).length, 5)
    await writeFile(join(home.folder, 'five.js'), example)
    await run(process.execPath, ['five.js'], home.inside)
  })

  test('answers with scripts from objects and files, of several agents', async (t) => {
    const file = join(home.folder, 'bob.yaml')
    await writeFile(file, 'name: Bob\nqueues: [Billing]\nrules: [{reply: Bob here}]\n')
    const parley = await start(t, { agent: [{ name: 'Ann', greeting: 'Hello {customer}' }, file] })
    const chat = await parley.startChat({ name: 'Eve', attributes: { order: '42' } })
    const messages = await chat.messages({ until: /^Hello Eve$/, timeout })
    assert.deepEqual(messages.map(({ role, from, contentType }) => [role, from, contentType]), [['AGENT', 'Ann', 'text/plain']])
    assert.deepEqual((await parley.desk.state()).agents.map(({ name }) => name).sort(), ['Ann', 'Bob', 'Parley'])
    assert.equal((await parley.contact({ customer: 'Eve', timeout })).attributes.order, '42')
    assert.deepEqual(await parley.messages(chat.contactId), messages)
  })

  test('runs the flows of a folder', async (t) => {
    const parley = await start(t, { flows: join(top, 'examples', 'flows') })
    const chat = await parley.startChat()
    assert.ok((await chat.messages({ until: 1, timeout })).length > 0)
    await until(async () => (await parley.api('GET', `/api/contacts/${chat.contactId}/flow`)).steps.length > 0, () => 'there are no steps') // told after they were made
  })

  test('lets the test play the agent, who waits for a chat', async (t) => {
    const parley = await start(t, { partner: false })
    const ann = await parley.desk.join()
    const [chat, contact] = await Promise.all([parley.startChat(), ann.accept(undefined, { timeout })])
    assert.equal(contact, chat.contactId)
    await ann.type(chat)
    await ann.say(chat, 'Good morning')
    await chat.say('Thank you')
    const messages = await parley.messages(chat, { until: (all) => all.some(({ role }) => role === 'CUSTOMER'), timeout })
    assert.deepEqual(messages.slice(-2).map(({ content }) => content), ['Good morning', 'Thank you'])
    await ann.transfer(chat, { queueId: 'Default' })
    await ann.accept(chat)
    await ann.leave(chat)
    await assert.rejects(ann.say(chat, 'Still there?'), ParleyError)
    await ann.remove()
    assert.deepEqual((await parley.desk.state()).agents, [])
  })

  test('lets things go wrong, from the beginning and later', async (t) => {
    const rule = { action: 'SendMessage', times: 1, effect: { type: 'status', status: 500 } }
    const parley = await start(t, { faults: rule })
    const chat = await parley.startChat()
    await assert.rejects(chat.say('first'), { status: 500 })
    await chat.say('second')
    const fault = await parley.fault({ ...rule, times: 0 })
    await assert.rejects(chat.say('third'), { status: 500 })
    await fault.remove()
    await fault.remove()
    await chat.say('fourth')
    assert.ok((await parley.fault('token-expired')).rules.length > 0)
    await parley.clearFaults()
    assert.deepEqual((await parley.api('GET', '/api/faults')).rules, [])
    await assert.rejects(parley.fault({ effect: {} }), { name: 'ParleyError', code: 'BadRequest', field: 'effect.type' })
    const said = (await chat.messages({ until: 'fourth', timeout })).filter(({ role }) => role === 'CUSTOMER')
    assert.deepEqual(said.map(({ content }) => content), ['second', 'fourth'])
  })

  test('skips time', async (t) => {
    const parley = await start(t)
    const chat = await parley.startChat()
    assert.equal((await parley.skip(60_000)).offsetMs, 60_000)
    await parley.skip(90_000_000)
    assert.equal((await parley.contact({ state: 'ended', timeout })).contactId, chat.contactId)
    await assert.rejects(parley.skip('next'), { code: 'Conflict' })
    await assert.rejects(parley.skip('1h'), /takes milliseconds, or 'next'/)
    await assert.rejects(parley.fault('deplo'), /There is no preset "deplo"; there are deploy, /)
  })

  test('ends a chat as its customer', async (t) => {
    const parley = await start(t)
    const chat = await parley.startChat()
    await chat.end()
    assert.equal((await parley.contact()).state, 'ended')
  })

  test('says what was waited for, and what was said', async (t) => {
    const parley = await start(t, { agent: 'echo' })
    const chat = await parley.startChat()
    await assert.rejects(chat.messages({ until: 'nothing like it', timeout: 50 }), (error) => {
      assert.equal(error.code, 'Timeout')
      assert.match(error.message, /^gave up after 50 ms waiting for a message with "nothing like it"/)
      return true
    })
    await assert.rejects(parley.contact({ customer: 'Nobody', timeout: 50 }), /a contact of Nobody/)
    await assert.rejects(parley.messages({}), /contactId/)
  })

  test('gives every worker a server of its own', async (t) => {
    const all = await Promise.all(Array.from({ length: 4 }, () => start(t)))
    assert.equal(new Set(all.map(({ url }) => url)).size, 4)
    await all[0].startChat({ name: 'Only here' })
    const lists = await Promise.all(all.map((each) => each.api('GET', '/api/contacts')))
    assert.deepEqual(lists.map(({ contacts }) => contacts.length), [1, 0, 0, 0])
  })

  test('knows nothing of the settings of the machine', async (t) => {
    process.env.PARLEY_ADDR = 'nowhere'
    t.after(() => { delete process.env.PARLEY_ADDR })
    await start(t)
  })

  test('says why a server does not start', async () => {
    await assert.rejects(startParley({ args: ['--no-such-flag'] }), /parley ended with exit code 2\n.*--no-such-flag: there is no such flag/)
    await assert.rejects(startParley({ agent: { rules: [{ reply: 1, what: 2 }] } }), /agent-1\.yaml/)
    await assert.rejects(startParley({ binary: join(home.folder, 'none') }), /there is no program .*none/)
    await assert.rejects(startParley({ flow: 'x' }), /has no option "flow"/)
    await assert.rejects(startParley({ faults: 'no-such-preset' }), { status: 404 })
  })

  test('tells a wait that the server has ended', async (t) => {
    const parley = await start(t)
    const chat = await parley.startChat()
    const waiting = assert.rejects(chat.messages({ until: 'never', timeout }), { code: 'Ended', message: /^parley ended with SIGKILL/ })
    process.kill(parley.pid, 'SIGKILL')
    await waiting
  })

  test('closes once, and leaves nothing behind', async () => {
    const parley = await startParley()
    const before = (await readdir(tmpdir())).filter((name) => name.startsWith('parley-'))
    await Promise.all([parley.close(), parley.close()])
    assert.throws(() => process.kill(parley.pid, 0), { code: 'ESRCH' })
    assert.ok(before.length > 0)
    await assert.rejects(parley.api('GET', '/api/status'))
  })

  for (const [how, code] of [
    ['is killed', 'setInterval(() => {}, 1000)'],
    ['ends without closing it', ''],
  ]) {
    test(`ends with a runner that ${how}`, async (t) => {
      const script = `import { startParley } from 'parley-chat'; console.log((await startParley()).pid); ${code}`
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], { ...home.inside, stdio: ['ignore', 'pipe', 'inherit'] })
      t.after(() => child.kill('SIGKILL'))
      const ended = once(child, 'exit')
      const [pid] = await once(child.stdout, 'data')
      if (code) child.kill('SIGKILL')
      await ended
      await until(() => { try { return !process.kill(Number(pid), 0) } catch { return true } }, () => `the server ${pid} lives on`)
    })
  }

  test('has types that hold', async () => {
    const typescript = join(top, 'e2e', 'apiclient', 'node_modules', 'typescript', 'bin', 'tsc')
    await writeFile(join(home.folder, 'types.ts'), `
      import { startParley, ParleyError, type Message, type Parley } from 'parley-chat'
      const parley: Parley = await startParley({ agent: [{ name: 'Ann', rules: [{ match: 'hi', reply: 'Hello' }] }, 'echo'], faults: ['deploy'], partner: false })
      const chat = await parley.startChat({ name: 'Ada', attributes: { a: 'b' }, ResponseMode: 'COMPLETE' })
      const said: Message[] = await parley.messages(chat, { until: (all) => all.length > 1, timeout: 5 })
      const { remove } = await parley.fault({ effect: { type: 'status', status: 500 } })
      await remove()
      const contact: string = await (await parley.desk.join('Ann', { autoAccept: true })).accept()
      const at: string = (await parley.skip('next')).now
      // @ts-expect-error there is no such option
      await startParley({ flow: 'x' })
      // @ts-expect-error a contact is named by its id
      await parley.messages(1)
      console.log(said[0].content, contact, at, new ParleyError('x').code)
      await parley.close()
    `)
    await run(process.execPath, [typescript, '--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', 'types.ts'], home.inside)
      .catch((error) => assert.fail(error.stdout))
  })
})
