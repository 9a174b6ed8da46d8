// A whole chat held by the real chat client, in each of its releases, with every call and frame
// compared with what was written down.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { atOnce, patience } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { installed, missing } from '../installed.js'
import { launchFirefox } from './firefox.js'
import { golden, write } from './scribe.js'
import { releases, serveSite } from './site.js'
import { event, openTab } from './tab.js'

const view = {
  Name: 'Detail', Version: 1,
  Content: { InputSchema: { type: 'object' }, Template: { Head: {} }, Actions: ['ActionSelected'] },
}

let parley, site, browser, views
before(async () => {
  views = await mkdtemp(join(tmpdir(), 'parley-views-'))
  await writeFile(join(views, 'vt+1=.json'), JSON.stringify(view))
  ;[parley, site, browser] = await Promise.all([startParley('--ephemeral', '--views-dir', views), serveSite(), launch()])
})
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await parley?.stop(), 0, 'parley ends cleanly on an interrupt')
  await rm(views, { recursive: true })
})

// Each release comes to know the server in another way: by the script, before or after the
// client's own, or by the page's own configuration.
const ways = { chatjs5: 'after', chatjs3: 'before', chatjs2: 'config', chatjs1: 'before' }

describe('a whole chat', { concurrency: atOnce }, () => {
  for (const [release, version] of Object.entries(releases)) {
    test(`by chatjs ${version} (${ways[release]})`, async (t) => {
      const tab = await openIn(t, browser, release)
      await recordedChat(tab, release)
      const late = await tab.refused('sendMessage', { message: 'late', contentType: 'text/plain' })
      if (release === 'chatjs1') assert.deepEqual([late.type, late.statusCode], ['AccessDeniedException', 403])
      else assert.match(late.message, /No active connection/, 'the client knows that it is over')
    })
  }
})

test('a whole chat in Firefox', async (t) => {
  const program = await installed('firefox.sh')
  if (missing(t, program)) return
  const firefox = await launchFirefox(program.path)
  t.after(() => firefox.close())
  await recordedChat(await openIn(t, firefox, 'chatjs5'), 'chatjs5')
})

/** Opens the page of a release in a browser. */
async function openIn(t, browser, release) {
  const context = await browser.newContext()
  t.after(() => context.close())
  // The page asks localhost; chatjs opens sockets of 127.0.0.1 only.
  return openTab(context, site.page({ release, way: ways[release], parley: `http://localhost:${parley.port}` }))
}

/** Holds the chat and compares it with what was written down. */
async function recordedChat(tab, release) {
  const ids = await wholeChat(tab, release)
  assert.deepEqual(tab.complaints, [], 'the console stays silent')
  const exchange = await tab.exchange()
  if (release !== 'chatjs5') { // it closes while these come
    exchange.frames = exchange.frames.filter((frame) => !/participant\.left|chat\.ended/.test(frame))
  }
  await golden(`session-${releases[release]}.txt`, write(exchange, ids))
}

describe('the client comes to know the server', { concurrency: atOnce }, () => {
  for (const release of Object.keys(releases)) {
    for (const way of ['after', 'before', 'config'].filter((each) => each !== ways[release])) {
      test(`chatjs ${releases[release]} (${way})`, async (t) => {
        const context = await browser.newContext()
        t.after(() => context.close())
        const tab = await openTab(context, site.page({ release, way, parley: `http://127.0.0.1:${parley.port}` }))
        await tab.chat()
        assert.deepEqual(tab.complaints, [])
      })
    }
  }
})

