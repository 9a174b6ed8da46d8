// The documentation of the version, as it is read in a browser.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { looks, open } from './harness.js'

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley(), launch()]) })
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

test('RowB2 the documentation is found, read and followed', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/console/connect')
  await page.getByRole('link', { name: 'Documentation', exact: true }).click()
  await page.getByRole('heading', { name: 'Parley', level: 1 }).waitFor()
  const contents = page.getByRole('navigation', { name: 'Documentation' })
  for (const name of await contents.getByRole('link').allTextContents()) {
    await contents.getByRole('link', { name, exact: true }).click()
    await page.getByRole('heading', { name, level: 1 }).waitFor()
    if (['Parley', 'Settings', 'Agents'].includes(name)) await looks(page, `docs-${name}`) // pictures, tables, code
  }
  await contents.getByRole('link', { name: 'Agents', exact: true }).click()
  await page.getByRole('article').getByRole('link', { name: 'flows.md', exact: true }).first().click()
  await page.getByRole('heading', { name: 'Queues and hours' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/docs/flows')
  assert.deepEqual(complaints, [])
  await close()
})

test('RowC7 the list of pages is folded on narrow screens, and open on others', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/docs/agents', { viewport: { width: 400, height: 800 } })
  const contents = page.getByRole('navigation', { name: 'Documentation' })
  const links = contents.getByRole('link')
  await contents.getByText('All pages').waitFor()
  await links.first().waitFor({ state: 'hidden' })
  assert.ok((await page.getByRole('heading', { name: 'Agents', level: 1 }).boundingBox()).y < 400, 'the page is on the screen')
  await contents.getByText('All pages').click()
  await contents.getByRole('link', { name: 'Settings', exact: true }).click()
  await page.waitForURL('**/docs/settings')
  await links.first().waitFor({ state: 'hidden' })
  await page.setViewportSize({ width: 1280, height: 800 })
  await contents.getByRole('link', { name: 'Agents', exact: true }).waitFor()
  await contents.getByText('All pages').waitFor({ state: 'hidden' })
  assert.deepEqual(complaints, [])
  await close()
})
