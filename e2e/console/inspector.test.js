// The inspector as a developer uses it: what passes appears at once, is found again, explained,
// sent again and taken along.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { connect } from './customer.js'
import { accessible, api, detain, fits, lateEvents, looks, open, passing, post, startChat } from './harness.js'

const run = promisify(execFile)
const inspector = '/console/inspector'
const hostile = '<img src=x onerror=alert(1)>\u202eadmin'

let parley, browser
before(async () => { [parley, browser] = await Promise.all([startParley(), launch()]) })
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

const rows = (page, text) => page.locator('.x', { hasText: text })

/** Waits until so many rows are drawn, which happens in the frame after the page knows of them. */
const shown = (page, count) => page.waitForFunction((count) => document.querySelectorAll('.x').length === count, count)

test('exchanges appear as they happen, are paused, filtered and found', async () => {
  const { page, complaints, close } = await open(browser, parley.url, inspector)
  await page.getByText('Nothing has passed yet').waitFor()
  const chat = await startChat(parley.url, hostile)
  await rows(page, 'StartChatContact').waitFor()
  await rows(page, 'CreateParticipantConnection').waitFor()

  await page.getByRole('button', { name: 'Pause' }).click()
  await chat.say('a needle in here')
  await page.getByRole('button', { name: /Resume, \d+ new/ }).click()
  await rows(page, 'SendMessage').waitFor()
  await startChat(parley.url, 'Ada')
  await page.waitForFunction(() => document.querySelectorAll('.x').length >= 5)

  await page.getByLabel('Action').selectOption('StartChatContact')
  await page.locator('#count').getByText('2 of').waitFor()
  await shown(page, 2)
  await page.getByLabel('Action').selectOption('')
  await page.locator('#contact option', { hasText: 'admin' }).waitFor({ state: 'attached' }) // a list that is open for choosing stays as it is
  await page.getByLabel('Contact').selectOption(chat.id)
  await shown(page, 3)
  assert.match(await page.getByLabel('Contact').locator('option:checked').innerText(), /^<img src=x onerror=alert\(1\)>\ufffdadmin/)

  await page.keyboard.press('/')
  await page.keyboard.type('NEEDLE')
  await page.locator('#count').getByText('1 of').waitFor()
  await rows(page, 'SendMessage').waitFor()
  await chat.say('another needle')
  await page.locator('#count').getByText('2 of').waitFor()
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => document.querySelectorAll('.x').length === 4)

  await page.reload() // the filters stand in the address
  await page.waitForFunction(() => document.querySelectorAll('.x').length === 4)
  assert.deepEqual(complaints, [])
  await close()
})

test('nothing is said to be empty before the list is there, and clearing ends what waits for the end of a pause', async () => {
  await startChat(parley.url)
  const { page, complaints, close } = await open(browser, parley.url, '/console/faults')
  const { held } = await detain(page, '**/api/exchanges?*')
  await page.goto(parley.url + inspector)
  const answer = await held
  assert.equal(await page.locator('#nothing').isVisible(), false)
  answer()
  await rows(page, 'CreateParticipantConnection').last().waitFor()

  const pause = page.locator('#pause')
  await pause.click()
  const chat = await startChat(parley.url)
  await pause.getByText('Resume, 2 new').waitFor() // the record of a call comes after its answer
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByText('Nothing has passed yet').waitFor()
  assert.equal(await pause.innerText(), 'Resume')
  await chat.say('after that')
  await pause.getByText('Resume, 1 new').waitFor()
  await pause.click()
  await rows(page, 'SendMessage').waitFor()
  await shown(page, 1)
  assert.deepEqual(complaints, [])
  await close()
})

test('what was cleared does not come back when the events are slower than the answer', async () => {
  const { page, close } = await open(browser, parley.url, '/console/connect')
  const exchanges = await lateEvents(page, 'exchange')
  await page.goto(parley.url + inspector)
  await startChat(parley.url)
  await rows(page, 'CreateParticipantConnection').last().waitFor()
  await exchanges.hold()
  const chat = await startChat(parley.url)
  await exchanges.come(2)
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByText('Nothing has passed yet').waitFor()
  await exchanges.tell()
  await chat.say('after that')
  await rows(page, 'SendMessage').waitFor()
  await shown(page, 1)
  await close()
})

