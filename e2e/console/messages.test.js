// Interactive messages: seen before they are sent, drawn whole, their source one click away.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { accessible, api, leaveNothing, looks, open } from './harness.js'

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley(), launch()]) })
afterEach(() => leaveNothing(browser, parley.url))
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

const customer = (page) => page.getByRole('log', { name: 'Conversation of the customer' })
const agent = (page) => page.getByRole('log', { name: 'Conversation of the agent' })

/** A chat between the two sides of the workbench. */
async function chat(options, name) {
  const opened = await open(browser, parley.url, '/', options)
  const { page } = opened
  await page.getByLabel('Your name as an agent').fill(name)
  await page.getByRole('button', { name: 'Answer chats' }).click()
  await page.getByLabel('Display name').fill(`For ${name}`)
  await page.getByText('Nobody is waiting').waitFor()
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.locator('.ticket', { hasText: `For ${name}` }).getByRole('button', { name: 'Accept' }).click()
  await page.getByText('Connected', { exact: true }).waitFor()
  return opened
}

/** Sees a message in a dialog. */
async function preview(page, name) {
  await page.locator('#agent-quick').getByRole('button', { name, exact: true }).click()
  return page.getByRole('dialog', { name })
}

const loaded = (pictures) => pictures.evaluateAll((all) => all.length > 0 && all.every((one) => one.complete && one.naturalWidth > 0))

