// Views of guides in the console's customer chat: the samples of `parley flow init`, and what real
// flows ask for.

import assert from 'node:assert/strict'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { accessible, api, looks, open } from './harness.js'

const samples = new URL('../../examples/flows', import.meta.url).pathname

let parley, browser, dir
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-views-'))
  await cp(samples, join(dir, 'flows'), { recursive: true, filter: (path) => !path.includes('testdata') })
  await writeFile(join(dir, 'flows', 'own.json'), JSON.stringify(ownView));
  [parley, browser] = await Promise.all([startParley('--flows', join(dir, 'flows')), launch()])
})
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
  await rm(dir, { recursive: true, force: true })
})

/** A flow with a view that its developer made, in a language of their own. */
const trap = '<img src=x onerror=alert(1)><b>bold</b>'
const ownView = {
  Version: '2019-10-30', StartAction: 'show', Metadata: { name: 'Own view', type: 'contactFlow' },
  Actions: [
    { Identifier: 'show', Type: 'ShowView', Parameters: {
      ViewResource: { Id: 'arn:aws:connect:us-east-1:000000000000:instance/i/view/Stars:$LATEST' }, InvocationTimeLimitSeconds: '900',
      ViewData: { Heading: trap, product: 'Kettle', list: ['a', 'b'] },
    }, Transitions: {
      NextAction: 'bad', Conditions: ['Rate', 'Skip'].map((action) => ({ NextAction: action === 'Rate' ? 'say' : 'bad', Condition: { Operator: 'Equals', Operands: [action] } })),
      Errors: ['NoMatchingCondition', 'NoMatchingError', 'TimeLimitExceeded'].map((ErrorType) => ({ ErrorType, NextAction: 'bad' })),
    } },
    { Identifier: 'say', Type: 'MessageParticipant', Parameters: { Text: 'Rated $.Views.ViewResultData.stars stars by $.Views.Action.' }, Transitions: { NextAction: 'end' } },
    { Identifier: 'bad', Type: 'MessageParticipant', Parameters: { Text: 'Not rated.' }, Transitions: { NextAction: 'end' } },
    { Identifier: 'end', Type: 'DisconnectParticipant', Parameters: {}, Transitions: {} },
  ],
}

const customer = (page) => page.getByRole('log', { name: 'Conversation of the customer' })

/** Starts a chat in the console that follows a flow. */
async function chat(contactFlow, options) {
  const opened = await open(browser, parley.url, '/', options)
  const { page } = opened
  await page.locator('#start').evaluate((form, id) => { form.dataset.flow = id }, contactFlow)
  await page.getByRole('button', { name: 'Start chat' }).click()
  return opened
}

/** The newest contact that page's chat is. */
const contact = async (page) => {
  const id = await page.evaluate(() => JSON.parse(sessionStorage.getItem('parley-customer')).ContactId)
  return api(parley.url, 'GET', `contacts/${id}`)
}

/** What a page's customer has answered. */
async function answers(page) {
  const id = await page.evaluate(() => JSON.parse(sessionStorage.getItem('parley-customer')).ContactId)
  const { items } = await api(parley.url, 'GET', `contacts/${id}/transcript`)
  return items.filter(({ ContentType }) => ContentType?.endsWith('interactive.response')).map(({ Content }) => JSON.parse(Content))
}

test('RowG5 the guide is filled in and answered', async () => {
  const { page, complaints, close } = await chat('guide.json')
  const form = customer(page).getByRole('form', { name: 'Book a visit' })
  await form.getByRole('button', { name: 'Continue' }).click()
  assert.deepEqual(await answers(page), [], 'what is required is missing')
  await form.getByLabel('Your name').fill('Ada <b>')
  await form.getByLabel('Where?').selectOption('At the station')
  await page.getByLabel('Message to the agent').fill('just a moment')
  await page.getByLabel('Message to the agent').press('Enter')
  await customer(page).getByText('just a moment').waitFor()
  await form.getByLabel('Saturday').check()
  await looks(page, 'view-form')
  await form.getByLabel('Your name').press('Enter')

  const detail = customer(page).getByRole('form', { name: 'Is this right?' })
  await detail.getByText('Ada <b>, on Saturday at the station').waitFor()
  await form.getByText('Answered: Continue').waitFor()
  assert.equal(await form.getByLabel('Your name').isDisabled(), true)
  assert.deepEqual(await answers(page), [{ templateType: 'ViewResource', version: '1.0', action: 'Next', data: { FormData: { name: 'Ada <b>', branch: ['station'], day: 'Saturday' } } }])

  // A page that is loaded anew shows what was answered, and what can be.
  await page.reload()
  await form.getByText('Answered: Continue').waitFor()
  assert.deepEqual([await form.getByLabel('Your name').inputValue(), await form.getByLabel('Where?').inputValue(), await form.getByLabel('Saturday').isChecked()],
    ['Ada <b>', 'station', true])
  await detail.getByRole('button', { name: 'Book it' }).click()
  const thanks = customer(page).getByRole('form', { name: 'See you on Saturday!' })
  await thanks.getByRole('button', { name: 'Done' }).click()
  await customer(page).getByText('Goodbye!').waitFor()
  await thanks.getByText('Answered: Done').waitFor()
  assert.deepEqual((await answers(page)).slice(1).map(({ action, data }) => [action, data]), [['ActionSelected', { actionName: 'Book it', Id: 'Book it' }], ['Next', {}]])
  const { attributes } = await contact(page)
  assert.deepEqual([attributes.visitor, attributes.branch, attributes.day], ['Ada <b>', 'station', 'Saturday'])
  await looks(page, 'view-answered')
  assert.deepEqual(complaints, [])
  await close()
})

