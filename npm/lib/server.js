// What a test asks of a running server. Waiting is listening to the stream of events first and then
// asking for what has changed, so that nothing falls between.
'use strict'

const { call, events, ParleyError } = require('./http.js')
const { subscribe } = require('./socket.js')

// Less than the 30 s that a test has in Playwright, which would end it without a word of what was waited for.
const patience = 25_000

const idOf = (contact) => {
  const id = typeof contact === 'string' ? contact : contact?.contactId
  if (!id) throw new TypeError('a contact is named by its id, or by an object with a contactId')
  return encodeURIComponent(id)
}

class Server {
  #process
  constructor(url, process) {
    this.#process = process
    this.url = url
    this.endpoint = `${url}/startChatContact`
    this.token = process.token
    this.pid = process.pid
    this.desk = new Desk(this)
  }

  /** What the server has logged, its end when that is long. */
  get log() { return this.#process.log }

  /** Calls the server's API; the path begins with /api/. */
  async api(method, path, body, signal) {
    return call(this.url + path, { method, body, signal, headers: { Authorization: `Bearer ${this.token}` } })
  }

  close() { return this.#process.close() }
  [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() { return this.close() }

  async messages(contact, { until, timeout } = {}) {
    const id = idOf(contact)
    const get = async (signal) => said(await this.api('GET', `/api/contacts/${id}/transcript`, undefined, signal))
    if (until === undefined) return get()
    const enough = condition(until)
    let last = []
    return this.waitFor(`topics=items&contact=${id}`, async (signal) => {
      last = await get(signal)
      return enough(last) ? last : undefined
    }, { timeout, what: () => `waiting for ${describe(until)}. What was said:\n${last.map((m) => `  ${m.from}: ${m.content}`).join('\n') || '  nothing'}` })
  }

  async contact({ customer, state, timeout } = {}) {
    return this.waitFor('topics=contacts', async (signal) => {
      const { contacts } = await this.api('GET', '/api/contacts', undefined, signal)
      return contacts.find((each) => [undefined, each.customer].includes(customer) && [undefined, each.state].includes(state))
    }, { timeout, what: () => `waiting for a contact${customer === undefined ? '' : ` of ${customer}`}${state === undefined ? '' : ` that is ${state}`}` })
  }

  /**
   * Looks when the server tells that something may have changed, until the look gives something.
   * @param {string} query which events: topics and a contact
   * @param {(signal: AbortSignal) => Promise<T | undefined>} look
   * @template T
   */
  async waitFor(query, look, { timeout = patience, what }) {
    const over = new AbortController()
    const timer = setTimeout(() => over.abort(), timeout)
    const { signal } = over
    const watching = async () => {
      for await (const _ of events(`${this.url}/api/events?${query}`, { signal, headers: { Authorization: `Bearer ${this.token}` } })) {
        const found = await look(signal)
        if (found !== undefined) return found
      }
      return this.#process.failed() // the stream ends with the server only
    }
    try {
      return await watching()
    } catch (error) {
      if (signal.aborted) throw new ParleyError(`gave up after ${timeout} ms ${what()}`, { code: 'Timeout' })
      throw ['ECONNRESET', 'ECONNREFUSED'].includes(error.code) ? await this.#process.failed().catch((reason) => reason) : error
    } finally {
      clearTimeout(timer)
      over.abort()
    }
  }

  async fault(rule) {
    const { rules } = typeof rule === 'string'
      ? await this.api('POST', `/api/faults/presets/${encodeURIComponent(rule)}`)
      : { rules: [await this.api('POST', '/api/faults', rule)] }
    return {
      rules,
      remove: async () => {
        for (const { id } of rules) await this.api('DELETE', `/api/faults/${id}`).catch((error) => { if (error.status !== 404) throw error })
      },
    }
  }

  async clearFaults() { await this.api('DELETE', '/api/faults') }

  async skip(time) {
    if (time !== 'next' && typeof time !== 'number') throw new TypeError(`skip takes milliseconds, or 'next' for the next thing that happens by itself, and not ${JSON.stringify(time)}`)
    return this.api('POST', '/api/clock', time === 'next' ? { toNextTimer: true } : { skipMs: time })
  }

  async startChat({ name = 'Ada', attributes, ...members } = {}) {
    const { data } = await call(this.endpoint, { method: 'POST', body: { ParticipantDetails: { DisplayName: name }, Attributes: attributes, ...members } })
    const { ContactId, ParticipantId, ParticipantToken } = data.startChatResult
    const chat = new Chat(this, ContactId, ParticipantId, ParticipantToken)
    await chat.connect()
    return chat
  }
}

/** A chat that the test holds as its customer, by the calls that chat clients make. */
class Chat {
  #server
  #credentials
  #close
  constructor(server, contactId, participantId, participantToken) {
    this.#server = server
    Object.assign(this, { contactId, participantId, participantToken })
  }

  #post(path, token, body) {
    return call(`${this.#server.url}/participant/${path}`, { method: 'POST', body, headers: { 'X-Amz-Bearer': token } })
  }

  async connect() {
    const { Websocket, ConnectionCredentials } = await this.#post('connection', this.participantToken, { Type: ['WEBSOCKET', 'CONNECTION_CREDENTIALS'] })
    this.#credentials = ConnectionCredentials.ConnectionToken
    this.#close = await subscribe(Websocket.Url)
  }

  async say(content, contentType = 'text/plain') { await this.#post('message', this.#credentials, { ContentType: contentType, Content: content }) }
  async messages(options) { return this.#server.messages(this, options) }

  async end() {
    await this.#post('disconnect', this.#credentials, {})
    this.#close()
  }
}

/** The people at the desk. */
class Desk {
  #server
  constructor(server) { this.#server = server }

  async state() { return this.#server.api('GET', '/api/desk') }

  async join(name = 'Ann', members = {}) {
    const { agents: [agent] } = await this.#server.api('POST', '/api/desk/agents', { name, ...members })
    return new Agent(this.#server, agent.id, agent.name)
  }
}

/** An agent who is played by the test. */
class Agent {
  #server
  #path
  constructor(server, id, name) {
    this.#server = server
    this.#path = `/api/desk/agents/${encodeURIComponent(id)}`
    Object.assign(this, { id, name })
  }

  #in(contact, verb, body) { return this.#server.api('POST', `${this.#path}/contacts/${idOf(contact)}/${verb}`, body) }

  /** Takes a contact that waits; without one the first that waits or will. Returns its id. */
  async accept(contact, { timeout } = {}) {
    const contactId = contact === undefined ? await this.#next(timeout) : decodeURIComponent(idOf(contact))
    await this.#server.api('POST', `${this.#path}/accept`, { contactId })
    return contactId
  }

  #next(timeout) {
    return this.#server.waitFor('topics=desk', async (signal) => {
      const { queues } = await this.#server.api('GET', '/api/desk', undefined, signal)
      return queues.flatMap((queue) => queue.waiting).find((each) => (!each.agent || each.agent === this.name) && !each.rejectedBy.includes(this.name))?.contactId
    }, { timeout, what: () => `waiting for a contact that waits for ${this.name}` })
  }

  async say(contact, content, contentType = 'text/plain') { await this.#in(contact, 'messages', { content, contentType }) }
  async type(contact) { await this.#in(contact, 'typing') }
  async transfer(contact, target) { await this.#in(contact, 'transfer', target) }
  async leave(contact) { await this.#in(contact, 'leave') }
  async remove() { await this.#server.api('DELETE', this.#path) }
}

/** The messages among the items of a transcript. */
function said({ items }) {
  return items.filter((item) => item.Type === 'MESSAGE').map((item) => ({
    id: item.Id, time: item.AbsoluteTime, role: item.ParticipantRole, from: item.DisplayName ?? '', contentType: item.ContentType, content: item.Content ?? '',
  }))
}

function condition(until) {
  if (typeof until === 'function') return until
  if (typeof until === 'number') return (messages) => messages.length >= until
  const matches = until instanceof RegExp ? (text) => text.search(until) >= 0 : (text) => text.includes(until)
  return (messages) => messages.some(({ content }) => matches(content))
}

function describe(until) {
  if (typeof until === 'function') return 'messages that satisfy a function'
  return typeof until === 'number' ? `${until} messages` : `a message with ${until instanceof RegExp ? until : JSON.stringify(until)}`
}

module.exports = { Server }
