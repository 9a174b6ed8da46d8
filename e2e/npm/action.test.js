// The steps of the GitHub Action, run one after the other as a runner does, with the packed packages.

import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../bounds.js'
import { project, readText, run, tarballs, top } from './project.js'

/** The steps of a composite action that run something: the script, and which input each variable is. */
function steps(action) {
  return action.split(/\n {4}- name: /).slice(1).map((text) => {
    const [, script] = `${text}\n`.match(/\n {6}run: \|\n((?: {8}.*\n|\n)+)/)
    return { script: script.replace(/^ {8}/gm, ''), inputs: [...text.matchAll(/^ {8}(\w+): \$\{\{ inputs\.(\w+) \}\}$/gm)].map(([, name, input]) => [name, input]) }
  })
}

/** Runs the action and returns what it hands to the steps after it. */
async function act(t, home, given) {
  const action = await readText(join(top, 'action.yml'))
  const defaults = Object.fromEntries([...action.matchAll(/^ {2}(\w+):\n {4}description: .*\n {4}default: (.*)$/gm)]
    .map(([, name, value]) => [name, value === '""' ? '' : value]))
  const files = Object.fromEntries(['GITHUB_PATH', 'GITHUB_ENV', 'GITHUB_OUTPUT'].map((name) => [name, join(home.folder, name)]))
  for (const file of Object.values(files)) await writeFile(file, '')
  const path = `${home.inside.env.PATH}:/usr/bin:/bin`
  t.after(async () => {
    const [, pid] = (await readFile(join(home.folder, 'temp', 'parley', 'url'), 'utf8').catch(() => '')).split('\n')
    if (pid) {
      process.kill(Number(pid), 'SIGINT')
      await until(() => { try { return !process.kill(Number(pid), 0) } catch { return true } }, () => 'the server lives on')
    }
    await home.remove()
  })
  const all = steps(action)
  assert.equal(all.length, 2)
  for (const { script, inputs } of all) {
    const env = { ...home.inside.env, ...files, PATH: path, RUNNER_TEMP: join(home.folder, 'temp') }
    for (const [name, input] of inputs) env[name] = given[input] ?? defaults[input]
    await run('bash', ['-c', script], { cwd: home.folder, env })
  }
  const read = async (name) => Object.fromEntries((await readText(files[name])).trim().split('\n').map((line) => line.split(/=(.*)/s)))
  return { outputs: await read('GITHUB_OUTPUT'), env: await read('GITHUB_ENV'), path: `${(await readText(files.GITHUB_PATH)).trim()}:${path}` }
}

async function holds(home, { outputs, env, path }) {
  const response = await fetch(outputs.endpoint, { method: 'POST', body: '{"ParticipantDetails":{"DisplayName":"Ada"}}' })
  assert.equal(response.status, 200)
  const { stdout } = await run('sh', ['-c', 'parley contacts && parley agent add Bob'], { cwd: home.folder, env: { ...home.inside.env, ...env, PATH: path } })
  assert.match(stdout, /Ada/)
  assert.equal(typeof await readText(outputs.log), 'string')
}

test('RowA3 the action installs the package, and starts it', async (t) => {
  const home = await project()
  const { launcher, program } = await tarballs()
  const prefix = join(home.folder, 'temp', 'parley') // what npm would fetch from the registry is named here
  await mkdir(prefix, { recursive: true })
  await writeFile(join(prefix, 'package.json'), JSON.stringify({ overrides: { [`@parley-chat/${process.platform}-${process.arch}`]: `file:${program}` } }))
  await holds(home, await act(t, home, { version: `file:${launcher}`, args: '--agent echo' }))
})

test('RowA3 the action starts a program that is there', async (t) => {
  const home = await project()
  await holds(home, await act(t, home, { binary: home.program }))
})

test('RowA3 the action shows the log of a server that does not start', async (t) => {
  const home = await project()
  await assert.rejects(act(t, home, { binary: home.program, args: '--no-such-flag' }), /--no-such-flag: there is no such flag/)
})
