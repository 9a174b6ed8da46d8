// parley.js in a page: before and after the chat client, with every generation of it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { newPage, releases } from './window.js'

// Chat clients keep timers running.
test.after(() => setImmediate(() => process.exit()))

const aimed = 'http://127.0.0.1:3000/participant/connection'

for (const release of releases) {
  test(`chatjs ${release} without the script calls AWS`, async () => {
    const page = newPage()
    page.chatjs(release)
    assert.match(await page.firstRequest(), /^https:\/\/participant\.connect\.[a-z0-9-]+\.amazonaws\.com\//)
  })

  test(`chatjs ${release} after the script`, async () => {
    const page = newPage()
    page.parley()
    page.chatjs(release)
    assert.equal(await page.firstRequest(), aimed)
  })

  test(`chatjs ${release} before the script`, async () => {
    const page = newPage()
    page.chatjs(release)
    page.parley()
    assert.equal(await page.firstRequest(), aimed)
  })

  test(`chatjs ${release} configured by the page as well`, async () => {
    const page = newPage()
    page.parley()
    page.chatjs(release)
    page.window.connect.ChatSession.setGlobalConfig({ region: 'eu-central-1', loggerConfig: {} })
    assert.equal(await page.firstRequest(), aimed)
  })
}

test('a page that names an endpoint keeps it', async () => {
  const page = newPage()
  page.parley()
  page.chatjs('5.0.0')
  page.window.connect.ChatSession.setGlobalConfig({ endpoint: 'http://127.0.0.1:9999' })
  assert.equal(await page.firstRequest(), 'http://127.0.0.1:9999/participant/connection')
})

test('the endpoint follows the address of the script', async () => {
  for (const [src, endpoint] of [
    ['https://192.168.7.9:3000/parley.js?v=1#x', 'https://192.168.7.9:3000/participant/connection'],
    ['http://localhost:3000/base/parley.js', 'http://localhost:3000/base/participant/connection'],
  ]) {
    const page = newPage()
    page.parley(src)
    page.chatjs('3.0.3')
    assert.equal(await page.firstRequest(), endpoint)
  }
})

test('the page is left as it would be without the script', () => {
  const page = newPage()
  page.run('var connect = { agentApp: 1 }')
  page.parley()
  assert.equal(page.window.connect.ChatSession, undefined)
  page.parley() // twice does no harm
  page.run('connect.ChatSession = connect.ChatSession || { n: 0, setGlobalConfig: function (c) { this.n++; this.c = c } }')
  const client = page.window.connect.ChatSession
  assert.deepEqual({ n: client.n, endpoint: client.c.endpoint, app: page.window.connect.agentApp },
    { n: 1, endpoint: 'http://127.0.0.1:3000', app: 1 })
  const property = Object.getOwnPropertyDescriptor(page.window.connect, 'ChatSession')
  assert.deepEqual([property.writable, property.enumerable, property.configurable], [true, true, true])
  page.run('connect.ChatSession = 5')
  assert.equal(page.window.connect.ChatSession, 5)
})

test('a script that does not know its address says so', () => {
  const page = newPage()
  page.parley(null)
  page.run('0')
  assert.equal(page.window.connect, undefined)
  assert.match(page.errors.join(), /parley\.js: load it with <script src=/)
})
