// What is said in a chat, as the real chat client sends and reads it: transcripts, formatted and
// interactive messages, attachments, earlier chats, refusals.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { CreateParticipantCommand } from '@aws-sdk/client-connect'
import { CreateParticipantConnectionCommand, SendMessageCommand } from '@aws-sdk/client-connectparticipant'
import { atOnce, until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { backend, participant } from './sdk.js'
import { serveSite } from './site.js'
import { event, openTab } from './tab.js'

const interactive = 'application/vnd.amazonaws.connect.message.interactive'
const response = `${interactive}.response`

let parley, alone, site, browser
before(async () => {
  [parley, alone, site, browser] = await Promise.all([
    startParley('--ephemeral'), startParley('--ephemeral', '--partner=false', '--greeting='), serveSite(), launch(),
  ])
})
after(async () => {
  await browser?.close()
  await site?.close()
  assert.deepEqual(await Promise.all([parley?.stop(), alone?.stop()]), [0, 0])
})

async function openPage(t, server) {
  const context = await browser.newContext()
  t.after(() => context.close())
  return openTab(context, site.page({ parley: `http://localhost:${server.port}` }))
}

/** Opens a page with a chat that the built-in partner answers. */
async function chatWithPartner(t, body) {
  const tab = await openPage(t, parley)
  const details = await tab.chat(body)
  await tab.sees('onMessage', { Type: 'MESSAGE', ParticipantRole: 'AGENT' })
  return { tab, details }
}

/** Opens a page with a chat that nobody answers. */
async function chatAlone(t, body) {
  const tab = await openPage(t, alone)
  return { tab, details: await tab.chat(body) }
}

describe('a conversation', { concurrency: atOnce }, () => {
  test('RowA15 an answer in pieces is put together, with a transcript read in between', async (t) => {
    const slow = await startParley('--ephemeral')
    t.after(async () => assert.equal(await slow.stop(), 0))
    const script = 'name: Ann\ngreeting: Hello\nrules:\n  - {match: poem, reply: "Roses are red, violets blue", stream: {words: 1, pace: 5m}}\n  - reply: "You said: {message}"\n'
    const post = async (path, body) => {
      const answer = await fetch(slow.url + path, { method: 'POST', headers: { Origin: slow.url, 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
      assert.ok(answer.ok, await answer.text())
    }
    await post('/api/desk/agents', { script })
    const tab = await openPage(t, slow)
    await tab.chat({ ParticipantConfiguration: { ResponseMode: 'INCREMENTAL' } }, ['onTranscriptUpdated'])
    await tab.sees('onMessage', { Type: 'MESSAGE', ParticipantRole: 'AGENT' })
    await tab.say('poem')
    const { Id } = await tab.sees('onMessage', { ParticipantRole: 'SYSTEM', MessageMetadata: { MessageCompleted: false } })
    const { Transcript: between } = await tab.call('getTranscript', { maxResults: 100, scanDirection: 'BACKWARD', sortOrder: 'ASCENDING' })
    assert.equal(between.some((item) => item.Id === Id), false, 'what is not complete is not in the transcript')
    const had = (await tab.events('onMessage')).filter((item) => item.Id === Id).length
    for (let pieces = had; pieces < 5; pieces++) { // each comes when the time to it is skipped
      const skipMs = await until(async () => {
        const { nextTimerMs } = await (await fetch(`${slow.url}/api/clock`)).json()
        return nextTimerMs <= 5 * 60_000 && nextTimerMs + 1
      }, () => 'there is no next piece')
      await post('/api/clock', { skipMs })
      await tab.sees('onMessage', { Id }, pieces + 1)
    }
    const whole = await tab.sees('onMessage', { Id, MessageMetadata: { MessageCompleted: true } })

    const shown = (await tab.events('onMessage')).filter((item) => item.Id === Id)
    assert.ok(shown.length > had + 1 && had >= 1, `${had} of ${shown.length} came before the transcript`)
    for (const [i, { Content, DisplayName, AbsoluteTime }] of shown.entries()) {
      assert.ok(whole.Content.startsWith(Content) && Content.length >= (shown[i - 1]?.Content.length ?? 1), `${i}: ${Content}`)
      assert.deepEqual([DisplayName, AbsoluteTime], ['BOT', whole.AbsoluteTime])
    }
    assert.equal(shown.at(-2).Content, whole.Content, 'the pieces are the whole')
    assert.equal('ChunkNumber' in whole.MessageMetadata, false)
    const { Transcript } = await tab.call('getTranscript', { maxResults: 100, scanDirection: 'BACKWARD', sortOrder: 'ASCENDING' })
    const kept = Transcript.filter((item) => item.Id === Id)
    assert.deepEqual(kept.map(({ Content, MessageMetadata }) => [Content, MessageMetadata.MessageCompleted]), [[whole.Content, true]])
    await tab.say('and on')
    await tab.sees('onMessage', { Content: 'You said: and on' })
    const { transcript } = (await tab.events('onTranscriptUpdated')).at(-1)
    assert.deepEqual(transcript.filter((item) => item.Id === Id).map(({ Content }) => Content), [whole.Content])
    assert.deepEqual(tab.complaints, [], 'nothing is thrown within the client')
  })

  test('forty messages are paged through, each once', async (t) => {
    const { tab, details } = await chatAlone(t)
    const joined = await tab.sees('onMessage', { ContentType: event('participant.joined'), ParticipantId: details.participantId })
    const sent = [joined.Id]
    for (let i = 0; i < 40; i++) sent.push((await tab.say(`message ${i}`)).Id)
    const pages = []
    for (let nextToken; ;) {
      const page = await tab.call('getTranscript', { maxResults: 15, scanDirection: 'BACKWARD', sortOrder: 'ASCENDING', nextToken })
      pages.unshift(page.Transcript.map(({ Id }) => Id))
      if (!('NextToken' in page)) break
      nextToken = page.NextToken
      assert.ok(nextToken && pages.length < 5, 'the last page has no NextToken')
    }
    assert.deepEqual(pages.map(({ length }) => length), [11, 15, 15])
    assert.deepEqual(pages.flat(), sent)
    const around = await tab.call('getTranscript', { maxResults: 3, scanDirection: 'FORWARD', sortOrder: 'ASCENDING', startPosition: { id: sent[20] } })
    assert.deepEqual(around.Transcript.map(({ Id }) => Id), sent.slice(20, 23))
    await tab.sees('onMessage', { Id: sent.at(-1) }) // the answer to a message can be faster than its echo
    assert.deepEqual((await tab.events('onMessage')).map(({ Id }) => Id), sent, 'and echoed once, in order')
  })

  test('every interactive message is answered as the widget does', async (t) => {
    const { tab, details } = await chatWithPartner(t, { SupportedMessagingContentTypes: ['text/plain', 'text/markdown', interactive, response] })
    const ask = async (word) => {
      const before = (await tab.events('onMessage')).filter((item) => item.ContentType === interactive).length
      await tab.say(word)
      const item = await tab.sees('onMessage', { ContentType: interactive }, before + 1)
      assert.equal(typeof item.Content, 'string')
      assert.equal(item.ContactId, details.contactId)
      return JSON.parse(item.Content)
    }
    const answer = async (content, reply) => {
      await tab.say(content)
      await tab.sees('onMessage', { Content: reply })
    }
    for (const [word, type] of [['list', 'ListPicker'], ['panel', 'Panel'], ['quick', 'QuickReply']]) {
      const { templateType, data } = await ask(word)
      assert.equal(templateType, type)
      const [{ title }] = data.content.elements
      await answer(title, `You said: ${title}`)
    }
    const { data: { content: carousel } } = await ask('carousel')
    const [{ templateIdentifier, data: { content: first } }] = carousel.elements
    await answer(JSON.stringify({ templateIdentifier, listTitle: first.title, selectionText: first.elements[0].title }),
      `You said: ${first.title}, ${first.elements[0].title}`)
    const { data: { content: { timeslots } } } = await ask('time')
    assert.match(timeslots[0].date, /^\d{4}-\d\d-\d\dT\d\d:\d\d\+00:00$/)
    await answer(timeslots[0].date, `You said: ${timeslots[0].date}`)
    await leafThrough(tab, (await ask('pages')).data.content)
    await tab.say('markdown')
    await tab.sees('onMessage', { ContentType: 'text/markdown' })
    assert.deepEqual(tab.complaints, [])
  })

  /** Asks for the next page of a list picker, with what the widget sends for it. */
  async function leafThrough(tab, { listId, preIndex, nextIndex, referenceId }) {
    const action = JSON.stringify({
      version: '1.0', data: { actionName: 'SHOW_MORE', preIndex, nextIndex, listId, templateType: 'ListPicker', referenceId }, action: 'SHOW_MORE',
    })
    const pages = async () => (await tab.events('onMessage')).filter((item) => item.ContentType === interactive).length
    const before = await pages()
    await tab.say(action, response)
    const next = JSON.parse((await tab.sees('onMessage', { ContentType: interactive }, before + 1)).Content)
    assert.equal(next.data.content.referenceId, referenceId, 'the widget replaces one page by the next')
    assert.equal(next.data.content.preIndex, 0)
  }

  test('what another participant sends passes through byte for byte', async (t) => {
    const types = ['text/plain', 'application/json', interactive]
    const { tab, details } = await chatAlone(t, { InstanceId: 'in-1', SupportedMessagingContentTypes: types })
    const { ParticipantCredentials } = await backend(alone.url).send(new CreateParticipantCommand({
      InstanceId: 'in-1', ContactId: details.contactId, ParticipantDetails: { ParticipantRole: 'CUSTOM_BOT', DisplayName: 'Bot' },
    }))
    const client = participant(alone.url)
    const { ConnectionCredentials } = await client.send(new CreateParticipantConnectionCommand({
      ParticipantToken: ParticipantCredentials.ParticipantToken, Type: ['CONNECTION_CREDENTIALS'], ConnectParticipant: true,
    }))
    const contents = {
      'text/plain': ' <b>\u2028 Grüße 👋🏽 "quoted" \\ \n\ttab ',
      'application/json': '{ "b" : 1e3,\n "a":[ ] }',
      [interactive]: '{"templateType" : "QuickReply","version":"1.0","data":{"content":{"title":"\\u0041?","elements":[{"title":"Yes"},{"title":"No"}],"referenceId":"r"}}}',
    }
    for (const [ContentType, Content] of Object.entries(contents)) {
      const { Id } = await client.send(new SendMessageCommand({ ConnectionToken: ConnectionCredentials.ConnectionToken, ContentType, Content }))
      const item = await tab.sees('onMessage', { Id })
      assert.deepEqual([item.Content, item.ContentType, item.ParticipantRole, item.DisplayName], [Content, ContentType, 'CUSTOM_BOT', 'Bot'])
    }
  })

  test('the first message of a start is the first of the chat', async (t) => {
    const { tab } = await chatAlone(t, { InitialMessage: { ContentType: 'text/plain', Content: 'Where is my order?' } })
    const { Transcript: [first] } = await tab.call('getTranscript', { sortOrder: 'ASCENDING' })
    assert.deepEqual([first.Content, first.ParticipantRole], ['Where is my order?', 'CUSTOMER'])
  })

  test('an upload that did not arrive is refused, and no attachment appears', async (t) => {
    const { tab } = await chatWithPartner(t)
    await tab.page.route(/\/attachments\//, (route) => route.abort()) // chatjs completes it all the same
    const upload = (size) => tab.page.evaluate(async (size) => {
      const attachment = new File([new Uint8Array(size)], 'notes.txt', { type: 'text/plain' })
      return window.session.sendAttachment({ attachment }).then(() => 'sent', (error) => error?.type ?? String(error))
    }, size)
    assert.notEqual(await upload(10), 'sent')
    await tab.page.unroute(/\/attachments\//)
    assert.equal(await upload(21 << 20), 'ValidationException', 'more than 20 MB')
    assert.equal(await upload(1 << 20), 'sent')
    await tab.sees('onMessage', { Content: 'I have your attachment "notes.txt" (text/plain).' })
    assert.equal((await tab.events('onMessage')).filter(({ Type }) => Type === 'ATTACHMENT').length, 1)
  })

  test('a refused call says why', async (t) => {
    const { tab } = await chatAlone(t)
    const refusals = [
      ['sendMessage', { contentType: 'text/plain', message: 'x'.repeat(17_000) }, 'ValidationException', 400],
      ['sendMessage', { contentType: 'text/markdown', message: 'not asked for at the start' }, 'ValidationException', 400],
      ['getAuthenticationUrl', { sessionId: '00000000-0000-4000-8000-000000000000', redirectUri: 'https://example.com/cb' }, 'ValidationException', 400],
      ['cancelParticipantAuthentication', { sessionId: '00000000-0000-4000-8000-000000000000' }, 'ValidationException', 400],
      ['describeView', { viewToken: 'tok/en+with=odd chars' }, 'ResourceNotFoundException', 404],
      ['downloadAttachment', { attachmentId: '00000000-0000-4000-8000-000000000000' }, 'ValidationException', 400],
    ]
    for (const [method, args, type, status] of refusals) {
      const error = await tab.refused(method, args)
      assert.deepEqual([error.type, error.statusCode], [type, status], `${method}: ${JSON.stringify(error)}`)
    }
  })

  test('a wrong token is refused with a name that the page can read', async (t) => {
    const tab = await openPage(t, alone)
    const details = await tab.start()
    const refused = await tab.page.evaluate(async (details) => {
      return window.connectChat({ ...details, participantToken: 'QVFJREFI-wrong' }).catch((error) => error?._debug?._debug ?? error)
    }, details)
    assert.deepEqual([refused.type, refused.statusCode], ['AccessDeniedException', 403])
    await tab.connect(details)
    // A connection token that is none, in the place of the right one.
    await tab.page.route(/\/participant\/message/, (route) => route.continue({ headers: { ...route.request().headers(), 'x-amz-bearer': 'wrong' } }))
    const error = await tab.refused('sendMessage', { contentType: 'text/plain', message: 'hello' })
    assert.deepEqual([error.type, error.statusCode], ['AccessDeniedException', 403])
    assert.match(error.message, /denied/)
  })

  test('a persistent chat goes on where the last one ended', async (t) => {
    const tab = await openPage(t, alone)
    const first = await tab.chat()
    for (let i = 0; i < 20; i++) await tab.say(`old ${i}`)
    await tab.call('disconnectParticipant')
    await tab.sees('onEnded')
    await tab.page.reload()
    const second = await tab.chat({ PersistentChat: { SourceContactId: first.contactId, RehydrationType: 'ENTIRE_PAST_SESSION' } })
    const { calls } = await tab.exchange()
    assert.equal(JSON.parse(calls[0].answer).data.startChatResult.ContinuedFromContactId, first.contactId)
    await tab.sees('onChatRehydrated')
    await tab.say('new')
    const items = []
    for (let nextToken; ;) {
      const page = await tab.call('getTranscript', { maxResults: 15, scanDirection: 'BACKWARD', sortOrder: 'ASCENDING', nextToken })
      items.unshift(...page.Transcript)
      nextToken = page.NextToken
      if (!nextToken) break
    }
    const messages = items.filter(({ Type }) => Type === 'MESSAGE')
    assert.deepEqual(messages.map(({ Content }) => Content), [...Array.from({ length: 20 }, (_, i) => `old ${i}`), 'new'])
    assert.deepEqual([messages[0].RelatedContactId, messages[0].ContactId], [first.contactId, undefined])
    assert.equal(messages.at(-1).ContactId, second.contactId)
    assert.ok(items.some(({ ContentType }) => ContentType === event('chat.ended')), 'with the end of the first')
  })
})
