// Many tabs of one browser share one event stream: a browser has six connections for a server.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { patience, until } from '../bounds.js'
import { launchFirefox } from '../chat/firefox.js'
import { installed, missing } from '../installed.js'
import { connect } from './customer.js'
import { open } from './harness.js'

const tabs = 10
const timeout = 5 * patience // the eleventh page without a connection would be waited for without end
let parley
before(async () => { parley = await startParley('--ephemeral', '--partner=false') })
after(async () => { assert.equal(await parley?.stop(), 0) })

/** Opens ten desks in turn, and starts a chat that all of them have to hear of. */
async function ten(context, customer) {
  const complaints = []
  const pages = []
  for (let i = 0; i < tabs; i++) {
    const page = await context.newPage()
    page.on('console', (message) => complaints.push(`console ${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => complaints.push(`error: ${error}`))
    await page.goto(`${parley.url}/desk`)
    assert.equal(await page.evaluate(() => location.pathname), '/console/desk')
    pages.push(page)
  }
  // Another page of the console, with other events.
  const faults = await context.newPage()
  await faults.goto(`${parley.url}/faults`)
  const pat = await connect(parley.url, customer)
  for (const page of pages) await shows(page, customer)
  return { pages, complaints, pat }
}

const shows = (page, text) => until(() => page.evaluate((text) => document.body.innerText.includes(text), text), () => `a desk does not show ${text}`)

test('RowC8: ten desks in one Chromium have one stream, which outlives any of them', { timeout }, async () => {
  const browser = await launch()
  try {
    const context = await browser.newContext()
    const { pages, complaints, pat } = await ten(context, 'Tessa')
    for (const page of pages.splice(0, 5)) await page.close()
    await pat.leave()
    await connect(parley.url, 'Uma')
    for (const page of pages) await shows(page, 'Uma')
    assert.deepEqual(complaints, [])
  } finally {
    await browser.close()
  }
})

test('RowC8: ten desks in one Firefox have one stream', { timeout }, async (t) => {
  const program = await installed('firefox.sh')
  if (missing(t, program)) return
  const firefox = await launchFirefox(program.path)
  t.after(() => firefox.close())
  const { complaints } = await ten(await firefox.newContext(), 'Vera')
  assert.deepEqual(complaints, [])
})

test('RowC8: a browser without shared workers has a stream of each page', async () => {
  const browser = await launch()
  try {
    const context = await browser.newContext()
    await context.addInitScript(() => { delete globalThis.SharedWorker })
    const page = await context.newPage()
    await page.goto(`${parley.url}/console/desk`)
    await connect(parley.url, 'Willa')
    await shows(page, 'Willa')
  } finally {
    await browser.close()
  }
})

test('RowC8: short addresses lead to their pages, here and below a path', async () => {
  const browser = await launch()
  try {
    for (const [typed, title] of [['/desk', 'Agent desk'], ['/inspector', 'Inspector'], ['/faults', 'Faults and time']]) {
      const { page, close } = await open(browser, parley.url, typed)
      assert.match(await page.title(), new RegExp(title))
      await close()
    }
  } finally {
    await browser.close()
  }
})
