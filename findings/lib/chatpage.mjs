// A page with amazon-connect-chatjs as a package installs it, and the server that it speaks with: as much of a browser window
// as the client needs, whose requests, sockets and timers are held here. Timers run twenty times as fast.

import { readFileSync } from 'node:fs'
import vm from 'node:vm'

const pace = 20
const tomorrow = () => new Date(Date.now() + 86400e3).toISOString()
const connection = () => ({
  Websocket: { Url: 'wss://chat.example/socket', ConnectionExpiry: tomorrow() },
  ConnectionCredentials: { ConnectionToken: 'token', Expiry: tomorrow() },
})

/** Waits until a condition holds, half a minute at most. */
export async function until (condition, what) {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 3000) throw new Error(`this did not come: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/**
 * A page in which the client of a package is loaded. answer tells the status of the n-th request to a path, 200 without it;
 * mute lists topics of frames that the server does not answer. The page's version of the client goes to the standard output.
 */
export function newPage (name, { answer = () => 200, mute = [] } = {}) {
  const requests = [], bodies = [], sockets = [], frames = [], told = []

  const respond = (url, sent) => {
    const { pathname } = new URL(url)
    requests.push(url)
    bodies.push(sent ? new TextDecoder().decode(sent) : '')
    const status = answer(pathname, requests.filter((earlier) => new URL(earlier).pathname === pathname).length)
    const body = status !== 200 ? { message: 'refused' } : pathname.endsWith('/connection') ? connection() : {}
    const headers = { 'content-type': 'application/json', ...status === 403 && { 'x-amzn-errortype': 'AccessDeniedException' } }
    return { status, headers, text: JSON.stringify(body) }
  }
  class XMLHttpRequest extends EventTarget { // for AWS's SDK 2, in chatjs 1 and 2
    HEADERS_RECEIVED = 2; DONE = 4; readyState = 0; status = 0; upload = new EventTarget()
    open (_, url) { this.url = url }
    setRequestHeader () {}
    abort () {}
    getAllResponseHeaders () { return Object.entries(this.headers).map((pair) => pair.join(': ') + '\r\n').join('') }
    send (body) {
      setTimeout(() => {
        const { status, headers, text } = respond(this.url, body && Buffer.from(body))
        Object.assign(this, { status, headers, responseText: text, readyState: this.DONE })
        for (const type of ['readystatechange', 'load', 'loadend']) this.dispatchEvent(new Event(type))
      }, 1)
    }
  }
  const fetch = async (input) => {
    const { status, headers, text } = respond(input.url, await input.arrayBuffer())
    return new Response(text, { status, headers })
  }
  class WebSocket extends EventTarget {
    static CONNECTING = 0; static OPEN = 1; static CLOSING = 2; static CLOSED = 3
    readyState = 0
    constructor () { super(); sockets.push(this); setTimeout(() => { this.readyState = 1; this.#tell('open') }, 1) }
    #tell (type, about) { this.dispatchEvent(Object.assign(new Event(type), about)) }
    send (text) {
      const { topic, content } = JSON.parse(text)
      frames.push(topic)
      if (mute.includes(topic)) return
      const reply = { 'aws/subscribe': { content: { status: 'success', ...content } }, 'aws/ping': { statusCode: 200, statusContent: 'OK' } }
      setTimeout(() => this.#tell('message', { data: JSON.stringify({ topic, ...reply[topic] }) }), 1)
    }
    close (code = 1005, reason = '') {
      this.readyState = 3
      setTimeout(() => this.#tell('close', { code, reason, wasClean: code !== 1006 }), 1)
    }
    drop () { this.close(1006) } // the line is lost
  }
  const quiet = { log () {}, info () {}, debug () {}, warn () {}, trace () {}, error () {} }
  const window = {
    console: quiet, document: { createElement: () => ({}) }, location: { protocol: 'http:', href: 'http://localhost/' },
    navigator: { userAgent: 'Mozilla/5.0 Chrome/156.0', onLine: true }, XMLHttpRequest, WebSocket, fetch,
    ReadableStream, URL, URLSearchParams, TextEncoder, TextDecoder, Blob, Headers, Request, Response, AbortController, crypto,
    setTimeout: (call, ms = 0, ...more) => setTimeout(call, ms / pace, ...more),
    setInterval: (call, ms = 0, ...more) => setInterval(call, ms / pace, ...more),
    clearTimeout, clearInterval, queueMicrotask, performance, btoa, atob, CustomEvent, Event,
    addEventListener () {}, removeEventListener () {}, dispatchEvent () {},
  }
  window.window = window.self = window.global = window
  vm.runInContext(readFileSync(`node_modules/${name}/dist/amazon-connect-chat.js`, 'utf8'), vm.createContext(window))
  console.log(`amazon-connect-chatjs ${JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version}`)

  const { ChatSession } = window.connect
  const configure = (endpoint, region = 'us-east-1') => ChatSession.setGlobalConfig({ region, endpoint, loggerConfig: {} })
  const newSession = () => {
    const chatDetails = { contactId: 'c', initialContactId: 'c', participantId: 'p', participantToken: 't' }
    const session = ChatSession.create({ chatDetails, type: 'CUSTOMER', disableCSM: true })
    for (const event of ['ConnectionEstablished', 'ConnectionLost', 'ConnectionBroken', 'DeepHeartbeatSuccess', 'DeepHeartbeatFailure', 'Message', 'Ended']) {
      session[`on${event}`]?.(({ data } = {}) => told.push({ event, data }))
    }
    return session
  }
  configure('http://first.example')
  return { client: ChatSession, requests, bodies, sockets, frames, told, configure, newSession, events: () => told.map(({ event }) => event) }
}
