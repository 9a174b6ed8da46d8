// The chat socket held against RFC 6455, by a client that writes its own bytes. It runs against
// the binary rather than the package, because the server in front takes part: it reads the
// upgrade, hands the connection over, and what came early with it.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { CreateParticipantConnectionCommand, SendMessageCommand } from '@aws-sdk/client-connectparticipant'
import { StartChatContactCommand } from '@aws-sdk/client-connect'
import { atOnce } from '../bounds.js'
import { startParley } from '../browser/parley.js'
import { closing, frame, opcode, openSocket } from './rawsocket.js'
import { backend, participant } from './sdk.js'

const { continuation, text, binary, close, ping, pong } = opcode
const subscribe = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
const subscribed = '{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}'
const heartbeat = '{"topic":"aws/heartbeat"}'

let parley
before(async () => { parley = await startParley('--ephemeral', '--partner=false', '--greeting=') })
after(async () => assert.equal(await parley?.stop(), 0))

/** Starts a chat and returns what its customer needs. */
async function newChat() {
  const { ParticipantToken } = await backend(parley.url).send(new StartChatContactCommand({
    InstanceId: 'in-1', ContactFlowId: 'cf-1', ParticipantDetails: { DisplayName: 'Pat' },
  }))
  const client = participant(parley.url)
  const { Websocket, ConnectionCredentials: { ConnectionToken } } = await client.send(new CreateParticipantConnectionCommand({
    ParticipantToken, Type: ['WEBSOCKET', 'CONNECTION_CREDENTIALS'],
  }))
  const say = (Content) => client.send(new SendMessageCommand({ ConnectionToken, ContentType: 'text/plain', Content }))
  return { url: Websocket.Url, say }
}

async function open(t, options) {
  const chat = await newChat()
  const socket = await openSocket(chat.url, options)
  t.after(() => socket.end())
  return { ...chat, socket }
}

const half = heartbeat.length / 2
const [front, back] = [heartbeat.slice(0, half), heartbeat.slice(half)]
const umlauts = '{"topic":"aws/heartbeat","x":"Grüße 👋"}'
const bytes = Buffer.from(umlauts)
const inTheMiddle = bytes.indexOf(Buffer.from('ü')) + 1

// Frames after which the server still answers heartbeats, the last of which is among them.
const accepted = {
  'in one frame': [{ op: text, payload: heartbeat }],
  'in two fragments': [{ op: text, payload: front, fin: false }, { op: continuation, payload: back }],
  'in a fragment for each byte': [...heartbeat].map((payload, i, { length }) => ({ op: i ? continuation : text, payload, fin: i === length - 1 })),
  'with empty fragments': [
    { op: text, fin: false }, { op: continuation, payload: heartbeat, fin: false }, { op: continuation, fin: false }, { op: continuation },
  ],
  'with a pong between fragments': [{ op: text, payload: front, fin: false }, { op: pong, payload: 'x' }, { op: continuation, payload: back }],
  'with a character cut in two by fragments': [
    { op: text, payload: bytes.subarray(0, inTheMiddle), fin: false }, { op: continuation, payload: bytes.subarray(inTheMiddle) },
  ],
  'with 16 bits of length where 7 would do': [{ op: text, payload: heartbeat, width: 16 }],
  'with 64 bits of length where 7 would do': [{ op: text, payload: heartbeat, width: 64 }],
  'after 126 bytes': [{ op: text, payload: ' '.repeat(126) }, { op: text, payload: heartbeat }],
  'after 65,536 bytes': [{ op: text, payload: ' '.repeat(65_536) }, { op: text, payload: heartbeat }],
  'after the longest message, 128 KiB': [{ op: text, payload: ' '.repeat(128 << 10) }, { op: text, payload: heartbeat }],
  'after an empty message': [{ op: text }, { op: text, payload: heartbeat }],
  'after what is not JSON': [{ op: text, payload: '{"topic":' }, { op: text, payload: 'aws/heartbeat' }, { op: text, payload: heartbeat }],
  'after a topic that nobody knows': [{ op: text, payload: '{"topic":"aws/unknown"}' }, { op: text, payload: heartbeat }],
  'after a pong that nobody asked for': [{ op: pong }, { op: pong, payload: 'x'.repeat(125) }, { op: text, payload: heartbeat }],
  'with spaces, as the iOS SDK writes it': [{ op: text, payload: '{"topic": "aws/heartbeat"}' }],
}

