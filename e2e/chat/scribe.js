// Writes down what a page and the server exchange, with ids, tokens and times made readable,
// and compares it with what was written down before.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'

const patterns = [
  [/QVFJREFI[A-Za-z0-9_-]+/g, () => 'TOKEN'],
  // Exactly this form: an Android example reads no other.
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, () => 'TIME'],
  [/(127\.0\.0\.1|localhost):\d+/g, (_, host) => `${host}:3000`],
  [/expires=\d+&signature=[A-Za-z0-9_-]+/g, () => 'expires=N&signature=S'],
  [/"(ClientToken|requestId)":"[0-9a-f-]{36}"/g, (_, name) => `"${name}":"UUID"`],
]
const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

/**
 * Writes down what a page has exchanged until now.
 * @param {{calls: object[], frames: string[]}} exchange as the harness keeps it
 * @param {[string, string][]} names of ids that are known
 */
export function write({ calls, frames }, names) {
  const isBeat = (frame) => /"topic":\s*"aws\/(heartbeat|ping)"/.test(frame)
  const sections = {
    Calls: calls.map(describe),
    Frames: frames.filter((frame) => !isBeat(frame)),
    // Their number and their place between the others and each other are the clock's.
    Heartbeats: [...new Set(frames.filter(isBeat))].sort(),
  }
  return readable(Object.entries(sections).map(([title, lines]) => `# ${title}\n${lines.join('\n')}\n`).join('\n'), names)
}

function describe({ method, url, bearer, body, status, type, answer }) {
  const { pathname, search } = new URL(url)
  const asked = `> ${method} ${pathname}${search}${bearer ? ' X-Amz-Bearer' : ''} ${body}`
  return `${asked.trimEnd()}\n${`< ${status} ${type ?? ''} ${answer}`.trimEnd()}`
}

function readable(text, names) {
  for (const [pattern, replacement] of patterns) text = text.replace(pattern, replacement)
  const known = new Map(names.map(([name, id]) => [id, name]))
  return text.replace(uuid, (id) => {
    if (!known.has(id)) known.set(id, `ID${known.size - names.length + 1}`)
    return known.get(id)
  })
}

/** Compares with a file beside the tests; UPDATE=1 writes it instead. */
export async function golden(name, text) {
  const file = new URL(`testdata/${name}`, import.meta.url)
  if (process.env.UPDATE) return writeFile(file, text)
  assert.deepEqual(text.split('\n'), (await readFile(file, 'utf8')).split('\n'))
}
