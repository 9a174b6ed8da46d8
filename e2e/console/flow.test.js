// The way of a chat through its contact flow, in the inspector and in the workbench.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { launch } from '../browser/browser.js'
import { binary, startParley } from '../browser/parley.js'
import { accessible, fits, open, post, startChat, to } from './harness.js'

const hostile = '<img src=x onerror=alert(1)>\u202eeman'
const uuid = '0d4dd6d4-5f5a-4a06-9b6e-0d6d5a9c6f3b'
const main = {
  Version: '2019-10-30', StartAction: 'Greet the customer',
  Metadata: { name: 'Main menu', ActionMetadata: { 'Greet the customer': { isFriendlyName: true }, [hostile]: { isFriendlyName: true } } },
  Actions: [
    { Identifier: 'Greet the customer', Type: 'MessageParticipant', Parameters: { Text: 'Hello, you are in a $.Channel.' }, Transitions: to(uuid) },
    { Identifier: uuid, Type: 'Compare', Parameters: { ComparisonValue: '$.Channel' }, Transitions: to('answer', { VOICE: 'answer', CHAT: hostile }, 'NoMatchingCondition') },
    { Identifier: hostile, Type: 'UpdateContactAttributes', Parameters: { Attributes: { channel: '$.Channel', apiKey: 'AKIAIOSFODNN7CANARY' } }, Transitions: to('look', {}, 'NoMatchingError') },
    { Identifier: 'look', Type: 'CheckSegmentMembership', Parameters: { SegmentId: 'vip-orders' }, Transitions: to('answer', {}, 'NoMatchingError') },
    { Identifier: 'answer', Type: 'Wait', Parameters: { TimeLimitSeconds: '3600', Events: ['CustomerReturned'] }, Transitions: to('key', { CustomerReturned: 'key' }, 'NoMatchingError') },
    { Identifier: 'key', Type: 'GetParticipantInput', Parameters: { Text: '1 or 2?', StoreInput: 'False' }, Transitions: {} },
  ],
}

let parley, browser, flows
before(async () => {
  flows = await mkdtemp(join(tmpdir(), 'parley-flows-'))
  await writeFile(join(flows, 'main.json'), JSON.stringify(main))
  ;[parley, browser] = await Promise.all([startParley('--flows', flows), launch()])
})
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
  await rm(flows, { recursive: true, force: true })
})

/** Starts a chat whose customer is there, on a socket of a page's own, so that its flow runs. */
async function visit() {
  const chat = await startChat(parley.url, 'Ada')
  const { body } = await post(parley.url, '/participant/connection', chat.secrets[0], { Type: ['WEBSOCKET'] })
  const { page } = await open(browser, parley.url, '/')
  await page.evaluate((url) => new Promise((resolve, reject) => {
    const socket = new WebSocket(Object.assign(new URL(url), { host: location.host })) // which the page may call
    socket.onopen = () => socket.send(JSON.stringify({ topic: 'aws/subscribe', content: { topics: ['aws/chat'] } }))
    socket.onmessage = resolve
    socket.onerror = reject
  }), body.Websocket.Url)
  return chat
}

const rows = (page, text) => page.locator('.x', { hasText: text })

