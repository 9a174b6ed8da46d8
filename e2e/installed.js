// Programs that are no npm packages: a script of this folder finds or installs each.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const run = promisify(execFile)

/** The path of the program that a script prints, or why there is none. */
export async function installed(script) {
  try {
    const { stdout } = await run(fileURLToPath(new URL(script, import.meta.url)))
    return { path: stdout.trim() }
  } catch (error) {
    return { reason: error.stderr.trim() }
  }
}

/** Whether a program is missing. Its test is skipped then, except where everything has to run. */
export function missing(t, { path, reason }) {
  if (path) return false
  assert.notEqual(process.env.CI, 'true', reason)
  t.skip(reason)
  return true
}
