// Faults and time: what is turned on there happens to chats, and shows in the inspector.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { connect } from './customer.js'
import { accessible, api, detain, fits, lateEvents, leaveNothing, open, startChat } from './harness.js'

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley(), launch()]) })
afterEach(async () => {
  await api(parley.url, 'DELETE', 'faults')
  await leaveNothing(browser, parley.url) // each chat has timers
})
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

test('a rule makes a call fail as with AWS, is counted, marked and turned off', async () => {
  const chat = await startChat(parley.url)
  const { page, complaints, close } = await open(browser, parley.url, '/console/faults')
  await page.getByText('Everything works as it should').waitFor()
  await page.getByLabel('Where').selectOption('SendMessage')
  await page.getByLabel('Contact').fill(chat.id)
  await page.getByText(`SendMessage is answered 500, in contact ${chat.id.slice(0, 8)}.`).waitFor()
  await page.locator('#rule').getByRole('button', { name: 'Turn on' }).click()
  await page.getByText('not struck yet').waitFor()
  await page.locator('#banner').getByText('A fault is on').waitFor()

  const { status, name, body } = await chat.say('does not arrive')
  assert.equal(status, 500)
  assert.equal(name, 'InternalServerException')
  assert.ok(body.message ?? body.Message, 'AWS gives a message')
  await page.getByText('struck once').waitFor()
  await page.locator('#rules').getByRole('button', { name: /^Turn off/ }).click()
  await page.getByText('Everything works as it should').waitFor()
  assert.equal((await chat.say('arrives')).status, 200)

  await page.getByRole('link', { name: 'inspector', exact: true }).click()
  await page.locator('.x', { hasText: 'SendMessage' }).getByText('fault', { exact: true }).waitFor()
  await page.locator('.x').click()
  await page.locator('#detail').getByText('Made to happen by').waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('the banner does not go back when answers overtake each other', async () => {
  const { page, close } = await open(browser, parley.url, '/console/desk')
  const { held } = await detain(page, '**/api/faults', async (response) => (await response.json()).rules.length > 0)
  await api(parley.url, 'POST', 'faults', { action: 'SendMessage', effect: { type: 'status', status: 500 } })
  const answer = await held
  await api(parley.url, 'POST', 'faults', { action: 'SendEvent', effect: { type: 'status', status: 500 } })
  await page.locator('#banner').getByText('2 faults are on').waitFor()
  const answered = page.waitForResponse('**/api/faults')
  answer()
  await answered
  await page.evaluate(() => new Promise((done) => { setTimeout(() => requestAnimationFrame(done)) }))
  assert.match(await page.locator('#banner').innerText(), /2 faults are on/)
  await api(parley.url, 'DELETE', 'faults')
  await close()
})

test('RowC7 hits are told by the event stream: nobody asks for them in vain', async () => {
  const chat = await startChat(parley.url)
  const { page, close } = await open(browser, parley.url, '/console/faults')
  await page.getByText('Everything works as it should').waitFor() // it has its stream, and asks no more by itself
  await api(parley.url, 'POST', 'faults', { action: 'SendMessage', contactId: chat.id, effect: { type: 'status', status: 500 } })
  await page.getByText('not struck yet').waitFor()
  const asked = []
  page.on('request', (request) => { if (request.url().endsWith('/api/faults')) asked.push(request.url()) })
  for (let i = 0; i < 2; i++) await page.waitForResponse((response) => response.url().endsWith('/api/clock'))
  assert.deepEqual(asked, [])
  const began = performance.now()
  await Promise.all(Array.from({ length: 40 }, () => chat.say('x')))
  await page.getByText('struck 40 times').waitFor()
  // The hits of 300 ms are told together, and the list and the banner ask each time.
  const most = 2 * (Math.floor((performance.now() - began) / 300) + 1)
  assert.ok(asked.length > 0 && asked.length <= most, `asked ${asked.length} times, and not at most ${most}`)
  await api(parley.url, 'DELETE', 'faults')
  await close()
})

test('RowC7 struck frames and sockets carry the mark', async () => {
  const mia = await connect(parley.url, 'Mia')
  const { contactId: contact } = mia
  const fault = (name, type, more) => api(parley.url, 'POST', 'faults', { name, times: 1, action: 'WebSocket', contactId: contact, effect: { type, ...more } })
  await mia.next('Hello')
  await fault('lose one', 'drop')
  await mia.say('one')
  await fault('cut it', 'cutSocket', { status: 4000 })
  const { page, close } = await open(browser, parley.url, `/console/inspector?contact=${contact}`)
  const struck = (what, name) => page.locator('.x', { hasText: what }).filter({ has: page.locator('.x-fault') }).filter({ hasText: name })
  await struck('Socket closed', 'cut it').waitFor()
  await struck('↓', 'lose one').first().waitFor()
  await struck('Socket closed', 'cut it').click()
  await page.locator('#detail').getByText('Made to happen by').waitFor()
  await fault('no way in', 'refuseSocket')
  await mia.reconnect().catch(() => {})
  await struck('WebSocket', 'no way in').waitFor()
  await mia.leave()
  await api(parley.url, 'DELETE', 'faults')
  await close()
})

test('RowC3 marks stand wherever a fault strikes: files, broken messages, transfers, pieces', async () => {
  const mia = await connect(parley.url, 'Mia', { ParticipantConfiguration: { ResponseMode: 'INCREMENTAL' } })
  const { contactId: contact } = mia
  const fault = (name, type, more) => api(parley.url, 'POST', 'faults', { name, times: 1, contactId: contact, effect: { type, ...more } })
  await mia.next('Hello')
  await fault('unfit file', 'rejectAttachment')
  await mia.sendFile('a.txt', 'abc')
  await mia.next('was rejected')
  await fault('no more pieces', 'stopStream', { chunk: 1 })
  await mia.say('poem')
  await mia.next('good as new')
  const [ann] = (await api(parley.url, 'POST', 'desk/agents', { name: 'Ann for marks' })).agents
  const [ben] = (await api(parley.url, 'POST', 'desk/agents', { name: 'Ben for marks' })).agents
  await api(parley.url, 'POST', `desk/agents/${ann.id}/take-over`, { contactId: contact })
  await fault('shown broken', 'passBroken')
  await api(parley.url, 'POST', `desk/agents/${ann.id}/contacts/${contact}/messages`, { contentType: 'application/vnd.amazonaws.connect.message.interactive', content: '{oops' })
  await fault('no transfer', 'failTransfer')
  await api(parley.url, 'POST', `desk/agents/${ann.id}/contacts/${contact}/transfer`, { agentId: ben.id }).catch(() => {})
  const { page, close } = await open(browser, parley.url, `/console/inspector?contact=${contact}`)
  const struck = (what, name) => page.locator('.x', { hasText: what }).filter({ has: page.locator('.x-fault') }).filter({ hasText: name })
  for (const [what, name] of [
    ['CompleteAttachmentUpload', 'unfit file'], ['↓', 'unfit file'], ['↓', 'no more pieces'], ['interactive', 'shown broken'], ['transfer.failed', 'no transfer'],
  ]) {
    await page.getByRole('searchbox').fill(name)
    await struck(what, name).first().waitFor()
  }
  await mia.leave()
  await close()
})

test('what is wrong with a rule stands at its field', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/console/faults')
  await page.getByLabel('Percent').fill('500')
  await page.locator('#rule').getByRole('button', { name: 'Turn on' }).click()
  await page.getByText('Has to be from 1 to 100, and is 500.').waitFor()
  assert.equal(await page.getByLabel('Percent').getAttribute('aria-invalid'), 'true')
  await accessible(page)
  await page.getByLabel('Percent').fill('50')
  await page.getByLabel('What happens').selectOption('cutSocket')
  await page.getByLabel('Close code').fill('7')
  await page.locator('#rule').getByRole('button', { name: 'Turn on' }).click()
  await page.getByText('Has to be the code of a close frame').waitFor()
  assert.equal(await page.getByLabel('Percent').getAttribute('aria-invalid'), null)
  assert.deepEqual((await api(parley.url, 'GET', 'faults')).rules, [])
  assert.deepEqual(complaints.filter((text) => !text.includes('400 (Bad Request)')), [])
  await close()
})

test('every preset and every effect can be turned on', async () => {
  const chat = await startChat(parley.url)
  const { page, complaints, close } = await open(browser, parley.url, '/console/faults')
  await page.locator('.preset').first().waitFor()
  for (const preset of (await api(parley.url, 'GET', 'faults')).presets) {
    const card = page.locator('.preset', { has: page.getByRole('heading', { name: preset.title, exact: true }) })
    await card.getByRole('button', { name: 'Turn on' }).click()
    await card.getByText(/^(On|Done, once)$/).waitFor()
  }
  await page.getByRole('button', { name: 'Turn all off' }).first().click()
  await page.getByText('Everything works as it should').waitFor()

  const effects = await page.getByLabel('What happens').locator('option').evaluateAll((options) => options.map(({ value }) => value))
  await page.getByLabel('Contact').fill(chat.id)
  for (const effect of effects) {
    await page.getByLabel('What happens').selectOption(effect)
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === 'POST'),
      page.locator('#rule').getByRole('button', { name: 'Turn on' }).click(),
    ])
    assert.equal(answer.status(), 200, `${effect}: ${await answer.text()}`)
  }
  await api(parley.url, 'DELETE', 'faults') // elsewhere; the page is told
  await page.getByText('Everything works as it should').waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('a preset that is on is not said to be done when answers overtake each other', async () => {
  const { page, close } = await open(browser, parley.url, '/console/connect')
  const events = await lateEvents(page, 'faults')
  await page.goto(`${parley.url}/console/faults`)
  await page.getByText('Everything works as it should').waitFor()
  await events.hold()
  const asked = []
  const count = (n) => until(() => asked.length === n, () => `${asked.length} questions, and not ${n}`)
  await page.route('**/api/faults', (route) => { asked.push(route) })
  const card = page.locator('.preset', { has: page.getByRole('heading', { name: 'The network is slow', exact: true }) })
  await card.getByRole('button', { name: 'Turn on' }).click()
  await count(1)
  await events.come(1)
  await events.tell()
  await count(3) // by the list and the banner, too
  for (const route of asked) await route.continue()
  await card.getByText('On', { exact: true }).waitFor()
  await page.getByText('The network is slow: on', { exact: true }).waitFor({ state: 'attached' })
  await close()
})

