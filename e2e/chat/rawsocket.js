// A WebSocket client that can do everything wrong: it writes the bytes that it is told.

import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { patience } from '../bounds.js'

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

/**
 * Builds a frame (RFC 6455, section 5.2).
 * @param {{op: number, payload?: string|Buffer, fin?: boolean, rsv?: number, masked?: boolean, declare?: bigint, width?: 7|16|64}} frame
 *   declare is a length to claim instead of the payload's; width writes it in more bits than it needs
 */
export function frame({ op, payload = '', fin = true, rsv = 0, masked = true, declare, width }) {
  const data = Buffer.from(payload)
  const length = declare ?? BigInt(data.length)
  const bits = width ?? (length < 126n ? 7 : length < 65536n ? 16 : 64)
  const head = Buffer.alloc(2 + { 7: 0, 16: 2, 64: 8 }[bits])
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | op
  head[1] = (masked ? 0x80 : 0) | (bits === 7 ? Number(length) : bits === 16 ? 126 : 127)
  if (bits === 16) head.writeUInt16BE(Number(length), 2)
  if (bits === 64) head.writeBigUInt64BE(length, 2)
  if (!masked) return Buffer.concat([head, data])
  const key = randomBytes(4)
  return Buffer.concat([head, key, data.map((byte, i) => byte ^ key[i % 4])])
}

/** The payload of a close frame. */
export function closing(code, reason = '') {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(code)
  return Buffer.concat([head, Buffer.from(reason)])
}

/**
 * Asks for an upgrade and returns the socket, open or refused.
 * @param {string} url ws://…
 * @param {{headers?: Record<string, string|undefined>, method?: string, early?: Buffer}} options
 *   headers overwrite the usual ones, undefined leaves one out; early is sent with the request
 */
export async function openSocket(url, { headers = {}, method = 'GET', early } = {}) {
  const { hostname, port, host, pathname, search } = new URL(url)
  const key = randomBytes(16).toString('base64')
  const all = {
    Host: host, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': key, ...headers,
  }
  const lines = Object.entries(all).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}`)
  const connection = connect(port, hostname)
  const socket = new RawSocket(connection, key)
  connection.write(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  if (early) connection.write(early)
  await socket.answered
  return socket
}

class RawSocket {
  status = 0
  headers = {}
  body = ''
  #received = Buffer.alloc(0)
  #frames = []
  #waiting = []
  #ended = false

  constructor(connection, key) {
    this.connection = connection
    this.expectedAccept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    this.answered = new Promise((resolve, reject) => {
      connection.on('data', (chunk) => {
        this.#received = Buffer.concat([this.#received, chunk])
        if (!this.status && !this.#readHead()) return
        resolve()
        if (this.status === 101) this.#readFrames()
        else this.body += this.#received.subarray(0), this.#received = Buffer.alloc(0)
      })
      connection.on('error', reject)
      connection.on('close', () => {
        reject(new Error('closed without an answer'))
        this.#ended = true
        this.#waiting.splice(0).forEach((wake) => wake())
      })
    })
    this.answered.catch(() => {}) // told to whom waits for it
  }

  /** Writes frames, or bytes as they are. */
  send(...frames) {
    this.connection.write(Buffer.concat(frames.map((each) => Buffer.isBuffer(each) ? each : frame(each))))
  }

  /** Sends text. */
  say(text) {
    this.send({ op: opcode.text, payload: text })
  }

  /** Subscribes to the chat. What is said before the answer is not told. */
  async subscribe() {
    this.say('{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}')
    const answer = await this.next()
    if (!answer?.text.startsWith('{"topic":"aws/subscribe"')) throw new Error(`not subscribed: ${answer?.text}`)
  }

  /**
   * Waits for the next frame: { op, text, payload, code }, or undefined once the connection is closed. Pings are
   * no frames to wait for: they are answered, as every client answers them, and come when the server likes.
   */
  async next() {
    const end = Date.now() + patience
    while (this.#frames.length === 0) {
      if (this.#ended) return undefined
      if (Date.now() > end) throw new Error(`no frame within ${patience} ms`)
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, end - Date.now()))
        this.#waiting.push(() => { clearTimeout(timer); resolve() })
      })
    }
    return this.#frames.shift()
  }

  /** Waits for the server's close frame and the end of the connection; returns the code, 0 without a frame. */
  async closed() {
    let code = 0
    for (let each = await this.next(); each; each = await this.next()) {
      if (each.op === opcode.close) code = each.code
    }
    return code
  }

  end() {
    this.connection.destroy()
  }

  #readHead() {
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return false
    const [first, ...lines] = this.#received.subarray(0, end).toString().split('\r\n')
    this.status = Number(first.split(' ')[1])
    for (const line of lines) {
      const colon = line.indexOf(':')
      this.headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
    }
    this.#received = this.#received.subarray(end + 4)
    return true
  }

  #readFrames() {
    for (let taken = this.#readFrame(); taken; taken = this.#readFrame()) {
      if (taken.op === opcode.ping) {
        this.send({ op: opcode.pong, payload: taken.payload })
        continue
      }
      this.#frames.push(taken)
      this.#waiting.splice(0).forEach((wake) => wake())
    }
  }

  #readFrame() {
    const bytes = this.#received
    if (bytes.length < 2) return undefined
    const short = bytes[1] & 0x7f
    const start = short === 127 ? 10 : short === 126 ? 4 : 2
    if (bytes.length < start) return undefined
    const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short
    if (bytes.length < start + length) return undefined
    const payload = bytes.subarray(start, start + length)
    this.#received = bytes.subarray(start + length)
    const op = bytes[0] & 0x0f
    return {
      op, payload, text: payload.toString(), fin: (bytes[0] & 0x80) > 0, rsv: (bytes[0] >> 4) & 7, masked: (bytes[1] & 0x80) > 0,
      code: op === opcode.close ? (length >= 2 ? payload.readUInt16BE(0) : 1005) : undefined,
    }
  }
}
