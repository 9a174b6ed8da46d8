// Answers that are overtaken: by events, and by the answers to later questions.

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { connect } from './customer.js'
import { api, detain, leaveNothing, open } from './harness.js'

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley('--hold-attachments'), launch()]) })
beforeEach(() => api(parley.url, 'POST', 'desk/agents', { name: 'Lou' })) // or the partner would answer
afterEach(() => leaveNothing(browser, parley.url))
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

const row = (page, name) => page.locator('#chats [role=option]', { hasText: name })
const list = (page, name) => page.getByRole('tab', { name: new RegExp(`^${name}`) }).click()

test('a chat that begins while the list of chats is on its way is in it', async () => {
  const { page, close } = await open(browser, parley.url, '/docs/errors') // which asks for no chats
  const { held } = await detain(page, '**/api/contacts?state=active**')
  await page.goto(`${parley.url}/console/desk`)
  await list(page, 'Active')
  await page.locator('#search').fill('overtaken')
  const answer = await held
  const early = await connect(parley.url, 'Overtaken one')
  await early.say('the last word') // after which nothing else tells of it
  await row(page, 'Overtaken one').getByText('the last word').waitFor()
  const answered = page.waitForResponse('**/api/contacts?state=active**')
  answer()
  await answered
  await connect(parley.url, 'Overtaken two')
  await row(page, 'Overtaken two').waitFor()
  assert.equal(await row(page, 'Overtaken one').count(), 1)
  await close()
})

test('what is known of a chat does not go back when answers overtake each other', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/console/desk')
  await page.getByText('Nobody waits').waitFor() // it hears of what happens from now on
  const { held } = await detain(page, '**/api/contacts/*', async (response) => (await response.json()).customer === 'Slow')
  const slow = await connect(parley.url, 'Slow') // what happens in a chat makes the page ask for it
  const answer = await held
  await row(page, 'Slow').click()
  const later = page.waitForResponse('**/api/contacts/*')
  await slow.leave()
  await later
  await page.locator('#chat-state', { hasText: 'Ended' }).waitFor()
  const answered = page.waitForResponse('**/api/contacts/*')
  answer()
  await answered
  await connect(parley.url, 'Next') // after which the list is drawn anew
  await list(page, 'Waiting')
  await row(page, 'Next').waitFor()
  assert.equal(await page.locator('#chat-state').innerText(), 'Ended')
  assert.deepEqual(complaints, [])
  await close()
})

test('a file that is decided on while the conversation is on its way to a page stays decided', async () => {
  const sides = [['/', '**/participant/transcript', 'customer'], ['/console/desk', '**/api/contacts/*/transcript', 'agent']]
  for (const [path, pattern, side] of sides) {
    const { page, close } = await open(browser, parley.url, '/')
    await page.getByRole('button', { name: 'Start chat' }).click()
    await page.getByText('Connected', { exact: true }).waitFor()
    await page.locator('#customer-composer input[type=file]').setInputFiles({ name: 'bill.txt', mimeType: 'text/plain', buffer: Buffer.from('42') })
    await page.locator('.file', { hasText: 'being scanned' }).waitFor()
    const id = await page.evaluate(() => JSON.parse(sessionStorage.getItem('parley-customer')).ContactId)
    const { held } = await detain(page, pattern)
    await page.goto(`${parley.url}${path}${side === 'agent' ? `?contact=${id}` : ''}`)
    const answer = await held
    const { items } = await api(parley.url, 'GET', `contacts/${id}/transcript`)
    const [{ AttachmentId }] = items.find(({ Attachments }) => Attachments?.length).Attachments
    await api(parley.url, 'POST', `attachments/${AttachmentId}/decision`, { approve: true })
    const file = page.locator('.file', { hasText: 'bill.txt' })
    await file.getByRole('button', { name: 'Download' }).waitFor()
    const answered = page.waitForResponse(pattern)
    answer()
    await answered
    await page.locator('.talk[aria-busy=false]:visible').waitFor() // it is loaded
    assert.equal(await file.getByText('being scanned').count(), 0, side)
    await close()
  }
})
