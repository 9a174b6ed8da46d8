// A day with Parley, from its start to the tests of a site: the console, a chat with oneself, a
// page of one's own, and a server for CI.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { serveSite } from '../chat/site.js'
import { openTab } from '../chat/tab.js'
import { anotherWindow, fits, open, passing } from './harness.js'

const adminToken = 'of-the-story-0123456789'
const script = `name: Robin
greeting: Hello {customer}, this is Robin.
rules:
  - contains: refund
    reply: Your refund is on its way.
  - reply: "I see: {message}"
`
const minute = 60_000 // in milliseconds

let browser, site, dir
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-story-'))
  await writeFile(join(dir, 'robin.yaml'), script)
  ;[browser, site] = await Promise.all([launch(), serveSite()])
})
after(async () => {
  await browser?.close()
  await site?.close()
  await rm(dir, { recursive: true })
})

test('from the first start to the tests of a site', async (t) => {
  const url = await starts(t)
  const console = await open(browser, url, '/')
  await talksToThemself(console)
  await seesWhatFails(console, url)
  await answersTheirOwnPage(t, console, url)
  await console.close()
  await testsInCI(t)
})

/** It starts at once and says what to do next. Returns the address that it prints. */
async function starts(t) {
  const began = performance.now()
  const parley = await startParley('--log-format', 'text')
  t.after(async () => assert.equal(await parley.stop(), 0))
  assert.equal((await fetch(parley.url)).status, 200)
  t.diagnostic(`the first answer came after ${Math.round(performance.now() - began)} ms`)
  const url = `http://localhost:${parley.port}`
  await until(() => parley.log().includes('Stop with Ctrl+C.'), () => `parley did not announce itself:\n${parley.log()}`)
  const printed = parley.log()
  for (const text of [
    'Parley is ready.', `Endpoint    POST ${url}/startChatContact\n`, `Console     ${url}/\n`, 'Upstream    embedded Amazon Connect',
    `apiGatewayEndpoint: "${url}/startChatContact"\n`, `<script src="${url}/parley.js"></script>\n`,
  ]) assert.ok(printed.includes(text), `${text} is not in:\n${printed}`)
  return url
}

const customer = (page) => page.getByRole('log', { name: 'Conversation of the customer' })
const agent = (page) => page.getByRole('log', { name: 'Conversation of the agent' })

async function says(page, by, text) {
  const box = page.getByLabel(`Message to the ${by === 'agent' ? 'customer' : 'agent'}`)
  await box.fill(text)
  await box.press('Enter')
}

async function accepts(page, name) {
  await page.locator('.ticket', { hasText: name }).getByRole('button', { name: 'Accept' }).click()
}

/** A customer on the left, an agent on the right, and the traffic underneath. */
async function talksToThemself({ page, complaints }) {
  await page.getByLabel('Your name as an agent').fill('Alex')
  await page.getByRole('button', { name: 'Answer chats' }).click()
  await page.getByText('Nobody is waiting').waitFor()
  await page.getByLabel('Display name').fill('Ada')
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.getByText('Connected', { exact: true }).waitFor()
  await customer(page).getByText('Please wait a moment').waitFor() // the greeting
  await accepts(page, 'Ada')
  await customer(page).getByText('Alex joined').waitFor()
  const [left, right, below] = await Promise.all(['customer', 'agent', 'traffic'].map((name) => page.locator(`.panel.${name}`).boundingBox()))
  assert.ok(left.x + left.width <= right.x && right.y + right.height <= below.y, 'the customer left, the agent right, the traffic underneath')

  const asks = await passing(page, '.typing', 'Ada is typing')
  await page.getByLabel('Message to the agent').pressSequentially('Where')
  await asks()
  await says(page, 'customer', 'Where is my order?')
  await agent(page).getByText('Where is my order?').waitFor()
  await customer(page).getByText('Read', { exact: true }).waitFor()
  const answers = await passing(page, '.typing', 'Alex is typing')
  await page.getByLabel('Message to the customer').pressSequentially('On')
  await answers()
  await says(page, 'agent', 'On its way to you.')
  await customer(page).getByText('On its way to you.').waitFor()
  await agent(page).getByText('Read', { exact: true }).waitFor()

  await page.getByRole('button', { name: 'List picker', exact: true }).click()
  await page.getByRole('button', { name: 'Send List picker' }).click()
  const option = customer(page).locator('.template .option').first()
  const choice = await option.evaluate((element) => element.firstChild.textContent)
  await option.click()
  await agent(page).locator('.text', { hasText: choice }).waitFor()
  const file = { name: 'receipt.txt', mimeType: 'text/plain', buffer: Buffer.from('4711') }
  await page.locator('#customer-composer input[type=file]').setInputFiles(file)
  await agent(page).locator('.file', { hasText: 'receipt.txt' }).getByRole('button', { name: 'Download' }).waitFor()

  const calls = ['StartChatContact', 'CreateParticipantConnection', 'SendMessage', 'SendEvent', 'StartAttachmentUpload', 'CompleteAttachmentUpload']
  await page.locator('#traffic').focus()
  for (const key of ['Home', 'End']) { // only the rows in sight exist
    await page.keyboard.press(key)
    for (const name of key === 'Home' ? calls.slice(0, 2) : calls.slice(4)) await page.locator('.exchange-name', { hasText: name }).first().waitFor()
  }
  assert.deepEqual(complaints, [])
}

