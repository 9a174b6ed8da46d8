// The inspector draws the interactive messages and views of calls, frames and steps of flows, beside their source.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { connect } from './customer.js'
import { looks, open } from './harness.js'

const samples = new URL('../../examples/flows', import.meta.url).pathname

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley('--flows', samples), launch()]) })
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

/** What a chosen row has drawn. */
const drawn = (page) => page.locator('#detail').getByRole('group', { name: 'As the chat shows it' })

/** Opens what was recorded of a chat, and chooses the first row with some text. */
async function choose(contactId, hasText, options, which = 'first') {
  const opened = await open(browser, parley.url, `/console/inspector?contact=${contactId}`, options)
  await opened.page.locator('.x', { hasText })[which]().click()
  return opened
}

test('RowC2 messages of frames and calls', async () => {
  const customer = await connect(parley.url, 'Pat', { ContactFlowId: 'default' })
  await customer.next('Hello Pat')
  await customer.say('carousel')
  await customer.next('"Carousel"')
  for (const [text, where] of [['to the customer: {', 'Text'], ['GetTranscript', 'Response body']]) {
    const { page, complaints, close } = await choose(customer.contactId, text, {}, 'last')
    const message = drawn(page)
    await message.locator('.carousel .card-small').first().waitFor()
    assert.equal(await message.locator('.option:enabled').count(), 0, 'nothing can be chosen')
    const part = page.locator('.part', { has: page.locator('summary', { hasText: where }) })
    await part.locator('.json').waitFor()
    await part.locator('.drawn').waitFor()
    if (where === 'Text') await looks(page, 'drawn-frame')
    assert.deepEqual(complaints, [])
    await close()
  }
})

test('RowC2 views of frames, and those that steps of flows show', async () => {
  const customer = await connect(parley.url, 'Ada', { ContactFlowId: 'guide' })
  await customer.next('Book a visit')
  await customer.respond({ templateType: 'ViewResource', version: '1.0', action: 'Next', data: { FormData: { name: 'Ada', branch: ['station'], day: 'Saturday' } } })
  await customer.next('Is this right?')
  for (const text of ['to the customer: {', 'ShowView → Next']) {
    const { page, complaints, close } = await choose(customer.contactId, text, { viewport: { width: 1900, height: 900 } })
    const form = drawn(page).getByRole('form', { name: 'Book a visit' })
    await form.getByLabel('Your name').waitFor()
    assert.equal(await form.getByRole('button', { name: 'Continue' }).isDisabled(), true)
    const [view, source] = await Promise.all([drawn(page).boundingBox(), page.locator('.with-drawn > .json').boundingBox()])
    assert.ok(view.x + view.width <= source.x && Math.abs(view.y - source.y) < 20, 'they stand side by side')
    assert.deepEqual(complaints, [])
    await close()
  }
})

test('RowC2 other bodies are as they were', async () => {
  const customer = await connect(parley.url, 'Eve', { ContactFlowId: 'default' })
  await customer.say('{"ContentType":"application/vnd.amazonaws.connect.message.interactive","Content":"{}"}')
  const { page, close } = await choose(customer.contactId, 'SendMessage')
  await page.locator('.part .json').first().waitFor()
  assert.equal(await drawn(page).count(), 0)
  await close()
})
