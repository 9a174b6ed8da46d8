// The page that says how to connect a client, as a developer uses it: what to paste, a chat
// started with one click, and a failure explained.

import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { launch } from './browser.js'
import { startParley } from './parley.js'

const shots = process.env.SCREENSHOTS // a directory to keep pictures in

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley(), launch()]) })
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

/** Opens the page and collects what it should not do: complain, or load from elsewhere. */
async function open(options = {}) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints = []
  page.on('console', (message) => complaints.push(`console ${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(`error: ${error}`))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== parley.url) complaints.push(`loads ${request.url()}`)
  })
  await page.goto(`${parley.url}/console/connect`)
  return { page, complaints, close: () => context.close() }
}

test('one click starts a chat, and the token stays hidden', async () => {
  const { page, complaints, close } = await open()
  const before = await parley.chats()
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.getByText('Chat started').waitFor()
  assert.equal(await parley.chats(), before + 1)
  assert.doesNotMatch(await page.content(), /QVFJREFI/, 'the participant token is not in the page')
  await page.getByRole('button', { name: 'Reveal' }).first().click()
  assert.match(await page.locator('body').innerText(), /QVFJREFI/)
  assert.deepEqual(complaints, [])
  await close()
})

test('a failure is explained, with a link that leads to its cause', async () => {
  const { page, close } = await open()
  await page.getByLabel('Instance id').fill('x'.repeat(101))
  await page.getByRole('button', { name: 'Start chat' }).click()
  const link = page.locator('a[href*="/docs/errors#bad-value"]')
  await link.waitFor()
  await page.goto(await link.getAttribute('href').then((href) => new URL(href, parley.url).href))
  assert.equal(await page.locator('#bad-value').count(), 1)
  await close()
})

for (const width of [1280, 400]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`nothing overflows at ${width} px, ${colorScheme}`, async () => {
      const { page, complaints, close } = await open({ viewport: { width, height: 900 }, colorScheme })
      await page.getByRole('button', { name: 'Start chat' }).click()
      await page.getByText('Chat started').waitFor()
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.equal(overflow, 0)
      assert.deepEqual(complaints, [])
      if (shots) {
        await mkdir(shots, { recursive: true })
        await page.screenshot({ path: `${shots}/page-${width}-${colorScheme}.png`, fullPage: true })
      }
      await close()
    })
  }
}