test('each step of a flow stands in the timeline, with what it did', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/console/inspector')
  const chat = await visit()
  await rows(page, 'Greet the customer').first().waitFor()
  await page.getByLabel('Contact').selectOption(chat.id)
  await page.getByLabel('Kind').selectOption('flow')
  await page.waitForFunction(() => document.querySelectorAll('.x').length === 4)
  const names = await page.locator('.x .x-name').allInnerTexts()
  assert.deepEqual(names, ['Greet the customer', 'Compare', '<img src=x onerror=alert(1)>\ufffdeman', 'look'])
  assert.equal(await rows(page, 'Compare').locator('.x-what').innerText(), '→ CHAT · Main menu')
  assert.match(await rows(page, 'look').locator('.x-what').innerText(), /^CheckSegmentMembership → NoMatchingError: customer segments .* · Main menu$/)
  assert.equal(await rows(page, 'look').getAttribute('data-tone'), 'warn')
  await page.locator('#count').getByText('entries').waitFor()

  const detail = page.locator('#detail')
  await rows(page, 'Greet the customer').click()
  await detail.getByRole('heading', { name: 'Greet the customer' }).waitFor()
  await detail.getByText('"Hello, you are in a CHAT."').waitFor()
  await detail.getByText('off: Amazon Connect would not log this').waitFor()
  await rows(page, 'eman').click()
  await detail.getByText('UpdateContactAttributes').waitFor()
  await detail.getByText('"CHAT"').waitFor()
  assert.doesNotMatch(await detail.innerText(), /AKIA/)

  // What stops a flow stands out, is a failure, and says what to do.
  await chat.say('hello')
  await page.getByLabel('Outcome').selectOption('failed')
  const stopped = rows(page, 'its flow stops')
  await stopped.waitFor()
  assert.equal(await stopped.getAttribute('data-tone'), 'bad')
  await stopped.click()
  await detail.locator('.trouble').getByText('parley flow check').waitFor()
  await detail.getByText('stopped', { exact: true }).waitFor()

  // A parameter is found by its value.
  await page.getByLabel('Outcome').selectOption('')
  await page.getByLabel('Search exchanges').fill('vip-orders')
  await page.waitForFunction(() => document.querySelectorAll('.x').length === 1)
  await rows(page, 'look').waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('RowI163 a chat that was held is saved as a test, without its secrets', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/console/inspector')
  const record = page.getByRole('button', { name: 'Test of the chat' })
  assert.equal(await record.isDisabled(), true)
  const chat = await visit()
  await rows(page, 'look').first().waitFor()
  await page.getByLabel('Contact').selectOption(chat.id)
  await record.click()
  const dialog = page.locator('#recorded')
  await dialog.getByText('text: Hello, you are in a CHAT.').waitFor()
  await accessible(page)
  await fits(page, 'recorded')
  const saved = async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('link', { name: 'Save' }).click()])
    const name = join(flows, 'tests', download.suggestedFilename())
    await download.saveAs(name)
    return name
  }
  const tests = [await saved()]
  await dialog.getByLabel('Form').selectOption('aws')
  await dialog.getByText('"MessageReceived"').first().waitFor()
  tests.push(await saved())
  for (const name of tests) assert.doesNotMatch(await readFile(name, 'utf8'), /AKIA/)

  // What was saved passes against the flow, and fails against one that says something else.
  const run = (folder) => spawnSync(binary, ['flow', 'test', folder], { encoding: 'utf8' }).stdout
  assert.match(run(flows), /2 tests, 2 passed/)
  const other = await mkdtemp(join(tmpdir(), 'parley-flows-'))
  await cp(flows, other, { recursive: true })
  await writeFile(join(other, 'main.json'), JSON.stringify(main).replace('Hello, you are', 'Welcome, you are'))
  assert.match(run(other), /2 tests, 0 passed, 2 failed/)
  await rm(other, { recursive: true })
  await dialog.getByRole('button', { name: 'Close' }).click()
  assert.deepEqual(complaints, [])
  await close()
})

test('the workbench shows the steps between the calls', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/')
  await visit()
  const step = page.locator('.exchange', { hasText: 'Greet the customer' }).first()
  await step.waitFor()
  assert.match(await step.innerText(), /MessageParticipant · Main menu/)
  assert.deepEqual(complaints, [])
  await close()
})

test('steps can be read on every screen', async () => {
  const chat = await visit()
  await chat.say('hello')
  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [[1280, 900], [400, 800]]) {
      const { page, close } = await open(browser, parley.url, `/console/inspector?contact=${chat.id}`, { colorScheme, viewport: { width, height } })
      await rows(page, 'its flow stops').waitFor()
      await fits(page, `flow-${width}-${colorScheme}`)
      await rows(page, 'eman').click()
      await page.locator('#detail').getByText('Parameters', { exact: true }).waitFor()
      await accessible(page)
      await fits(page, `flow-step-${width}-${colorScheme}`)
      await close()
    }
  }
})