test('RowG5 the menu is walked with the keyboard, small and dark', async () => {
  const { page, complaints, close } = await chat('menu.json', { viewport: { width: 400, height: 800 }, colorScheme: 'dark' })
  const menu = customer(page).getByRole('form', { name: 'How can we help?' })
  await menu.getByRole('button', { name: 'My orders' }).waitFor()
  await looks(page, 'view-list')
  await menu.getByRole('button', { name: 'My orders' }).focus()
  await page.keyboard.press('Enter')
  const orders = customer(page).getByRole('form', { name: 'Your orders' })
  await orders.getByText('On its way').waitFor()
  await until(() => page.evaluate(() => document.activeElement.matches('[role=log] summary')), () => 'the keyboard lost its place')
  await page.keyboard.press('Tab') // to the kettle
  await page.keyboard.press('Enter')
  const order = customer(page).getByRole('form', { name: 'Order: kettle' })
  await order.getByRole('button', { name: 'Send it back' }).waitFor()
  await menu.getByText('Answered: My orders').waitFor()
  await looks(page, 'view-cards')
  await order.getByRole('button', { name: 'Back', exact: true }).click()
  await orders.nth(1).getByRole('button', { name: 'Another order' }).click()
  await orders.nth(1).getByText('Answered: Another order').waitFor()
  assert.deepEqual((await answers(page)).map(({ action, data }) => [action, data]), [
    ['ActionSelected', { actionName: 'orders', Id: 'orders' }], ['ActionSelected', { actionName: 'kettle', Id: 'kettle' }], ['Back', {}], ['NoMatchFound', {}],
  ])
  assert.deepEqual(complaints, [])
  await close()
})

/** Puts items into a conversation on a page of its own; sent are the answers to what is pressed. */
async function conversation(page, items, press = []) {
  const { sent, ...seen } = await page.evaluate(async ({ items, press }) => {
    const { Transcript } = await import('/console/transcript.js')
    const sent = []
    const element = document.createElement('div')
    document.querySelector('main').replaceChildren(element)
    const transcript = new Transcript(element, { self: 'CUSTOMER', choose: async (content) => { sent.push(content); return false } })
    for (const [n, item] of items.entries()) {
      transcript.add({ Id: `i${n}`, Type: 'MESSAGE', ParticipantRole: 'SYSTEM', AbsoluteTime: `2030-01-01T00:00:0${n}.000Z`, ...item })
    }
    for (const name of press) {
      [...element.querySelectorAll('button')].find((button) => button.firstChild.textContent === name && !button.matches(':disabled')).click()
      await new Promise((resolve) => setTimeout(resolve))
    }
    return { sent, text: [...element.querySelectorAll('.view')].map((view) => view.textContent), open: [...element.querySelectorAll('.view-body')].map(({ disabled }) => !disabled) }
  }, { items, press })
  return { sent: sent.map((content) => JSON.parse(content)), ...seen }
}

const shown = (viewId, viewData, more = {}) => ({
  ContentType: 'application/vnd.amazonaws.connect.message.interactive',
  Content: JSON.stringify({ templateType: 'ViewResource', version: '1.0', data: { content: { viewId, viewToken: 't', viewData } } }), ...more,
})
const answered = (answer, more = {}) => ({
  ContentType: 'application/vnd.amazonaws.connect.message.interactive.response', ParticipantRole: 'CUSTOMER',
  Content: JSON.stringify({ templateType: 'ViewResource', version: '1.0', ...answer }), ...more,
})

