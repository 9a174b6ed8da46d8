// The first page: a chat as a customer, answered as an agent, with everything that went over the
// wire beneath.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { accessible, api, fits, leaveNothing, open, passing } from './harness.js'

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley(), launch()]) })
afterEach(() => leaveNothing(browser, parley.url))
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

/** Makes the page's agent one who answers. */
async function answer(page, name = 'Alex') {
  await page.getByLabel('Your name as an agent').fill(name)
  await page.getByRole('button', { name: 'Answer chats' }).click()
  await page.getByText('Nobody is waiting').waitFor()
}

const customer = (page) => page.getByRole('log', { name: 'Conversation of the customer' })
/** What the customer has said and the server has heard. The partner repeats it. */
const own = (page, hasText) => customer(page).locator('.own:not(.unsent)', { hasText })
const agent = (page) => page.getByRole('log', { name: 'Conversation of the agent' })

async function said(page, by, text) {
  const box = page.getByLabel(`Message to the ${by === 'agent' ? 'customer' : 'agent'}`)
  await box.fill(text)
  await box.press('Enter')
}

test('a customer and an agent talk, and the wire is seen', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/')
  await page.getByText('Parley answers by itself').waitFor()
  await accessible(page)
  await answer(page)
  await page.getByText('Attributes, content types').click()
  await page.getByLabel(/^Attributes/).fill('order = 4711')
  await page.getByLabel('First message').fill('Where is my order?')
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.locator('.ticket', { hasText: 'Pat' }).getByRole('button', { name: 'Accept' }).click()
  await agent(page).getByText('Where is my order?').waitFor()
  const { contacts: [contact] } = await api(parley.url, 'GET', 'contacts?state=active')
  assert.equal(contact.attributes.order, '4711')

  const typing = await passing(page, '.typing', 'Alex is typing')
  await page.getByLabel('Message to the customer').pressSequentially('H')
  await typing()
  await page.getByRole('button', { name: 'Send as markdown' }).last().click()
  await said(page, 'agent', 'Hello **Pat**\n\n- one\n- two')
  await customer(page).locator('strong', { hasText: 'Pat' }).waitFor()
  assert.equal(await customer(page).locator('li li').count(), 2)
  await agent(page).getByText('Read', { exact: true }).waitFor()
  await page.getByText('Alex is typing').waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'List picker', exact: true }).click()
  await page.getByRole('button', { name: 'Send List picker' }).click()
  await customer(page).getByRole('button', { name: 'Oslo' }).click()
  await agent(page).locator('.text', { hasText: 'Oslo' }).waitFor()
  await customer(page).getByRole('button', { name: 'Oslo', disabled: true }).waitFor()
  await customer(page).getByText('Read', { exact: true }).waitFor()

  const file = { name: 'order.txt', mimeType: 'text/plain', buffer: Buffer.from('4711') }
  await page.locator('#customer-composer input[type=file]').setInputFiles(file)
  const [download] = await Promise.all([page.waitForEvent('download'), agent(page).getByRole('button', { name: 'Download' }).click()])
  assert.equal(download.suggestedFilename(), 'order.txt')
  await page.locator('#agent-composer input[type=file]').setInputFiles({ ...file, name: 'answer.txt' })
  await customer(page).getByText('answer.txt').waitFor()

  for (const name of ['SendMessage', 'SendEvent', 'CompleteAttachmentUpload']) await page.locator('#traffic', { hasText: name }).waitFor()
  await accessible(page)
  await fits(page, 'workbench-talk-1280-light')
  assert.deepEqual(complaints, [])
  await close()
})

test('Enter sends, Shift+Enter begins a line, and what cannot be sent stays', async () => {
  const { page, close } = await open(browser, parley.url, '/')
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.getByText('Connected', { exact: true }).waitFor()
  const box = page.getByLabel('Message to the agent')
  await box.pressSequentially('one')
  await box.press('Shift+Enter')
  await box.pressSequentially('two')
  await box.press('Enter')
  await own(page, 'one\ntwo').waitFor()
  assert.equal(await box.inputValue(), '')
  await page.route('**/participant/message', (route) => route.abort())
  await said(page, 'customer', 'lost')
  await customer(page).locator('.failed', { hasText: 'lost' }).waitFor()
  await page.unroute('**/participant/message')
  await customer(page).getByRole('button', { name: 'Try again' }).click()
  await own(page, 'lost').waitFor()
  assert.equal(await customer(page).locator('.unsent').count(), 0)
  await said(page, 'customer', 'x'.repeat(16_385)) // what is refused comes back to be changed
  await page.locator('#customer-composer').getByRole('alert').waitFor()
  assert.equal((await box.inputValue()).length, 16_385)
  await box.fill('shorter')
  await box.press('Enter')
  await own(page, 'shorter').waitFor()
  await page.getByRole('alert').waitFor({ state: 'detached' }) // the answer can be slower than the echo
  await close()
})

test('why a chat does not start stands below the form and in the traffic', async () => {
  const { page, close } = await open(browser, parley.url, '/')
  await page.getByText('Attributes, content types').click()
  await page.getByLabel(/^Attributes/).fill('order')
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.getByText('Line 1 of the attributes has no "="').waitFor()
  await page.getByLabel(/^Attributes/).fill('')
  await page.getByLabel('Text', { exact: true }).uncheck()
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.locator('#start-trouble').getByRole('link', { name: 'Why this happens' }).waitFor()
  const row = page.locator('.exchange.failed', { hasText: 'StartChatContact' })
  await row.waitFor()
  await page.locator('#traffic').focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/console/inspector**')
  await page.getByRole('heading', { name: 'StartChatContact' }).waitFor()
  await close()
})

