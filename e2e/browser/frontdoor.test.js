// Pages of several origins start a chat as the widgets do: a post labelled text/plain,
// which the browser sends without asking first.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { launch, servePage } from './browser.js'
import { startParley } from './parley.js'

const page = '<!doctype html><title>page</title><p>A page with a chat widget.</p>'

// What the widget does, down to the missing Content-Type.
const widgetPost = async (endpoint) => {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      body: JSON.stringify({ InstanceId: 'in-1', ContactFlowId: 'cf-1', ParticipantDetails: { DisplayName: 'Pat' }, Username: 'pat1' }),
    })
    return { status: response.status, json: await response.json() }
  } catch (error) {
    return { networkError: String(error) }
  }
}

let parley, site, browser
before(async () => {
  [parley, site, browser] = await Promise.all([startParley(), servePage(page), launch(['shop.example', '192.168.77.5'])])
})
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await parley?.stop(), 0, 'parley ends cleanly on an interrupt')
})

async function postFrom(address, endpoint) {
  const tab = await browser.newPage()
  try {
    await tab.goto(address)
    return await tab.evaluate(widgetPost, endpoint)
  } finally {
    await tab.close()
  }
}

for (const host of ['localhost', '127.0.0.1']) {
  test(`a page on ${host} starts a chat`, async () => {
    const { status, json } = await postFrom(`http://${host}:${site.port}/`, `http://localhost:${parley.port}/startChatContact`)
    assert.equal(status, 200)
    assert.match(json.data.startChatResult.ParticipantToken, /^QVFJREFI/)
    assert.equal(json.data.startChatResult.ContactId, json.ContactId)
    assert.equal(json.data.startChatResult.$metadata.httpStatusCode, 200)
  })
}

test('an error can be read by the page', async () => {
  const tab = await browser.newPage()
  await tab.goto(`http://localhost:${site.port}/`)
  const answer = await tab.evaluate(async (endpoint) => {
    const response = await fetch(endpoint, { method: 'POST', body: '{"InstanceId":7}' })
    return { status: response.status, name: response.headers.get('x-amzn-errortype'), json: await response.json() }
  }, `http://localhost:${parley.port}/startChatContact`)
  await tab.close()
  assert.equal(answer.status, 400)
  assert.equal(answer.name, 'InvalidRequestException')
  assert.equal(answer.json.field, 'InstanceId')
})

test('headers of the page are allowed by the preflight', async () => {
  const tab = await browser.newPage()
  await tab.goto(`http://localhost:${site.port}/`)
  const status = await tab.evaluate(async (endpoint) => {
    const headers = { 'content-type': 'application/json', 'x-amz-snippet-id': 's', 'x-amz-security-token': 't', authorization: 'Bearer x' }
    return (await fetch(endpoint, { method: 'POST', headers, body: '{"InstanceId":"i","ContactFlowId":"f"}' })).status
  }, `http://127.0.0.1:${parley.port}/startChatContact`)
  await tab.close()
  assert.equal(status, 200)
})

test("RowA12 the hosted widget's start call, with a preflight for its two headers", async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-widget-'))
  const key = 'security-key-of-a-widget-0123456789abcdef0123'
  await writeFile(join(dir, 'key'), key, { mode: 0o600 })
  const other = await startParley('--auth-mode', 'hs256', '--jwt-key-file', join(dir, 'key'), '--jwt-audience', 'w-1')
  try {
    const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const now = Math.floor(Date.now() / 1000)
    const unsigned = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({
      sub: 'w-1', iat: now, exp: now + 300, attributes: { plan: 'gold' }, customerId: 'c-42',
    })}`
    const token = `${unsigned}.${createHmac('sha256', key).update(unsigned).digest('base64url')}`
    const tab = await browser.newPage()
    await tab.goto(`http://localhost:${site.port}/`)
    const ask = (token) => tab.evaluate(async ([endpoint, token]) => {
      const response = await fetch(endpoint, {
        method: 'POST', headers: { 'x-amz-snippet-id': 'snippet-1', ...token && { 'x-amz-security-token': token } },
        body: JSON.stringify({ ParticipantDetails: { DisplayName: 'Pat' }, Attributes: { plan: 'free' } }),
      })
      return { status: response.status, json: await response.json() }
    }, [`${other.url}/connectwidget/api/w-1/start`, token])
    assert.equal((await ask('')).status, 401)
    const { status, json } = await ask(token)
    await tab.close()
    assert.equal(status, 200)
    assert.match(json.data.startChatResult.ParticipantToken, /^QVFJREFI/)
    const contact = await (await fetch(`${other.url}/api/contacts/${json.ContactId}`)).json()
    assert.deepEqual(contact.attributes, { plan: 'gold', 'HostedWidget-plan': 'free' })
    assert.equal(contact.customerId, 'c-42')
    const archive = await (await fetch(`${other.url}/api/exchanges.har`)).text()
    assert.match(archive, /connectwidget\/api\/w-1\/start/)
    for (const part of token.split('.')) assert.ok(!archive.includes(part), 'no part of the token is in the archive')
  } finally {
    await other.stop()
    await rm(dir, { recursive: true })
  }
})

