// Builds and starts the production function behind its gateway (e2e/gateway, TestStand).

import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const folder = new URL('../gateway', import.meta.url).pathname

/**
 * Starts REST APIs whose function allows one origin.
 * @param {string} origin
 * @returns {Promise<{public: string, signed: string, token: string,
 *   state: () => Promise<{calls: number, arrived: Record<string, number>}>, throttle: (on: boolean) => Promise<void>, stop: () => Promise<number>}>}
 */
export async function startGateway(origin) {
  const dir = await mkdtemp(join(tmpdir(), 'parley-gateway-'))
  const program = join(dir, 'stand')
  await promisify(execFile)(process.env.GO ?? 'go', ['test', '-c', '-o', program, '.'], { cwd: folder })
  const child = spawn(program, ['-test.run', '^TestStand$', '-test.timeout', '30m', '-stand', origin], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const told = new Promise((resolve, reject) => {
    let log = ''
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) resolve(JSON.parse(line))
      log += `${line}\n`
    })
    exited.then((code) => reject(new Error(`the gateway ended with code ${code}:\n${log}`)))
  })
  const remove = () => rm(dir, { recursive: true, force: true })
  const { control, ...addresses } = await told.catch(async (error) => { await remove(); throw error })
  return {
    ...addresses,
    state: async () => (await fetch(control)).json(),
    throttle: async (on) => { await fetch(`${control}?throttle=${on}`) },
    stop: async () => {
      child.stdin.end()
      const code = await exited
      await remove()
      return code
    },
  }
}