/** Holds the chat and returns the ids that it met, by name. */
async function wholeChat(tab, release) {
  const details = await tab.chat({ InstanceId: 'in-1', ContactFlowId: 'cf-1', ParticipantDetails: { DisplayName: 'Pat' } })
  if (!['chatjs2', 'chatjs1'].includes(release)) await tab.sees('onDeepHeartbeatSuccess')
  await tab.sees('onMessage', { ContentType: event('participant.joined'), ParticipantRole: 'CUSTOMER', ParticipantId: details.participantId })
  const joined = await tab.sees('onMessage', { ContentType: event('participant.joined'), ParticipantRole: 'AGENT' })
  const greeting = await tab.sees('onMessage', { Type: 'MESSAGE', ParticipantRole: 'AGENT' })
  assert.match(greeting.Content, /^Hello Pat!/)
  const ids = [['C1', details.contactId], ['P1', details.participantId], ['A1', joined.ParticipantId], ['GREETING', greeting.Id]]

  const sent = await tab.say('hello')
  const echo = await tab.sees('onMessage', { Content: 'hello' })
  assert.deepEqual([echo.Id, echo.AbsoluteTime], [sent.Id, sent.AbsoluteTime])
  const receipt = await tab.sees('onReadReceipt', { MessageMetadata: { MessageId: sent.Id } })
  assert.equal(receipt.MessageMetadata.Receipts[0].RecipientParticipantId, joined.ParticipantId)
  await tab.sees('onTyping', { ParticipantRole: 'AGENT' })
  const reply = await tab.sees('onMessage', { Content: 'You said: hello' })
  ids.push(['HELLO', sent.Id], ['REPLY', reply.Id])

  await tab.call('sendEvent', { contentType: event('typing') })
  await tab.sees('onTyping', { ParticipantId: details.participantId })

  const transcript = await tab.call('getTranscript', { maxResults: 15, scanDirection: 'BACKWARD', sortOrder: 'ASCENDING' })
  assert.deepEqual(transcript.Transcript.filter((item) => item.ContentType === event('participant.joined')).map((item) => item.ParticipantRole),
    ['CUSTOMER', 'AGENT'])
  assert.deepEqual(transcript.Transcript.filter((item) => item.Type === 'MESSAGE').map((item) => item.Id), [greeting.Id, sent.Id, reply.Id])

  if (release !== 'chatjs1') { // which knows of no views
    const described = await tab.call('describeView', { viewToken: 'vt+1=' })
    assert.deepEqual(JSON.parse(described.View.Content.Template), view.Content.Template)
  }

  await exchangeFile(tab)

  await tab.call('disconnectParticipant')
  await tab.page.waitForFunction(() => window.sockets[0].code, undefined, { polling: 20, timeout: patience })
  const [socket, ...more] = await tab.sockets()
  assert.match(socket.url, /^ws:\/\/127\.0\.0\.1:\d+\//)
  assert.deepEqual({ ...socket, url: '' }, { ...socket, url: '', by: 'client', code: 1000 })
  assert.deepEqual(more, [], 'one socket is enough')
  if (release === 'chatjs5') { // the others close before they are told
    await tab.sees('onMessage', { ContentType: event('participant.left'), ParticipantId: details.participantId })
    await tab.sees('onMessage', { ContentType: event('chat.ended') })
    await tab.sees('onEnded')
    assert.equal((await tab.events('onMessage')).at(-1).ContentType, event('chat.ended'), 'chat.ended comes last')
  }
  assert.equal((await tab.events('onMessage')).filter((item) => item.Content === 'hello').length, 1)
  for (const name of ['onConnectionLost', 'onConnectionBroken', 'onDeepHeartbeatFailure']) {
    assert.deepEqual(await tab.events(name), [], name)
  }
  return ids
}

/** Sends a file, sees it arrive and fetches it again. */
async function exchangeFile(tab) {
  await tab.page.evaluate(() => window.session.sendAttachment({ attachment: new File(['0123456789'], 'a b.txt', { type: 'text/plain' }) }))
  const item = await tab.sees('onMessage', { Type: 'ATTACHMENT' })
  assert.deepEqual(item.Attachments.map(({ AttachmentName, ContentType, Status }) => [AttachmentName, ContentType, Status]),
    [['a b.txt', 'text/plain', 'APPROVED']])
  await tab.sees('onMessage', { Content: 'I have your attachment "a b.txt" (text/plain).' })
  const text = await tab.page.evaluate(async (attachmentId) => {
    const blob = await window.session.downloadAttachment({ attachmentId })
    return blob.text()
  }, item.Attachments[0].AttachmentId)
  assert.equal(text, '0123456789')
}
