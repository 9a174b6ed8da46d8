// What the tests of the console share: pages that are watched for what they should not do, and
// chats held from outside of them.

import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { inTurn, patience, until } from '../bounds.js'

const shots = process.env.SCREENSHOTS // a directory to keep pictures in
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * Opens a page of the console and writes down what it should not do: complain, or load from
 * elsewhere.
 */
export async function open(browser, url, path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...options })
  const page = await context.newPage()
  const complaints = []
  page.on('console', (message) => complaints.push(`console ${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(`error: ${error}`))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url && !request.url().startsWith('blob:')) complaints.push(`loads ${request.url()}`)
  })
  await inTurn(() => page.goto(url + path))
  return { page, complaints, close: () => closed(context) }
}

/** Closes pages. Calls that a test keeps back or looks into may be on their way: nobody waits for those. */
async function closed(context) {
  for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' })
  await context.close()
}

/** Fails when a page keeps somebody from using it, by the rules of axe. */
export async function accessible(page) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => globalThis.axe.run())
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`), [])
}

/** Fails when a page is wider than its window, and keeps a picture of it. */
export async function fits(page, name) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.equal(over, 0, `${name} is ${over} px too wide`)
  if (!shots) return
  await mkdir(shots, { recursive: true })
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true })
}

/** Looks at a page in every size and scheme, by the rules of axe, too. */
export async function looks(page, name, { widths = [1280, 400] } = {}) {
  const before = page.viewportSize()
  for (const width of widths) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      await accessible(page)
      await fits(page, `${name}-${width}-${colorScheme}`)
    }
  }
  await page.setViewportSize(before)
  await page.emulateMedia({ colorScheme: null })
}

/**
 * Looks from now on whether an element that is in sight has a text, for signs that pass: a locator is
 * looked for twice a second. Returns what waits until one had.
 */
export async function passing(page, selector, text) {
  const seen = await page.evaluateHandle(([selector, text]) => {
    const seen = { is: false }
    const look = () => { seen.is ||= [...document.querySelectorAll(selector)].some((one) => one.checkVisibility() && one.textContent.includes(text)) }
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
    look()
    return seen
  }, [selector, text])
  return () => page.waitForFunction((seen) => seen.is, seen)
}

/**
 * Keeps the first answer to a call of a page back of which `which`, told the answer, is true; others pass.
 * Returns `held`, a promise of the function that hands it over.
 */
export async function detain(page, pattern, which = () => true) {
  let caught
  let taken = false
  const held = new Promise((resolve, reject) => {
    caught = resolve
    setTimeout(() => reject(new Error(`no call of ${pattern} had the answer that was to be kept back`)), patience).unref()
  })
  held.catch(() => {}) // for whoever waits
  await page.route(pattern, async (route) => {
    const response = await route.fetch({ timeout: patience })
    if (!taken && await which(response)) {
      taken = true
      await new Promise((answer) => { caught(answer) })
    }
    await route.fulfill({ response })
  })
  return { held }
}

/**
 * Lets events of a name come late to a page that is opened after this, on a stream of its own. Returns
 * `hold`, which keeps them back from now on, `come`, which waits for so many, and `tell`, which lets them go.
 */
export async function lateEvents(page, name) {
  await page.addInitScript((name) => {
    delete globalThis.SharedWorker
    const listen = EventSource.prototype.addEventListener
    EventSource.prototype.addEventListener = function (event, handle) {
      listen.call(this, event, (told) => { event === name && globalThis.late ? globalThis.late.push(() => handle(told)) : handle(told) })
    }
  }, name)
  return {
    hold: () => page.evaluate(() => { globalThis.late = [] }),
    come: (count) => page.waitForFunction((count) => globalThis.late.length >= count, count),
    tell: () => page.evaluate(() => {
      const { late } = globalThis
      globalThis.late = null
      for (const tell of late) tell()
    }),
  }
}

/** Calls the API as a script of the same origin does. */
export async function api(url, method, path, body) {
  const response = await fetch(`${url}/api/${path}`, {
    method, headers: { Origin: url, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
  })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return text && JSON.parse(text)
}

/** Ends the chats that are left. */
export async function endChats(url) {
  await until(async () => {
    const { contacts } = await api(url, 'GET', 'contacts?state=active')
    await Promise.all(contacts.map(({ contactId }) => api(url, 'POST', `contacts/${contactId}/end`, {}).catch(() => {}))) // it may end by itself
    return contacts.length === 0
  }, () => 'not all chats end')
}

/**
 * Leaves nothing behind for the next test: no pages, no chats and no agents. An agent whose page was closed
 * is there for ten seconds more, in which the partner does not answer, and whose chats wait again after that,
 * in front of whoever answers then.
 */
export async function leaveNothing(browser, url) {
  for (const context of browser.contexts()) await closed(context)
  await endChats(url)
  const { agents } = await api(url, 'GET', 'desk')
  for (const { id } of agents.filter(({ scripted }) => !scripted)) await api(url, 'DELETE', `desk/agents/${id}`)
}

/**
 * Keeps another window of an agent open: while a busy machine loads a page, its agent can be without one for
 * longer than the ten seconds after which an agent is gone. Returns what closes it.
 */
export async function anotherWindow(url, agent) {
  const closing = new AbortController()
  const { body } = await fetch(`${url}/api/events?${new URLSearchParams({ topics: 'desk', agent })}`, { signal: closing.signal })
  body.pipeTo(new WritableStream()).catch(() => {}) // it ends when it is closed
  return () => closing.abort()
}

/** Lets an agent accept a chat as soon as it waits: a customer waits when the socket has been heard of. */
export async function accept(url, agent, contactId) {
  await until(async () => (await api(url, 'GET', 'desk')).queues.some(({ waiting }) => waiting.some((entry) => entry.contactId === contactId)), () => 'the chat does not wait')
  return api(url, 'POST', `desk/agents/${agent}/accept`, { contactId })
}

/** Posts as a chat client does. */
export async function post(url, path, bearer, body) {
  const response = await fetch(url + path, {
    method: 'POST', headers: { 'Content-Type': 'application/json', ...(bearer && { 'X-Amz-Bearer': bearer }) }, body: JSON.stringify(body),
  })
  return { status: response.status, name: response.headers.get('x-amzn-errortype'), body: await response.json() }
}

/** Starts a chat and takes part in it. */
export async function startChat(url, name = 'Pat') {
  const { body: started } = await post(url, '/startChatContact', '', {
    InstanceId: '11111111-1111-4111-8111-111111111111', ContactFlowId: '22222222-2222-4222-8222-222222222222',
    ParticipantDetails: { DisplayName: name },
  })
  const { body: connection } = await post(url, '/participant/connection', started.ParticipantToken, { Type: ['WEBSOCKET', 'CONNECTION_CREDENTIALS'] })
  const token = connection.ConnectionCredentials.ConnectionToken
  return {
    id: started.ContactId,
    secrets: [started.ParticipantToken, token],
    send: (message) => post(url, '/participant/message', token, message),
    say: (Content) => post(url, '/participant/message', token, { ContentType: 'text/plain', Content }),
  }
}

/** The transitions of a block of a contact flow: the next block, blocks by results, and errors that lead to the next. */
export const to = (NextAction, Conditions = {}, ...errors) => ({
  NextAction,
  Conditions: Object.entries(Conditions).map(([result, next]) => ({ NextAction: next, Condition: { Operator: 'Equals', Operands: [result] } })),
  Errors: errors.map((ErrorType) => ({ NextAction, ErrorType })),
})
