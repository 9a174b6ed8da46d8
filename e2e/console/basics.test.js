// What everybody expects of a chat: the end is in view, what was said is shown at once, and it is told
// when it did not arrive.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { connect } from './customer.js'
import { accept, accessible, api, detain, fits, open, passing } from './harness.js'

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley('--ephemeral', '--partner=false'), launch()]) })
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

/** Opens the desk with a long chat that an agent answers. */
async function longChat(name) {
  const customer = await connect(parley.url, name)
  const { agents: [ann] } = await api(parley.url, 'POST', 'desk/agents', { name: `Ann of ${name}` })
  await accept(parley.url, ann.id, customer.contactId)
  for (let i = 0; i < 30; i++) await customer.say(`line ${i}`)
  const opened = await open(browser, parley.url, '/console/desk')
  const { page } = opened
  await page.evaluate((agent) => sessionStorage.setItem('parley-agent', agent), ann.name)
  await page.goto(`${parley.url}/console/desk?contact=${customer.contactId}`)
  await page.locator('#chat-talk').getByText('line 29').waitFor()
  await page.locator('#chat-composer textarea').waitFor()
  return { ...opened, customer }
}

const atEnd = (page) => page.waitForFunction(() => {
  const log = document.querySelector('#chat-talk .talk')
  return log.scrollHeight > log.clientHeight && log.scrollTop + log.clientHeight >= log.scrollHeight - 1
})
const scrollUp = async (page) => {
  await page.locator('#chat-talk .talk').hover()
  await page.mouse.wheel(0, -600)
  await page.waitForFunction(() => {
    const log = document.querySelector('#chat-talk .talk')
    return log.scrollTop + log.clientHeight < log.scrollHeight - 200
  })
}

test('RowC3: the end stays in view when boxes change size, one\'s own messages are, and a chip tells of others', async () => {
  const { page, complaints, close, customer } = await longChat('Lena')
  await atEnd(page)
  await page.setViewportSize({ width: 1280, height: 560 })
  await atEnd(page)
  const box = page.locator('#chat-composer textarea')
  await box.fill('a\nb\nc\nd\ne\nf') // the composer grows over the conversation
  await atEnd(page)
  await box.fill('')
  await scrollUp(page)
  await customer.say('Are you there?')
  await customer.say('Hello?')
  const chip = page.getByRole('button', { name: '2 new messages' })
  await chip.waitFor()
  await accessible(page)
  for (const width of [1280, 400]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: 560 })
      await page.emulateMedia({ colorScheme })
      await fits(page, `chip-${width}-${colorScheme}`)
    }
  }
  await page.setViewportSize({ width: 1280, height: 560 })
  await chip.click()
  await atEnd(page)
  await chip.waitFor({ state: 'hidden' })
  await scrollUp(page)
  await box.fill('I am.')
  await box.press('Enter')
  await page.locator('#chat-talk .said:not(.unsent)', { hasText: 'I am.' }).waitFor()
  await atEnd(page)
  assert.deepEqual(complaints, [])
  await close()
})

test('RowC3: a message is shown at once, "Not answering" within three seconds, and can be sent again', async () => {
  const { page, close } = await open(browser, parley.url, '/console/connect')
  await page.clock.install()
  await page.goto(parley.url)
  await page.getByRole('button', { name: 'Start chat' }).click()
  const box = page.locator('#customer-composer textarea')
  await page.locator('#customer-composer textarea:focus').waitFor() // after Start
  const held = []
  await page.route('**/participant/message', (route) => { held.push(route) })
  await box.fill('Slow one')
  const sending = await passing(page, '#customer-talk .unsent', 'Sending …') // for three seconds
  await box.press('Enter')
  await sending()
  const bubble = page.locator('#customer-talk .unsent', { hasText: 'Slow one' })
  await page.clock.runFor(3000)
  assert.equal(await bubble.getByText('Not answering …').count(), 1)
  await accessible(page)
  await fits(page, 'not-answering')
  await until(() => held.length, () => 'nothing was sent')
  await held.shift().abort()
  await bubble.getByText('Not sent').waitFor()
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    await accessible(page)
    await fits(page, `not-sent-${colorScheme}`)
  }
  await page.unroute('**/participant/message')
  await bubble.getByRole('button', { name: 'Try again' }).click()
  await page.locator('#customer-talk .said:not(.unsent)', { hasText: 'Slow one' }).waitFor()
  assert.equal(await page.locator('#customer-talk').getByText('Slow one').count(), 1)
  await close()
})