/** What fails says why: where it was done, in the traffic, and in the inspector. */
async function seesWhatFails({ page, complaints }, url) {
  const file = { name: 'setup.exe', mimeType: 'application/x-msdownload', buffer: Buffer.from('MZ') }
  await page.locator('#customer-composer input[type=file]').setInputFiles(file)
  await page.locator('#customer-composer').getByRole('alert').waitFor()
  const row = page.locator('.exchange.failed', { hasText: 'StartAttachmentUpload' })
  await row.locator('.pill', { hasText: '400' }).waitFor()
  const why = await row.locator('.exchange-what').innerText()
  assert.match(why, /AttachmentName must end in/)
  await fits(page, 'story-1280-light')
  const stays = await anotherWindow(url, 'Alex') // while pages are loaded
  const opened = page.waitForURL('**/console/inspector?*exchange=*') // an address that does not stay
  await row.click()
  await opened
  const explained = page.locator('#detail .trouble')
  await explained.getByText(why).waitFor()
  assert.equal(await explained.getByRole('link').count(), 1, 'there is more to read about it')
  await page.goBack()
  await page.getByText('Connected', { exact: true }).waitFor()
  await agent(page).getByText('receipt.txt').waitFor()
  stays()
  assert.deepEqual(complaints.filter((text) => !text.includes('400 (Bad Request)')), [])
}

/** A page of another origin, with the chat client of AWS as it is, is answered from the desk. */
async function answersTheirOwnPage(t, { page }, url) {
  const context = await browser.newContext()
  t.after(() => context.close())
  const foreign = []
  const address = site.page({ parley: url })
  context.on('request', (request) => {
    const { origin } = new URL(request.url())
    if (origin !== url && origin !== new URL(address).origin && !request.url().startsWith('data:')) foreign.push(request.url())
  })
  const own = await openTab(context, address)
  await own.chat({ ParticipantDetails: { DisplayName: 'Grace' } })
  await own.sees('onMessage', { ParticipantRole: 'SYSTEM' }) // the greeting
  await page.getByRole('button', { name: 'Leave' }).click()
  await accepts(page, 'Grace')
  await own.sees('onMessage', { ContentType: 'application/vnd.amazonaws.connect.event.participant.joined', DisplayName: 'Alex' })
  await own.say('Hello from my own page')
  await agent(page).getByText('Hello from my own page').waitFor()
  await own.sees('onReadReceipt')
  await page.getByLabel('Message to the customer').pressSequentially('W')
  await own.sees('onTyping', { ParticipantRole: 'AGENT' })
  await says(page, 'agent', 'Welcome, Grace')
  await own.sees('onMessage', { ParticipantRole: 'AGENT', Content: 'Welcome, Grace' })
  await page.getByRole('button', { name: 'End chat' }).last().click()
  await own.sees('onEnded')
  assert.deepEqual(own.complaints, [])
  assert.deepEqual(foreign, [])
}

/** Without a person: a scripted agent, and faults and time by the API. */
async function testsInCI(t) {
  const parley = await startParley('--ephemeral', '--agent', join(dir, 'robin.yaml'), '--admin-token', adminToken)
  t.after(async () => assert.equal(await parley.stop(), 0))
  const url = `http://localhost:${parley.port}`
  const call = async (method, path, body, token = adminToken) => {
    const answer = await fetch(`${url}/api/${path}`, {
      method, headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }, body: body && JSON.stringify(body),
    })
    return { status: answer.status, body: await answer.json().catch(() => null) }
  }
  const context = await browser.newContext()
  t.after(() => context.close())
  const tab = await openTab(context, site.page({ parley: url }))
  const { contactId } = await tab.chat({ ParticipantDetails: { DisplayName: 'Grace' }, ChatDurationInMinutes: 60 })
  await tab.sees('onMessage', { ParticipantRole: 'AGENT', Content: 'Hello Grace, this is Robin.' })
  await tab.say('I want a refund')
  await tab.sees('onMessage', { ParticipantRole: 'AGENT', Content: 'Your refund is on its way.' })

  const rule = { name: 'no messages', action: 'SendMessage', effect: { type: 'status', status: 500, error: 'InternalServerException' } }
  assert.equal((await call('POST', 'faults', rule, 'of somebody else')).status, 403)
  const fault = await call('POST', 'faults', rule)
  assert.equal(fault.status, 200, JSON.stringify(fault.body))
  const before = (await tab.exchange()).calls.length
  const refusal = await tab.refused('sendMessage', { message: 'lost', contentType: 'text/plain' })
  const failed = (await tab.exchange()).calls.slice(before).filter((made) => made.url.endsWith('/participant/message'))
  assert.ok(failed.length > 0)
  for (const { status, type, answer } of failed) {
    assert.equal(status, 500)
    assert.match(type, /json/)
    const { __type: name, message, Message } = JSON.parse(answer) // the shape of AWS
    assert.equal(name, 'InternalServerException')
    assert.ok(message && message === Message)
  }
  assert.match(JSON.stringify(refusal), /InternalServerException|500/)
  assert.equal((await call('DELETE', `faults/${fault.body.id}`)).status, 204)
  await tab.say('are you there?')
  await tab.sees('onMessage', { ParticipantRole: 'AGENT', Content: 'I see: are you there?' })

  assert.equal((await call('POST', 'clock', { skipMs: 61 * minute })).status, 200)
  await tab.sees('onEnded')
  const contact = await call('GET', `contacts/${contactId}`)
  assert.equal(contact.body.state, 'ended')
  const { body: { items } } = await call('GET', `contacts/${contactId}/transcript`)
  assert.equal(items.some(({ Content }) => Content === 'lost'), false)
  assert.deepEqual(tab.complaints.filter((text) => !text.includes('500 (Internal Server Error)')), [])
}
