// Who is there: agents whose windows are gone, and chats that are taken over from a script.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { until } from '../bounds.js'
import { connect } from './customer.js'
import { accept, accessible, api, fits, leaveNothing, open } from './harness.js'

let parley, alone, browser
before(async () => {
  [parley, alone, browser] = await Promise.all([startParley('--ephemeral'), startParley('--ephemeral', '--partner=false'), launch()])
})
afterEach(async () => { for (const { url } of [parley, alone]) await leaveNothing(browser, url) })
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
  assert.equal(await alone?.stop(), 0)
})

const agent = async (url, name) => (await api(url, 'GET', 'desk')).agents.find((one) => one.name === name)

async function sits(url, name) {
  const opened = await open(browser, url, '/console/desk')
  await opened.page.getByLabel('Your name as an agent').fill(name)
  await opened.page.getByRole('button', { name: 'Answer chats' }).click()
  await opened.page.locator('#me-name', { hasText: name }).waitFor()
  return opened
}

test('RowC1: the chats of an agent whose window is gone wait again, those of one without a window stay', async () => {
  await api(alone.url, 'POST', 'desk/agents', { name: 'Called' })
  const { page, close } = await sits(alone.url, 'Ghost')
  const [pat, kim] = [await connect(alone.url, 'Pat'), await connect(alone.url, 'Kim')]
  await accept(alone.url, 'Ghost', pat.contactId)
  await accept(alone.url, 'Called', kim.contactId)
  await page.reload()
  await page.locator('#me-name', { hasText: 'Ghost' }).waitFor()
  await close()
  await until(async () => (await agent(alone.url, 'Ghost')).state === 'away', () => 'the agent stays')
  const { queues, agents } = await until(async () => {
    const desk = await api(alone.url, 'GET', 'desk')
    return !desk.agents.find(({ name }) => name === 'Ghost').contacts.length && desk.queues[0].waiting.length && desk
  }, () => 'the chat stays with nobody')
  assert.deepEqual(queues[0].waiting.map(({ contactId }) => contactId), [pat.contactId])
  const called = agents.find(({ name }) => name === 'Called')
  assert.deepEqual([called.state, called.contacts.length], ['available', 1])
})

test('RowC1: an agent is there at every page of the console', async () => {
  const { page, close } = await sits(alone.url, 'Walker')
  await page.context().addInitScript(() => { delete globalThis.SharedWorker }) // its requests cannot be seen
  for (const path of ['/', '/console/desk', '/console/inspector', '/console/faults', '/console/connect', '/docs/errors', '/docs/agents']) {
    const told = page.waitForRequest((request) => request.url().includes('/api/events?') && new URL(request.url()).searchParams.getAll('agent').includes('Walker'))
    await page.goto(alone.url + path)
    await told
  }
  await close()
})

test('RowC1: beside a customer who waits stands who can answer, and a button that helps', async () => {
  const { page, complaints, close } = await open(browser, alone.url, '/')
  await page.getByRole('button', { name: 'Start chat' }).click()
  const bar = page.locator('#customer-answer')
  await bar.getByText('Nobody is there to answer.').waitFor()
  await accessible(page)
  await fits(page, 'nobody-there')
  const { agents: [ann] } = await api(alone.url, 'POST', 'desk/agents', { name: 'Ann' })
  await bar.getByText('Waits for Ann.').waitFor()
  await api(alone.url, 'PATCH', `desk/agents/${ann.id}`, { state: 'away' })
  await bar.getByText('Nobody is there to answer.').waitFor()
  await bar.getByRole('button', { name: 'Answer it yourself' }).click()
  await page.locator('#agent-name', { hasText: 'Alex' }).waitFor()
  await page.locator('#agent-composer textarea:focus').waitFor()
  await bar.waitFor({ state: 'hidden' })
  await page.keyboard.type('Here I am.')
  await page.keyboard.press('Enter')
  await page.locator('#customer-talk').getByText('Here I am.').waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('RowC2: the first minute: start a chat, then answer it, at the workbench', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/')
  await page.getByRole('button', { name: 'Start chat' }).click()
  const chats = page.getByRole('list', { name: 'Chats to take over' })
  await chats.getByText('Pat', { exact: true }).waitFor()
  await accessible(page)
  for (const width of [1280, 400]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      await fits(page, `take-over-${width}-${colorScheme}`)
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 })
  await chats.getByRole('button', { name: 'Take over' }).click()
  await page.locator('#agent-composer textarea:focus').waitFor()
  await page.locator('#customer-talk').getByText('Alex joined').waitFor()
  await page.locator('#customer-talk .happened', { hasText: 'left' }).waitFor()
  await page.keyboard.type('It is me now.')
  await page.keyboard.press('Enter')
  await page.locator('#customer-talk').getByText('It is me now.').waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('RowC2: a chat is taken over from Parley at the desk, also by who has no name yet', async () => {
  const pat = await connect(parley.url, 'Paula')
  await pat.next('joined')
  const { page, complaints, close } = await open(browser, parley.url, `/console/desk?contact=${pat.contactId}`)
  await page.locator('#chat-hint', { hasText: 'answers by itself' }).waitFor()
  await accessible(page)
  await fits(page, 'take-over-desk')
  await page.locator('#chat-actions').getByRole('button', { name: 'Take over' }).click()
  await page.locator('#chat-state', { hasText: 'Yours' }).waitFor()
  await page.locator('#chat-composer textarea:focus').waitFor()
  await pat.next('Alex')
  assert.deepEqual(complaints, [])
  await close()
})

test('RowC2: a chat is taken over from an agent who is offline, at the desk and at the workbench', async () => {
  const { agents: [gone] } = await api(alone.url, 'POST', 'desk/agents', { name: 'Gone' })
  const [pat, kim] = [await connect(alone.url, 'Pat'), await connect(alone.url, 'Kim')]
  await accept(alone.url, 'Gone', pat.contactId)
  await accept(alone.url, 'Gone', kim.contactId)
  const { page, complaints, close } = await open(browser, alone.url, `/console/desk?contact=${pat.contactId}`)
  await page.locator('#chat-hint', { hasText: 'Somebody else answers' }).waitFor()
  await api(alone.url, 'PATCH', `desk/agents/${gone.id}`, { state: 'offline' })
  await page.locator('#chat-hint', { hasText: 'Gone is offline: nobody answers. Take over to answer.' }).waitFor()
  await page.locator('#chat-actions').getByRole('button', { name: 'Take over' }).click()
  await page.locator('#chat-state', { hasText: 'Yours' }).waitFor()
  await pat.next('Alex')
  await pat.leave()
  await page.goto(`${alone.url}/`)
  const chats = page.getByRole('list', { name: 'Chats to take over' })
  await chats.getByText('with Gone (offline)').waitFor()
  await chats.getByRole('button', { name: 'Take over' }).click()
  await kim.next('Alex')
  assert.deepEqual(complaints, [])
  await close()
  await kim.leave()
})