test('RowC3: a message whose echo is faster than the answer is shown once', async () => {
  const { page, close } = await open(browser, parley.url, '/')
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.locator('#customer-composer textarea:focus').waitFor()
  const { held } = await detain(page, '**/participant/message')
  await page.keyboard.type('Once')
  await page.keyboard.press('Enter')
  await page.locator('#customer-talk .said:not(.unsent)', { hasText: 'Once' }).waitFor()
  assert.equal(await page.locator('#customer-talk').getByText('Once').count(), 1)
  const answer = await held
  answer()
  await page.keyboard.type('Twice')
  await page.keyboard.press('Enter')
  await page.locator('#customer-talk .said:not(.unsent)', { hasText: 'Twice' }).waitFor()
  assert.equal(await page.locator('#customer-talk').getByText('Once').count(), 1)
  await close()
})

test('RowC3: what an agent could not send stays with its chat, and the composer has the focus after Accept', async () => {
  const [pat, kim] = [await connect(parley.url, 'Peter'), await connect(parley.url, 'Kimi')]
  const { page, close } = await open(browser, parley.url, `/console/desk?contact=${pat.contactId}`)
  await page.getByLabel('Your name as an agent').fill('Rita')
  await page.getByRole('button', { name: 'Answer chats' }).click()
  await page.locator('#chat-actions').getByRole('button', { name: 'Accept' }).click()
  await page.locator('#chat-composer textarea:focus').waitFor()
  await page.route('**/messages', (route) => route.abort())
  await page.keyboard.type('To Peter only')
  await page.keyboard.press('Enter')
  await page.locator('#chat-talk .failed', { hasText: 'To Peter only' }).waitFor()
  await page.getByRole('tab', { name: /^Waiting/ }).click()
  await page.locator('#chats [role=option]', { hasText: 'Kimi' }).click()
  await page.locator('#chat-title', { hasText: 'Kimi' }).waitFor()
  assert.equal(await page.getByText('To Peter only').count(), 0)
  await page.unroute('**/messages')
  await page.getByRole('tab', { name: /^Mine/ }).click()
  await page.locator('#chats [role=option]', { hasText: 'Peter' }).click()
  await page.locator('#chat-talk .failed').getByRole('button', { name: 'Try again' }).click()
  await pat.next('To Peter only')
  await page.locator('#chat-talk .said:not(.unsent)', { hasText: 'To Peter only' }).waitFor()
  await close()
  await kim.leave()
})

test('RowC3: the header is amber when the event stream has been silent for 20 seconds', async () => {
  const { page, close } = await open(browser, parley.url, '/console/connect')
  await page.addInitScript(() => { delete globalThis.SharedWorker }) // its requests cannot be held
  await page.clock.install()
  await page.route('**/api/events?*', () => {}) // nothing is answered
  await page.goto(`${parley.url}/console/desk`)
  await page.waitForFunction(() => document.readyState === 'complete')
  for (let second = 0; second < 30; second += 5) await page.clock.runFor(5000)
  await page.locator('#state-text', { hasText: 'Silent for 20 s' }).waitFor()
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    await accessible(page)
    await fits(page, `silent-${colorScheme}`)
  }
  await page.unroute('**/api/events?*')
  await page.clock.resume()
  await page.clock.runFor(25_000)
  await page.locator('#state-text', { hasText: 'Running' }).waitFor()
  await close()
})