// Frames on which the server closes, and with which codes.
const refused = {
  'a frame that is not masked': [[{ op: text, payload: heartbeat, masked: false }], 1002],
  'a continuation of nothing': [[{ op: continuation, payload: heartbeat }], 1002],
  'a continuation of nothing, not final': [[{ op: continuation, payload: heartbeat, fin: false }], 1002],
  'a new message within fragments': [[{ op: text, payload: front, fin: false }, { op: text, payload: back }], 1002],
  'reserved bit 1, with no extension agreed': [[{ op: text, payload: heartbeat, rsv: 4 }], 1002],
  'reserved bit 2': [[{ op: text, payload: heartbeat, rsv: 2 }], 1002],
  'reserved bit 3': [[{ op: text, payload: heartbeat, rsv: 1 }], 1002],
  'a reserved bit in a ping': [[{ op: ping, rsv: 1 }], 1002],
  'reserved opcode 3': [[{ op: 3, payload: 'x' }], 1002],
  'reserved opcode 7': [[{ op: 7 }], 1002],
  'reserved opcode 11': [[{ op: 11 }], 1002],
  'reserved opcode 15': [[{ op: 15, payload: 'x' }], 1002],
  'a ping in fragments': [[{ op: ping, fin: false }], 1002],
  'a close in fragments': [[{ op: close, fin: false, payload: closing(1000) }], 1002],
  'a ping of 126 bytes': [[{ op: ping, payload: 'x'.repeat(126) }], 1002],
  'a close of 126 bytes': [[{ op: close, payload: closing(1000, 'x'.repeat(124)) }], 1002],
  'a close with one byte': [[{ op: close, payload: 'x' }], 1002],
  'a close with a reason that is not UTF-8': [[{ op: close, payload: Buffer.concat([closing(1000), Buffer.from([0xc3, 0x28])]) }], [1002, 1007]],
  'text that is not UTF-8': [[{ op: text, payload: Buffer.from([0x22, 0xff, 0x22]) }], 1007],
  'text with half a surrogate': [[{ op: text, payload: Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]) }], 1007],
  'text that ends within a character': [[{ op: text, payload: Buffer.from([0x22, 0xc3]) }], 1007],
  'text that is not UTF-8, in fragments': [[{ op: text, payload: Buffer.from([0xc3]), fin: false }, { op: continuation, payload: '(' }], 1007],
  'a binary message': [[{ op: binary, payload: heartbeat }], 1003],
  'one byte more than 128 KiB': [[{ op: text, payload: ' '.repeat((128 << 10) + 1) }], 1009],
  'more than 128 KiB in fragments': [Array.from({ length: 3 }, (_, i) => ({ op: i ? continuation : text, payload: ' '.repeat(50_000), fin: false })), 1009],
  'a length of four gigabytes': [[{ op: text, payload: 'x', declare: 1n << 32n }], [1002, 1009]],
  'a length beyond 63 bits': [[{ op: text, payload: 'x', declare: 1n << 63n }], [1002, 1009]],
}

