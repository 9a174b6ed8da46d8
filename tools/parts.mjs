// Runs the parts of the tests, several at a time, and prints a table of their times.
//
//   node tools/parts.mjs [name[:after,after]=command]…
//
// A part starts when the parts it comes after have succeeded and a slot is free; the order of the
// arguments is the order of preference. One part more than there are cores runs at a time: while
// some wait for a browser or a timer, another compiles. What the first unfinished part prints is shown at once, what the
// others print when their turn comes, so that the output reads like that of a run one by one.
//
// Environment: PARTS_AT_ONCE sets the number of slots. BUDGET=1 fails a run that took more than 15
// minutes. PARTS_TIMES names a file to which the times are added as tab-separated lines.

import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'

const budget = 15 * 60 // in seconds

const slots = Number(process.env.PARTS_AT_ONCE) || availableParallelism() + 1
const folder = mkdtempSync(join(tmpdir(), 'parley-parts-'))
const began = performance.now()
const seconds = () => (performance.now() - began) / 1000

const parts = process.argv.slice(2).map((argument) => {
  const [, name, after, command] = argument.match(/^([\w-]+)(?::([\w,-]+))?=(.+)$/s) ?? []
  if (!command) fail(`not name[:after,after]=command: ${argument}`)
  return { name, after: after?.split(',') ?? [], command, state: 'waiting', output: [] }
})
const named = new Map(parts.map((part) => [part.name, part]))
for (const { name, after } of parts) {
  for (const other of after) if (!named.has(other)) fail(`${name} comes after ${other}, which is no part`)
}

function fail(sentence) {
  process.stderr.write(`parts: ${sentence}\n`)
  process.exit(2)
}

/** Starts a part. Its command runs in bash, whose keyword `time` knows the CPU time of all its processes. */
function start(part) {
  Object.assign(part, { state: 'running', begun: seconds(), times: join(folder, part.name) })
  part.child = spawn('bash', ['-c', 'TIMEFORMAT="%U %S"; { time eval "$1" 2>&3; } 3>&2 2>"$2"', 'bash', part.command, part.times], {
    stdio: ['ignore', 'pipe', 'pipe'], detached: true, // a group of its own, so that a signal reaches all of it
  })
  for (const stream of [part.child.stdout, part.child.stderr]) {
    stream.on('data', (chunk) => { part.output.push(chunk); show() })
  }
  part.child.once('close', (code) => {
    part.state = code === 0 ? 'ok' : 'failed' // a signal has no code
    part.took = seconds() - part.begun
    part.cpu = readFileSync(part.times, 'utf8').trim().split(/\s+/).reduce((sum, n) => sum + Number(n), 0)
    part.output.push(`\n--- ${part.name}: ${part.state} after ${part.took.toFixed(1)} s\n`)
    advance()
  })
}

/** Starts what can start, and ends the program when nothing is left. */
function advance() {
  for (const part of parts) {
    if (part.state !== 'waiting') continue
    const before = part.after.map((name) => named.get(name).state)
    if (before.some((state) => state === 'failed' || state === 'not run')) part.state = 'not run'
    else if (before.every((state) => state === 'ok') && parts.filter(({ state }) => state === 'running').length < slots) start(part)
  }
  show()
  if (parts.every(({ state }) => state !== 'waiting' && state !== 'running')) finish()
}

/** Prints what has come of the first unfinished part, and of all before it. */
function show() {
  for (const part of parts) {
    if (part.state === 'waiting') return
    if (!part.shown && part.state !== 'not run') process.stdout.write(`\n--- ${part.name}: ${part.command}\n\n`)
    part.shown = true
    for (const chunk of part.output.splice(0)) process.stdout.write(chunk)
    if (part.state === 'running') return
  }
}

function finish() {
  rmSync(folder, { recursive: true })
  const total = seconds()
  const line = (name, state, begun, took, cpu) =>
    `${name.padEnd(12)}${state.padEnd(10)}${begun.padStart(8)}${took.padStart(10)}${cpu.padStart(10)}\n`
  const figure = (n) => n === undefined ? '' : n.toFixed(1)
  let table = line('part', 'result', 'from', 'seconds', 'CPU')
  for (const { name, state, begun, took, cpu } of parts) table += line(name, state, figure(begun), figure(took), figure(cpu))
  const ok = parts.every(({ state }) => state === 'ok')
  table += line('all', ok ? 'ok' : 'failed', '', figure(total), figure(parts.reduce((sum, { cpu = 0 }) => sum + cpu, 0)))
  process.stdout.write(`\n${table}`)
  if (process.env.PARTS_TIMES) {
    const rows = [...parts, { name: 'all', state: ok ? 'ok' : 'failed', took: total }]
    appendFileSync(process.env.PARTS_TIMES, rows.map(({ name, state, took }) => `${name}\t${state}\t${figure(took)}\n`).join(''))
  }
  if (!ok) process.exitCode = 1
  if (process.env.BUDGET === '1' && total > budget) {
    process.stdout.write(`\nthe parts took more than ${budget / 60} minutes\n`)
    process.exitCode = 1
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const part of parts) {
      if (part.state === 'running') process.kill(-part.child.pid, signal)
      if (part.state === 'waiting') part.state = 'not run'
    }
  })
}

advance()
