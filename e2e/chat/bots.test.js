// Chats with the sample bots, an AI agent and an application, held by the real chat client.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { atOnce } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { serveSite } from './site.js'
import { event, openTab } from './tab.js'

const interactive = 'application/vnd.amazonaws.connect.message.interactive'
const response = `${interactive}.response`
const samples = fileURLToPath(new URL('../../examples/bots', import.meta.url))
const pieces = { ParticipantConfiguration: { ResponseMode: 'INCREMENTAL' } }

let parley, site, browser
before(async () => {
  [parley, site, browser] = await Promise.all([
    startParley('--ephemeral', '--partner=false', '--config', `${samples}/parley.yaml`, '--flows', `${samples}/../flows`), serveSite(), launch(),
  ])
})
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await parley?.stop(), 0)
})

/** Opens a page with a chat that a flow answers. */
async function openChat(t, flow, body, more) {
  const context = await browser.newContext()
  t.after(() => context.close())
  const tab = await openTab(context, site.page({ parley: `http://localhost:${parley.port}` }))
  const details = await tab.chat({ ContactFlowId: flow, SupportedMessagingContentTypes: ['text/plain', interactive, response], ...body }, more)
  const bot = (content, more) => tab.sees('onMessage', { ParticipantRole: 'SYSTEM', DisplayName: 'BOT', ContentType: 'text/plain', Content: content, ...more })
  return { tab, details, bot, contact: async () => (await fetch(`${parley.url}/api/contacts/${details.contactId}`)).json() }
}

/** The template of an interactive message in the files of a sample bot, as it stands there. */
async function template(slot) {
  const file = await readFile(`${samples}/visits/ShopVisits/BotLocales/en_US/Intents/BookVisit/Slots/${slot}/Slot.json`, 'utf8')
  return JSON.parse(file).valueElicitationSetting.promptSpecification.messageGroupsList[0].message.customPayload.value
}

describe('a chat with a bot', { concurrency: atOnce }, () => {
  test('Point4 a bot with a function fills its slot, and the flow keeps what it found', async (t) => {
    const { tab, bot, contact } = await openChat(t, 'parcel')
    await bot('Hello! Ask me where your parcel is.')
    await tab.say('where is my parcel')
    await bot('What is the number of the parcel?')
    await tab.say('1001')
    await bot('Parcel 1001 is on its way to you.')
    await tab.sees('onMessage', { DisplayName: 'SYSTEM_MESSAGE', Content: 'Goodbye!' })
    await tab.sees('onEnded')
    const { attributes: { parcel, place } } = await contact()
    assert.deepEqual({ parcel, place }, { parcel: '1001', place: 'on its way to you' })
    assert.deepEqual(tab.complaints, [])
  })

  test('Point4 interactive messages of a bot come byte for byte, and a title answers them', async (t) => {
    const { tab, bot, contact } = await openChat(t, 'visit-bot')
    await bot('Hello! I book visits to our shops.')
    await tab.say('book a visit')
    for (const [slot, title] of [['Shop', 'Harbour'], ['Part', 'Afternoon']]) {
      const shown = await tab.sees('onMessage', { ContentType: interactive, ParticipantRole: 'SYSTEM', DisplayName: 'BOT', Content: await template(slot) })
      const { templateType, version, data: { content } } = JSON.parse(shown.Content)
      assert.deepEqual([version, content.elements.some((element) => element.title === title)], ['1.0', true], templateType)
      await tab.say(title) // as the widget sends what was chosen
    }
    await bot('See you at the Harbour, in the Afternoon.')
    await tab.sees('onEnded')
    assert.equal((await contact()).attributes.visit, 'Harbour, Afternoon')
    assert.deepEqual(tab.complaints, [])
  })

  test('Point4 a client that lists no interactive messages is not sent any', async (t) => {
    const { tab, bot } = await openChat(t, 'visit-bot', { SupportedMessagingContentTypes: ['text/plain'] })
    await bot('Hello! I book visits to our shops.')
    await tab.say('book a visit')
    await tab.say('Harbour')
    await tab.say('Afternoon')
    await bot('See you at the Harbour, in the Afternoon.')
    assert.equal((await tab.events('onMessage')).some((item) => item.ContentType === interactive), false)
  })

  test('Point4 an AI agent answers in pieces where the chat takes them, and hands over with its tool', async (t) => {
    const { tab, bot } = await openChat(t, 'questions', pieces, ['onTranscriptUpdated'])
    const greeting = await bot('Hello! What would you like to know?')
    assert.equal(greeting.MessageMetadata?.MessageCompleted, undefined, 'the block’s own text comes whole')
    await tab.say('when are you open?')
    const { Id, Content } = await tab.sees('onMessage', { DisplayName: 'BOT', MessageMetadata: { MessageCompleted: true } })
    assert.ok(Content.startsWith('The shop by the harbour is open'), Content)
    const shown = (await tab.events('onMessage')).filter((item) => item.Id === Id)
    assert.ok(shown.length > 3, `${shown.length} pieces`)
    for (const [i, item] of shown.entries()) assert.ok(Content.startsWith(item.Content) && item.Content.length >= (shown[i - 1]?.Content.length ?? 1), `${i}: ${item.Content}`)
    const { Transcript } = await tab.call('getTranscript', { maxResults: 100, scanDirection: 'BACKWARD', sortOrder: 'ASCENDING' })
    assert.deepEqual(Transcript.filter((item) => item.Id === Id).map((item) => item.Content), [Content])
    await tab.say('a person, please')
    await tab.sees('onMessage', { Content: 'I ask somebody to join us.', MessageMetadata: { MessageCompleted: true } })
    await tab.sees('onMessage', { DisplayName: 'SYSTEM_MESSAGE', Content: 'Hello! Somebody will be with you in a moment.' })
    assert.deepEqual(tab.complaints, [])
  })

  test('Point4 any other chat gets the answers whole', async (t) => {
    const { tab, bot } = await openChat(t, 'questions', { ParticipantConfiguration: { ResponseMode: 'COMPLETE' } })
    await bot('Hello! What would you like to know?')
    await tab.say('when are you open?')
    const { Id } = await tab.sees('onMessage', { DisplayName: 'BOT', ContentType: 'text/plain' }, 2)
    await tab.say('thank you')
    await bot('You are welcome!')
    await tab.sees('onEnded')
    assert.equal((await tab.events('onMessage')).filter((item) => item.Id === Id).length, 1)
    assert.equal((await tab.events('onMessage')).some((item) => item.MessageMetadata?.ChunkNumber), false)
  })

  test('Point4 an application holds the chat, and its variables come to the flow', async (t) => {
    const { tab, bot, contact } = await openChat(t, 'returns')
    await bot('Hello! What would you like to send back?')
    await tab.say('a lamp')
    await bot('We take back kettles. What is it?')
    await tab.say('a kettle, then')
    await bot('We pick the kettle up tomorrow.')
    await tab.sees('onMessage', { ContentType: event('chat.ended') })
    assert.equal((await contact()).attributes.goods, 'kettle')
  })
})
