// Touchpoint, AWS's own chat and voice widget, by the tag alone: its calls, in its order and without
// its user interface, on the release of chatjs that it has inside (2.3.2).
//
// Source: https://github.com/amazon-connect/touchpoint, src/connect/index.ts and conversation.ts

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { serveSite } from './site.js'
import { event, openTab } from './tab.js'

const interactive = 'application/vnd.amazonaws.connect.message.interactive'

let parley, site, browser
before(async () => { [parley, site, browser] = await Promise.all([startParley('--ephemeral'), serveSite(), launch()]) })
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await parley?.stop(), 0, 'parley ends cleanly on an interrupt')
})

/** Runs in the page: what Touchpoint does from a start to a connection, with its defaults. */
async function open ([chatEndpoint, region]) {
  const response = await fetch(chatEndpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      ParticipantDetails: {},
      SupportedMessagingContentTypes: [
        'text/plain', 'text/markdown', 'application/json', 'application/vnd.amazonaws.connect.message.interactive',
        'application/vnd.amazonaws.connect.message.interactive.response',
      ],
    }),
  })
  if (!response.ok) throw new Error(`StartChatContact endpoint returned ${response.status}`)
  const { startChatResult } = (await response.json()).data
  window.connect.ChatSession.setGlobalConfig({
    region,
    features: { messageReceipts: { shouldSendMessageReceipts: true } },
    endpoint: `https://participant.connect.${region}.api.aws`, // unless the page names another
  })
  const session = window.session = window.connect.ChatSession.create({
    chatDetails: {
      contactId: startChatResult.ContactId, participantId: startChatResult.ParticipantId, participantToken: startChatResult.ParticipantToken,
    },
    type: window.connect.ChatSession.SessionTypes.CUSTOMER,
  })
  for (const name of ['onMessage', 'onConnectionEstablished', 'onConnectionBroken', 'onTyping', 'onDeliveredReceipt', 'onReadReceipt', 'onEnded']) {
    session[name]((event) => window.events.push({ name, data: event?.data }))
  }
  await session.connect()
}

for (const way of ['after', 'before']) {
  test(`RowB1 Touchpoint's calls by tag alone (${way})`, async (t) => {
    const context = await browser.newContext()
    t.after(() => context.close())
    const elsewhere = []
    await context.route((url) => !['localhost', '127.0.0.1'].includes(url.hostname), (route) => {
      elsewhere.push(new URL(route.request().url()).hostname)
      return route.abort()
    })
    const address = `http://localhost:${parley.port}`
    const tab = await openTab(context, site.page({ release: 'chatjs23', way, parley: address }))
    await tab.page.evaluate(open, [`${address}/startChatContact`, 'us-east-1'])

    await tab.sees('onMessage', { ContentType: event('participant.joined'), ParticipantRole: 'AGENT' })
    await tab.sees('onMessage', { Type: 'MESSAGE', ParticipantRole: 'AGENT' })
    await tab.call('sendEvent', { contentType: event('typing') })
    const sent = await tab.say('Where is my order?')
    await tab.sees('onReadReceipt', { MessageMetadata: { MessageId: sent.Id } })
    await tab.sees('onMessage', { Content: 'You said: Where is my order?' })
    await tab.say(JSON.stringify({
      templateType: 'TouchpointModality', version: '1.0', action: 'Economy',
      data: { content: { title: 'Economy' }, modalityPayload: { request: { structured: { choiceId: 'c-1' } } } },
    }), `${interactive}.response`)
    await tab.page.evaluate(() => window.session.sendAttachment({ attachment: new File(['0123456789'], 'a.txt', { type: 'text/plain' }) }))
    await tab.sees('onMessage', { Type: 'ATTACHMENT' })
    const { Transcript } = await tab.call('getTranscript', { maxResults: 15, scanDirection: 'BACKWARD', sortOrder: 'ASCENDING' })
    assert.ok(Transcript.some((item) => item.Id === sent.Id))
    await tab.call('disconnectParticipant')

    assert.deepEqual(elsewhere.filter((host) => host.startsWith('participant.')), [], 'no token leaves this machine')
    const { calls } = await tab.exchange()
    for (const call of calls.filter(({ bearer }) => bearer)) assert.equal(new URL(call.url).origin, address)
  })
}
