// The desk's queues when contact flows say who comes first, and for whom a chat waits.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { connect } from './customer.js'
import { open, to } from './harness.js'

const block = (Identifier, Type, Parameters, Transitions) => ({ Identifier, Type, Parameters, Transitions })
// The first customer waits as usual, the second before the first, the third for Ann alone.
const main = {
  Version: '2019-10-30', StartAction: 'sales', Metadata: {},
  Actions: [
    block('sales', 'UpdateContactTargetQueue', { QueueId: 'Sales' }, to('count', {}, 'NoMatchingError')),
    block('count', 'CheckMetricData', { MetricType: 'NumberOfContactsInQueue' }, to('go', { 1: 'urgent', 2: 'ann' }, 'NoMatchingCondition', 'NoMatchingError')),
    block('urgent', 'UpdateContactRoutingBehavior', { QueuePriority: '1' }, to('go')),
    block('ann', 'UpdateContactTargetQueue', { AgentId: 'Ann' }, to('go', {}, 'NoMatchingError')),
    block('go', 'TransferContactToQueue', {}, to('end', {}, 'QueueAtCapacity', 'NoMatchingError')),
    block('end', 'DisconnectParticipant', {}, {}),
  ],
}

let parley, browser, folder
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-queues-'))
  await writeFile(join(folder, 'main.json'), JSON.stringify(main))
  await writeFile(join(folder, 'parley.yaml'), 'queues: {Sales: {capacity: 5}}\n')
  ;[parley, browser] = await Promise.all([startParley('--flows', folder, '--config', join(folder, 'parley.yaml')), launch()])
})
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
  await rm(folder, { recursive: true, force: true })
})

/** Opens the desk as an agent, who sees who waits. */
async function agent(name) {
  const { page } = await open(browser, parley.url, '/console/desk')
  await page.getByLabel('Your name as an agent').fill(name)
  await page.getByRole('button', { name: 'Answer chats' }).click()
  await page.locator('#me-name', { hasText: name }).waitFor()
  await page.getByRole('tab', { name: /^Waiting/ }).click()
  return page
}

test('chats stand in the order in which agents get them, and those of one agent are for nobody else', async () => {
  const [ann, ben] = await Promise.all([agent('Ann'), agent('Ben')])
  const row = (page, name) => page.locator('#chats [role=option]', { hasText: name })
  for (const [name, note] of [['Usual', 'Sales, no. 1'], ['Urgent', 'Sales, no. 1, priority 1'], ['Special', 'for Ann']]) {
    await connect(parley.url, name)
    await row(ann, name).locator('.chat-note', { hasText: note }).waitFor()
  }
  await row(ann, 'Usual').locator('.chat-note', { hasText: 'Sales, no. 2' }).waitFor()
  assert.deepEqual(await ann.locator('#chats [role=option] .chat-name bdi').allInnerTexts(), ['Special', 'Urgent', 'Usual'])
  await ann.locator('#queues', { hasText: '2 of 5 waiting' }).waitFor()

  await row(ben, 'Special').click()
  await ben.locator('#chat-actions').getByRole('button', { name: 'Accept', exact: true }).click()
  await ben.getByText('The contact waits for another agent.').waitFor()
  await row(ann, 'Special').click()
  await ann.locator('#chat-actions').getByRole('button', { name: 'Accept', exact: true }).click()
  await ann.locator('#chat-state', { hasText: 'Yours' }).waitFor()
})
