// The desk: several agents, many chats, and what an agent can do in them.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { accessible, api, fits, leaveNothing, open, passing } from './harness.js'
import { connect } from './customer.js'

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley('--hold-attachments'), launch()]) })
afterEach(() => leaveNothing(browser, parley.url))
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

/** Opens the desk in a window of its own, as an agent. */
async function agent(name, options) {
  const desk = await open(browser, parley.url, '/console/desk', options)
  const { page } = desk
  await page.getByLabel('Your name as an agent').fill(name)
  await page.getByRole('button', { name: 'Answer chats' }).click()
  await page.locator('#me-name', { hasText: name }).waitFor()
  return desk
}

const row = (page, name) => page.locator('#chats [role=option]', { hasText: name })
const button = (page, name) => page.locator('#chat-actions').getByRole('button', { name, exact: true })
const talk = (page) => page.getByRole('log', { name: 'Conversation' })
const list = (page, name) => page.getByRole('tab', { name: new RegExp(`^${name}`) }).click()

async function said(page, text) {
  const box = page.getByLabel('Message to the customer')
  await box.fill(text)
  await box.press('Enter')
}

test('two agents at two windows: one gets the chat, the other is told who', async () => {
  const [ann, ben] = await Promise.all([agent('Ann'), agent('Ben')])
  const pat = await connect(parley.url, 'Pat')
  for (const { page } of [ann, ben]) {
    await row(page, 'Pat').click()
    await button(page, 'Accept').waitFor()
  }
  await ben.page.route('**/accept', async (route) => { // Ben has not heard of it yet when he accepts
    await button(ann.page, 'Accept').click()
    await button(ann.page, 'End chat').waitFor()
    await route.continue()
  })
  await button(ben.page, 'Accept').click()
  await ben.page.getByText('Ann has accepted this chat').waitFor()
  await ben.page.unroute('**/accept')
  await ben.page.locator('#chat-state', { hasText: 'With Ann' }).waitFor()

  await said(ann.page, 'Hello, this is Ann.')
  assert.match((await pat.next('Hello, this is Ann.')).DisplayName, /Ann/)
  await button(ben.page, 'Supervise').click()
  await ben.page.locator('#chat-state', { hasText: 'You look on' }).waitFor()
  await said(ben.page, 'And Ben.')
  await talk(ann.page).getByText('And Ben.').waitFor()
  await button(ben.page, 'Leave').click()
  await talk(ann.page).getByText('Ben left').waitFor()

  await button(ann.page, 'Transfer').click()
  await ann.page.getByLabel('To', { exact: true }).selectOption({ label: 'Ben (0 chats)' })
  await accessible(ann.page)
  await ann.page.locator('dialog').getByRole('button', { name: 'Transfer' }).click()
  await ben.page.locator('#chat-state', { hasText: 'Yours' }).waitFor()
  await talk(ben.page).getByText('The chat was transferred').waitFor()
  await button(ben.page, 'Transfer').click()
  await ben.page.getByLabel('To', { exact: true }).selectOption({ label: 'Default (0 waiting)' })
  await ben.page.locator('dialog').getByRole('button', { name: 'Transfer' }).press('Enter')
  await ann.page.locator('#chat-state', { hasText: 'Waits' }).waitFor()
  await button(ann.page, 'Reject').click()
  await row(ann.page, 'rejected by Ann').waitFor()
  await button(ben.page, 'Accept').click()
  await button(ben.page, 'End chat').click()
  await ben.page.getByText('This chat has ended.').waitFor()
  await list(ben.page, 'Ended')
  await row(ben.page, 'Pat').waitFor()
  for (const { complaints, close } of [ann, ben]) {
    assert.deepEqual(complaints.filter((text) => !text.includes('409 (Conflict)')), [])
    await close()
  }
})