test('RowG5 each kind of field sends what flows read', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/console/connect')
  const Options = [{ Label: 'Yes', Value: 'y' }, { Label: 'No', Value: '' }]
  const item = (Type, DefaultValue, more) => ({ Type, Name: Type, Label: `The ${Type}`, Options, DefaultValue, ...more })
  const { sent } = await conversation(page, [shown('form', { Heading: 'F', Sections: JSON.stringify([{ Type: 'FormSection', Items: [
    item('FormInput', 'text'), item('TextArea', 'two\nlines'), item('Dropdown', ['y']), item('RadioGroup', 'No'), item('CheckboxGroup', ['y', 'No']),
    item('DatePicker', '2030-02-03'), item('Checkbox', 'true', { Options: undefined }), item('Dropdown', undefined, { Name: 'several', MultiSelect: true }),
    item('Dropdown', 'unknown', { Name: 'none' }), item('RadioGroup', '', { Name: 'no options', Options: [] }), { Type: 'FormInput', Name: '__proto__', DefaultValue: 'p' }, null, 1,
  ] }, null, 'x']), Next: { Label: 'Go' }, Back: 'Back' })], ['Go'])
  assert.deepEqual(JSON.stringify(sent), JSON.stringify([{ templateType: 'ViewResource', version: '1.0', action: 'Next', data: { FormData: {
    FormInput: 'text', TextArea: 'two\nlines', Dropdown: ['y'], RadioGroup: 'No', CheckboxGroup: ['y', 'No'], DatePicker: '2030-02-03', Checkbox: true, several: [], none: [],
    ['__proto__']: 'p',
  } } }]))
  await accessible(page)

  // Cards with actions of their own, a list without ids, actions as a text.
  const chosen = await conversation(page, [shown('cards', { Cards: [
    { Summary: { Id: 'c1', Heading: 'Card' }, Detail: { Sections: { TemplateString: '<p>One <b>two</b></p><script>alert(1)</script>' }, Actions: ['Act'] } }, { Summary: null }, 7,
  ], Items: [{ Heading: 'Item' }], Actions: '["Do"]', NoMatchFound: { Label: 'Else' } })], ['Act', 'Item', 'Do', 'Else'])
  assert.deepEqual(chosen.sent.map(({ action, data }) => [action, data]), [
    ['ActionSelected', { actionName: 'Act', Id: 'c1' }], ['ActionSelected', { actionName: 'Item', Id: 'Item' }], ['ActionSelected', { actionName: 'Do', Id: 'Do' }], ['NoMatchFound', {}],
  ])
  assert.match(chosen.text[0], /One two alert\(1\)/)
  for (const odd of [null, 'x', '{', [], { Sections: 7, Items: {}, Cards: 'x', Actions: { a: 1 }, Wizard: [null], AttributeBar: [null, 3], Heading: ['h'] }]) {
    assert.equal((await conversation(page, [shown('list', odd), shown('form', odd), shown(undefined, odd)])).text.length, 3)
  }
  assert.deepEqual(complaints, [])
  await close()
})

test('RowG5 a view is open until it was answered, another came, or the chat ended', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/console/connect')
  const form = shown('form', { Heading: 'F', Next: { Label: 'Go' } })
  const text = { ContentType: 'text/plain', Content: 'x', ParticipantRole: 'CUSTOMER' }
  const ended = { Type: 'EVENT', ContentType: 'application/vnd.amazonaws.connect.event.chat.ended' }
  const states = async (...items) => (await conversation(page, items)).open
  assert.deepEqual(await states(form, text), [true])
  assert.deepEqual(await states(form, form), [false, true])
  assert.deepEqual(await states(form, ended), [false])
  assert.deepEqual(await states(form, answered({ action: 'Next' }), form), [false, true])
  assert.deepEqual(await states(form, { ...answered({ action: 'Next' }), Content: '{"action":"SHOW_MORE","data":{}}' }), [true])
  const at = (n) => ({ AbsoluteTime: `2030-01-01T00:00:0${n}.000Z` }) // an older page of the transcript comes later
  assert.deepEqual(await states({ ...form, ...at(5) }, answered({ action: 'Next' }, at(4)), { ...form, ...at(3) }), [false, true])
  const { text: [told] } = await conversation(page, [form, answered({ action: 'Next' })])
  assert.match(told, /Answered: Go$/)
  // What was typed stays when the transcript is loaded again.
  const kept = await page.evaluate(async () => {
    const { Transcript } = await import('/console/transcript.js')
    const element = document.createElement('div')
    const transcript = new Transcript(element, { self: 'CUSTOMER', choose: () => {} })
    const item = { Id: 'v', Type: 'MESSAGE', ParticipantRole: 'SYSTEM', AbsoluteTime: '2030-01-01T00:00:00.000Z', ContentType: 'application/vnd.amazonaws.connect.message.interactive',
      Content: JSON.stringify({ templateType: 'ViewResource', data: { content: { viewId: 'form', viewData: { Sections: [{ Type: 'FormSection', Items: [{ Name: 'n' }] }] } } } }) }
    transcript.add(item)
    element.querySelector('input').value = 'typed'
    transcript.add(item)
    return element.querySelector('input').value
  })
  assert.equal(kept, 'typed')
  assert.deepEqual(complaints, [])
  await close()
})

test('RowG5 a view of the developer shows its data and the actions that the flow knows', async () => {
  const { page, complaints, close } = await chat('own.json')
  const view = customer(page).getByRole('form', { name: trap })
  await view.getByRole('button', { name: 'Rate' }).waitFor()
  await view.getByText('Kettle').waitFor()
  assert.equal(await view.locator('img, b').count(), 0)
  await looks(page, 'view-own')
  const json = view.getByLabel('What the answer brings, as JSON')
  await json.fill('{"stars": ')
  await view.getByRole('button', { name: 'Rate' }).click()
  await view.getByText('This is no JSON').waitFor()
  await json.fill('{"stars": "5"}')
  await view.getByRole('button', { name: 'Rate' }).click()
  await customer(page).getByText('Rated 5 stars by Rate.').waitFor()
  await view.getByText('Answered: Rate').waitFor()
  assert.deepEqual(complaints, [])
  await close()
})
