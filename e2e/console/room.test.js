// Room on the pages: for conversations, for the traffic, for what is looked for, and the keys.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { connect } from './customer.js'
import { accessible, api, endChats, fits, leaveNothing, looks, open } from './harness.js'

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley(), launch()]) })
afterEach(() => leaveNothing(browser, parley.url))
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

const list = { templateType: 'ListPicker', version: '1.0', data: { content: { title: 'Where to?', subtitle: 'Pick a city',
  elements: ['Rome', 'Oslo', 'Porto', 'Ghent', 'Fez', 'Delft'].map((title) => ({ title, subtitle: `A day in ${title}` })) } } }

for (const [width, height] of [[1280, 900], [400, 900]]) {
  test(`RowC7 a list picker of six has room, and two lines to copy are above the fold, at ${width} px`, async () => {
    const { page, complaints, close } = await open(browser, parley.url, '/', { viewport: { width, height }, permissions: ['clipboard-read', 'clipboard-write'] })
    for (const [id, text] of [['line-script', `<script src="${parley.url}/parley.js"></script>`], ['line-endpoint', `${parley.url}/startChatContact`]]) {
      const line = page.locator('p', { has: page.locator(`#${id}`) })
      const { y, height: high } = await line.boundingBox()
      assert.ok(y + high < height, `${id} ends at ${y + high}`)
      await line.getByRole('button').click()
      await until(async () => await page.evaluate(() => navigator.clipboard.readText()) === text, () => `not copied: ${text}`)
    }
    await page.getByLabel('Your name as an agent').fill(`Room${width}`)
    await page.getByRole('button', { name: 'Answer chats' }).click()
    await page.locator('#agent-name', { hasText: `Room${width}` }).waitFor() // or Parley would take the chat
    await page.getByLabel('Display name').fill(`For ${width}`)
    await page.getByRole('button', { name: 'Start chat' }).click()
    await page.locator('.ticket', { hasText: `For ${width}` }).getByRole('button', { name: 'Accept' }).click()
    await page.locator('#agent-quick').getByRole('button', { name: 'List picker', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'List picker' })
    await dialog.getByText('Source', { exact: true }).click()
    await dialog.getByLabel('The message as JSON').fill(JSON.stringify(list))
    await dialog.getByRole('button', { name: 'Send List picker' }).click()
    const log = page.getByRole('log', { name: 'Conversation of the customer' })
    await log.getByRole('button', { name: 'Delft' }).waitFor()
    const [bubble, room] = await Promise.all([log.locator('.template .options').boundingBox(), log.boundingBox()])
    assert.ok(bubble.height <= room.height, `${bubble.height} px in ${room.height} px`)
    await looks(page, `try-room-${width}`, { widths: [width] })
    assert.deepEqual(complaints, [])
    await close()
  })
}

test('RowC7 the traffic is a drawer: drawn, by keys, shut, and kept', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/')
  const edge = page.getByRole('separator', { name: 'Height of the traffic' })
  const height = async () => Math.round((await page.locator('#traffic-panel').boundingBox()).height)
  const usual = await height()
  const { x, y, width } = await edge.boundingBox()
  await page.mouse.move(x + width / 2, y + 3)
  await page.mouse.down()
  await page.mouse.move(x + width / 2, y - 97, { steps: 4 })
  await page.mouse.up()
  assert.equal(await height(), usual + 100)
  assert.equal(await edge.getAttribute('aria-valuenow'), String(usual + 100))
  await edge.press('ArrowUp')
  assert.equal(await height(), usual + 124)
  await page.reload()
  await page.locator('#submit:enabled').waitFor()
  assert.equal(await height(), usual + 124)
  await edge.press('Enter')
  assert.equal(await height(), 40)
  assert.equal(await page.locator('#traffic').isVisible(), false)
  await accessible(page)
  await fits(page, 'try-shut-1280-light')
  await edge.press('Enter')
  assert.equal(await height(), usual)
  await edge.press('End')
  await until(async () => await height() === 630, () => 'seven tenths of the window are not the most')
  assert.deepEqual(complaints, [])
  await close()
})

test('RowC7 empty lists say why, and lead to where something is', async () => {
  const eve = await connect(parley.url, 'Eve')
  await eve.leave()
  const { page, complaints, close } = await open(browser, parley.url, '/console/desk')
  const ended = async () => (await api(parley.url, 'GET', 'contacts?state=ended')).contacts.length
  await until(ended, () => 'no chat has ended')
  await endChats(parley.url)
  await page.getByRole('tab', { name: /^Active/ }).click()
  await page.getByText(/^No active chats\. \d+ ended/).waitFor()
  await looks(page, 'desk-why')
  await page.getByRole('button', { name: /^\d+ ended$/ }).click()
  await page.locator('.chat-row', { hasText: 'Eve' }).waitFor()
  await page.getByLabel('Find a chat').fill('nobody of this name')
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await page.locator('.chat-row', { hasText: 'Eve' }).waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('RowC7 "?" lists the keys of a page', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/console/inspector')
  const dialog = page.getByRole('dialog', { name: 'Keys of this page' })
  await page.locator('#q').press('?')
  assert.equal(await page.locator('#q').inputValue(), '?', 'who writes is left alone')
  await page.locator('#q').fill('')
  await page.evaluate(() => document.activeElement.blur())
  await page.keyboard.press('?')
  await dialog.getByText('goes to the search').waitFor()
  await looks(page, 'keys')
  await page.keyboard.press('Escape')
  for (const path of ['/', '/console/desk', '/console/connect', '/console/faults', '/docs/errors']) {
    await page.goto(parley.url + path)
    await page.getByRole('button', { name: 'Keys', exact: true }).click()
    await dialog.getByText('shows this list').waitFor()
    assert.equal(await dialog.getByText('sends the message').count(), path === '/' || path === '/console/desk' ? 1 : 0, path)
  }
  assert.deepEqual(complaints, [])
  await close()
})