test('a chat outlives the page and the server, and can be continued after its end', async () => {
  const { page, close } = await open(browser, parley.url, '/')
  await page.getByLabel('First message').fill('echo me')
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.getByText('Connected', { exact: true }).waitFor()
  await customer(page).getByText('echo me').first().waitFor()
  await page.reload()
  await page.getByText('Connected', { exact: true }).waitFor()
  await customer(page).getByText('echo me').first().waitFor()
  await said(page, 'customer', 'after the reload')
  await own(page, 'after the reload').waitFor()

  const rows = await customer(page).locator('.said').count()
  const gone = await passing(page, '#customer-state', 'Reconnecting …')
  parley.restart()
  await gone()
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.getByText('Running', { exact: true }).waitFor()
  await said(page, 'customer', 'after the restart')
  await own(page, 'after the restart').waitFor()
  const ids = await customer(page).locator('li[data-id]').evaluateAll((all) => all.map((one) => one.dataset.id))
  assert.equal(new Set(ids).size, ids.length, 'nothing is shown twice')
  assert.ok(await customer(page).locator('.said').count() > rows)

  await page.locator('#customer-end').click()
  await page.getByText('This chat has ended.').waitFor()
  await page.reload()
  await page.getByText('This chat has ended.').waitFor()
  await customer(page).getByText('after the restart').first().waitFor()
  await page.getByRole('button', { name: 'Continue this chat' }).click()
  await page.getByText('Connected', { exact: true }).waitFor()
  await own(page, 'after the restart').waitFor()
  await page.locator('#customer-new').click()
  await page.getByRole('button', { name: 'Start chat' }).waitFor()
  await close()
})

test('what others write is text, whatever it says', async () => {
  const hostile = '<img src=x onerror="document.title=1">\u202Eevil\u0007<script>document.title=2</script>'
  const { page, complaints, close } = await open(browser, parley.url, '/')
  await answer(page, 'Kim')
  await page.getByLabel('Display name').fill(hostile.replace('\u0007', ''))
  await page.getByLabel('First message').fill(`${hostile.replace('\u0007', '')} ${'x'.repeat(900)}`)
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.getByRole('button', { name: 'Accept' }).first().click()
  await agent(page).getByText('onerror', { exact: false }).first().waitFor()
  await said(page, 'agent', `[a](javascript:document.title=3) ${hostile}`.replace('\u0007', ''))
  await customer(page).getByText('javascript:document').waitFor()
  assert.equal(await page.title(), 'Parley')
  assert.equal(await page.locator('main img').count(), 0)
  await fits(page, 'workbench-hostile')
  await accessible(page)
  assert.deepEqual(complaints, [])
  await close()
})

test('the snippet says the address that the page has', async () => {
  const { page, close } = await open(browser, parley.url.replace('127.0.0.1', 'localhost'), '/')
  await page.getByRole('tab', { name: 'Chat here' }).press('ArrowRight')
  const snippet = await page.locator('#snippet-page').innerText()
  assert.match(snippet, new RegExp(`src="http://localhost:${parley.port}/parley.js"`))
  assert.match(snippet, new RegExp(`apiGatewayEndpoint: "http://localhost:${parley.port}/startChatContact"`))
  await close()
})

test('it is there in no time', async (t) => {
  const { page, close } = await open(browser, parley.url, '/')
  await page.route('**/api/**', () => {}) // what the API answers is not waited for
  const load = async (path) => {
    await page.goto(parley.url + path)
    return page.evaluate(() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd)
  }
  const took = []
  await until(async () => { // on a slow machine everything takes longer, a single file as well
    const file = await load('/console/favicon.svg')
    const whole = await load('/')
    await page.locator('#submit:enabled').waitFor()
    took.push(`${Math.round(whole)} (a file ${Math.round(file)})`)
    return whole < 300 || whole < 10 * file
  }, () => `usable after ${took} ms`)
  t.diagnostic(`usable after ${took} ms`)
  await close()
})

for (const width of [1280, 400]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`nothing overflows at ${width} px, ${colorScheme}`, async () => {
      const { page, complaints, close } = await open(browser, parley.url, '/', { viewport: { width, height: 860 }, colorScheme })
      await fits(page, `workbench-empty-${width}-${colorScheme}`)
      await page.getByLabel('First message').fill('carousel')
      await page.getByRole('button', { name: 'Start chat' }).click()
      await page.getByText('Connected', { exact: true }).waitFor()
      await accessible(page)
      await fits(page, `workbench-${width}-${colorScheme}`)
      assert.deepEqual(complaints, [])
      await close()
    })
  }
}

test('every page says when something is on, and turns it off', async () => {
  await api(parley.url, 'POST', 'faults/presets/slow-network')
  await api(parley.url, 'POST', 'clock', { skipMs: 600_000 })
  for (const path of ['/', '/console/desk', '/console/inspector', '/console/connect', '/docs/errors']) {
    const { page, close } = await open(browser, parley.url, path)
    await page.locator('#banner').getByText('A fault is on').waitFor()
    await page.locator('#banner').getByText('The clock is ahead by 10 min').waitFor()
    await accessible(page)
    if (path === '/docs/errors') {
      await page.getByRole('button', { name: 'Turn all off' }).click()
      await page.getByText('A fault is on').waitFor({ state: 'detached' })
    }
    await close()
  }
  assert.deepEqual((await api(parley.url, 'GET', 'faults')).rules, [])
})
