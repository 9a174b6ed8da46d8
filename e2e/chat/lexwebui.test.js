// The calls that aws-lex-web-ui makes when its bot hands over to a person, by the chat clients that
// it has used: a start call signed as for an API behind IAM, the session's controller instead of the
// session, and a setting of the Region after the page's own.
//
// Source: lex-web-ui/src/store/actions/live-chat-actions.js, handlers/live-chat-handlers.js and
// handlers/sigv4-handlers.js of aws-samples/aws-lex-web-ui

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { atOnce, until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { releases, serveSite } from './site.js'
import { openTab } from './tab.js'

const joined = 'application/vnd.amazonaws.connect.event.participant.joined'

let parley, site, browser
before(async () => { [parley, site, browser] = await Promise.all([startParley('--ephemeral'), serveSite(), launch()]) })
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await parley?.stop(), 0)
})

/** Runs in the page: hands over to a person. Returns what the start call answered. */
async function handOver([endpoint, joined]) {
  window.connect.ChatSession.setGlobalConfig({ region: 'eu-west-1' })
  const response = await fetch(endpoint, {
    method: 'POST', mode: 'cors',
    headers: { // a browser keeps host for itself
      host: new URL(endpoint).hostname, 'x-amz-date': '20261129T120000Z', 'x-amz-security-token': 'session', 'x-amz-content-sha256': '0'.repeat(64),
      authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/20261129/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=0',
    },
    body: JSON.stringify({
      Attributes: { topic: 'orders', connect_order_id: '42' }, ParticipantDetails: { DisplayName: 'Pat' },
      ContactFlowId: '22222222-2222-4222-8222-222222222222', InstanceId: '11111111-1111-4111-8111-111111111111',
    }),
  })
  const { data } = await response.json()
  const session = window.session = window.connect.ChatSession.create({ chatDetails: data.startChatResult, type: 'CUSTOMER' })
  for (const name of ['onConnectionEstablished', 'onMessage', 'onTyping', 'onConnectionBroken']) {
    session[name]((event) => window.events.push({ name, data: event.data, chatDetails: event.chatDetails }))
  }
  session.onMessage(({ data }) => { // what the bot and the customer have said, in pieces and as a file
    if (data.ContentType !== joined || data.ParticipantRole !== 'AGENT') return
    session.controller.sendMessage({ message: 'Bot Transcript: (1\\1)\nBot: hi\nHuman: agent\n', contentType: 'text/plain' })
    session.controller.sendAttachment({ attachment: new File(['Bot: hi\n'], 'chatTranscript.txt', { type: 'text/plain' }) })
  })
  await session.connect()
  return data.startChatResult
}

// What the policy of its own page, dist/index.html, says of scripts and connections.
const shipped = "default-src 'self' blob: data:; worker-src blob: data:; script-src 'self' 'unsafe-eval'; " +
  "connect-src 'self' wss://*.amazonaws.com *.amazonaws.com *.amazoncognito.com; upgrade-insecure-requests"

describe('RowB3 under the policy of its own page', { concurrency: atOnce }, () => {
  const open = async (t, csp) => {
    const context = await browser.newContext()
    t.after(() => context.close())
    return openTab(context, site.page({ release: 'chatjs3', way: 'after', parley: parley.url, csp }))
  }

  test('it reaches no Parley', async (t) => {
    const tab = await open(t, shipped)
    await assert.rejects(tab.page.evaluate(handOver, [`${parley.url}/startChatContact`, joined]), /Failed to fetch/)
    for (const directive of ['script-src', 'connect-src']) {
      await until(() => tab.complaints.some((line) => line.includes(`Content Security Policy directive: "${directive}`)), () => `no word of ${directive}: ${tab.complaints}`)
    }
  })

  test('it holds a chat when the policy is changed as docs/devices.md says', async (t) => {
    const document = await readFile(new URL('../../docs/devices.md', import.meta.url), 'utf8')
    let csp = shipped
    for (const [, directive, addresses] of document.matchAll(/^\| `([a-z]+-src)` \| `([^`]+)` \|$/gm)) {
      csp = csp.replace(`${directive} `, `${directive} ${addresses.replaceAll(':3000', `:${parley.port}`)} `)
    }
    const tab = await open(t, csp)
    await tab.page.evaluate(handOver, [`${parley.url}/startChatContact`, joined])
    await tab.sees('onMessage', { ContentType: joined, ParticipantRole: 'AGENT' })
    await tab.sees('onMessage', { Type: 'ATTACHMENT', Attachments: [{ Status: 'APPROVED' }] })
    const kept = tab.complaints.filter((line) => line.includes('Content Security Policy') && line.includes(`:${parley.port}/`))
    assert.deepEqual(kept, [])
    await tab.page.evaluate(() => window.session.controller.disconnectParticipant())
  })
})

describe('aws-lex-web-ui', { concurrency: atOnce }, () => {
  for (const release of Object.keys(releases)) {
    test(`hands over to a person with chatjs ${releases[release]}`, async (t) => {
      const context = await browser.newContext()
      t.after(() => context.close())
      const tab = await openTab(context, site.page({ release, way: 'after', parley: parley.url }))
      const started = await tab.page.evaluate(handOver, [`${parley.url}/Prod/`, joined])

      await tab.sees('onMessage', { ContentType: joined, ParticipantRole: 'AGENT' })
      await tab.sees('onMessage', { Content: 'Bot Transcript: (1\\1)\nBot: hi\nHuman: agent\n', ParticipantRole: 'CUSTOMER' })
      await tab.sees('onMessage', { Type: 'ATTACHMENT', Attachments: [{ AttachmentName: 'chatTranscript.txt', Status: 'APPROVED' }] })
      await tab.page.evaluate(async () => {
        await window.session.controller.sendEvent({ contentType: 'application/vnd.amazonaws.connect.event.typing' })
        await window.session.controller.sendMessage({ message: 'are you there?', contentType: 'text/plain' })
      })
      await tab.sees('onTyping', { ParticipantRole: 'AGENT' })
      await tab.sees('onMessage', { Content: 'You said: are you there?', ParticipantRole: 'AGENT' })

      // It keeps these for its bot.
      const { chatDetails } = (await tab.events()).find(({ name }) => name === 'onMessage')
      assert.deepEqual([chatDetails.initialContactId, chatDetails.contactId, chatDetails.participantId],
        [started.ContactId, started.ContactId, started.ParticipantId])
      const contact = async () => (await fetch(`${parley.url}/api/contacts/${started.ContactId}`)).json()
      const { attributes, customer } = await contact()
      assert.deepEqual([customer, attributes.topic, attributes.connect_order_id], ['Pat', 'orders', '42'])

      await tab.page.evaluate(() => window.session.controller.disconnectParticipant())
      await until(async () => (await contact()).reason === 'CUSTOMER_DISCONNECT', () => 'the chat did not end')
      assert.deepEqual(await tab.events('onConnectionBroken'), [])
      assert.deepEqual(tab.complaints.filter((line) => !line.startsWith('log:') && !line.startsWith('warning:')), [])
    })
  }
})
