// How much the suites of this folder ask of a machine, and how long they wait. All suites take
// both from here.

import { availableParallelism } from 'node:os'

const cores = Number(process.env.E2E_CORES) || availableParallelism()

/**
 * How many tests of one file run at the same time. Most of their time is waiting for heartbeats
 * and timers, so there are several for each core. E2E_CORES sets another number of cores; the
 * Makefile hands the same number to node, as the number of files of a suite that run at once.
 */
export const atOnce = 4 * cores

const queue = []
let running = 0

/**
 * Does work that takes a whole core, such as loading a page with a chat client in it, when a core
 * is free: a dozen pages at once do not load in time on a small machine.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inTurn(work) {
  if (running >= cores) await new Promise((resolve) => { queue.push(resolve) })
  else running++
  try {
    return await work()
  } finally {
    const next = queue.shift() // takes over the turn
    if (next) next()
    else running--
  }
}

/**
 * How long a test waits for an event before it fails, in milliseconds. An event ends the wait at
 * once, so a long limit costs nothing; it has to be longer than a page takes on a machine whose
 * cores are busy with other work.
 */
export const patience = 120_000

/** Waits until a condition holds, and fails with what `otherwise` returns when it never does. */
export async function until(condition, otherwise) {
  for (const end = Date.now() + patience; ;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > end) throw new Error(await otherwise())
    await new Promise((resolve) => { setTimeout(resolve, 20) })
  }
}
