// The console under a path, behind a proxy that puts Parley beside other pages.

import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { open } from './harness.js'

let proxy, parley, browser
before(async () => {
  proxy = await startProxy();
  [parley, browser] = await Promise.all([startParley('--public-url', `${proxy.origin}/parley/`), launch()])
  proxy.to(JSON.parse(await parley.logged('"msg":"listening"')).addr)
})
after(async () => {
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
  proxy?.close()
})

/** A proxy that takes nothing but the path /parley/, which it leaves, and names its upstream as the host, as nginx does unasked. */
async function startProxy() {
  let host
  const server = createServer((asked, answer) => {
    if (!asked.url.startsWith('/parley/')) return answer.writeHead(404).end()
    const [hostname, port] = host.split(':')
    const onward = request({ hostname, port, method: asked.method, path: asked.url, headers: { ...asked.headers, host } }, (got) => {
      answer.writeHead(got.statusCode, got.headers)
      got.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
    answer.on('close', () => onward.destroy())
  })
  server.on('upgrade', (asked, socket) => {
    const [hostname, port] = host.split(':')
    const onward = connect(port, hostname, () => {
      const headers = Object.entries({ ...asked.headers, host }).map(([name, value]) => `${name}: ${value}\r\n`).join('')
      onward.write(`GET ${asked.url} HTTP/1.1\r\n${headers}\r\n`)
      socket.pipe(onward).pipe(socket)
    })
    for (const end of [socket, onward]) end.on('error', () => { socket.destroy(); onward.destroy() })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://localhost:${server.address().port}`,
    to: (address) => { host = address },
    close: () => { server.close(); server.closeAllConnections() },
  }
}

test('TestC1 a console under a path works', async () => {
  const { page, complaints, close } = await open(browser, proxy.origin, '/parley/')
  const customer = page.locator('.panel.customer')
  const agent = page.locator('.panel.agent')
  await page.getByLabel('Your name as an agent').fill('Alex')
  await page.getByRole('button', { name: 'Answer chats' }).click()
  await page.getByText('Nobody is waiting').waitFor()
  await page.getByLabel('Display name').fill('Ada')
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.locator('.ticket', { hasText: 'Ada' }).getByRole('button', { name: 'Accept' }).click()
  await customer.getByText('Alex joined').waitFor()
  await page.getByLabel('Message to the agent').fill('Where is my order?')
  await page.keyboard.press('Enter')
  await agent.getByText('Where is my order?').waitFor()
  const file = { name: 'receipt.txt', mimeType: 'text/plain', buffer: Buffer.from('4711') }
  await page.locator('#customer-composer input[type=file]').setInputFiles(file)
  const downloading = page.waitForEvent('download')
  await agent.locator('.file', { hasText: 'receipt.txt' }).getByRole('button', { name: 'Download' }).click()
  await (await downloading).path()
  assert.ok((await page.locator('body').textContent()).includes(`${proxy.origin}/parley/startChatContact`), 'the snippet has the path')

  for (const name of ['Desk', 'Inspector', 'Faults', 'Connect', 'Errors', 'Try it']) {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click()
    await page.locator('nav a[aria-current=page]', { hasText: name }).waitFor()
    assert.ok(new URL(page.url()).pathname.startsWith('/parley/'), `${name} is at ${page.url()}`)
    if (name === 'Inspector') { // the name of an action is also that of a choice
      await page.getByLabel('Action').selectOption('StartChatContact')
      await page.locator('.x', { hasText: 'StartChatContact' }).first().waitFor()
    }
    if (name === 'Faults') await page.locator('main button').first().waitFor()
  }
  assert.deepEqual(complaints, [])
  await close()
})
