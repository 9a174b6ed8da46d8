// The AWS SDK's client of Lex V2, with the HTTP handler that it has by itself: it speaks only HTTP/2,
// in clear text too. A chat's socket is open on the same port meanwhile.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import * as connect from '@aws-sdk/client-connect'
import * as chat from '@aws-sdk/client-connectparticipant'
import * as lex from '@aws-sdk/client-lex-runtime-v2'
import { atOnce } from '../bounds.js'
import { startParley } from '../browser/parley.js'
import { openSocket } from './rawsocket.js'
import { backend, bots, participant } from './sdk.js'

const flowers = `
bot: FlowerShop
intents:
  OrderFlowers:
    utterances: [i want flowers, "order {Kind}"]
    slots:
      Kind: {type: [roses, tulips], ask: "Which flowers, [name]?"}
    confirm: "{Kind}, is that right?"
    answer: Thank you!
  FallbackIntent:
    answer: I can order flowers.
`

let dir, parley, client
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-lex-'))
  await writeFile(join(dir, 'flowers.yaml'), flowers)
  await writeFile(join(dir, 'parley.yaml'), `bots:\n  arn:aws:lex:*:bot-alias/FLOWERS123/*: ${join(dir, 'flowers.yaml')}\n`)
  parley = await startParley('--ephemeral', '--partner=false', '--greeting=', '--config', join(dir, 'parley.yaml'))
  client = bots(parley.url)
})
after(async () => {
  client?.destroy()
  assert.equal(await parley?.stop(), 0)
  await rm(dir, { recursive: true, force: true })
})

const bot = { botId: 'FLOWERS123', botAliasId: 'LIVE', localeId: 'en_US' }
const say = (sessionId, text, more) => client.send(new lex.RecognizeTextCommand({ ...bot, sessionId, text, ...more }))
const opened = (header) => JSON.parse(gunzipSync(Buffer.from(header, 'base64')))

/** Whether a call is refused with an error of the SDK's own, and with a text. */
const refused = (call, kind, text) => assert.rejects(call, (error) => {
  assert.equal(error.name, kind)
  assert.ok(error instanceof lex.LexRuntimeV2ServiceException)
  assert.match(error.message, text)
  assert.equal(error.$metadata.attempts, 1)
  return true
})

describe('RowPoint3 the client of Lex', { concurrency: atOnce }, () => {
  test('holds a conversation', async () => {
    assert.equal(client.config.requestHandler.metadata.handlerProtocol, 'h2', 'the handler is the one that the client has by itself')
    const put = await client.send(new lex.PutSessionCommand({
      ...bot, sessionId: 'talk', responseContentType: 'text/plain; charset=utf-8', requestAttributes: { page: 'home' },
      sessionState: { sessionAttributes: { name: 'Ann' }, intent: { name: 'OrderFlowers' }, dialogAction: { type: 'Delegate' } },
    }))
    assert.deepEqual(opened(put.messages), [{ contentType: 'PlainText', content: 'Which flowers, Ann?' }])
    assert.equal(opened(put.sessionState).dialogAction.slotToElicit, 'Kind')
    assert.deepEqual([opened(put.requestAttributes), put.sessionId], [{ page: 'home' }, 'talk'])

    const { messages, sessionState, interpretations, sessionId, requestAttributes } = await say('talk', 'tulips', { requestAttributes: { page: 'shop' } })
    assert.deepEqual(messages, [{ contentType: 'PlainText', content: 'tulips, is that right?' }])
    assert.equal(sessionState.dialogAction.type, 'ConfirmIntent')
    assert.equal(sessionState.intent.slots.Kind.value.interpretedValue, 'tulips')
    assert.deepEqual([interpretations[0].nluConfidence, interpretations[1].nluConfidence], [{ score: 1 }, undefined])
    assert.deepEqual([sessionId, requestAttributes], ['talk', { page: 'shop' }])

    const got = await client.send(new lex.GetSessionCommand({ ...bot, sessionId: 'talk' }))
    assert.deepEqual([got.messages, got.sessionState.sessionAttributes], [messages, { name: 'Ann' }])
    assert.equal((await say('talk', 'yes')).sessionState.intent.state, 'Fulfilled')
    const { $metadata, ...deleted } = await client.send(new lex.DeleteSessionCommand({ ...bot, sessionId: 'talk' }))
    assert.deepEqual([deleted, $metadata.httpStatusCode], [{ ...bot, sessionId: 'talk' }, 200])
  })

  test('gets errors that it knows', async () => {
    await refused(client.send(new lex.GetSessionCommand({ ...bot, sessionId: 'none' })), 'ResourceNotFoundException', /no session/)
    await refused(client.send(new lex.DeleteSessionCommand({ ...bot, sessionId: 'none' })), 'ResourceNotFoundException', /no session/)
    await refused(say('none', 'hi', { botId: 'OTHER' }), 'ResourceNotFoundException', /under bots "OTHER\/LIVE"/)
    await refused(say('none', 'hi', { localeId: 'de_DE' }), 'ResourceNotFoundException', /has no locale de_DE/)
    await refused(say('none', 'x'.repeat(1025)), 'ValidationException', /1024/)
    await refused(say('none', 'x'.repeat(70_000)), 'RequestEntityTooLargeException', /65536|64 KiB|at most/)
    await refused(client.send(new lex.PutSessionCommand({ ...bot, sessionId: 'none', sessionState: { intent: { name: 'Nobody' } } })), 'ValidationException', /"Nobody"/)
    await refused(client.send(new lex.RecognizeUtteranceCommand({
      ...bot, sessionId: 'none', requestContentType: 'text/plain; charset=utf-8', inputStream: Buffer.from('hi'),
    })), 'NotImplemented', /RecognizeText/)
  })

  test('is answered beside a chat and its socket', async (t) => {
    const ids = { InstanceId: '11111111-1111-4111-8111-111111111111', ContactFlowId: '22222222-2222-4222-8222-222222222222' }
    const { ParticipantToken } = await backend(parley.url).send(new connect.StartChatContactCommand({ ...ids, ParticipantDetails: { DisplayName: 'Pat' } }))
    const customer = participant(parley.url)
    const { Websocket, ConnectionCredentials: { ConnectionToken } } = await customer.send(new chat.CreateParticipantConnectionCommand({
      ParticipantToken, Type: ['WEBSOCKET', 'CONNECTION_CREDENTIALS'],
    }))
    const socket = await openSocket(Websocket.Url)
    t.after(() => socket.end())
    await socket.subscribe()
    for (let turn = 0; turn < 5; turn++) {
      const answers = Array.from({ length: 20 }, (_, n) => say(`beside-${turn}-${n}`, 'order roses'))
      await customer.send(new chat.SendMessageCommand({ ConnectionToken, ContentType: 'text/plain', Content: `turn ${turn}` }))
      for (const { messages } of await Promise.all(answers)) assert.equal(messages[0].content, 'roses, is that right?')
      for (let frame = await socket.next(); ; frame = await socket.next()) {
        assert.ok(frame, 'the socket was closed')
        if (frame.text?.includes(`turn ${turn}`)) break
      }
    }
  })
})
