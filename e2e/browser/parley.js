// Starts the built binary for a test, and stops it again.

import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../bounds.js'

/** The program under test. */
export const binary = process.env.E2E_BINARY ?? new URL('../../bin/parley', import.meta.url).pathname

/**
 * Starts `parley serve` on a free port of loopback.
 * @param {string[]} flags further flags
 * @returns {Promise<{url: string, port: string, log: () => string, logged: (text: string | RegExp) => Promise<string>, chats: () => Promise<number>,
 *   waits: (contactId: string) => Promise<boolean>, restart: () => boolean, stop: () => Promise<number>, kill: () => Promise<void>}>}
 */
export async function startParley(...flags) {
  const dir = await mkdtemp(join(tmpdir(), 'parley-e2e-'))
  const urlFile = join(dir, 'url')
  const child = spawn(binary, [
    'serve', '--addr', '127.0.0.1:0', '--url-file', urlFile, '--data-dir', join(dir, 'data'), '--log-format', 'json', '--exit-with-parent', ...flags,
  ], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, XDG_RUNTIME_DIR: dir } }) // its token file, too
  let log = ''
  child.stdout.on('data', (chunk) => { log += chunk })
  child.stderr.on('data', (chunk) => { log += chunk })
  const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)))

  const end = async (signal) => {
    child.kill(signal)
    const code = await exited
    await rm(dir, { recursive: true, force: true })
    return code
  }

  const url = await waitForURL(urlFile, child, () => log)
  return {
    url,
    port: new URL(url).port,
    log: () => log,
    /** Waits for a line of the log, which comes later than the answer that it is about, and returns it. */
    logged: (text) => until(() => log.split('\n').slice(0, -1).find((line) => text instanceof RegExp ? text.test(line) : line.includes(text)),
      () => `the log lacks ${text}:\n${log}`),
    /** Waits until a chat waits for an agent, which is later than what its flow says before. */
    waits: (contactId) => until(async () => (await (await fetch(`${url}/api/desk`)).json()).queues.some(({ waiting }) => waiting.some((entry) => entry.contactId === contactId)),
      () => `the chat ${contactId} does not wait`),
    /** Restarts the server in place, its socket open throughout. */
    restart: () => child.kill('SIGUSR2'),
    chats: async () => (await (await fetch(`${url}/api/contacts?limit=1000`)).json()).contacts.length,
    stop: () => end('SIGINT'),
    /** Ends it as a power cut would. What is to be found afterwards needs a --data-dir of its own. */
    kill: async () => { await end('SIGKILL') },
  }
}

async function waitForURL(file, child, log) {
  return until(async () => {
    if (child.exitCode !== null) throw new Error(`parley ended with code ${child.exitCode}:\n${log()}`)
    const [url] = (await readFile(file, 'utf8').catch(() => '')).split('\n') // its second line is the process id
    return url
  }, () => `parley did not write its address:\n${log()}`)
}
