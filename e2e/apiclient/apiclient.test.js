// The description of the API (internal/api/openapi.yaml) makes clients that work, by the
// generators that people use.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { atOnce } from '../bounds.js'
import { startParley } from '../browser/parley.js'

const here = import.meta.dirname
const top = join(here, '../..')
const description = join(top, 'internal/api/openapi.yaml')
const adminToken = 'an-admin-token-for-clients'

let parley, folder
before(async () => {
  parley = await startParley('--ephemeral', '--admin-token', adminToken)
  folder = await mkdtemp(join(tmpdir(), 'parley-clients-'))
})
after(async () => {
  await parley?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Runs a program to its end; what it prints is shown when it fails. */
const run = async (program, args, options) => {
  try {
    return (await promisify(execFile)(program, args, { cwd: folder, ...options })).stdout
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')}: ${error.message}\n${error.stdout ?? ''}`)
  }
}
const tool = (name, ...args) => run(join(here, 'node_modules/.bin', name), args, { env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' } })

/** What every client sees of the server. */
const wanted = { kind: 'embedded', agent: 'Ann', removed: 204, hits: 0, contacts: 0, lost: 'NotFound' }
const seen = ({ skipped, ...rest }) => {
  assert.ok(skipped >= 1000, `${skipped} ms were skipped`)
  assert.deepEqual(rest, wanted)
}

describe('openapi.yaml', { concurrency: atOnce }, () => {
  test('RowB6 redocly finds nothing with its strict set', async () => {
    await tool('redocly', 'lint', '--extends', 'recommended-strict', description)
  })

  test('RowB6 openapi-typescript and hey-api', async () => {
    await Promise.all([
      tool('openapi-typescript', description, '-o', join(folder, 'types.gen.ts')),
      tool('openapi-ts', '-i', description, '-o', join(folder, 'hey'), '-p', '@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'),
      ...['calls.ts', 'types.ts'].map((file) => copyFile(join(here, 'testdata', file), join(folder, file))),
    ])
    await tool('tsc', '--strict', '--target', 'es2022', '--module', 'commonjs', '--lib', 'es2022,dom,dom.iterable', '--outDir', 'built', 'calls.ts', 'types.ts')
    const { use } = createRequire(join(folder, 'x.cjs'))('./built/calls.js')
    seen(await use(parley.url, adminToken))
  })

  test('RowB6 oapi-codegen', async () => {
    const go = (...args) => run('go', args, { cwd: top, env: { ...process.env, GOFLAGS: `-modfile=${join(top, 'tools/go.mod')}` } })
    const [client, program] = ['client.gen.go', 'main.go'].map((file) => join(folder, file))
    await copyFile(join(here, 'testdata/main.go'), program)
    await go('tool', 'oapi-codegen', '-generate', 'types,client', '-package', 'main', '-o', client, description)
    seen(JSON.parse(await go('run', program, client, parley.url, adminToken)))
  })
})
