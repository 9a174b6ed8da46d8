// A Parley server for tests: started on a free port, in memory, and ended with the process that
// started it. What it does is what docs/api.md describes; index.d.ts describes this module.
'use strict'

const { spawn } = require('node:child_process')
const { randomBytes } = require('node:crypto')
const { watch } = require('node:fs')
const { mkdtemp, readFile, rm, writeFile } = require('node:fs/promises')
const { tmpdir } = require('node:os')
const { join, resolve } = require('node:path')
const { find, refused } = require('./binary.js')
const { ParleyError } = require('./http.js')
const { Server } = require('./server.js')

const startTime = 30_000
const endTime = 15_000

/** Starts a server and returns it when it takes requests. */
async function startParley(options = {}) {
  known(options)
  const program = options.binary ?? find()
  const folder = await mkdtemp(join(tmpdir(), 'parley-'))
  let process
  try {
    process = new Process(program, await commandLine(options, folder), options, folder)
    const server = new Server(await process.ready(), process)
    for (const fault of list(options.faults)) await server.fault(fault)
    return server
  } catch (error) {
    await process?.close()
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

const options = ['agent', 'flows', 'faults', 'partner', 'args', 'config', 'cwd', 'log', 'binary']

function known(given) {
  const stray = Object.keys(given).find((name) => !options.includes(name))
  if (stray) throw new TypeError(`startParley has no option "${stray}", only ${options.join(', ')}; flags of parley serve go into args`)
}

const list = (value) => value === undefined ? [] : [value].flat()

/** The arguments of the program; scripts of agents that were given as objects become files in the folder. */
async function commandLine({ agent, flows, partner, config, args = [] }, folder) {
  const line = ['serve', '--addr', '127.0.0.1:0', '--ephemeral', '--url-file', join(folder, 'url'), '--exit-with-parent', '--log-level', 'warn']
  for (const [i, each] of list(agent).entries()) {
    if (typeof each === 'string') {
      line.push('--agent', each === 'echo' ? each : resolve(each))
      continue
    }
    const file = join(folder, `agent-${i + 1}.yaml`)
    await writeFile(file, JSON.stringify({ name: 'Agent', ...each })) // JSON is YAML
    line.push('--agent', file)
  }
  if (flows !== undefined) line.push('--flows', resolve(flows))
  if (partner !== undefined) line.push(`--partner=${partner}`)
  if (config !== undefined) line.push('--config', resolve(config))
  return [...line, ...args]
}

/** The program as a process. */
class Process {
  #child
  #folder
  #ended
  #log = ''
  #closing
  token = randomBytes(24).toString('hex')

  constructor(program, args, { cwd, log }, folder) {
    this.#folder = folder
    // The settings of a developer's own server are none of a test's.
    const env = Object.fromEntries(Object.entries(globalThis.process.env).filter(([name]) => !/^PARLEY(CHAT)?_/.test(name)))
    env.PARLEY_ADMIN_TOKEN = this.token
    this.#child = spawn(program, args, {
      cwd: cwd ?? folder, env, windowsHide: true, stdio: ['ignore', 'ignore', log === 'inherit' ? 'inherit' : 'pipe'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => { this.#log = (this.#log + text).slice(-65_536) })
    this.#ended = new Promise((done) => {
      this.#child.once('error', (error) => done(refused(program, error)))
      this.#child.once('close', (code, signal) => done(`parley ended with ${signal ?? `exit code ${code}`}`))
    })
  }

  get pid() { return this.#child.pid }
  get log() { return this.#log }

  /** Rejects with the reason when the program ends before it was asked to. */
  async failed() {
    throw new ParleyError(`${await this.#ended}\n${this.#log}`.trimEnd(), { code: 'Ended' })
  }

  /** Resolves with the server's address, which the program writes into a file once it takes requests. */
  async ready() {
    const watcher = watch(this.#folder)
    const timer = new AbortController()
    try {
      const written = new Promise((done, fail) => {
        const look = async () => {
          const [url, pid] = (await readFile(join(this.#folder, 'url'), 'utf8').catch(() => '')).split('\n')
          if (pid) done(url)
        }
        watcher.on('change', look).on('error', fail)
        look() // it may be there already
      })
      const late = new Promise((_, fail) => {
        const ring = setTimeout(() => fail(new ParleyError(`parley is not ready after ${startTime / 1000} s\n${this.#log}`, { code: 'Timeout' })), startTime)
        timer.signal.addEventListener('abort', () => clearTimeout(ring))
      })
      return await Promise.race([written, late, this.failed()])
    } finally {
      timer.abort()
      watcher.close()
      // A server that nobody closed does not keep a test runner from its end, and ends with it.
      this.#child.unref()
      this.#child.stderr?.unref()
    }
  }

  /** Ends the program in good order and removes its folder. */
  close() {
    this.#closing ??= (async () => {
      this.#child.ref()
      this.#child.kill('SIGINT')
      const impatient = setTimeout(() => this.#child.kill('SIGKILL'), endTime)
      await this.#ended
      clearTimeout(impatient)
      await rm(this.#folder, { recursive: true, force: true })
    })()
    return this.#closing
  }
}

exports.startParley = startParley
exports.ParleyError = ParleyError
