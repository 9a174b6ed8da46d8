// What else happens to a console: chats that end under an agent's hands, and texts that want to
// be more than text.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { connect } from './customer.js'
import { anotherWindow, api, fits, leaveNothing, open, post, startChat } from './harness.js'

const markup = '<img src=x onerror="window.struck=1"><script>window.struck=1</script><b>bold</b>'
const bidi = '\u202Egnp.exe\u2066'
const hostile = `${markup}${bidi}😀&amp;`
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley('--hold-attachments', '--queue', hostile), launch()]) })
afterEach(() => leaveNothing(browser, parley.url))
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

const row = (page, name) => page.locator('#chats [role=option]', { hasText: name })
const button = (page, name) => page.locator('#chat-actions').getByRole('button', { name, exact: true })
const talk = (page) => page.getByRole('log', { name: 'Conversation' })
const list = (page, name) => page.getByRole('tab', { name: new RegExp(`^${name}`) }).click()

async function agent(name) {
  const desk = await open(browser, parley.url, '/console/desk')
  await desk.page.getByLabel('Your name as an agent').fill(name)
  await desk.page.getByRole('button', { name: 'Answer chats' }).click()
  await desk.page.locator('#me').waitFor()
  return desk
}

test('two agents accept in the same moment', async () => {
  const agents = await Promise.all([agent('Ann'), agent('Ben')])
  const una = await connect(parley.url, 'Una')
  let held = 0
  let both
  const together = new Promise((resolve) => { both = resolve })
  for (const { page } of agents) {
    await row(page, 'Una').click()
    await page.route('**/accept', async (route) => { // until both have pressed
      if (++held === 2) both()
      await together
      await route.continue()
    })
  }
  await Promise.all(agents.map(({ page }) => button(page, 'Accept').click()))
  for (const { page } of agents) await page.locator('#chat-state', { hasText: /^(Yours|With (Ann|Ben))$/ }).waitFor()
  const states = await Promise.all(agents.map(({ page }) => page.locator('#chat-state').innerText()))
  assert.equal(states.filter((state) => state === 'Yours').length, 1, states.join(', '))
  const winner = states.indexOf('Yours')
  const [won, lost] = winner === 0 ? ['Ann', agents[1]] : ['Ben', agents[0]]
  await lost.page.getByRole('alert').getByText(`${won} has accepted this chat`).waitFor()
  const { participants } = await api(parley.url, 'GET', `contacts/${una.contactId}`)
  assert.deepEqual(participants.filter(({ role }) => role === 'AGENT').map(({ displayName }) => displayName), [won])
  await una.leave()
  for (const { page, complaints, close } of agents) {
    await page.getByText('This chat has ended.').waitFor()
    assert.deepEqual(complaints.filter((text) => !text.includes('409 (Conflict)')), [])
    await close()
  }
})

