// A customer's tab: the page with a chat client in it, and what the tests do there.

import assert from 'node:assert/strict'
import { inTurn, patience } from '../bounds.js'

/** The content type of an event. */
export const event = (name) => `application/vnd.amazonaws.connect.event.${name}`

/**
 * Opens a page in a context of a browser.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} address of the page
 */
export async function openTab(context, address) {
  const page = await context.newPage()
  const complaints = []
  const chatty = new URL(address).pathname.startsWith('/chatjs1/') // its own log, at every level
  page.on('console', (message) => {
    if (!chatty || message.type() === 'error') complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error}`))
  await inTurn(() => page.goto(address))
  return new Tab(page, complaints, new URL(address).searchParams.get('parley'))
}

class Tab {
  constructor(page, complaints, parley) {
    Object.assign(this, { page, complaints, parley })
  }

  /** Starts a chat and connects; returns its details. The client is told to call more of the page's functions. */
  async chat(body, more) {
    const details = await this.start(body)
    await this.connect(details, more)
    return details
  }

  start(body) {
    return this.page.evaluate(([parley, body]) => window.startChat(parley, body), [this.parley, body])
  }

  async connect(details, more) {
    const answer = await this.page.evaluate(([details, more]) => window.connectChat(details, more), [details, more])
    assert.equal(answer.connectSuccess, true)
    await this.sees('onConnectionEstablished', {}, 2) // once for the call, once for the socket
    // The client does not wait for this, and of what is said before it the socket is told nothing.
    await this.page.waitForFunction(() => window.frames.some((frame) => frame.startsWith('< {"topic":"aws/subscribe"')), undefined, { polling: 20, timeout: patience })
  }

  /** Calls a method of the session that has to succeed. */
  async call(method, args = {}) {
    const { data, error } = await this.page.evaluate(([method, args]) => window.call(method, args), [method, args])
    assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`)
    return data
  }

  /** Calls a method of the session that has to be refused. */
  async refused(method, args = {}) {
    const { error } = await this.page.evaluate(([method, args]) => window.call(method, args), [method, args])
    assert.ok(error, `${method} was not refused`)
    return error
  }

  say(message, contentType = 'text/plain') {
    return this.call('sendMessage', { message, contentType })
  }

  /** Waits until the client has told the page something like data for the nth time. */
  async sees(name, data = {}, nth = 1) {
    const find = ([name, data, nth]) => window.events.filter((e) => e.name === name && window.isLike(e.data ?? {}, data))[nth - 1]
    try {
      const handle = await this.page.waitForFunction(find, [name, data, nth], { polling: 20, timeout: patience })
      return (await handle.jsonValue()).data
    } catch (error) {
      throw new Error(`the page did not see ${name} ${JSON.stringify(data)} (${nth}); it saw\n${(await this.events()).map((e) => JSON.stringify(e)).join('\n')}`,
        { cause: error })
    }
  }

  /** What the client told the page, by name. */
  async events(name) {
    const all = await this.page.evaluate(() => window.events)
    return name ? all.filter((e) => e.name === name).map((e) => e.data) : all
  }

  /** What went over the wire. Calls that are not answered yet have no status. */
  exchange() {
    return this.page.evaluate(async () => {
      await Promise.all(window.calls.map(({ read }) => read)) // an answer is text a moment after the client has it
      return { calls: window.calls.map(({ read, ...call }) => call), frames: window.frames }
    })
  }

  sockets() {
    return this.page.evaluate(() => window.sockets)
  }

  close() {
    return this.page.close()
  }
}