test('RowB5 a foreign page starts no chat, although the browser sends its post, and reads why', async () => {
  const before = await parley.chats()
  const { status, json } = await postFrom(`http://shop.example:${site.port}/`, `http://localhost:${parley.port}/startChatContact`)
  assert.equal(status, 403)
  assert.equal(json.code, 'OriginNotAllowed')
  assert.match(json.error, /shop\.example/)
  assert.match(json.hint, new RegExp(`--allow-origin http://shop\\.example:${site.port}\\.`))
  assert.equal(await parley.chats(), before)
  await parley.logged('shop.example') // which origin was refused
})

test('RowB5 a foreign page that needs a preflight reads why, and reads nothing else', async () => {
  const before = await parley.chats()
  const tab = await browser.newPage()
  await tab.goto(`http://shop.example:${site.port}/`)
  const answers = await tab.evaluate(async (url) => {
    const ask = async (path, options) => {
      try {
        const response = await fetch(url + path, options)
        return { status: response.status, type: response.headers.get('x-amzn-errortype'), json: await response.json() }
      } catch (error) {
        return String(error)
      }
    }
    const headers = { 'content-type': 'application/json', 'x-amz-snippet-id': 's' }
    return {
      start: await ask('/startChatContact', { method: 'POST', headers, body: '{}' }),
      elsewhere: [
        await ask('/startChatContact'), await ask('/startChatContact', { method: 'DELETE' }), await ask('/'), await ask('/docs/errors'),
        await ask('/api/status'), await ask('/participant/connection', { method: 'POST', headers, body: '{}' }),
        await ask('/contact/chat', { method: 'PUT', headers, body: '{}' }),
      ],
    }
  }, `http://localhost:${parley.port}`)
  await tab.close()
  assert.equal(answers.start.status, 403)
  assert.equal(answers.start.type, 'OriginNotAllowed')
  assert.match(answers.start.json.hint, /--allow-origin http:\/\/shop\.example/)
  for (const answer of answers.elsewhere) assert.match(String(answer), /Failed to fetch/)
  assert.equal(await parley.chats(), before)
})

/** What a page gets: the script, by a plain tag and by one with crossorigin, a start, chats that others hold. */
async function reach(from, url) {
  const tab = await browser.newPage()
  await tab.goto(from)
  const got = await tab.evaluate(async (server) => {
    const script = (attributes) => new Promise((resolve) => {
      const tag = Object.assign(document.createElement('script'), attributes, { src: `${server}/parley.js` })
      tag.onload = () => resolve(true)
      tag.onerror = () => resolve(false)
      document.head.append(tag)
    })
    const status = (path, options) => fetch(server + path, options).then((response) => response.status, () => 0)
    return {
      script: [await script({}), await script({ referrerPolicy: 'no-referrer' }), await script({ crossOrigin: 'anonymous', referrerPolicy: 'no-referrer' })],
      start: await status('/startChatContact', { method: 'POST', body: '{}' }),
      read: [await status('/api/contacts'), await status('/api/exchanges.har'), await status('/api/events')],
    }
  }, url)
  await tab.close()
  return got
}

test('D4 what pages of this machine, of its network and of elsewhere reach', async () => {
  const url = `http://localhost:${parley.port}`
  const at = (host) => reach(`http://${host}:${site.port}/`, url)
  assert.deepEqual(await at('localhost'), { script: [true, true, true], start: 200, read: [403, 403, 403] })
  assert.deepEqual(await at('127.0.0.1'), { script: [true, false, true], start: 200, read: [403, 403, 403] })
  for (const host of ['192.168.77.5', 'shop.example']) {
    assert.deepEqual(await at(host), { script: [false, false, false], start: 403, read: [0, 0, 0] }, host)
  }
  await parley.logged('allow-origin http://192.168.77.5') // how the network is let in
})

test('a page that rebinds its own name to this machine is refused', async () => {
  const before = await parley.chats()
  const tab = await browser.newPage()
  const response = await tab.goto(`http://shop.example:${parley.port}/`)
  assert.equal(response.status(), 403)
  const answer = await tab.evaluate(widgetPost, '/startChatContact')
  assert.equal(answer.status, 403)
  assert.equal(answer.json.code, 'HostNotAllowed')
  await tab.close()
  assert.equal(await parley.chats(), before)
})

test('a named origin is allowed', async () => {
  const other = await startParley('--allow-origin', `http://shop.example:${site.port}`)
  try {
    const { status } = await postFrom(`http://shop.example:${site.port}/`, `http://localhost:${other.port}/startChatContact`)
    assert.equal(status, 200)
  } finally {
    await other.stop()
  }
})

test('a page opened from a file is told apart, and allowed when named', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-page-'))
  const file = join(dir, 'page.html')
  await writeFile(file, page)
  const other = await startParley('--allow-origin', 'null')
  try {
    const refused = await postFrom(`file://${file}`, `http://localhost:${parley.port}/startChatContact`)
    assert.equal(refused.status, 403)
    assert.match(refused.json.hint, /allow-origin null/, 'the page reads the remedy')
    await parley.logged('allow-origin null') // the log names it, too
    const allowed = await postFrom(`file://${file}`, `http://localhost:${other.port}/startChatContact`)
    assert.equal(allowed.status, 200)
  } finally {
    await other.stop()
    await rm(dir, { recursive: true })
  }
})