test('a chat ends while it is accepted, and while it is answered', async () => {
  const { page, complaints, close } = await agent('Cara')
  const vic = await connect(parley.url, 'Vic')
  await row(page, 'Vic').click()
  await page.route('**/accept', async (route) => {
    await vic.leave()
    await route.continue()
  })
  await button(page, 'Accept').click()
  await page.locator('#chat-trouble').getByRole('alert').waitFor()
  await page.getByText('This chat has ended.').waitFor()

  const wim = await connect(parley.url, 'Wim')
  await list(page, 'Waiting')
  await row(page, 'Wim').click()
  await page.unroute('**/accept')
  await button(page, 'Accept').click()
  await page.locator('#chat-state', { hasText: 'Yours' }).waitFor()
  assert.equal(await page.locator('#chat-trouble').getByRole('alert').count(), 0, 'what was wrong with another chat')
  await page.route('**/messages', async (route) => {
    await wim.leave()
    await route.continue()
  })
  const box = page.getByLabel('Message to the customer')
  await box.fill('too late')
  await box.press('Enter')
  await page.getByText('This chat has ended.').waitFor()
  await talk(page).getByText('Wim left').waitFor()
  await talk(page).getByText('too late').waitFor({ state: 'detached' }) // what was refused is not shown as said
  const yan = await connect(parley.url, 'Yan') // the desk goes on
  await list(page, 'Waiting')
  await row(page, 'Yan').click()
  await button(page, 'Accept').click()
  await page.locator('#chat-state', { hasText: 'Yours' }).waitFor()
  assert.equal(await box.inputValue(), '', 'the answer to another chat')
  await list(page, 'Mine') // which has the open chat, too, whatever became of it
  assert.equal(await row(page, 'Wim').count(), 0)
  await yan.leave()
  await page.getByText('This chat has ended.').waitFor()
  assert.deepEqual(complaints.filter((text) => !/4(04|09|10|00|03) \(/.test(text)), [])
  await close()
})

test('a click means the row that was pressed, whatever comes meanwhile', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/')
  for (let i = 0; i < 8; i++) await startChat(parley.url) // so that there is something to scroll
  await page.waitForFunction(() => document.getElementById('traffic').scrollTop > 0)
  // The list goes on while a pointer finds its row: what was pressed is what the page says was pressed. A
  // hover would scroll to a row, away from the end, where the list no longer follows.
  await page.evaluate(() => document.getElementById('traffic').addEventListener('pointerdown', ({ target, currentTarget }) => {
    window.pressed = { key: target.closest('[data-key]').dataset.key, top: currentTarget.scrollTop }
  }, true))
  const box = await page.locator('#traffic').boundingBox()
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.down()
  const { key, top } = await page.evaluate(() => window.pressed)
  await startChat(parley.url, 'Meanwhile')
  await page.waitForFunction((top) => document.getElementById('traffic').scrollTop > top, top)
  const opened = page.waitForURL(`**/console/inspector?*exchange=${encodeURIComponent(key)}*`) // an address that does not stay
  await page.mouse.up()
  await opened
  assert.deepEqual(complaints, [])
  await close()
})

/** Fails when a text of somebody else has become more than text. */
async function onlyText(page, where) {
  const found = await page.evaluate((control) => {
    const wrong = []
    const bad = new RegExp(control)
    if (window.struck) wrong.push('a script ran')
    for (const element of document.querySelectorAll('main img:not([src^="/console/"]), main script, main b, main [onerror], dialog img')) wrong.push(element.outerHTML)
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) if (bad.test(walker.currentNode.data)) wrong.push(`control characters: ${walker.currentNode.data.slice(0, 80)}`)
    for (const element of document.querySelectorAll('[title], [aria-label], [alt]')) {
      for (const name of ['title', 'aria-label', 'alt']) if (bad.test(element.getAttribute(name) ?? '')) wrong.push(`control characters in ${name}`)
    }
    return wrong.concat(bad.test(document.title) ? ['control characters in the title'] : [])
  }, control.source)
  assert.deepEqual(found, [], where)
}

