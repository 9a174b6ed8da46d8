// Runs a command while its processes are held up at random, as a machine with too much to do holds
// them up: a test that counts on the speed of another process fails here within minutes.
//
//   node tools/stalled.mjs make test
//
// One process for each core is stopped (SIGSTOP) at a time, for between 20 ms and LONGEST ms. Which
// ones follows from SEED, which is printed; what they do meanwhile does not, so a seed makes a failure
// likely, not certain. Linux only. Ends with the exit code of the command.
//
// Environment: SEED, LONGEST (3000).

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

const [command, ...args] = process.argv.slice(2)
const longest = Number(process.env.LONGEST) || 3000
const shortest = 20
let seed = Number(process.env.SEED) || Date.now() % 1_000_000

if (!command || process.platform !== 'linux') {
  process.stderr.write('stalled: say a command to run, on Linux\n')
  process.exit(2)
}
process.stderr.write(`stalled: SEED=${seed}\n`)

/** A number below 1, of a generator whose seed is known (mulberry32). */
function random() {
  seed = (seed + 0x6D2B79F5) | 0
  let n = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  n = (n + Math.imul(n ^ (n >>> 7), 61 | n)) ^ n
  return ((n ^ (n >>> 14)) >>> 0) / 2 ** 32
}

const child = spawn(command, args, { stdio: 'inherit' })
const own = new Set([child.pid]) // every process that was seen below the command, also after its parent has ended
const held = new Set()

/** The processes below the command that run now; make and the shells only wait for others. */
function running() {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => {
    try {
      const [, name, state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').match(/\((.*)\) (\S) (\d+)/s)
      return { pid: Number(pid), name, state, parent: Number(parent) }
    } catch {
      return null // it has ended
    }
  }).filter(Boolean)
  for (const pid of own) if (!processes.some((one) => one.pid === pid)) own.delete(pid) // its number may be another's next
  for (let before = 0; before !== own.size;) {
    before = own.size
    for (const { pid, parent } of processes) if (own.has(parent)) own.add(pid)
  }
  return processes.filter(({ pid, name, state }) => own.has(pid) && !'ZXT'.includes(state) && !/^(make|bash|sh)$/.test(name)).map(({ pid }) => pid)
}

function send(pid, signal) {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false // it has ended
  }
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms) })

async function stall() {
  for (;;) {
    await pause(10 + 200 * random())
    const pids = running().filter((pid) => !held.has(pid))
    const pid = pids[Math.floor(random() * pids.length)]
    if (!pid || !send(pid, 'SIGSTOP')) continue
    held.add(pid)
    await pause(shortest * (longest / shortest) ** random()) // short ones are more often
    send(pid, 'SIGCONT')
    held.delete(pid)
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.once('error', (error) => {
  process.stderr.write(`stalled: ${error.message}\n`)
  process.exit(2)
})
child.once('exit', (code) => {
  for (const pid of held) send(pid, 'SIGCONT')
  process.exit(code ?? 1)
})
for (let i = 0; i < availableParallelism(); i++) stall()
