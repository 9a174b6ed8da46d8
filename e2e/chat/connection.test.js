// What becomes of a chat when its connection does not last: heartbeats, cut sockets, reloads,
// several tabs, restarts, and a chat that ends meanwhile.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { StopContactCommand } from '@aws-sdk/client-connect'
import { GetTranscriptCommand, SendMessageCommand } from '@aws-sdk/client-connectparticipant'
import { atOnce, patience, until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { openLine } from './line.js'
import { backend, participant } from './sdk.js'
import { releases, serveSite } from './site.js'
import { event, openTab } from './tab.js'

const connections = ({ calls }) => calls.filter(({ url }) => url.endsWith('/participant/connection'))

let parley, site, browser
before(async () => { [parley, site, browser] = await Promise.all([startParley('--ephemeral'), serveSite(), launch()]) })
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await parley?.stop(), 0)
})

/** Opens tabs of one browser window. */
async function openTabs(t, { release, parley: address = `http://localhost:${parley.port}`, count = 1 } = {}) {
  const context = await browser.newContext()
  t.after(() => context.close())
  return Promise.all(Array.from({ length: count }, () => openTab(context, site.page({ release, parley: address }))))
}

/** Opens a tab that reaches the server through a line that can be cut. */
async function openTabOnALine(t, release) {
  const line = await openLine(parley.port)
  t.after(() => line.close())
  const [tab] = await openTabs(t, { release, parley: line.url })
  return { line, tab }
}

/** Whether a release tells the page that its connection is lost. */
const tells = (release) => release !== 'chatjs1'

const said = (items) => items.filter((item) => item.Type === 'MESSAGE').map((item) => item.Content)

