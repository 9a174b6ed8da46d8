// A contact flow asks the customer to sign in: the real chat client gets the page, the customer signs in
// on it in a browser, and the page it leads back to passes on what it was told, as a backend does.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { UpdateParticipantAuthenticationCommand } from '@aws-sdk/client-connect'
import { atOnce } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { backend } from './sdk.js'
import { serveSite } from './site.js'
import { openTab } from './tab.js'

const callbacks = ['onAuthenticationInitiated', 'onAuthenticationSuccessful', 'onAuthenticationFailed', 'onAuthenticationExpired', 'onParticipantDisplayNameUpdated']
const adminToken = 'of-the-sign-in-0123456789'
const samples = fileURLToPath(new URL('../../examples/flows', import.meta.url))

let parley, site, browser, shop
before(async () => {
  [parley, site, browser] = await Promise.all([
    startParley('--ephemeral', '--admin-token', adminToken, '--partner=false', '--flows', samples), serveSite(), launch(),
  ])
  shop = await serveShop(parley.url)
})
after(async () => {
  await browser?.close()
  await Promise.all([site?.close(), shop?.close()])
  assert.equal(await parley?.stop(), 0)
})

/** The page after the sign-in, whose backend tells Amazon Connect what the sign-in page has told it. */
async function serveShop(endpoint) {
  const aws = backend(endpoint)
  const server = createServer(async (request, response) => {
    const { searchParams: told } = new URL(request.url, 'http://localhost')
    const said = { State: told.get('state'), ...told.has('code') ? { Code: told.get('code') } : { Error: told.get('error'), ErrorDescription: told.get('error_description') } }
    const answer = await aws.send(new UpdateParticipantAuthenticationCommand({ InstanceId: 'i', ...said })).then(() => 'passed on', String)
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(`<!doctype html><title>Shop</title><p>${answer}</p>`)
  })
  await new Promise((resolve) => server.listen(0, 'localhost', resolve))
  return { address: `http://localhost:${server.address().port}/signed-in?shop=1`, close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve) }) }
}

/** Opens a chat that asks for a sign-in, and its sign-in page as the widget opens it. */
async function openSignIn(t, options) {
  const context = await browser.newContext(options)
  t.after(() => context.close())
  const tab = await openTab(context, site.page({ parley: `http://localhost:${parley.port}` }))
  await tab.chat({ ContactFlowId: 'sign-in', ParticipantDetails: { DisplayName: 'Pat' } }, callbacks)
  const { Content } = await tab.sees('onAuthenticationInitiated')
  const { SessionId } = JSON.parse(Content)
  const { AuthenticationUrl } = await tab.call('getAuthenticationUrl', { sessionId: SessionId, redirectUri: shop.address })
  const page = await context.newPage()
  const complaints = []
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(`${AuthenticationUrl}&identity_provider=Shop`)
  const system = (content) => tab.sees('onMessage', { Content: content, ParticipantRole: 'SYSTEM', ContentType: 'text/plain' })
  return { tab, page, system, complaints, session: Content }
}

describe('a customer signs in', { concurrency: atOnce }, () => {
  test('under a name, and the flow goes on', async (t) => {
    const { tab, page, system, complaints } = await openSignIn(t, { viewport: { width: 400, height: 700 }, colorScheme: 'dark' })
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'it fits 400 pixels')
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(17, 21, 27)', 'its style is allowed, and dark')
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement.id), 'name')
    await page.getByLabel('Name or e-mail address').fill('ada@shop.example')
    await page.keyboard.press('Enter')
    await page.getByText('passed on').waitFor()
    const here = new URL(page.url())
    assert.deepEqual([here.origin + here.pathname, [...here.searchParams.keys()]], [new URL(shop.address).origin + '/signed-in', ['shop', 'code', 'state']])
    await tab.sees('onAuthenticationSuccessful')
    assert.equal((await tab.sees('onParticipantDisplayNameUpdated')).DisplayName, 'ada@shop.example')
    await system('You are signed in.')
    assert.deepEqual(complaints, [], 'nothing that its policy refuses')
    await page.reload() // passes it on again
    await page.getByText('names no sign-in that is going on').waitFor()
    const seen = await (await fetch(`${parley.url}/api/exchanges.har`, { headers: { Authorization: `Bearer ${adminToken}` } })).text()
    const [code, state] = [here.searchParams.get('code'), here.searchParams.get('state')]
    assert.ok(seen.includes('/oauth2/authorize'), 'the page is in the record')
    for (const secret of [code, state]) assert.ok(!seen.includes(secret) && !parley.log().includes(secret), 'and nothing that signs in')
  })

  test('or fails', async (t) => {
    const { tab, page, system, session } = await openSignIn(t)
    await page.getByRole('button', { name: 'Fail to sign in' }).click()
    await page.getByText('passed on').waitFor()
    assert.equal((await tab.sees('onAuthenticationFailed')).Content, session)
    await system('Signing in did not work.')
  })

  test('or comes too late', async (t) => {
    const { tab, page, session } = await openSignIn(t)
    await page.getByRole('button', { name: 'Sign in too late' }).click()
    await page.getByText('passed on').waitFor()
    assert.equal((await tab.sees('onAuthenticationExpired')).Content, session)
  })
})

test('an address that is no page leads nowhere', async (t) => {
  const context = await browser.newContext()
  t.after(() => context.close())
  const tab = await openTab(context, site.page({ parley: `http://localhost:${parley.port}` }))
  await tab.chat({ ContactFlowId: 'sign-in' }, callbacks)
  const { SessionId } = JSON.parse((await tab.sees('onAuthenticationInitiated')).Content)
  for (const redirectUri of ['javascript:alert(1)', '/back', 'data:text/html,x']) await tab.refused('getAuthenticationUrl', { sessionId: SessionId, redirectUri })
  const page = await context.newPage()
  const answer = await page.goto(`${parley.url}/oauth2/authorize?response_type=code&state=x&redirect_uri=https://evil.example`)
  assert.equal(answer.status(), 400)
  await page.getByRole('heading', { name: 'This sign-in is over' }).waitFor()
})
