// Holds the list of Amazon Connect's operations against the newest AWS SDK for JavaScript.
//
//   node tools/model.mjs [--write]
//
// Prints the operations that the SDK has and the list has not, in the list's form, then those of
// other methods or paths, and fails when there are any. --write brings them into the list.
// Operations that only the list has stay: AWS takes none back, and old SDKs call them. The
// client is installed into a temporary folder, with its scripts left alone.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const client = '@aws-sdk/client-connect'
const list = new URL('../internal/connectserver/operations.txt', import.meta.url)

/** The operations in the schemas of an SDK's client: their lines in the list, by name. */
export function operationsOf(sdk) {
  const operation = 9 // the kind of a schema: [kind, namespace, name, traits, input, output]
  return new Map(Object.values(sdk).filter((schema) => Array.isArray(schema) && schema[0] === operation)
    .map(([, , name, { http: [method, path] }]) => [name, `${method} ${path} ${name}`]))
}

/** The operations of the list: their lines, by name. */
export const listed = () => new Map(readFileSync(list, 'utf8').trim().split('\n').map((line) => [line.split(' ')[2], line]))

/** The lines of the client that the list has not, or has otherwise. */
export function missing(sdk) {
  const known = listed()
  return [...operationsOf(sdk)].filter(([name, line]) => known.get(name) !== line).map(([, line]) => line)
}

function newest() {
  const folder = mkdtempSync(join(tmpdir(), 'parley-model-'))
  try {
    execFileSync('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--silent', `${client}@latest`], { stdio: 'inherit' })
    const load = createRequire(join(folder, 'package.json'))
    return { sdk: load(client), version: load(`${client}/package.json`).version }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
  const { sdk, version } = newest()
  const lines = missing(sdk)
  console.log(`${client} ${version}: ${lines.length} operations are new or changed, of ${operationsOf(sdk).size}`)
  for (const line of lines) console.log(line)
  if (process.argv.includes('--write')) {
    const all = new Map([...listed(), ...operationsOf(sdk)])
    const names = [...all.keys()].sort()
    writeFileSync(list, names.map((name) => `${all.get(name)}\n`).join(''))
  } else if (lines.length > 0) {
    process.exitCode = 1
  }
}