describe('a connection', { concurrency: atOnce }, () => {
  for (const [release, version] of Object.entries(releases)) {
    test(`chatjs ${version} is content with one connection for three heartbeats`, async (t) => {
      const [tab] = await openTabs(t, { release, parley: `http://127.0.0.1:${parley.port}` })
      await tab.chat()
      const beats = [['{"topic":"aws/heartbeat"}', '{"topic":"aws/heartbeat"}'], ['{"topic":"aws/ping"}', '{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}']]
      if (release === 'chatjs1') beats.pop() // it knows only the other
      await tab.page.waitForFunction((beats) => beats.every(([, answer]) => window.frames.filter((frame) => frame === `< ${answer}`).length >= 3), beats, { polling: 100, timeout: patience })
      const exchange = await tab.exchange()
      const [{ answer }, ...more] = connections(exchange)
      assert.equal(more.length, 0, 'CreateParticipantConnection is called once')
      // Under a minute or over 24.8 days it would ask for another one without pause.
      const life = Date.parse(JSON.parse(answer).ConnectionCredentials.Expiry) - Date.now()
      assert.ok(life > 60_000 && life < 24.8 * 24 * 3_600_000, `the connection token lives ${life} ms`)
      const count = (frame) => exchange.frames.filter((f) => f === frame).length
      for (const [asked, answer] of beats) {
        const unanswered = count(`> ${asked}`) - count(`< ${answer}`) // the newest may be on its way
        assert.ok(unanswered === 0 || unanswered === 1, `${unanswered} of ${asked} are not answered`)
      }
      if (release === 'chatjs1') assert.equal(exchange.frames.some((frame) => frame.includes('aws/ping')), false)
      assert.equal((await tab.sockets()).length, 1)
      assert.deepEqual(tab.complaints, [])
    })

    test(`chatjs ${version} comes back when its line was cut, and has missed nothing`, async (t) => {
      const { line, tab } = await openTabOnALine(t, release)
      await tab.chat()
      await tab.sees('onMessage', { Type: 'MESSAGE', ParticipantRole: 'AGENT' })
      line.hold()
      if (tells(release)) await tab.sees('onConnectionLost')
      else await tab.page.waitForFunction(() => window.sockets[0].code, undefined, { polling: 20, timeout: patience })
      await sayElsewhere(await tab.exchange(), 'while away')
      line.release()
      await tab.sees('onConnectionEstablished', {}, 3)
      await tab.sees('onMessage', { Content: 'You said: while away' })
      await tab.say('and back')
      await tab.sees('onMessage', { Content: 'You said: and back' })
      // Of what came in the last moment before the cut the server cannot know whether it arrived.
      const items = (await tab.events('onMessage')).filter((item, i, all) => all.findIndex(({ Id }) => Id === item.Id) === i || i > 5)
      assert.deepEqual(said(items).slice(1), ['while away', 'You said: while away', 'and back', 'You said: and back'])
      assert.equal((await tab.events('onConnectionLost')).length, tells(release) ? 1 : 0)
      assert.equal((await tab.events('onConnectionEstablished')).length, 3)
      assert.deepEqual(await tab.events('onConnectionBroken'), [])
      assert.equal(connections(await tab.exchange()).length, 2)
    })
  }

  for (const [release, version] of Object.entries(releases)) {
    test(`chatjs ${version} outlives restarts in place`, { skip: process.platform === 'win32' && 'there is no such signal' }, async (t) => {
      const own = await startParley()
      t.after(async () => assert.equal(await own.stop(), 0))
      const [tab] = await openTabs(t, { release, parley: own.url })
      await tab.chat()
      await tab.sees('onMessage', { Type: 'MESSAGE', ParticipantRole: 'AGENT' })
      for (const nth of [1, 2]) {
        own.restart()
        if (tells(release)) await tab.sees('onConnectionLost', {}, nth)
        await tab.sees('onConnectionEstablished', {}, 2 + nth)
        await tab.say(`still here ${nth}`)
        await tab.sees('onMessage', { Content: `You said: still here ${nth}` })
      }
      assert.deepEqual(await tab.events('onConnectionBroken'), [])
    })
  }

  test('a socket alone that is cut is opened again, once', async (t) => {
    const { line, tab } = await openTabOnALine(t)
    await tab.chat()
    line.cutSockets()
    await tab.sees('onConnectionEstablished', {}, 3)
    await tab.say('hello')
    await tab.sees('onMessage', { Content: 'You said: hello' })
    assert.equal((await tab.events('onConnectionLost')).length, 1)
    assert.equal((await tab.sockets()).length, 2)
  })

  test('a chat that ended while the page was away has ended when it is back', async (t) => {
    const { line, tab } = await openTabOnALine(t)
    const { contactId } = await tab.chat({ InstanceId: 'in-1' })
    line.hold()
    await tab.sees('onConnectionLost')
    await backend(parley.url).send(new StopContactCommand({ InstanceId: 'in-1', ContactId: contactId }))
    line.release()
    await tab.sees('onMessage', { ContentType: event('chat.ended') })
    await tab.sees('onEnded')
    assert.deepEqual(await tab.events('onConnectionBroken'), [])
  })

  test('a page that is reloaded goes on with its old token, and the other tab as well', async (t) => {
    const [tab, other] = await openTabs(t, { count: 2 })
    const details = await tab.chat()
    await tab.sees('onMessage', { Type: 'MESSAGE', ParticipantRole: 'AGENT' })
    await tab.say('before')
    await tab.sees('onMessage', { Content: 'You said: before' })
    await other.connect(details)
    await tab.page.reload()
    await tab.connect(details)
    const { Transcript } = await tab.call('getTranscript', { sortOrder: 'ASCENDING' })
    assert.deepEqual(said(Transcript).slice(1), ['before', 'You said: before'])
    await other.say('from the other tab')
    await tab.say('from the reloaded tab')
    for (const each of [tab, other]) {
      await each.sees('onMessage', { Content: 'from the other tab' })
      await each.sees('onMessage', { Content: 'from the reloaded tab' })
      assert.equal((await each.sockets()).length, 1)
    }
  })

  test('a sixth socket is refused without haste, and the five stay', async (t) => {
    const tabs = await openTabs(t, { count: 6 })
    const sixth = tabs.pop()
    const details = await tabs[0].chat()
    for (const tab of tabs.slice(1)) await tab.connect(details)
    await sixth.page.evaluate((details) => window.connectChat(details), details)
    // By the page's clock: while it is held up it does not try.
    await sixth.page.waitForFunction(() => window.sockets.length > 1 && performance.now() - window.sockets[0].at > 5_000, undefined, { polling: 100, timeout: patience })
    const [{ at: first }, ...more] = await sixth.sockets()
    const attempts = 1 + more.filter(({ at }) => at - first <= 5_000).length
    assert.ok(attempts < 10, `${attempts} attempts in 5 s`)
    for (const tab of tabs) {
      const [socket, ...more] = await tab.sockets()
      assert.deepEqual([socket.code, more], [undefined, []])
    }
    await tabs[0].close()
    await sixth.sees('onConnectionEstablished', {}, 2)
  })

  test('both read receipts reach the other side, for all that they have the same ClientToken', async (t) => {
    const [tab] = await openTabs(t)
    await tab.chat()
    const read = ({ Id }) => tab.call('sendEvent', { contentType: event('message.read'), content: JSON.stringify({ messageId: Id }) })
    const greeting = await tab.sees('onMessage', { Type: 'MESSAGE', ParticipantRole: 'AGENT' })
    await read(greeting)
    await tab.say('hello')
    const reply = await tab.sees('onMessage', { Content: 'You said: hello' })
    await read(reply)
    await tab.page.waitForFunction(() => window.calls.filter(({ body, status }) => body.includes('message.read') && status).length === 2,
      undefined, { polling: 50, timeout: patience }) // chatjs sends the second one 5 s later
    const { calls } = await tab.exchange()
    assert.deepEqual(calls.filter(({ body }) => body.includes('message.read')).map(({ body, status }) => [JSON.parse(body).ClientToken, status]),
      Array(2).fill(['INCOMING_READ_RECEIPT', 200]))
    const { Transcript } = await tab.call('getTranscript', {})
    for (const { Id } of [greeting, reply]) {
      const item = Transcript.find((each) => each.Id === Id)
      assert.ok(item.MessageMetadata?.Receipts?.[0]?.ReadTimestamp, `no receipt of ${JSON.stringify(item)}`)
    }
  })

  for (const [release, version] of Object.entries(releases)) {
    test(`chatjs ${version} hears that the other side has ended the chat`, async (t) => {
      const [tab] = await openTabs(t, { release })
      await tab.chat()
      await tab.say('bye')
      await tab.sees('onMessage', { Content: 'Goodbye!' })
      await tab.sees('onMessage', { ContentType: event('participant.left'), ParticipantRole: 'AGENT' })
      await tab.sees('onMessage', { ContentType: event('chat.ended') })
      await tab.sees('onEnded')
      await tab.page.waitForFunction(() => window.sockets[0].code && window.sockets[0].asked, undefined, { polling: 20, timeout: patience })
      const [socket] = await tab.sockets()
      assert.deepEqual([socket.by, socket.asked, socket.code], ['client', 1000, 1000])
      assert.deepEqual(tab.complaints, [])
      const late = await tab.refused('sendMessage', { message: 'late', contentType: 'text/plain' })
      if (release === 'chatjs5') assert.match(late.message, /No active connection/)
      else assert.deepEqual([late.type, late.statusCode], ['AccessDeniedException', 403])
      assert.deepEqual(await tab.events('onConnectionLost'), [])
    })
  }
})

