// Two agents at one chat, and an agent who accepts by itself.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { connect } from './customer.js'
import { accessible, api, fits, leaveNothing, open } from './harness.js'

let parley, browser
before(async () => {
  [parley, browser] = await Promise.all([startParley('--ephemeral', '--partner=false'), launch()])
})
afterEach(() => leaveNothing(browser, parley.url))
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

async function agent(name, options) {
  const { page, complaints } = await open(browser, parley.url, '/console/desk', options)
  await page.getByLabel('Your name as an agent').fill(name)
  await page.getByRole('button', { name: 'Answer chats' }).click()
  await page.locator('#me-name', { hasText: name }).waitFor()
  return { page, complaints }
}

const chat = (page, name) => page.locator('#chats [role=option]', { hasText: name })
const act = (page, name) => page.locator('#chat-actions').getByRole('button', { name, exact: true }).click()

test('RowB11: an agent asks another one to join, who does, and goes on alone', async () => {
  const [{ page: ann }, { page: ben, complaints }] = [await agent('Ann'), await agent('Ben')]
  await connect(parley.url, 'Pat')
  await ann.getByRole('tab', { name: /^Waiting/ }).click()
  await chat(ann, 'Pat').click()
  await act(ann, 'Accept')
  await act(ann, 'Invite')
  const dialog = ann.locator('dialog#invite')
  await dialog.getByLabel('Agent').selectOption({ label: 'Ben (0 chats)' })
  await accessible(ann)
  for (const colorScheme of ['light', 'dark']) {
    await ann.emulateMedia({ colorScheme })
    await fits(ann, `invite-${colorScheme}`)
  }
  await dialog.getByRole('button', { name: 'Invite' }).click()
  await ann.getByText('Ben was invited').waitFor()
  await ben.getByRole('tab', { name: /^Waiting/ }).click()
  await chat(ben, 'Pat').locator('.chat-note', { hasText: 'Ann asks you to join' }).waitFor()
  await chat(ben, 'Pat').click()
  await ben.getByText('Ann asks you to join.').last().waitFor()
  await fits(ben, 'asked')
  await act(ben, 'Accept')
  await ben.locator('#chat-state', { hasText: 'Yours' }).waitFor()
  await act(ann, 'Leave')
  await ben.getByText('Ann left').waitFor()
  await ben.locator('#chat-state', { hasText: 'Yours' }).waitFor()
  await act(ben, 'End chat')
  assert.deepEqual(complaints, [])
})

test('RowB9: the box stays as it was ticked while that is on its way to the server', async () => {
  const { page, complaints } = await agent('Finn')
  const box = page.getByLabel('Accept by itself')
  const agents = page.locator('#agents-open')
  let release
  const held = new Promise((resolve) => { release = resolve })
  await page.route('**/api/desk/agents/*', async (route) => {
    await held
    await route.continue()
  })
  await box.check()
  const before = await agents.innerText()
  await api(parley.url, 'POST', 'desk/agents', { name: 'Gwen' })
  await until(async () => await agents.innerText() !== before, () => 'the page does not hear of another agent')
  assert.equal(await box.isChecked(), true)
  release()
  await until(async () => (await api(parley.url, 'GET', 'desk')).agents.find(({ name, autoAccept }) => name === 'Finn' && autoAccept), () => 'it is not told to the server')
  assert.deepEqual(complaints, [])
  await page.close()
})

test('RowB9: an agent who accepts by itself has the next chat at once', async () => {
  for (const [name, width] of [['Cleo', 1280], ['Dora', 400]]) {
    const { page, complaints } = await agent(name, { viewport: { width, height: 900 } })
    await page.getByLabel('Accept by itself').check()
    await connect(parley.url, `Pat of ${name}`)
    await page.getByRole('tab', { name: /^Mine/ }).click()
    await chat(page, `Pat of ${name}`).waitFor()
    await accessible(page)
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      await fits(page, `auto-${width}-${colorScheme}`)
    }
    assert.deepEqual(complaints, [])
    await page.close()
    await leaveNothing(browser, parley.url) // or this one would accept the next chat, too
  }
})

test('the desk and Amazon Connect\'s API say the same of a user', async () => {
  const connectApi = async (method, path, body) => {
    const answer = await fetch(`${parley.url}${path}`, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) })
    assert.equal(answer.status, 200, `${method} ${path}`)
    return answer.json()
  }
  const { SecurityProfileSummaryList: [{ Id: security }] } = await connectApi('GET', '/security-profiles-summary/i')
  const { RoutingProfileSummaryList: [{ Id: profile }] } = await connectApi('GET', '/routing-profiles-summary/i')
  const { UserId } = await connectApi('PUT', '/users/i', { Username: 'Una', RoutingProfileId: profile, SecurityProfileIds: [security] })
  const { AgentStatusId } = await connectApi('PUT', '/agent-status/i', { Name: 'Lunch', State: 'ENABLED' })
  const { page, complaints } = await agent('Una')
  const box = page.getByLabel('Accept by itself')
  await connectApi('PUT', `/users/i/${UserId}/status`, { AgentStatusId })
  await page.locator('#me-status', { hasText: 'Lunch' }).waitFor()
  assert.equal(await page.getByLabel('State').inputValue(), 'away')
  await accessible(page)
  await fits(page, 'status')
  await page.locator('#agents-open').click()
  await page.locator('dialog .pill', { hasText: 'away (Lunch)' }).waitFor()
  await page.locator('dialog[open]').getByRole('button', { name: 'Close' }).click()
  await page.getByLabel('State').selectOption('available')
  await page.locator('#me-status').waitFor({ state: 'hidden' })

  await connectApi('POST', `/users/i/${UserId}/config`, { AutoAcceptConfigs: [{ Channel: 'CHAT', AutoAccept: true }] })
  await page.locator('#me-auto:checked').waitFor()
  const told = page.waitForResponse((response) => response.request().method() === 'PATCH')
  await box.uncheck()
  await told
  const { User } = await connectApi('GET', `/users/i/${UserId}`)
  assert.deepEqual(User.AutoAcceptConfigs, [{ Channel: 'CHAT', AutoAccept: false }])
  await connectApi('DELETE', `/users/i/${UserId}`)
  assert.deepEqual(complaints, [])
  await page.close()
})
