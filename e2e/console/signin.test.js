// A contact flow, or an agent, asks the customer of the console's own chat to sign in.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { atOnce, until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { accessible, api, detain, looks, open } from './harness.js'

const samples = new URL('../../examples/flows', import.meta.url).pathname

let parley, browser
before(async () => {
  [parley, browser] = await Promise.all([startParley('--partner=false', '--flows', samples, '--log-level', 'debug'), launch()])
})
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

/** Starts a chat in the console that is asked to sign in. */
async function asked(t, options) {
  const opened = await open(browser, parley.url, '/', options)
  t.after(opened.close)
  const { page } = opened
  await page.locator('#start').evaluate((form) => { form.dataset.flow = 'sign-in' })
  await page.getByRole('button', { name: 'Start chat' }).click()
  const talk = page.getByRole('log', { name: 'Conversation of the customer' })
  await talk.getByText('Please sign in', { exact: true }).waitFor()
  return { ...opened, talk }
}

/** The page that a card leads to, in a window of its own. */
async function follow({ page, talk }) {
  const [window] = await Promise.all([page.context().waitForEvent('page'), talk.getByRole('button', { name: 'Sign in', exact: true }).click()])
  await window.getByLabel('Name or e-mail address').waitFor()
  return window
}

/** Presses the button that ends the sign-in. The window closes then, perhaps before it says that it was clicked. */
const finish = (window, name) => Promise.all([window.waitForEvent('close'), window.getByRole('button', { name, exact: true }).click().catch(() => {})])

describe('RowC1 the customer chat shows a card', { concurrency: atOnce }, () => {
  test('that leads to the sign-in page and back', async (t) => {
    const chat = await asked(t)
    const { page, talk, complaints } = chat
    await looks(page, 'sign-in')
    await page.reload() // transcripts have no such events
    await talk.getByText('Please sign in', { exact: true }).waitFor()
    const window = await follow(chat)
    await talk.getByRole('link', { name: 'To the sign-in page' }).waitFor()
    await window.getByLabel('Name or e-mail address').fill('Ada')
    const code = window.waitForRequest((request) => request.url().includes('/console/signed-in?'))
    await Promise.all([finish(window, 'Sign in'), talk.getByText('Signed in', { exact: true }).waitFor(), talk.getByText('You are signed in.').waitFor()])
    await talk.getByText('The customer is now called Ada').waitFor()
    assert.equal(await talk.getByRole('link', { name: 'To the sign-in page' }).count(), 0)
    await accessible(page)
    assert.deepEqual(complaints, [])
    const { searchParams } = new URL((await code).url())
    const record = JSON.stringify(await api(parley.url, 'GET', 'exchanges.har'))
    assert.ok(record.includes('/oauth2/authorize'), 'the sign-in page is in the record')
    for (const secret of [searchParams.get('code'), searchParams.get('state')]) assert.ok(secret && !record.includes(secret) && !parley.log().includes(secret))
    await page.reload()
    await talk.getByText('You are signed in.').waitFor()
    assert.equal(await talk.getByText('Please sign in', { exact: true }).count(), 0, 'what is over is not asked for again')
  })

  for (const [what, choice, card, says] of [
    ['fails', 'Fail to sign in', 'The sign-in failed', 'Signing in did not work.'],
    ['comes too late', 'Sign in too late', 'The sign-in expired', 'To see your account'], // the flow waits on
  ]) {
    test(`whose sign-in ${what}`, async (t) => {
      const chat = await asked(t)
      const window = await follow(chat)
      await Promise.all([finish(window, choice), chat.talk.locator('.sign-in-line').getByText(card).waitFor(), chat.talk.getByText(says).waitFor()])
    })
  }

  test('that can be passed over', async (t) => {
    const { talk, complaints } = await asked(t)
    await talk.getByRole('button', { name: 'Go on without' }).click()
    await Promise.all([talk.getByText('Gone on without a sign-in').waitFor(), talk.getByText('An agent can help you without.').waitFor()])
    assert.deepEqual(complaints, [])
  })

  test('whose address comes when another chat has begun', async (t) => {
    const { page, talk } = await asked(t)
    const { held } = await detain(page, '**/participant/authentication-url')
    await talk.getByRole('button', { name: 'Sign in', exact: true }).click()
    const answer = await held
    await page.locator('#customer-new').click()
    await page.locator('#start').evaluate((form) => { form.dataset.flow = 'default' })
    await page.getByRole('button', { name: 'Start chat' }).click()
    await page.locator('#customer-state').getByText('Connected').waitFor()
    const opened = page.context().waitForEvent('page') // what comes after the address is kept
    answer()
    await opened
    assert.equal(await page.evaluate(() => JSON.parse(sessionStorage.getItem('parley-customer')).signIn), undefined)
  })

  test('when an agent asks, and that is over with the chat', async (t) => {
    const { page, close } = await open(browser, parley.url, '/')
    t.after(close)
    await page.getByRole('button', { name: 'Start chat' }).click()
    await page.locator('#customer-state').getByText('Connected').waitFor()
    const id = await page.evaluate(() => JSON.parse(sessionStorage.getItem('parley-customer')).ContactId)
    await api(parley.url, 'POST', `contacts/${id}/sign-in`, { outcome: 'asked' })
    const log = page.getByRole('log', { name: 'Conversation of the customer' })
    await log.getByText('Please sign in', { exact: true }).waitFor()
    await api(parley.url, 'POST', `contacts/${id}/end`, {})
    await log.locator('.sign-in-line').getByText('No longer open').waitFor()
    assert.equal(await log.getByRole('button', { name: 'Sign in', exact: true }).count(), 0)
  })

  test('whose address is used twice', async (t) => {
    const chat = await asked(t)
    const window = await follow(chat)
    await window.getByRole('button', { name: 'Fail to sign in' }).click()
    await chat.talk.getByText('The sign-in failed').first().waitFor()
    const again = await chat.page.context().newPage()
    await again.goto(`${parley.url}/console/signed-in?code=x&state=y`)
    await again.getByText('names no sign-in that is going on').waitFor()
    await until(async () => new URL(again.url()).search === '', () => 'the code stays in the address')
    await again.goto(`${parley.url}/console/signed-in`)
    await again.getByText('Start a chat, and sign in from there').waitFor()
    await looks(again, 'signed-in')
  })
})