/** Says something in a page's chat without the page, and waits for the answer. */
async function sayElsewhere(exchange, text) {
  const { ConnectionToken } = JSON.parse(connections(exchange)[0].answer).ConnectionCredentials
  const client = participant(parley.url)
  await client.send(new SendMessageCommand({ ConnectionToken, ContentType: 'text/plain', Content: text }))
  await until(async () => {
    const { Transcript } = await client.send(new GetTranscriptCommand({ ConnectionToken }))
    return said(Transcript).includes(`You said: ${text}`)
  }, () => 'there was no answer')
}

test('an interrupt tells open sockets and ends the server at once', async (t) => {
  const server = await startParley('--ephemeral', '--drain-timeout', '10m')
  const [tab] = await openTabs(t, { parley: server.url })
  await tab.chat()
  const began = Date.now()
  assert.equal(await server.stop(), 0)
  assert.ok(Date.now() - began < patience, 'it waited for the open socket')
  await tab.sees('onConnectionLost')
  assert.equal((await tab.sockets())[0].code, 1001)
})

describe('a server that is killed and started again', { concurrency: atOnce }, () => {
  /** Holds half a chat with a server and kills it; again starts it where it was. */
  async function interrupt(t, release) {
    const dir = await mkdtemp(join(tmpdir(), 'parley-e2e-'))
    t.after(() => rm(dir, { recursive: true }))
    const first = await startParley('--data-dir', dir)
    const line = await openLine(first.port) // whose port nobody takes while there is no server
    t.after(() => line.close())
    const [tab] = await openTabs(t, { release, parley: line.url })
    const details = await tab.chat()
    const greeting = await tab.sees('onMessage', { Type: 'MESSAGE', ParticipantRole: 'AGENT' })
    await tab.say('before')
    await tab.sees('onMessage', { Content: 'You said: before' })
    await first.kill()
    const again = async () => {
      const second = await startParley('--data-dir', dir)
      t.after(() => second.stop())
      line.lead(second.port)
    }
    return { tab, details, greeting, again }
  }

  test('chatjs 2.2.2 finds it by itself', async (t) => {
    const { tab, again } = await interrupt(t, 'chatjs2')
    await again()
    await tab.sees('onConnectionEstablished', {}, 3)
    await tab.say('after')
    await tab.sees('onMessage', { Content: 'You said: after' })
  })

  test('chatjs 5 goes on after a reload, with all that was said', async (t) => {
    const { tab, details, greeting, again } = await interrupt(t, 'chatjs5')
    await tab.sees('onConnectionBroken')
    await again()
    await tab.page.reload()
    await tab.connect(details)
    await tab.say('after')
    await tab.sees('onMessage', { Content: 'You said: after' })
    const { Transcript } = await tab.call('getTranscript', { sortOrder: 'ASCENDING', maxResults: 100 })
    assert.deepEqual(said(Transcript), [greeting.Content, 'before', 'You said: before', 'after', 'You said: after'])
  })
})
