// The chat socket of a customer (RFC 6455), as far as a test needs one: it subscribes, answers pings and
// is closed. What comes over it is not looked at, because the API tells the same. Node 20 has no WebSocket.
'use strict'

const http = require('node:http')
const { randomBytes } = require('node:crypto')

const [text, close, ping, pong] = [1, 8, 9, 10]

/** A frame of a client, which is masked (section 5.3); what is sent here is short. */
function frame(opcode, payload) {
  const mask = randomBytes(4)
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, payload.map((byte, i) => byte ^ mask[i % 4])])
}

/** Takes the whole frames from the front of a buffer, and returns them with the rest. */
function frames(buffer) {
  const whole = []
  while (buffer.length >= 2) {
    let [start, length] = [2, buffer[1] & 0x7f]
    if (length === 126) [start, length] = [4, buffer.length < 4 ? Infinity : buffer.readUInt16BE(2)]
    else if (length === 127) [start, length] = [10, buffer.length < 10 ? Infinity : Number(buffer.readBigUInt64BE(2))]
    if (buffer.length < start + length) break
    whole.push({ opcode: buffer[0] & 0x0f, payload: buffer.subarray(start, start + length) })
    buffer = buffer.subarray(start + length)
  }
  return { whole, rest: buffer }
}

/**
 * Opens the socket at a wss: or ws: address and subscribes to the chat. The socket keeps no process from its end.
 * @returns {Promise<() => void>} closes it
 */
function subscribe(address) {
  return new Promise((resolve, reject) => {
    const request = http.get(address.replace(/^ws/, 'http'), {
      family: 4, agent: false,
      headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13, 'Sec-WebSocket-Key': randomBytes(16).toString('base64') },
    })
    request.once('error', reject)
    request.once('response', (response) => {
      response.resume()
      reject(new Error(`the chat socket was answered ${response.statusCode}`))
    })
    request.once('upgrade', (_, socket, head) => {
      let rest = head
      const take = (chunk) => {
        const read = frames(Buffer.concat([rest, chunk]))
        rest = read.rest
        for (const { opcode, payload } of read.whole) {
          if (opcode === ping) socket.write(frame(pong, payload))
          if (opcode === close) socket.end()
          if (opcode === text) { // the first one tells that the subscription holds
            socket.unref()
            resolve(() => socket.end(frame(close, Buffer.from([0x03, 0xe8])))) // 1000: the end as intended
          }
        }
      }
      socket.on('data', take)
      socket.on('error', reject) // after the first text nobody hears of it: the server has ended
      socket.once('close', () => reject(new Error('the chat socket was closed')))
      socket.write(frame(text, Buffer.from('{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}')))
      take(Buffer.alloc(0))
    })
  })
}

module.exports = { subscribe, frames }