test('skipping time ends an idle chat', async () => {
  const chat = await startChat(parley.url)
  const { page, complaints, close } = await open(browser, parley.url, '/console/faults')
  const state = async () => (await api(parley.url, 'GET', `contacts/${chat.id}`)).state
  await page.getByText('as on this machine').waitFor()
  await page.getByText('--data-dir begins at the time of this machine').waitFor() // the way back that there is
  assert.notEqual(await state(), 'ended')
  await page.getByRole('button', { name: '+1 min' }).click()
  await page.getByText(/^Skipped 1 min/).waitFor()
  await page.getByText('1 min ahead of this machine').waitFor()
  assert.notEqual(await state(), 'ended')
  // Its customer has not connected: that ends it after five minutes, and others before it.
  const next = page.getByRole('button', { name: 'Skip to the next timer' })
  await until(async () => {
    if (await state() === 'ended') return true
    if (await next.isEnabled()) await next.click({ timeout: 1000 }).catch(() => {}) // it may be the last
  }, () => 'the chat has not ended')
  await page.getByText('No timer is running').waitFor()
  assert.equal(await next.isDisabled(), true)

  await page.getByLabel('Minutes to skip').fill('-3')
  await page.getByRole('button', { name: 'Skip', exact: true }).click()
  await page.getByText('Say how many minutes').waitFor()
  await page.getByLabel('Minutes to skip').fill(String(25 * 60))
  await page.getByRole('button', { name: 'Skip', exact: true }).click()
  await page.getByText(/^Skipped 25 h/).waitFor()
  await page.locator('#banner').getByText('The clock is ahead').waitFor()
  assert.deepEqual(complaints.filter((text) => !text.includes('409 (Conflict)')), [])
  await close()
})

for (const width of [1280, 400]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`it is accessible and fits ${width} px, ${colorScheme}`, async () => {
      await api(parley.url, 'POST', 'faults/presets/deploy')
      await api(parley.url, 'POST', 'faults', { name: `\u202e<b>${'x'.repeat(80)}`, effect: { type: 'halfOpen' } })
      const { page, complaints, close } = await open(browser, parley.url, '/console/faults', { viewport: { width, height: 900 }, colorScheme })
      await page.locator('.rules li').first().waitFor()
      await page.locator('.preset').first().waitFor()
      await accessible(page)
      await fits(page, `faults-${width}-${colorScheme}`)
      await api(parley.url, 'DELETE', 'faults')
      assert.deepEqual(complaints, [])
      await close()
    })
  }
}
