// Where the program parley is: in the package of this platform, which npm installs beside this one,
// or where the variable says.
'use strict'

const { accessSync, constants } = require('node:fs')

/** Names a program to use in the place of the package's. It is no setting of Parley's, so it has another prefix. */
const variable = 'PARLEYCHAT_BINARY'

const supported = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64']

/**
 * The path of the program. Errors say what is missing, why that happens, and what to do.
 * @returns {string}
 */
function find(env = process.env, platform = `${process.platform}-${process.arch}`, resolve = require.resolve) {
  const named = env[variable]
  if (named) {
    try {
      accessSync(named, constants.X_OK)
    } catch (error) {
      throw new Error(`${variable} names ${named}: ${refused(named, error)}`)
    }
    return named
  }
  if (!supported.includes(platform)) {
    throw new Error(`there is no package of Parley for ${platform}, only for ${supported.join(', ')}. ` +
      `Build it with Go (go install github.com/parley-chat/parley/cmd/parley@latest) and name the program by ${variable}.`)
  }
  const name = `@parley-chat/${platform}`
  const { version } = require('../package.json')
  try {
    return resolve(`${name}/${platform.startsWith('win32') ? 'parley.exe' : 'parley'}`)
  } catch {
    throw new Error(`the package ${name}, which holds the program for this machine, is not installed. ` +
      'npm leaves it out with --omit=optional (or "omit" in .npmrc), and when node_modules was installed on another platform. ' +
      `Install again without that, or install it by itself (npm install --no-save ${name}@${version}), or name a program by ${variable}.`)
  }
}

/** Why a program could not be started, in a sentence. */
function refused(program, error) {
  if (error.code === 'EACCES') {
    return `${program} may not be executed. Packing or copying node_modules loses the mode of files in some tools: ` +
      `install again, or chmod +x ${program}.`
  }
  if (error.code === 'ENOENT') return `there is no program ${program}.`
  return `${program} cannot be started: ${error.message}`
}

module.exports = { find, refused, variable }
