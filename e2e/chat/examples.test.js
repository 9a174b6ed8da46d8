// The examples, as somebody who tries them does: the page is built and used, the script is run.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { atOnce, inTurn, until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'

const run = promisify(execFile)
const shots = process.env.SCREENSHOTS // a directory to keep pictures in
const examples = fileURLToPath(new URL('../../examples/', import.meta.url))

let parley
before(async () => { parley = await startParley('--ephemeral') })
after(async () => assert.equal(await parley?.stop(), 0))

describe('examples/web', { concurrency: atOnce }, () => {
  let dist, server, browser
  before(async () => {
    dist = await mkdtemp(join(tmpdir(), 'parley-web-'))
    const vite = join('node_modules', 'vite', 'bin', 'vite.js')
    await run(process.execPath, [vite, 'build', '--outDir', dist, '--emptyOutDir', '--logLevel', 'warn'],
      { cwd: join(examples, 'web'), env: { ...process.env, VITE_PARLEY_URL: `http://localhost:${parley.port}` } })
    ;[server, browser] = await Promise.all([serve(dist), launch()])
  })
  after(async () => {
    await browser?.close()
    server?.close()
    await rm(dist, { recursive: true })
  })

  for (const [width, colorScheme] of [[1000, 'light'], [380, 'dark']]) {
    test(`holds a chat at ${width} px, ${colorScheme}`, async (t) => {
      const context = await browser.newContext({ viewport: { width, height: 760 }, colorScheme })
      t.after(() => context.close())
      const page = await context.newPage()
      const complaints = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      await inTurn(() => page.goto(`http://localhost:${server.address().port}/`))
      await page.getByLabel('Your name').fill('Ada')
      await page.getByRole('button', { name: 'Start chat' }).click()
      await page.getByText('Hello Ada!').waitFor()
      const write = async (text) => {
        await page.getByLabel('Message', { exact: true }).fill(text)
        await page.getByRole('button', { name: 'Send' }).click()
      }
      await write('Where is my order?')
      await page.getByText('You said: Where is my order?').waitFor()
      await page.locator('.mine[data-receipt="Read"]').waitFor()
      await write('list')
      await page.getByRole('button', { name: 'Rome' }).click()
      await page.getByText('You said: Rome').waitFor()
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0)
      if (shots) {
        await mkdir(shots, { recursive: true })
        await page.screenshot({ path: join(shots, `web-${width}-${colorScheme}.png`) })
      }
      await page.getByRole('button', { name: 'End chat' }).click()
      await page.getByText('The chat has ended').waitFor()
      assert.deepEqual(complaints, [])
    })
  }
})

/** Serves the files of a directory. */
async function serve(dir) {
  const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }
  const server = createServer(async (request, response) => {
    const path = request.url === '/' ? '/index.html' : normalize(new URL(request.url, 'http://localhost').pathname)
    const body = await readFile(join(dir, path)).catch(() => undefined)
    response.writeHead(body ? 200 : 404, { 'Content-Type': types[extname(path)] ?? 'text/plain' }).end(body)
  })
  await new Promise((resolve) => server.listen(0, 'localhost', resolve))
  return server
}

test('examples/node holds a chat in the terminal', async (t) => {
  const child = spawn(process.execPath, ['chat.js', parley.url], { cwd: join(examples, 'node'), stdio: ['pipe', 'pipe', 'ignore'] })
  t.after(() => child.kill())
  const closed = once(child, 'close') // when all that was printed has been read, too
  let printed = ''
  child.stdout.on('data', (chunk) => { printed += chunk })
  const prints = (line) => until(() => printed.includes(`${line}\n`), () => `not printed: ${line}\n${printed}`)
  await prints('Write "help" to see what else I can do.')
  child.stdin.write('Where is my order?\n')
  await prints('Parley: You said: Where is my order?')
  child.stdin.end()
  assert.deepEqual(await closed, [0, null])
  assert.match(printed, /^\(Pat has joined\)\n\(Parley has joined\)\nParley: Hello Pat!.*\nPat: Where.*\nParley: You said: Where.*\n\(Pat has left\)\n\(the chat has ended\)\n$/)
})

test('B5 examples/node says what is typed ahead, and ends with its input', async (t) => {
  const child = spawn(process.execPath, ['chat.js', parley.url], { cwd: join(examples, 'node'), stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill())
  let printed = ''
  child.stdout.on('data', (chunk) => { printed += chunk })
  child.stdin.end('Where is my order?\n')
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
  assert.match(printed, /\nPat: Where is my order\?\n/)
  assert.match(printed, /\(the chat has ended\)\n$/)
})

test('B5 examples/node says how to start a server', async () => {
  const tried = await run(process.execPath, ['chat.js', 'http://127.0.0.1:1'], { cwd: join(examples, 'node') }).catch((error) => error)
  assert.equal(tried.code, 1)
  assert.match(tried.stderr, /^Nothing listens at http:\/\/127\.0\.0\.1:1: start a server in another terminal with `parley serve`/m)
})
