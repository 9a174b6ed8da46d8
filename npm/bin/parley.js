#!/usr/bin/env node
// Starts the program parley of this platform, and is to its caller what the program is: arguments,
// outputs, signals and the exit code pass through.
'use strict'

const { spawn } = require('node:child_process')
const { constants } = require('node:os')
const { find, variable, refused } = require('../lib/binary.js')

const say = (text) => process.stderr.write(`parley: error: ${text}\n`)

function main() {
  let program
  try {
    program = find()
  } catch (error) {
    say(error.message)
    process.exitCode = 1
    return
  }
  // A server that outlives its launcher would keep the port: it ends when this process is killed.
  const env = { PARLEY_EXIT_WITH_PARENT: 'true', ...process.env }
  delete env[variable]
  const child = spawn(program, process.argv.slice(2), { stdio: 'inherit', env })
  if (process.argv.includes('--exit-with-parent')) endWithParent(child)
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) passOn(name, child)
  child.once('error', (error) => {
    say(refused(program, error))
    process.exit(1)
  })
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal) // as the program ended, so does this process
    setTimeout(() => process.exit(128 + constants.signals[signal]), 1000)
  })
}

/**
 * Hands a signal to the program. Keys of a terminal and its end reach both processes anyhow, and a
 * second one would cut the program's orderly end short; Windows has no signals to hand on, only an end.
 */
function passOn(name, child) {
  const both = name !== 'SIGTERM' && name !== 'SIGUSR2' && [0, 1, 2].some((fd) => require('node:tty').isatty(fd))
  const hand = () => { if (!both && process.platform !== 'win32') child.kill(name) }
  try {
    process.on(name, hand)
  } catch { /* a signal that this system does not know */ }
}

/** The program watches this process; this one watches its own parent, npx for example, for it. */
function endWithParent(child) {
  const parent = process.ppid
  setInterval(() => { if (process.ppid !== parent) child.kill('SIGINT') }, 250).unref()
}

main()