test('several chats: what was not read is counted, drafts stay, keys are enough', async () => {
  const { page, complaints, close } = await agent('Cleo')
  const [eve, fay] = [await connect(parley.url, 'Eve'), await connect(parley.url, 'Fay')]
  for (const name of ['Eve', 'Fay']) {
    await list(page, 'Waiting')
    await row(page, name).waitFor()
    await page.locator('#chats').focus()
    await page.keyboard.press(name === 'Eve' ? 'Home' : 'End') // the open chat is in every list
    await page.keyboard.press('Enter')
    await page.locator('#chat-actions button:focus', { hasText: 'Accept' }).press('Enter')
    await page.locator('#chat-state', { hasText: 'Yours' }).waitFor()
  }
  await list(page, 'Mine')
  await page.getByLabel('Message to the customer').fill('a draft for Fay')
  await eve.say('one')
  await eve.say('two')
  await row(page, 'Eve').locator('.pill', { hasText: '2 unread' }).waitFor()
  await until(async () => /^\(2\)/.test(await page.title()), () => 'the title does not count')
  await row(page, 'Eve').click()
  await talk(page).getByText('two').waitFor()
  await row(page, 'Eve').locator('.pill').waitFor({ state: 'detached' })
  assert.equal((await eve.next('ReadTimestamp')).Content, 'two')
  assert.equal(await page.getByLabel('Message to the customer').inputValue(), '')
  const typing = await passing(page, '.typing', 'Eve is typing')
  await eve.signal('typing')
  await typing()
  await row(page, 'Fay').click()
  assert.equal(await page.getByLabel('Message to the customer').inputValue(), 'a draft for Fay')
  await fay.leave()
  await page.getByText('This chat has ended.').waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('RowA15 a chat that takes pieces is answered in pieces, by a switch that others do not have', async () => {
  const { page, complaints, close } = await agent('Pia')
  const [streams, plain] = await Promise.all([
    connect(parley.url, 'Streams', { ParticipantConfiguration: { ResponseMode: 'INCREMENTAL' } }), connect(parley.url, 'Plain'),
  ])
  const pieces = page.getByRole('button', { name: 'Send in pieces, as a bot that writes' })
  await row(page, 'Plain').click()
  await button(page, 'Accept').click()
  await button(page, 'End chat').waitFor()
  assert.equal(await pieces.isVisible(), false)
  await list(page, 'Waiting')
  await row(page, 'Streams').click()
  await button(page, 'Accept').click()
  await pieces.click()
  await accessible(page)
  await said(page, 'One two three four five six.')
  await streams.next('One two three four five six.')
  await talk(page).getByText('One two three four five six.').waitFor()
  assert.equal((await streams.next('One two three')).MessageMetadata.MessageCompleted, true)
  await pieces.click()
  await said(page, 'As a whole.')
  assert.equal((await streams.next('As a whole.')).MessageMetadata?.MessageCompleted, undefined)
  assert.deepEqual(complaints, [])
  await Promise.all([streams.leave(), plain.leave()])
  await close()
})

test('interactive messages: as they are, or changed, and advised about', async () => {
  const { page, complaints, close } = await agent('Dana')
  const gus = await connect(parley.url, 'Gus')
  await row(page, 'Gus').click()
  await page.getByRole('tab', { name: 'Interactive messages' }).click()
  assert.equal(await page.getByRole('button', { name: 'Send Panel', exact: true }).isDisabled(), true)
  await button(page, 'Accept').click()
  const names = await page.locator('.sample h4').allInnerTexts()
  for (const name of names) await page.getByRole('button', { name: `Send ${name}`, exact: true }).click()
  await talk(page).locator('.template').nth(names.length - 1).waitFor()
  const quick = page.locator('.sample', { has: page.getByRole('heading', { name: 'Quick reply' }) })
  await quick.getByText('Change', { exact: true }).click()
  await quick.getByLabel('Title', { exact: true }).fill('Satisfied?')
  await quick.getByLabel('Options').fill('Very')
  await quick.getByText('It has 1 entries').waitFor()
  await quick.getByLabel('Options').fill('Very\nNot at all')
  await quick.locator('.preview').getByText('Not at all').waitFor()
  await quick.getByRole('button', { name: 'Send Quick reply' }).click()
  const { Content } = await gus.next('Satisfied?')
  assert.deepEqual(JSON.parse(Content).data.content.elements.map(({ title }) => title), ['Very', 'Not at all'])
  await accessible(page)
  assert.deepEqual(complaints, [])
  await close()
})

test('files wait for a decision, attributes can be changed', async () => {
  const { page, complaints, close } = await agent('Emil')
  const hal = await connect(parley.url, 'Hal', { Attributes: { plan: 'basic', old: 'x' } })
  await row(page, 'Hal').click()
  await button(page, 'Accept').click()
  await hal.sendFile('price <b>.txt', '42')
  await hal.sendFile('virus.txt', 'x')
  const file = (name) => talk(page).locator('.file', { hasText: name })
  await file('price <b>.txt').getByText('being scanned').waitFor()
  await file('price <b>.txt').getByRole('button', { name: 'Approve' }).click()
  await file('virus.txt').getByRole('button', { name: 'Reject' }).click()
  await file('virus.txt').getByText('rejected by the scan').waitFor()
  const [download] = await Promise.all([page.waitForEvent('download'), file('price').getByRole('button', { name: 'Download' }).click()])
  assert.match(download.suggestedFilename(), /^price .*\.txt$/)
  await page.locator('#chat-composer input[type=file]').setInputFiles({ name: 'answer.txt', mimeType: 'text/plain', buffer: Buffer.from('42') })
  await hal.next('answer.txt')

  const attribute = (name) => page.getByLabel(`Value of ${name}`, { exact: true })
  await attribute('plan').fill('gold')
  await page.getByRole('button', { name: 'Remove old' }).click()
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByLabel('Name', { exact: true }).last().fill('lang')
  await attribute('the new attribute').fill('de')
  await page.getByRole('button', { name: 'Save attributes' }).click()
  await attribute('lang').waitFor()
  const { attributes } = await api(parley.url, 'GET', `contacts/${hal.contactId}`)
  assert.equal(attributes.plan, 'gold')
  assert.equal(attributes.lang, 'de')
  assert.equal('old' in attributes, false)
  assert.deepEqual(complaints, [])
  await close()
})

test('RowA16 a sign-in is asked for, and gives the customer another name', async () => {
  const { page, complaints, close } = await agent('Sam')
  await connect(parley.url, 'Unknown visitor')
  await row(page, 'Unknown visitor').click()
  await button(page, 'Accept').click()
  const tell = async (outcome, name = '') => {
    await button(page, 'Sign-in').click()
    await page.getByLabel('What happened').selectOption({ label: outcome })
    await page.getByLabel('The customer\'s new name').fill(name)
    await accessible(page)
    await page.getByRole('button', { name: 'Tell the page' }).click()
    await page.locator('dialog[open]').waitFor({ state: 'hidden' })
  }
  await tell('Ask the customer to sign in')
  await talk(page).getByText('The customer was asked to sign in').waitFor()
  await tell('It expired')
  await talk(page).getByText('The sign-in expired').waitFor()
  await tell('Nothing of a sign-in: only the name', 'Ada Lovelace')
  await talk(page).getByText('The customer is now called Ada Lovelace').waitFor()
  await list(page, 'Mine')
  await row(page, 'Ada Lovelace').waitFor()
  await page.locator('#chat-title', { hasText: 'Ada Lovelace' }).waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('agents come and go, and follow scripts', async () => {
  const { page, close } = await agent('Flo')
  await page.getByRole('button', { name: /^Agents/ }).click()
  await page.getByLabel('Answers').selectOption('by a script')
  await accessible(page)
  await page.getByLabel('Script').fill('name: Robin\nrules:\n  - nonsense: 1\n')
  await page.getByRole('button', { name: 'Add', exact: true }).last().click()
  await page.locator('dialog').getByRole('alert').waitFor()
  await page.getByLabel('Script').fill('name: Robin\ngreeting: Hi {customer}!\nrules:\n  - reply: I see.\n')
  await page.getByRole('button', { name: 'Add', exact: true }).last().click()
  await page.locator('dialog li', { hasText: 'Robin' }).getByText('available').waitFor()
  await page.locator('dialog').getByRole('alert').waitFor({ state: 'detached' }) // the answer can be slower than the event
  const ida = await connect(parley.url, 'Ida')
  await ida.next('Hi Ida!')
  await page.getByRole('button', { name: 'Remove Robin' }).click()
  await page.locator('dialog li', { hasText: 'Robin' }).waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await Promise.all([page.waitForResponse((response) => response.request().method() === 'PATCH'), page.getByLabel('State').selectOption('away')])
  const { agents } = await api(parley.url, 'GET', 'desk')
  assert.equal(agents.find(({ name }) => name === 'Flo').state, 'away')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Answer chats' }).waitFor()
  await close()
})

test('the server restarts under the page: it comes back and shows nothing twice', async () => {
  const { page, close } = await agent('Gil')
  const jan = await connect(parley.url, 'Jan')
  await row(page, 'Jan').click()
  await button(page, 'Accept').click()
  await page.locator('#chat-state', { hasText: 'Yours' }).waitFor() // the server may be gone before it is asked
  await jan.say('before')
  await talk(page).getByText('before').waitFor()
  const gone = await passing(page, '#state-text', 'Not reachable')
  parley.restart()
  await gone()
  await page.getByText('Running', { exact: true }).waitFor()
  await jan.reconnect()
  await jan.say('afterwards')
  await talk(page).getByText('afterwards').waitFor()
  await said(page, 'still here')
  await talk(page).getByText('still here').waitFor()
  const ids = await talk(page).locator('li[data-id]').evaluateAll((all) => all.map((one) => one.dataset.id))
  assert.equal(new Set(ids).size, ids.length)
  await close()
})

/**
 * Scrolls through a list, a frame at a time, and returns the work of the page that took longer
 * than 50 ms. What the machine paints meanwhile is not the page's.
 */
function scroll(view) {
  view.scrollTop = 0
  const long = []
  const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)))
  observer.observe({ entryTypes: ['longtask'] })
  return new Promise((resolve) => {
    let frames = 0
    const step = () => {
      view.scrollTop += 300
      if (frames++ < 90) requestAnimationFrame(step)
      else setTimeout(() => resolve(long), 50)
    }
    requestAnimationFrame(step)
  })
}

test('a thousand chats do not make the page stutter', async (t) => {
  const names = ['😀', '<b>bold</b>', '\u202Eevil', 'x'.repeat(256), 'Pat']
  const start = (i) => fetch(`${parley.url}/startChatContact`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ InstanceId: '11111111-1111-4111-8111-111111111111', ContactFlowId: '22222222-2222-4222-8222-222222222222', ParticipantDetails: { DisplayName: `${names[i % names.length]}`.slice(0, 250) + i } }),
  }).then((response) => assert.equal(response.status, 200))
  for (let i = 0; i < 1000; i += 20) await Promise.all(Array.from({ length: 20 }, (_, j) => start(i + j)))
  const { page, complaints, close } = await open(browser, parley.url, '/console/desk')
  await list(page, 'Active')
  await row(page, 'bold').first().waitFor()
  assert.ok(await page.locator('#chats [role=option]').count() < 60, 'only those in sight exist')
  // How long work takes is the machine's matter, too, and is told.
  t.diagnostic(`work over 50 ms in 90 frames: ${JSON.stringify(await page.locator('#chats').evaluate(scroll))} ms`)
  assert.equal(await page.locator('#chats b').count(), 0)
  await page.getByLabel('Find a chat by name or id').fill('Pat4')
  await row(page, 'bold').first().waitFor({ state: 'detached' })
  await page.locator('#chats').focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await page.locator('#chat-title', { hasText: 'Pat4' }).waitFor()
  await accessible(page)
  assert.deepEqual(complaints, [])
  await close()
})

for (const width of [1280, 800, 400]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`nothing overflows at ${width} px, ${colorScheme}`, async () => {
      const name = `Kai${width}${colorScheme}`
      const { page, complaints, close } = await agent(`Agent ${name}`, { viewport: { width, height: 860 }, colorScheme })
      await fits(page, `desk-empty-${width}-${colorScheme}`)
      const kai = await connect(parley.url, name)
      await kai.say(`${'long'.repeat(200)} and short`)
      await list(page, 'Waiting')
      await row(page, name).click()
      await fits(page, `desk-waiting-${width}-${colorScheme}`)
      await button(page, 'Accept').click()
      await said(page, 'Hello! One moment please.')
      await talk(page).getByText('One moment').waitFor()
      await accessible(page)
      await fits(page, `desk-talk-${width}-${colorScheme}`)
      if (width < 1000) {
        await button(page, 'Details').click()
        await page.getByRole('heading', { name: 'In this chat' }).waitFor()
        await fits(page, `desk-side-${width}-${colorScheme}`)
        await page.keyboard.press('Escape')
        await talk(page).waitFor()
      }
      await button(page, 'End chat').click()
      assert.deepEqual(complaints, [])
      await close()
    })
  }
}