test('the keyboard is enough', async () => {
  await startChat(parley.url)
  const { page, close } = await open(browser, parley.url, inspector)
  await page.locator('.x').first().waitFor()
  await page.locator('#rows').focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowDown')
  await until(async () => await page.locator('#rows').getAttribute('aria-activedescendant') === await page.locator('.x[aria-selected="true"]').getAttribute('id'),
    () => 'the row that is selected is not the active one')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement.id === 'detail')
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => document.activeElement.id === 'rows')
  await page.locator('#detail').waitFor({ state: 'hidden' })
  await close()
})

test('a failure says why, what to do, and where to read on', async () => {
  const { page, complaints, close } = await open(browser, parley.url, inspector)
  await post(parley.url, '/startChatContact', '', { InstanceId: 'x'.repeat(101) })
  await page.getByLabel('Outcome').selectOption('failed')
  await rows(page, 'InstanceId must have').click()
  const explained = page.locator('#detail .trouble')
  await explained.getByText('Change the member named').waitFor()
  await explained.getByRole('link').click()
  await page.waitForURL(/\/docs\/errors#bad-value$/)
  assert.equal(await page.locator('#bad-value').count(), 1)
  assert.deepEqual(complaints, [])
  await close()
})

test('headers and bodies are shown without their secrets, and can be folded', async () => {
  const chat = await startChat(parley.url)
  await chat.say(JSON.stringify({ text: hostile }))
  const { page, complaints, close } = await open(browser, parley.url, `${inspector}?contact=${chat.id}&action=SendMessage`)
  await page.locator('.x').last().click()
  await page.getByText('Request headers').click()
  await page.getByText('X-Amz-Bearer').waitFor()
  const shown = await page.locator('#detail').innerText()
  assert.match(shown, /First byte/)
  assert.match(shown, /•••/)
  for (const secret of chat.secrets) assert.ok(!shown.includes(secret))
  assert.match(shown, /"ContentType": "text\/plain"/)
  assert.match(shown, /<img src=x onerror=alert\(1\)>/)
  assert.equal(await page.locator('#detail img').count(), 0)
  await page.locator('.json summary').first().click()
  await page.waitForFunction(() => !document.querySelector('.json details').open)
  assert.deepEqual(complaints, [])
  await close()
})

test('RowC4 a call is sent again as a new one, unless it is to be repeated', async () => {
  const chat = await startChat(parley.url)
  const token = crypto.randomUUID()
  await chat.send({ ContentType: 'text/plain', Content: 'once more', ClientToken: token })
  const { page, complaints, close } = await open(browser, parley.url, `${inspector}?contact=${chat.id}&action=SendMessage`)
  const said = async () => (await api(parley.url, 'GET', `contacts/${chat.id}/transcript`)).items.filter(({ Content }) => Content === 'once more').length
  const again = async (same) => {
    await page.locator('.x').first().click()
    await page.getByRole('button', { name: 'Replay…' }).click() // waits for the call that was chosen, as one that was before cannot be sent
    const dialog = page.getByRole('dialog', { name: 'Send again' })
    await accessible(page)
    if (same) await dialog.getByLabel('Repeat it with the same ClientToken').check()
    assert.equal((await dialog.getByLabel('Body').inputValue()).includes(token), same)
    await dialog.getByRole('button', { name: 'Send' }).click()
    await dialog.waitFor({ state: 'hidden' })
  }
  await again(false)
  await shown(page, 2)
  assert.equal(await said(), 2, 'a new message')
  await again(true)
  await shown(page, 3)
  assert.equal(await said(), 2, 'the same message')
  const { held } = await detain(page, '**/api/exchanges/*')
  await page.locator('.x').first().click()
  const answer = await held
  assert.ok(await page.getByRole('button', { name: 'Replay…' }).isDisabled(), 'the call before can be sent while another is chosen')
  answer()
  await page.locator('#detail button:enabled', { hasText: 'Replay…' }).waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('RowC4 the list has the whole width until something is chosen, with names and what was said', async () => {
  const chat = await startChat(parley.url, 'Grace Hopper')
  await chat.say('where is my order?')
  const { page, complaints, close } = await open(browser, parley.url, `${inspector}?contact=${chat.id}`)
  await rows(page, 'SendMessage').waitFor()
  const wide = async () => (await page.locator('.timeline').boundingBox()).width
  assert.equal(await wide(), 1280)
  await rows(page, 'SendMessage').getByText('where is my order?', { exact: true }).waitFor()
  await rows(page, 'StartChatContact').locator('.x-what', { hasText: /^Grace Hopper$/ }).waitFor()
  await rows(page, 'SendMessage').locator('.x-whose', { hasText: 'Grace Hopper' }).waitFor()
  await looks(page, 'inspector-wide')
  await rows(page, 'SendMessage').click()
  assert.ok(await wide() < 900)
  await looks(page, 'inspector-chosen')
  await page.locator('#detail').getByRole('button', { name: 'Back' }).click()
  assert.equal(await wide(), 1280)
  assert.deepEqual(complaints, [])
  await close()
})

test('RowC4 a closed tab is no failure', async () => {
  const tab = await connect(parley.url, 'Tab')
  tab.close()
  const { page, close } = await open(browser, parley.url, `${inspector}?contact=${tab.contactId}`)
  const row = rows(page, 'Socket closed')
  await row.getByText('as when its tab or app is closed').waitFor()
  assert.equal(await row.getAttribute('data-tone'), '')
  await page.getByLabel('Outcome').selectOption('failed')
  await page.getByText('Nothing matches').waitFor()
  await close()
})

test('a call is sent again with changes', async () => {
  const chat = await startChat(parley.url)
  await chat.say('the first text')
  const { page, complaints, close } = await open(browser, parley.url, `${inspector}?contact=${chat.id}&action=SendMessage`)
  await page.locator('.x').last().click()
  await page.getByRole('button', { name: 'Replay…' }).click()
  const dialog = page.getByRole('dialog')
  await accessible(page)
  await dialog.getByLabel('Body').fill('{"ContentType":"text/plain","Content":"the second text"}')
  await dialog.getByRole('button', { name: 'Send' }).click()
  await page.locator('#detail').getByText('the second text').waitFor()
  await page.waitForFunction(() => document.querySelectorAll('.x').length === 2)
  assert.match(await page.locator('#detail').innerText(), /200/)
  const { items } = await api(parley.url, 'GET', `contacts/${chat.id}/transcript`)
  assert.deepEqual(items.filter((item) => item.Content?.startsWith('the ')).map((item) => item.Content), ['the first text', 'the second text'])

  await page.getByRole('button', { name: 'Replay…' }).click()
  await dialog.getByLabel('Path').fill('/api/status')
  await dialog.getByRole('button', { name: 'Send' }).click()
  await dialog.getByRole('alert').waitFor() // is refused, and the dialog stays
  assert.deepEqual(complaints.filter((text) => !text.includes('400 (Bad Request)')), [])
  await close()
})

test('calls and chats are taken along: as curl, HAR and text', async () => {
  const chat = await startChat(parley.url)
  await chat.say('for the transcript')
  const { page, complaints, close } = await open(browser, parley.url, `${inspector}?contact=${chat.id}`, {
    acceptDownloads: true, permissions: ['clipboard-read', 'clipboard-write'],
  })
  await rows(page, 'SendMessage').waitFor()
  await rows(page, 'StartChatContact').click()
  const copy = page.getByRole('button', { name: 'Copy as curl' })
  await copy.waitFor()
  const copied = await passing(page, '#detail .actions', 'Copied')
  await copy.click()
  await copied()
  const command = await page.evaluate(() => navigator.clipboard.readText())
  const { stdout } = await run('sh', ['-c', command])
  assert.match(stdout, /"ParticipantToken"/)

  const saved = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()])
    return readFile(await download.path(), 'utf8')
  }
  const har = await saved('HAR export')
  assert.equal(JSON.parse(har).log.version, '1.2')
  assert.ok(JSON.parse(har).log.entries.length >= 3)
  for (const secret of chat.secrets) assert.ok(!har.includes(secret), 'a secret stands in the HAR')
  assert.match(await saved('Transcript export'), /Pat.*for the transcript/)
  assert.deepEqual(complaints, [])
  await close()
})

