// A page of a public address and a server on this machine: what the browser does with it, and the
// ways out that docs/errors.md names. Chromium is told that the page's port is a public address.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { until } from '../bounds.js'
import { launch, servePage } from './browser.js'
import { startParley } from './parley.js'

let parley, site, origin, rule
before(async () => {
  site = await servePage('<!doctype html><title>page</title>')
  origin = `http://shop.example:${site.port}`
  parley = await startParley('--allow-origin', origin)
  const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  rule = page.split('<a id="').find((part) => part.startsWith('local-network-access"'))
})
after(async () => {
  await site?.close()
  assert.equal(await parley?.stop(), 0)
})

/** Starts a chat and opens a socket from the page; returns what became of them. */
async function visit(t, { flags = [], secure = true, permissions = [], from = origin }) {
  const browser = await launch(['shop.example', 'other.example'], `--ip-address-space-overrides=127.0.0.1:${site.port}=public`,
    ...secure ? [`--unsafely-treat-insecure-origin-as-secure=${origin},http://other.example:${site.port}`] : [], ...flags)
  t.after(() => browser.close())
  const context = await browser.newContext()
  await context.grantPermissions(permissions)
  const tab = await context.newPage()
  const said = []
  tab.on('console', (message) => said.push(message.text()))
  await tab.goto(from)
  const seen = await tab.evaluate(async (server) => {
    const socket = new Promise((resolve) => {
      const ws = new WebSocket(`${server.replace('http:', 'ws:').replace('localhost', '127.0.0.1')}/participant/websocket`)
      ws.onclose = ({ code }) => resolve(code)
    })
    const start = await fetch(`${server}/startChatContact`, { method: 'POST', body: '{}' }).then(
      async (response) => ({ status: response.status, ...await response.json() }), String)
    return { start, socket: await socket }
  }, parley.url)
  return { ...seen, said: said.join('\n') }
}

/** What the server has seen of the page, in the order in which it was over. */
const seen = async () => (await (await fetch(`${parley.url}/api/exchanges`)).json()).exchanges.filter((exchange) => exchange.origin === origin)

test('RowB4 a page of a public address is kept away, and the server sees nothing', async (t) => {
  const { start, socket, said } = await visit(t, {})
  assert.equal(start, 'TypeError: Failed to fetch')
  assert.equal(socket, 1006)
  assert.match(said, /`loopback` address space/)
  // The record comes after the answer: this one is after whatever the page could have reached.
  await fetch(`${parley.url}/startChatContact`, { method: 'POST', headers: { Origin: origin }, body: '{}' })
  await until(async () => (await seen()).length > 0, () => 'the call is not in the record')
  assert.deepEqual((await seen()).map(({ action, status }) => [action, status]), [['StartChatContact', 200]])
  for (const sign of ['`Failed to fetch`', '1006', '`loopback` address space']) assert.ok(rule.includes(sign), sign)
})

test('RowB4 the permission lets it in', async (t) => {
  assert.ok(rule.includes('`local-network-access`'))
  const { start } = await visit(t, { permissions: ['local-network-access'] })
  assert.equal(start.status, 200)
})

test('RowB4 the permission is nothing to an http page', async (t) => {
  assert.match(rule, /an http page never/)
  const { start, said } = await visit(t, { permissions: ['local-network-access'], secure: false })
  assert.equal(start, 'TypeError: Failed to fetch')
  assert.match(said, /secure context/)
})

test('RowB4 the flag lets it in', async (t) => {
  const flag = /`(--disable-features=[A-Za-z]+)`/.exec(rule)[1]
  const { start } = await visit(t, { flags: [flag], secure: false })
  assert.equal(start.status, 200)
})

test('RowB4 a page that was let in and is not named reads why it is refused', async (t) => {
  const { start } = await visit(t, { permissions: ['local-network-access'], from: `http://other.example:${site.port}` })
  assert.equal(start.status, 403)
  assert.match(start.hint, /--allow-origin http:\/\/other\.example/)
})
