// The desk's list of chats, transfers, and what a supervisor sees.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { connect } from './customer.js'
import { accept, accessible, api, fits, leaveNothing, open } from './harness.js'

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley('--ephemeral', '--partner=false'), launch()]) })
afterEach(() => leaveNothing(browser, parley.url))
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

async function sits(name, path = '/console/desk') {
  const opened = await open(browser, parley.url, path)
  await opened.page.getByLabel('Your name as an agent').fill(name)
  await opened.page.getByRole('button', { name: 'Answer chats' }).click()
  await opened.page.locator('#me-name', { hasText: name }).waitFor()
  return opened
}

const rows = (page) => page.locator('#chats [role=option]')
const act = (page, name) => page.locator('#chat-actions').getByRole('button', { name, exact: true }).click()

async function pictures(page, name) {
  for (const width of [1280, 400]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      await fits(page, `${name}-${width}-${colorScheme}`)
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 })
}

test('RowC6: chats of one name are told apart, and the open one is in every list', async () => {
  const pats = [await connect(parley.url, 'Pat'), await connect(parley.url, 'Pat'), await connect(parley.url, 'Pat')]
  for (const [i, pat] of pats.entries()) await pat.say(`My order ${i} is late`)
  const { page, complaints } = await sits('Ann')
  for (const [i, { contactId }] of pats.entries()) {
    const row = rows(page).filter({ hasText: `My order ${i} is late` }) // said before the page was there
    await row.getByText(contactId.slice(0, 4), { exact: true }).waitFor()
  }
  await page.locator('#count-active', { hasText: '3' }).waitFor()
  await accessible(page)
  await pictures(page, 'rows')
  await rows(page).filter({ hasText: 'My order 0' }).click()
  await act(page, 'Accept')
  // It is mine now, and the list that shows it is the one in sight.
  await page.locator('#list-mine[aria-selected="true"]').waitFor()
  await page.locator('#chats [aria-selected="true"]', { hasText: 'My order 0' }).waitFor()
  await page.getByRole('tab', { name: /^Waiting/ }).click()
  await page.locator('#chats [aria-selected="true"]', { hasText: 'Mine: you answer' }).waitFor()
  assert.equal(await page.locator('#list-waiting').getAttribute('aria-selected'), 'true')
  await rows(page).filter({ hasText: 'My order 1' }).click()
  await act(page, 'Accept')
  await pats[0].say('Hello?')
  await rows(page).filter({ hasText: 'Hello?' }).getByText('1 unread').waitFor()
  await page.getByRole('tab', { name: /^Waiting/ }).click()
  await page.getByLabel('Find a chat').fill('nobody of that name')
  await page.locator('#chats [aria-selected="true"]', { hasText: 'My order 1' }).waitFor()
  await page.getByLabel('Find a chat').fill('')
  assert.deepEqual(complaints, [])
  await page.context().close()
})

test('RowC6: a chat opened by its address is shown in the list where it is', async () => {
  const pat = await connect(parley.url, 'Linked')
  const { agents: [ben] } = await api(parley.url, 'POST', 'desk/agents', { name: 'Ben' })
  await accept(parley.url, ben.id, pat.contactId)
  const { page, close } = await open(browser, parley.url, `/console/desk?contact=${pat.contactId}`)
  await page.locator('#list-active[aria-selected="true"]').waitFor()
  await page.locator('#chats [aria-selected="true"]', { hasText: 'Linked' }).waitFor()
  await close()
})

test('RowC6: transfers say who cannot have the chat, and why', async () => {
  await api(parley.url, 'POST', 'desk/agents', { name: 'Ben' })
  await api(parley.url, 'POST', 'desk/agents', { name: 'Cleo', state: 'away' })
  const { agents: [dora] } = await api(parley.url, 'POST', 'desk/agents', { name: 'Dora', capacity: 1 })
  const [pat, kim] = [await connect(parley.url, 'Passed'), await connect(parley.url, 'Kept')]
  await accept(parley.url, dora.id, kim.contactId)
  const { page } = await sits('Eve', `/console/desk?contact=${pat.contactId}`)
  await act(page, 'Accept')
  await act(page, 'Transfer')
  const dialog = page.getByRole('dialog', { name: 'Transfer the chat' })
  const options = () => dialog.locator('option').evaluateAll((all) => all.map(({ text, disabled }) => JSON.stringify([text, disabled])))
  for (const want of [['Cleo (is away)', true], ['Dora (has 1 of 1 chats)', true], ['Ben (0 chats)', false]]) {
    await until(async () => (await options()).includes(JSON.stringify(want)), async () => `${want} is not among ${await options()}`)
  }
  await accessible(page)
  await pictures(page, 'transfer')
  await dialog.getByLabel('To').selectOption({ label: 'Ben (0 chats)' })
  await dialog.getByRole('button', { name: 'Transfer' }).click()
  await page.locator('#chat-state', { hasText: 'With Ben' }).waitFor()
  await page.context().close()
})

test('RowC6: a supervisor sees each speaker on a side of its own, and who sees what', async () => {
  const pat = await connect(parley.url, 'Watched')
  const { agents: [fay] } = await api(parley.url, 'POST', 'desk/agents', { name: 'Fay' })
  await accept(parley.url, fay.id, pat.contactId)
  await pat.say('From the customer')
  await api(parley.url, 'POST', `desk/agents/${fay.id}/contacts/${pat.contactId}/messages`, { content: 'From the agent' })
  const { page, complaints } = await sits('Sue', `/console/desk?contact=${pat.contactId}`)
  await act(page, 'Supervise')
  await page.locator('#chat-hint', { hasText: 'The customer and Fay see that you are here, and everything you write.' }).waitFor()
  await page.getByLabel('Message to the customer and the agents').fill('From the supervisor')
  await page.keyboard.press('Enter')
  await page.locator('#chat-talk .said:not(.unsent)', { hasText: 'From the supervisor' }).waitFor()
  const centre = async (text) => {
    const log = await page.locator('#chat-talk .talk').boundingBox()
    const box = await page.locator('#chat-talk .bubble', { hasText: text }).boundingBox()
    return (box.x + box.width / 2 - log.x) / log.width
  }
  const [customer, supervisor, agent] = [await centre('From the customer'), await centre('From the supervisor'), await centre('From the agent')]
  assert.ok(customer < 0.4 && Math.abs(supervisor - 0.5) < 0.05 && agent > 0.6, `at ${customer}, ${supervisor}, ${agent}`)
  await pat.next('From the supervisor') // as the line says
  await accessible(page)
  await pictures(page, 'supervised')
  assert.deepEqual(complaints, [])
  await page.context().close()
})

test('RowC6: what stands at a chat that no agent has is true', async () => {
  const { contactId } = await (await fetch(`${parley.url}/startChatContact`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({
      InstanceId: '11111111-1111-4111-8111-111111111111', ContactFlowId: '22222222-2222-4222-8222-222222222222', ParticipantDetails: { DisplayName: 'Unborn' },
    }),
  })).json().then(({ ContactId }) => ({ contactId: ContactId }))
  const { page, close } = await open(browser, parley.url, `/console/desk?contact=${contactId}`)
  await page.locator('#chat-hint', { hasText: 'The customer has not connected yet.' }).waitFor()
  await page.locator('#chat-state', { hasText: 'Not connected' }).waitFor()
  await close()
})
