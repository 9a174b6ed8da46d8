// The snippets of the console's page "Connect", each run as it stands there. Widgets that are not
// published as packages are stood for by what they call.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'

const run = promisify(execFile)
const root = new URL('../..', import.meta.url).pathname
const binary = process.env.E2E_BINARY ?? join(root, 'bin/parley')
const client = await readFile(createRequire(import.meta.url).resolve('chatjs5'))

let parley, browser, site, snippets
before(async () => {
  [parley, browser] = await Promise.all([startParley(), launch()])
  site = createServer((request, response) => { // a page that has chatjs as a module
    if (request.url === '/chatjs.js') return response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(client)
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Site</title><link rel="icon" href="data:,"><script type="importmap">{"imports":{"amazon-connect-chatjs":"/chatjs.js","@amazon-connect-touchpoint/web":"data:text/javascript,export const create = (given) => window.create(given)"}}</script>')
  })
  await new Promise((resolve) => { site.listen(0, 'localhost', resolve) })
  const page = await browser.newPage()
  await page.goto(`${parley.url}/console/connect`)
  snippets = Object.fromEntries(await page.locator('code[id^=snippet-]').evaluateAll((all) => all.map(({ id, textContent }) => [id.slice(8), textContent])))
  await page.context().close()
})
after(async () => {
  await browser?.close()
  site?.close()
  assert.equal(await parley?.stop(), 0)
})

const contacts = async () => (await (await fetch(`${parley.url}/api/contacts`)).json()).contacts

/** Runs something, and returns the contact that it started. */
async function started(doing) {
  const before = new Set((await contacts()).map(({ contactId }) => contactId))
  await doing()
  return until(async () => (await contacts()).find(({ contactId }) => !before.has(contactId)), () => 'no chat was started')
}

/** Runs a snippet as a module of a page; setUp runs there before. */
async function inPage(code, setUp = () => {}) {
  const page = await browser.newPage()
  const said = []
  page.on('console', (message) => said.push(message.text()))
  await page.goto(`http://localhost:${site.address().port}/`)
  await page.evaluate(setUp)
  await page.evaluate((text) => import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))), code)
  return { page, said }
}

/** What a widget posts, with its options. */
const widget = () => {
  window.onConnected = window.onFailed = () => {}
  const start = (endpoint, { instanceId, contactFlowId, name, contactAttributes }) => fetch(endpoint, { method: 'POST', body: JSON.stringify({
    InstanceId: instanceId, ContactFlowId: contactFlowId, ParticipantDetails: { DisplayName: name }, Attributes: contactAttributes,
  }) })
  window.connect = { ChatInterface: { initiateChat: (options) => start(options.apiGatewayEndpoint, options) } }
  window.AmazonCustomChatWidget = { ChatInterface: { init: (options) => start(options.apiGateway, options) } }
  window.create = async ({ config }) => {
    if (new URL(config.globalConfig.endpoint).origin !== new URL(config.chatEndpoint).origin) throw new Error('another endpoint')
    await start(config.chatEndpoint, { ...config, name: 'Pat' })
  }
}

test('RowC7 the page has a tab for each client, and each tab one snippet', async () => {
  assert.deepEqual(Object.keys(snippets), ['chatjs', 'interface', 'custom', 'touchpoint', 'native', 'sdk', 'cli', 'playwright', 'go', 'curl'])
})

test('RowC7 chatjs', async () => {
  let seen
  const { customer } = await started(async () => { seen = await inPage(snippets.chatjs) })
  assert.equal(customer, 'Pat')
  await until(() => seen.said.some((text) => text.includes('You said: Hello')), () => `not answered: ${seen.said.join('\n')}`)
  await seen.page.context().close()
})

for (const name of ['interface', 'custom', 'touchpoint']) {
  test(`RowC7 the widgets: ${name}`, async () => {
    let seen
    const { customer } = await started(async () => { seen = await inPage(snippets[name], widget) })
    assert.equal(customer, 'Pat')
    await seen.page.context().close()
  })
}

test('RowC7 React Native', async () => {
  const endpoint = new Function(`${snippets.native}; return PROXY_API_ENDPOINT`)()
  const { customer } = await started(async () => {
    const response = await fetch(endpoint, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ParticipantDetails: { DisplayName: 'Pat' } }) })
    const { data: { startChatResult } } = await response.json()
    const answer = await fetch(`${new URL(endpoint).origin}/participant/connection`, { method: 'POST', headers: { 'X-Amz-Bearer': startChatResult.ParticipantToken }, body: '{"Type":["CONNECTION_CREDENTIALS"]}' })
    assert.equal(answer.status, 200)
  })
  assert.equal(customer, 'Pat')
})

test('RowC7 the AWS SDK', async () => {
  const { contactId } = await started(async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', snippets.sdk], { cwd: new URL('.', import.meta.url).pathname })
    assert.match(stdout, /^[0-9a-f-]{36}\n$/)
  })
  assert.ok(contactId)
})

test('RowC7 curl', async () => {
  await started(() => run('sh', ['-c', snippets.curl]))
})

test('RowC7 the AWS CLI', async (t) => {
  const found = await run(new URL('awscli.sh', import.meta.url).pathname).then(({ stdout }) => stdout.trim(), () => '')
  if (!found) return process.env.CI === 'true' ? assert.fail('there is no AWS CLI') : t.skip('there is no AWS CLI')
  const { customer } = await started(() => run('sh', ['-c', `set -e\naws() { ${found} "$@"; }\n${snippets.cli}`], { env: { ...process.env, AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true' } }))
  assert.equal(customer, 'Pat')
})

test('RowC7 Playwright, with the package', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-snippet-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  await mkdir(join(dir, 'node_modules/@playwright/test'), { recursive: true })
  await symlink(join(root, 'npm'), join(dir, 'node_modules/parley-chat'))
  // The runner's part: a browser and a page for the test.
  await writeFile(join(dir, 'node_modules/@playwright/test/index.mjs'), `import { launch } from ${JSON.stringify(new URL('../browser/browser.js', import.meta.url).href)}
    export async function test(name, body) {
      const browser = await launch()
      try { await body({ page: await browser.newPage() }); console.log('passed:', name) } finally { await browser.close() }
    }`)
  await writeFile(join(dir, 'node_modules/@playwright/test/package.json'), '{"name":"@playwright/test","version":"0.0.0","exports":"./index.mjs"}')
  await writeFile(join(dir, 'chat.test.mjs'), snippets.playwright)
  const { stdout } = await run(process.execPath, ['--preserve-symlinks', 'chat.test.mjs'], { cwd: dir, env: { ...process.env, PARLEYCHAT_BINARY: binary } })
  assert.match(stdout, /passed: a customer is answered/)
})

test('RowC7 Go', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-snippet-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  await writeFile(join(dir, 'chat_test.go'), snippets.go)
  await writeFile(join(dir, 'overlay.json'), JSON.stringify({ Replace: { [join(root, 'e2e/chat/chat_test.go')]: join(dir, 'chat_test.go') } }))
  const { stdout } = await run('go', ['test', `-overlay=${join(dir, 'overlay.json')}`, '-count=1', '-v', './e2e/chat'], { cwd: root })
  assert.match(stdout, /AGENT Hello Pat/)
})