test('RowC5 a message is seen before it is sent, with its pictures', async () => {
  const { page, complaints, close } = await chat({}, 'Ann')
  const dialog = await preview(page, 'List picker')
  await dialog.getByRole('group', { name: 'Preview' }).getByText('Three hours by train').waitFor()
  await until(() => loaded(dialog.locator('.preview img')), () => 'the pictures of the preview do not load')
  assert.equal(await customer(page).locator('.template').count(), 0, 'nothing was sent yet')
  await dialog.getByText('Change', { exact: true }).click()
  await dialog.getByLabel('Title', { exact: true }).fill('Which way?')
  await dialog.getByRole('group', { name: 'Preview' }).getByText('Which way?').waitFor()
  await looks(page, 'message-preview')
  await dialog.getByRole('button', { name: 'Send List picker' }).click()
  await dialog.waitFor({ state: 'hidden' })
  const shown = customer(page).locator('.template')
  await shown.getByText('Which way?').waitFor()
  await until(() => loaded(shown.locator('img')), () => 'the pictures do not load')
  await until(async () => await agent(page).locator('.template img').count() === 3, () => 'the agent is not shown three pictures')

  // The source is what was sent, for both sides.
  await shown.getByText('Source').click()
  const source = JSON.parse(await shown.getByLabel('Source of the message').innerText())
  assert.equal(source.data.content.title, 'Which way?')
  assert.equal(source.data.content.elements[0].imageData, `${parley.url}/console/rome.png`)
  await shown.getByRole('button', { name: 'Oslo' }).click()
  await agent(page).locator('.text', { hasText: 'Oslo' }).waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

for (const width of [1280, 400]) {
  test(`RowC5 the next card of a carousel peeks in, and arrows lead to it, at ${width} px`, async () => {
    const { page, complaints, close } = await chat({ viewport: { width, height: 900 }, reducedMotion: 'reduce' }, `Bea${width}`)
    await (await preview(page, 'Carousel')).getByRole('button', { name: 'Send Carousel' }).click()
    const frame = customer(page).locator('.carousel-frame')
    const card = (name) => frame.locator('.card-small', { hasText: name })
    await card('Rome').waitFor()
    await until(() => loaded(frame.locator('img')), () => 'the pictures do not load')
    /** How much of a card is in sight, from 0 to 1. */
    const inSight = (name) => card(name).evaluate((one) => {
      const [box, view] = [one.getBoundingClientRect(), one.parentElement.getBoundingClientRect()]
      return (Math.min(box.right, view.right) - Math.max(box.left, view.left)) / box.width
    })
    const next = frame.getByRole('button', { name: 'Next card' })
    const back = frame.getByRole('button', { name: 'Previous card' })
    const position = frame.getByText(/^\d of 3$/)
    await frame.getByText('1 of 3').waitFor()
    const peeks = await inSight(width === 400 ? 'Oslo' : 'Porto')
    assert.ok(peeks > 0.05 && peeks < 0.9, `${peeks} of the next card`)
    assert.equal(await back.getAttribute('aria-disabled'), 'true')
    await looks(page, `carousel-${width}`, { widths: [width] })
    for (let i = 0; i < 3 && await next.getAttribute('aria-disabled') !== 'true'; i++) {
      const from = await position.innerText()
      await next.click()
      await until(async () => await position.innerText() !== from, () => 'the carousel does not move') // the arrows are told at the same time
    }
    await until(async () => await inSight('Porto') > 0.98, () => 'the last card is cut')
    await frame.getByText('3 of 3').waitFor()
    await back.press('Enter')
    await until(async () => await next.getAttribute('aria-disabled') === 'false', () => 'back leads nowhere')
    await card('Porto').getByRole('button', { name: 'Buses' }).click()
    await agent(page).locator('.text', { hasText: 'Porto - Buses' }).waitFor()
    assert.deepEqual(complaints, [])
    await close()
  })
}

test('RowC5 times stand under their days, and are sent as the widget does', async () => {
  const { page, close } = await open(browser, parley.url, '/console/connect', { timezoneId: 'America/New_York' })
  const drawn = (timeZoneOffset) => page.evaluate(async (offset) => {
    const { draw } = await import('/console/templates.js')
    const sent = []
    const element = draw(JSON.stringify({ templateType: 'TimePicker', data: { content: { title: 'When?', timeZoneOffset: offset, timeslots: [
      { date: '2030-01-02T23:30+00:00' }, { date: '2030-01-03T10:00+00:00' }, { date: '2030-01-03T14:00+00:00' }] } } }), (text) => sent.push(text))
    for (const one of element.querySelectorAll('.option')) one.click()
    return { sent, days: [...element.querySelectorAll('[role=group]')].map((group) => [group.getAttribute('aria-label'), [...group.querySelectorAll('.option')].map((one) => one.textContent)]) }
  }, timeZoneOffset)
  assert.deepEqual(await drawn(0), {
    sent: ['2030-01-02T23:30+00:00', '2030-01-03T10:00+00:00', '2030-01-03T14:00+00:00'],
    days: [['Wednesday 2 January', ['18:30']], ['Thursday 3 January', ['05:00', '09:00']]],
  })
  assert.deepEqual(await drawn(60), {
    sent: ['2030-01-03T00:30:00.00+00:00', '2030-01-03T11:00:00.00+00:00', '2030-01-03T15:00:00.00+00:00'],
    days: [['Thursday 3 January', ['00:30', '11:00', '15:00']]],
  })
  await close()
})

test('RowC5 pictures: from here under each of its names, links to others, words when there is none', async () => {
  const { page, complaints, close } = await open(browser, parley.url, '/console/connect')
  const drawn = (...addresses) => page.evaluate(async (all) => {
    const { draw } = await import('/console/templates.js')
    const content = { title: 'T', elements: all.map((imageData, n) => ({ title: `e${n}`, imageData })) }
    const of = (more) => draw(JSON.stringify({ templateType: 'ListPicker', data: { content: { ...content, ...more } } }))
    const element = of({})
    const single = all.map((imageData) => of({ imageData, imageDescription: 'What it shows', elements: [] }))
    return {
      options: element.querySelectorAll('.option .picture, .option .picture-away').length,
      drawn: single.map((one) => one.querySelector('img')?.getAttribute('src') ?? one.querySelector('.picture-away')?.textContent),
      alt: single.map((one) => one.querySelector('img')?.alt), links: single.map((one) => one.querySelector('a')?.href),
    }
  }, addresses)
  const { options, ...rest } = await drawn(`${parley.url}/console/rome.png`, `http://localhost:${parley.port}/console/rome.png`, 'https://example.com/rome.png', 'javascript:alert(1)', 'http://')
  assert.equal(options, 5)
  assert.deepEqual(rest, {
    drawn: ['/console/rome.png', '/console/rome.png', 'Picture at example.com: What it shows', 'A picture without an address: What it shows', 'A picture without an address: What it shows'],
    alt: ['What it shows', 'What it shows', undefined, undefined, undefined], links: [undefined, undefined, 'https://example.com/rome.png', undefined, undefined],
  })
  assert.equal((await drawn('', `${parley.url}/console/rome.png`)).options, 0, 'only when every option has one')
  assert.deepEqual(complaints, [])
  await close()
})

test('RowC5 a form that was filled in is shown filled in to the agent, too', async () => {
  const { page, close } = await chat({}, 'Cleo')
  const dialog = await preview(page, 'View of a guide')
  await dialog.getByLabel('Your name').waitFor()
  await dialog.getByRole('button', { name: 'Send View of a guide' }).click()
  const form = customer(page).getByRole('form', { name: 'Your details' })
  await form.getByLabel('Your name').fill('Pat')
  await form.getByLabel('What is it about?').selectOption('A bill')
  await form.getByRole('button', { name: 'Continue' }).click()
  const seen = agent(page).getByRole('form', { name: 'Your details' })
  await seen.getByText('Answered: Continue').waitFor()
  assert.deepEqual([await seen.getByLabel('Your name').inputValue(), await seen.getByLabel('What is it about?').inputValue()], ['Pat', 'bill'])
  await looks(page, 'message-view')
  const own = agent(page).locator('.said.own:has(.view)')
  const right = async (of) => { const { x, width } = await own.locator(of).boundingBox(); return Math.round(x + width) }
  assert.deepEqual([await right('.who time'), await right('.seen:not(:empty)')], Array(2).fill(await right('.bubble')), 'who and what was seen stand on the side of the message')
  const { width } = await own.locator('.seen').boundingBox()
  assert.ok(width < 100, `"Read" is ${width} px wide`)
  await close()
})

test('RowC5 the gallery draws each message, and its cards can be changed', async () => {
  await api(parley.url, 'GET', 'templates')
  const { page, complaints, close } = await open(browser, parley.url, '/console/desk')
  await page.getByRole('tab', { name: 'Interactive messages' }).click()
  const sample = page.getByRole('article', { name: 'Carousel', exact: true })
  await sample.locator('.preview').getByText('Trains').waitFor()
  await until(() => loaded(page.locator('.sample .preview img')), () => 'a picture of the gallery does not load')
  assert.equal(await page.locator('.sample .preview .template').count() >= 9, true)
  await sample.getByText('Change', { exact: true }).click()
  await sample.getByRole('group', { name: 'Card 2' }).getByLabel('Title', { exact: true }).fill('Lisbon')
  await sample.locator('.preview').getByText('Lisbon').waitFor()
  await sample.getByText('Source', { exact: true }).click()
  assert.equal(JSON.parse(await sample.getByLabel('The message as JSON').inputValue()).data.content.elements[1].data.content.title, 'Lisbon')
  assert.equal(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight), 0, 'the page is as high as its window')
  await looks(page, 'gallery', { widths: [1280] })
  assert.deepEqual(complaints, [])
  await close()
})
