// A Firefox as it is installed, driven by WebDriver BiDi, which it speaks by itself. What this file
// returns can do as much of Playwright's browser as a tab needs (tab.js).
//
// Source: https://www.w3.org/TR/webdriver-bidi/

import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../bounds.js'
import { opcode, openSocket } from './rawsocket.js'

const preferences = {
  'permissions.default.loopback-network': 1, // what a page that is not of this machine would have to be given
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
}

/** Starts a Firefox without a window, with a profile of its own. */
export async function launchFirefox(path) {
  const profile = await mkdtemp(join(tmpdir(), 'parley-firefox-'))
  await writeFile(join(profile, 'user.js'),
    Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join(''))
  const child = spawn(path, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'], {
    stdio: 'ignore', env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' },
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = new Promise((resolve) => { child.once('exit', resolve).once('error', resolve) })
  let driver
  const close = async () => {
    await driver?.command('browser.close').catch(kill) ?? kill()
    await ended
    process.removeListener('exit', kill)
    await rm(profile, { recursive: true, force: true })
  }
  try {
    const { ws_host: host, ws_port: port } = await until(async () => {
      if (child.exitCode !== null) throw new Error(`${path} ended with code ${child.exitCode}`)
      return readFile(join(profile, 'WebDriverBiDiServer.json'), 'utf8').then(JSON.parse).catch(() => undefined)
    }, () => `${path} did not say where it can be driven`)
    driver = new Driver(await openSocket(`ws://${host}:${port}/session`))
    await driver.command('session.new', { capabilities: {} })
    await driver.command('session.subscribe', { events: ['log.entryAdded'] })
  } catch (error) {
    await close()
    throw error
  }
  return { close, newContext: async () => ({ newPage: () => Page.open(driver), close: async () => {} }) }
}

/** Commands, their answers, and what happens meanwhile. */
class Driver {
  #asked = new Map()
  #heard = []
  #count = 0

  constructor(socket) {
    this.socket = socket
    this.#read()
  }

  command(method, params = {}) {
    const id = ++this.#count
    this.socket.say(JSON.stringify({ id, method, params }))
    return new Promise((resolve, reject) => { this.#asked.set(id, { resolve, reject, method }) })
  }

  on(method, told) {
    this.#heard.push({ method, told })
  }

  async #read() {
    const next = () => this.socket.next().catch(() => undefined)
    for (let frame = await next(); frame && frame.op !== opcode.close; frame = await next()) {
      const { id, result, error, message, method, params } = JSON.parse(frame.text)
      for (const each of this.#heard) if (each.method === method) each.told(params)
      const asked = this.#asked.get(id)
      if (!asked) continue
      this.#asked.delete(id)
      if (error) asked.reject(new Error(`${asked.method}: ${error}: ${message}`))
      else asked.resolve(result)
    }
    this.socket.end()
    for (const { reject, method } of this.#asked.values()) reject(new Error(`${method}: Firefox is gone`))
  }
}

class Page {
  static async open(driver) {
    const { context } = await driver.command('browsingContext.create', { type: 'tab' })
    return Object.assign(new Page(), { driver, context })
  }

  on(name, told) {
    this.driver.on('log.entryAdded', ({ type, level, text, method, source }) => {
      if (source.context !== this.context) return
      if (name === 'console' && type === 'console') told({ type: () => method ?? level, text: () => text })
      if (name === 'pageerror' && type === 'javascript' && level === 'error') told(text)
    })
  }

  goto(url) {
    return this.driver.command('browsingContext.navigate', { context: this.context, url, wait: 'complete' })
  }

  async evaluate(work, argument) {
    const { result, exceptionDetails } = await this.driver.command('script.callFunction', {
      functionDeclaration: `async () => JSON.stringify(await (${work})(${literal(argument)}))`,
      awaitPromise: true, target: { context: this.context },
    })
    if (exceptionDetails) throw new Error(exceptionDetails.text)
    return result.value === undefined ? undefined : JSON.parse(result.value)
  }

  async waitForFunction(condition, argument) {
    const value = await until(() => this.evaluate(condition, argument), () => `this did not become true: ${condition}`)
    return { jsonValue: () => value }
  }
}

/** A value as it is written in JavaScript: unlike JSON it knows of undefined, in lists too. */
function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join()}]`
  return value === undefined ? 'undefined' : JSON.stringify(value)
}
