// Writes a picture of every page of the console, wide and narrow, light and dark, into a folder:
// `make pictures OUT=folder`. Two such folders show what a change looks like.

import { mkdir } from 'node:fs/promises'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { connect } from './customer.js'
import { accept, api } from './harness.js'

const [out] = process.argv.slice(2)
if (!out) throw new Error('say into which folder: make pictures OUT=folder')
await mkdir(out, { recursive: true })

const [parley, browser] = await Promise.all([startParley('--ephemeral'), launch()])
try {
  const { agents: [ann] } = await api(parley.url, 'POST', 'desk/agents', { name: 'Ann' })
  const [pat, kim] = [await connect(parley.url, 'Pat'), await connect(parley.url, 'Kim')]
  await accept(parley.url, ann.id, pat.contactId)
  await pat.say('Where is my order?')
  await api(parley.url, 'POST', `desk/agents/${ann.id}/contacts/${pat.contactId}/messages`, { content: 'Which one?' })
  await kim.say('Hello?')
  const pages = {
    workbench: '/', desk: `/console/desk?contact=${pat.contactId}`, inspector: `/console/inspector?contact=${pat.contactId}`,
    faults: '/console/faults', connect: '/console/connect', errors: '/docs/errors', docs: '/docs', signedin: '/console/signed-in',
  }
  for (const width of [1280, 400]) {
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, locale: 'en-GB', timezoneId: 'UTC' })
      await context.addInitScript((name) => sessionStorage.setItem('parley-agent', name), ann.name)
      const page = await context.newPage()
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(parley.url + path)
        await page.waitForLoadState('load')
        if (name === 'desk') await page.locator('#chat-state', { hasText: 'Yours' }).waitFor()
        const last = { workbench: '.exchange', inspector: '.x', faults: '.preset' }[name] // what comes last
        if (last) await page.locator(last).first().waitFor()
        await page.screenshot({ path: `${out}/${name}-${width}-${colorScheme}.png` })
      }
      await context.close()
    }
  }
  process.stdout.write(`${out}\n`)
} finally {
  await browser.close()
  await parley.stop()
}