describe('the chat socket', { concurrency: atOnce }, () => {
  test('opens with the answer that the key asks for', async (t) => {
    const { socket } = await open(t, {
      headers: { 'Sec-WebSocket-Protocol': 'chat, superchat', 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' },
    })
    assert.equal(socket.status, 101)
    assert.equal(socket.headers['sec-websocket-accept'], socket.expectedAccept)
    assert.equal(socket.headers['sec-websocket-protocol'], undefined, 'a protocol nobody agreed on fails the handshake')
    assert.equal(socket.headers['sec-websocket-extensions'], undefined)
  })

  for (const [what, headers] of Object.entries({
    'header names in lower case': { Host: undefined, host: 'localhost', upgrade: 'WebSocket', Upgrade: undefined },
    'a list in Connection': { Connection: 'keep-alive, Upgrade' },
  })) {
    test(`opens with ${what}`, async (t) => {
      const { socket } = await open(t, { headers })
      assert.equal(socket.status, 101)
    })
  }

  for (const [what, { headers, method, status }] of Object.entries({
    'no Upgrade': { headers: { Upgrade: undefined, Connection: 'close' }, status: 426 },
    'another version': { headers: { 'Sec-WebSocket-Version': '8' }, status: 426 },
    'no version': { headers: { 'Sec-WebSocket-Version': undefined }, status: 426 },
    'no key': { headers: { 'Sec-WebSocket-Key': undefined }, status: 400 },
    'a key that is too short': { headers: { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, status: 400 },
    'a foreign origin': { headers: { Origin: 'https://evil.example' }, status: 403 },
    'a foreign host': { headers: { Host: 'evil.example' }, status: 403 },
    'another method': { method: 'POST', status: 405 },
  })) {
    test(`is refused with ${what}`, async (t) => {
      const { socket } = await open(t, { headers, method })
      assert.equal(socket.status, status)
      assert.match(socket.headers['content-type'], /json/)
      if (status === 426) assert.equal(socket.headers['sec-websocket-version'], '13', 'which version would do')
    })
  }

  test('takes frames that came with the upgrade', async (t) => {
    const { socket } = await open(t, { early: frame({ op: text, payload: heartbeat }) })
    assert.equal((await socket.next()).text, heartbeat)
  })

  for (const [what, frames] of Object.entries(accepted)) {
    test(`answers a heartbeat ${what}`, async (t) => {
      const { socket } = await open(t)
      socket.send(...frames)
      const answer = await socket.next()
      assert.deepEqual({ ...answer, payload: 0 }, { op: text, text: heartbeat, fin: true, rsv: 0, masked: false, code: undefined, payload: 0 })
    })
  }

  for (const [what, [frames, expected]] of Object.entries(refused)) {
    test(`closes with ${expected} on ${what}`, async (t) => {
      const { socket } = await open(t)
      socket.send(...frames)
      const code = await socket.closed()
      assert.ok([expected].flat().includes(code), `closed with ${code}`)
    })
  }

  for (const payload of ['', 'hello', Buffer.from([0, 255, 254, 128]), 'x'.repeat(125)]) {
    test(`returns a ping of ${payload.length} bytes`, async (t) => {
      const { socket } = await open(t)
      socket.send({ op: text, payload: front, fin: false }, { op: ping, payload }, { op: continuation, payload: back })
      const first = await socket.next()
      assert.deepEqual([first.op, first.payload], [pong, Buffer.from(payload)], 'between the fragments')
      assert.equal((await socket.next()).text, heartbeat)
    })
  }

  test('takes a frame byte by byte, and many in one packet', async (t) => {
    const { socket } = await open(t)
    for (const byte of frame({ op: text, payload: heartbeat })) {
      socket.send(Buffer.from([byte]))
      await new Promise(setImmediate)
    }
    assert.equal((await socket.next()).text, heartbeat)
    socket.send(...Array.from({ length: 50 }, () => ({ op: text, payload: heartbeat })))
    for (let i = 0; i < 50; i++) assert.equal((await socket.next()).text, heartbeat)
  })

  for (const [asked, answered] of [[1000, 1000], [1001, [1000, 1001]], [3000, 3000], [4000, 4000], [4999, 4999]]) {
    test(`returns a close with ${asked}`, async (t) => {
      const { socket } = await open(t)
      socket.send({ op: close, payload: closing(asked, 'Grüße') })
      assert.ok([answered].flat().includes(await socket.closed()))
    })
  }

  test('returns a close without a code', async (t) => {
    const { socket } = await open(t)
    socket.send({ op: close })
    assert.ok([1000, 1005].includes(await socket.closed()))
  })

  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000]) {
    test(`closes with 1002 on a close with ${code}`, async (t) => {
      const { socket } = await open(t)
      socket.send({ op: close, payload: closing(code) })
      assert.equal(await socket.closed(), 1002)
    })
  }

  test('says nothing after its close', async (t) => {
    const { socket } = await open(t)
    socket.send({ op: close, payload: closing(1000) }, { op: text, payload: heartbeat }, { op: ping })
    assert.deepEqual([(await socket.next()).op, await socket.next()], [close, undefined])
  })

  test('takes the subscription of the iOS SDK, with a bracket too many, and delivers text', async (t) => {
    const { socket, say } = await open(t)
    socket.say(`${subscribe})`)
    assert.equal((await socket.next()).text, subscribed)
    assert.match((await socket.next()).text, /participant\.joined.*CUSTOMER/)
    const { Id } = await say('Grüße 👋')
    const { op, text: item } = await socket.next()
    assert.equal(op, text)
    const { topic, contentType, content } = JSON.parse(item)
    assert.deepEqual([topic, contentType, typeof content], ['aws/chat', 'application/json', 'string'])
    assert.deepEqual([JSON.parse(content).Id, JSON.parse(content).Content], [Id, 'Grüße 👋'])
  })

  test('delivers nothing before the subscription', async (t) => {
    const { socket, say } = await open(t)
    await say('early')
    socket.say(heartbeat)
    assert.equal((await socket.next()).text, heartbeat)
    socket.say(subscribe)
    assert.equal((await socket.next()).text, subscribed)
  })

  test('can be opened at the same address again', async (t) => {
    const { socket, url } = await open(t)
    socket.end()
    const again = await openSocket(url)
    t.after(() => again.end())
    assert.equal(again.status, 101)
  })

  test('is refused with a wrong address, without haste', async (t) => {
    const began = Date.now()
    const socket = await openSocket(`${parley.url.replace('http', 'ws')}/participant/websocket?t=wrong`)
    t.after(() => socket.end())
    assert.equal(socket.status, 403)
    assert.ok(Date.now() - began > 1_000, `after ${Date.now() - began} ms`)
  })
})