test('ten thousand exchanges scroll without a stutter, and what is new is said', async (t) => {
  const chat = await startChat(parley.url)
  const many = async (n) => {
    for (let i = 0; i < n; i += 50) await Promise.all(Array.from({ length: 50 }, () => post(parley.url, '/participant/event', 'none', {})))
  }
  await many(10_000)
  const { page, complaints, close } = await open(browser, parley.url, inspector)
  await page.locator('#count').getByText(/^10,\d{3} exchanges/).waitFor()
  const scroll = () => page.evaluate(async () => {
    const view = document.getElementById('rows')
    const frames = []
    for (let i = 0, last = performance.now(); i < 120; i++) {
      view.scrollTop = (view.scrollHeight * i) / 120
      last = await new Promise((resolve) => requestAnimationFrame(() => {
        const now = performance.now()
        frames.push(now - last)
        resolve(now)
      }))
    }
    return frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.95)]
  })
  // How long a frame takes is the machine's matter, too, and is told; what keeps it short is that only
  // what is in sight exists, and that is held.
  t.diagnostic(`one frame in twenty takes more than ${Math.round(await scroll())} ms`)
  assert.ok(await page.locator('.x').count() < 100, 'only rows in sight exist')
  const before = await page.evaluate(() => { document.getElementById('rows').scrollTop = 3600; return document.getElementById('rows').scrollTop })
  await chat.say('below')
  await page.getByRole('button', { name: '1 new below' }).click()
  await rows(page, 'SendMessage').waitFor()
  assert.ok(await page.evaluate(() => document.getElementById('rows').scrollTop) > before)
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByText('Nothing has passed yet').waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('it goes on after the server has restarted, and shows nothing twice', async () => {
  const { page, close } = await open(browser, parley.url, inspector)
  await startChat(parley.url)
  await rows(page, 'CreateParticipantConnection').first().waitFor()
  const before = await page.locator('.x').count()
  parley.restart()
  await page.getByText('Nothing has passed yet').waitFor() // what was recorded was of that run
  await page.getByText('Running', { exact: true }).waitFor()
  await startChat(parley.url)
  await rows(page, 'CreateParticipantConnection').waitFor()
  assert.ok(before >= 2)
  await shown(page, 2)
  await close()
})

for (const width of [1280, 400]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`it is accessible and fits ${width} px, ${colorScheme}`, async () => {
      const chat = await startChat(parley.url, hostile)
      await chat.say('x'.repeat(2000))
      await post(parley.url, '/participant/message', 'none', {})
      const { page, complaints, close } = await open(browser, parley.url, inspector, { viewport: { width, height: 900 }, colorScheme })
      const failed = rows(page, 'SendMessage').filter({ hasText: '403' }).last()
      await failed.waitFor()
      await accessible(page)
      await fits(page, `inspector-${width}-${colorScheme}`)
      await failed.click()
      await page.locator('#detail .trouble').waitFor()
      await accessible(page)
      await fits(page, `inspector-failure-${width}-${colorScheme}`)
      if (width === 400) {
        assert.equal(await page.locator('#rows').isVisible(), false)
        await page.getByRole('button', { name: 'Back' }).click()
        await rows(page, 'SendMessage').first().waitFor()
      }
      assert.deepEqual(complaints, [])
      await close()
    })
  }
}