test('hostile texts are text in every place', async () => {
  const { page, complaints, close } = await agent(hostile) // there before the customer, whom the partner answers otherwise
  const stays = await anotherWindow(parley.url, hostile) // while pages are loaded
  const name = `Zoe${hostile}`
  const zoe = await connect(parley.url, `${name}\u0000`, { Attributes: { plan: hostile, ['k'.repeat(100)]: 'v'.repeat(3000) } })
  const kept = await api(parley.url, 'GET', `contacts/${zoe.contactId}`)
  assert.match(kept.customer, /^Zoe<img/)
  await zoe.say(hostile)
  await zoe.say(`zero\u0000byte\u0007\u001b[31m`)
  await zoe.say('😀'.repeat(4096)) // 16 KiB
  await zoe.say(`${'w'.repeat(16_000)}${markup}`)
  await zoe.sendFile('x'.repeat(200) + '😀 & co.txt', 'text')
  // By the API, as another client might: a call that nobody knows, and rules and agents of bad names.
  await fetch(`${parley.url}/participant/${encodeURIComponent(hostile)}`, { method: 'POST', headers: { 'User-Agent': markup } })
  await post(parley.url, '/participant/message', markup, { ContentType: markup, Content: hostile })
  await api(parley.url, 'POST', 'faults', { name: hostile, contactId: zoe.contactId, action: 'DescribeView', effect: { type: 'delay', delayMs: 1 } })
  await api(parley.url, 'POST', 'desk/agents', { name: `Bot${hostile}`, script: 'name: x\nqueues: [Nowhere]\nrules: [{reply: "no"}]\n' })

  await row(page, 'Zoe').click()
  await onlyText(page, 'the list')
  await button(page, 'Accept').click()
  await talk(page).getByText('zero').waitFor()
  await page.locator('.file', { hasText: 'xxx' }).getByRole('button', { name: 'Approve' }).waitFor()
  const say = async (text) => {
    const box = page.getByLabel('Message to the customer')
    await box.fill(text)
    await box.press('Enter')
  }
  await page.getByRole('button', { name: 'Send as markdown' }).click()
  await say(`[link](javascript:window.struck=1) ![image](https://example.com/x.png) ${markup} <${bidi}> \`${markup}\``)
  await talk(page).getByText('javascript:').waitFor()
  await api(parley.url, 'POST', `desk/agents/${await idOf(hostile)}/contacts/${zoe.contactId}/messages`, {
    contentType: 'application/vnd.amazonaws.connect.message.interactive',
    content: JSON.stringify({
      templateType: 'ListPicker', version: '1.0',
      data: { content: { title: hostile, subtitle: hostile, elements: [{ title: hostile, subtitle: bidi, imageType: 'URL', imageData: 'https://example.com/x.png' }] } },
    }),
  })
  await talk(page).locator('.template').waitFor()
  await onlyText(page, 'the desk')
  await fits(page, 'hostile-desk')
  await page.getByRole('button', { name: /^Agents/ }).click()
  await page.locator('dialog bdi', { hasText: 'Bot<img' }).waitFor()
  await onlyText(page, 'the agents')
  await page.keyboard.press('Escape')
  await button(page, 'Transfer').click()
  await page.getByLabel('To', { exact: true }).waitFor()
  await onlyText(page, 'whom it can be transferred to')
  await page.keyboard.press('Escape')

  await page.goto(`${parley.url}/console/inspector?contact=${zoe.contactId}`)
  await page.locator('.x', { hasText: 'SendMessage' }).first().waitFor()
  await onlyText(page, 'the inspector')
  const rows = await page.locator('.x').count()
  await page.locator('#rows').focus()
  await page.keyboard.press('Home')
  for (let i = 0; i < Math.min(rows, 12); i++) { // one after another
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.activeElement.id === 'detail')
    await page.locator('#detail').evaluate((detail) => { for (const part of detail.querySelectorAll('details')) part.open = true })
    await onlyText(page, `exchange ${i}`)
    await page.locator('#rows').focus()
  }
  await page.keyboard.press('Escape')
  await fits(page, 'hostile-inspector')
  await page.goto(`${parley.url}/console/inspector?q=${encodeURIComponent(hostile)}&contact=${encodeURIComponent(markup)}&action=${encodeURIComponent(markup)}`)
  await page.locator('#count').waitFor()
  await onlyText(page, 'an address that somebody sent')
  await page.goto(`${parley.url}/console/inspector`)
  await page.locator('.x.failed, .x', { hasText: '403' }).first().waitFor()
  await onlyText(page, 'all exchanges')

  await page.goto(`${parley.url}/console/faults?contact=${encodeURIComponent(markup)}`)
  await page.locator('#rules li').first().waitFor()
  await onlyText(page, 'the faults')
  await fits(page, 'hostile-faults')
  await page.goto(parley.url)
  await page.locator('#agent-talk').getByText('zero').waitFor()
  await onlyText(page, 'the workbench')
  await fits(page, 'hostile-workbench')
  await page.goto(`${parley.url}/?${encodeURIComponent(markup)}#${encodeURIComponent(markup)}`)
  await page.locator('#agent-talk').getByText('zero').waitFor()
  await onlyText(page, 'the workbench by another address')
  assert.deepEqual(complaints, [])
  await api(parley.url, 'DELETE', 'faults')
  await close()
  stays()

  const { customer } = await api(parley.url, 'GET', `contacts/${zoe.contactId}`)
  assert.equal(customer, kept.customer, 'what is shown is replaced, what is kept is not')
})

async function idOf(name) {
  const { agents } = await api(parley.url, 'GET', 'desk')
  return agents.find((one) => one.name === name).id
}
