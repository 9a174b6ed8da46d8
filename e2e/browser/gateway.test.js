// Pages of two sites, one allowed and one foreign, call the production function through the
// REST API of deploy/cloudformation.yaml.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { until } from '../bounds.js'
import { launch, servePage } from './browser.js'
import { startGateway } from './gateway.js'

const page = '<!doctype html><title>page</title><p>A page with a chat widget.</p>'

let site, browser, gateway, shop, evil, start
before(async () => {
  [site, browser] = await Promise.all([servePage(page), launch(['shop.example', 'evil.example'])])
  shop = `http://shop.example:${site.port}`
  evil = `http://evil.example:${site.port}`
  gateway = await startGateway(shop)
})
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await gateway?.stop(), 0, 'the gateway ends cleanly')
})
beforeEach(async () => { start = await gateway.state() })

/** How much more of something there is than when the test began. */
async function since() {
  const now = await gateway.state()
  const arrived = (method) => (now.arrived[method] ?? 0) - (start.arrived[method] ?? 0)
  return { calls: now.calls - start.calls, posts: arrived('POST'), preflights: arrived('OPTIONS') }
}

/** Runs a function in a page of a site. */
async function on(origin, run, argument) {
  const tab = await browser.newPage()
  try {
    await tab.goto(`${origin}/`)
    return await tab.evaluate(run, argument)
  } finally {
    await tab.close()
  }
}

// What the original widget does, down to the missing Content-Type.
const widget = async (endpoint) => {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      body: JSON.stringify({ ParticipantDetails: { DisplayName: 'Pat' }, Username: 'pat1', SupportedMessagingContentTypes: ['text/plain', 'text/markdown'] }),
    })
    return { status: response.status, retryAfter: response.headers.get('retry-after'), json: await response.json() }
  } catch (error) {
    return { networkError: String(error) }
  }
}

// What a page does whose customers have signed in.
const withToken = async ({ endpoint, token }) => {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...token && { Authorization: `Bearer ${token}` } },
      body: '{"ParticipantDetails":{"DisplayName":"somebody"}}',
    })
    return { status: response.status, json: await response.json() }
  } catch (error) {
    return { networkError: String(error) }
  }
}

test('a page that is allowed starts a chat, without a preflight', async () => {
  const { status, json } = await on(shop, widget, gateway.public)
  assert.equal(status, 200)
  assert.ok(json.data.startChatResult.ParticipantToken)
  assert.equal(json.data.featurePermissions.MESSAGING_MARKDOWN, true)
  assert.deepEqual(await since(), { calls: 1, posts: 1, preflights: 0 })
})

test('a foreign page starts none, although the browser sends its post', async () => {
  const { networkError } = await on(evil, widget, gateway.public)
  assert.match(networkError ?? '', /Failed to fetch/)
  assert.deepEqual(await since(), { calls: 0, posts: 1, preflights: 0 })
})

test('nor does one that does not want to read the answer', async () => {
  await on(evil, async (endpoint) => {
    await fetch(endpoint, { method: 'POST', mode: 'no-cors', body: '{}' })
    navigator.sendBeacon(endpoint, '{}')
  }, gateway.public)
  await until(async () => (await since()).posts >= 2, () => 'the beacon did not arrive')
  assert.deepEqual(await since(), { calls: 0, posts: 2, preflights: 0 })
})

for (const [type, field] of [
  ['text/plain', '<input name=\'{"a":"\' value=\'"}\'>'],
  ['application/x-www-form-urlencoded', '<input name="ParticipantDetails.DisplayName" value="Pat">'],
  ['multipart/form-data', '<input name="ParticipantDetails.DisplayName" value="Pat">'],
]) {
  test(`nor does one with a form of ${type}`, async () => {
    const tab = await browser.newPage()
    await tab.goto(`${evil}/`)
    await tab.setContent(`<form method="post" enctype="${type}" action="${gateway.public}">${field}</form>`)
    const answer = tab.waitForNavigation()
    await tab.evaluate(() => document.forms[0].submit())
    assert.equal((await answer).status(), 403)
    await tab.close()
    assert.deepEqual(await since(), { calls: 0, posts: 1, preflights: 0 })
  })
}

test('nor does a frame without an origin in a page that is allowed', async () => {
  const answer = await on(shop, (endpoint) => new Promise((resolve) => {
    addEventListener('message', ({ data, origin }) => resolve({ data, origin }))
    const frame = document.createElement('iframe')
    frame.sandbox = 'allow-scripts'
    frame.srcdoc = `<script>fetch(${JSON.stringify(endpoint)}, { method: 'POST', body: '{}' })
      .then(r => parent.postMessage('status ' + r.status, '*'), e => parent.postMessage('network error', '*'))</script>`
    document.body.append(frame)
  }), gateway.public)
  assert.deepEqual(answer, { data: 'network error', origin: 'null' })
  assert.deepEqual(await since(), { calls: 0, posts: 1, preflights: 0 })
})

test('a page that is allowed sends a token after one preflight', async () => {
  const { status, json } = await on(shop, withToken, { endpoint: gateway.signed, token: gateway.token })
  assert.equal(status, 200)
  assert.ok(json.resumeId)
  assert.deepEqual(await since(), { calls: 1, posts: 1, preflights: 1 })
})

test('a page that is allowed can read that its token is missing', async () => {
  const { status, json } = await on(shop, withToken, { endpoint: gateway.signed })
  assert.equal(status, 401)
  assert.equal(json.data.Error.statusCode, 401)
  assert.deepEqual(await since(), { calls: 0, posts: 1, preflights: 1 })
})

test('a foreign page does not get to send a token that it has', async () => {
  const { networkError } = await on(evil, withToken, { endpoint: gateway.signed, token: gateway.token })
  assert.match(networkError ?? '', /Failed to fetch/)
  assert.deepEqual(await since(), { calls: 0, posts: 0, preflights: 1 })
})

test('a page can read that the API itself has enough of it', async () => {
  await gateway.throttle(true)
  try {
    const { status, retryAfter, json } = await on(shop, widget, gateway.public)
    assert.equal(status, 429)
    assert.equal(json.data.Error.code, json.code)
    assert.ok(json.error)
    assert.equal(retryAfter, '5')
    assert.deepEqual(await since(), { calls: 0, posts: 1, preflights: 0 })
  } finally {
    await gateway.throttle(false)
  }
})
