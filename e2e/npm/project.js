// A project of a user: an empty folder into which the packed packages are installed, without a
// network, and a PATH in which there is Node and nothing else of what builds Parley.

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const run = promisify(execFile)
export const top = fileURLToPath(new URL('../..', import.meta.url))
export const platform = `${process.platform}-${process.arch}`

const packed = join(top, 'bin', 'npm')

/** The packages that `make bin/npm` has made: the launcher's and the one of this platform. */
export async function tarballs() {
  const names = await readdir(packed)
  const program = names.find((name) => name.startsWith(`parley-chat-${platform}-`))
  const launcher = names.find((name) => /^parley-chat-\d/.test(name))
  if (!program || !launcher) throw new Error(`no packages in ${packed}; make bin/npm makes them`)
  return { launcher: join(packed, launcher), program: join(packed, program) }
}

/**
 * Makes the folder, installs the packages and returns what runs there.
 * @param {string[]} flags of npm install
 */
export async function project(...flags) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'parley-npm-')))
  const bin = join(folder, 'path')
  await mkdir(bin)
  await symlink(process.execPath, join(bin, 'node'))
  const npm = await realpath(join(dirname(process.execPath), 'npm')).catch(() => npmOfPath())
  await symlink(npm, join(bin, 'npm'))
  await symlink(join(dirname(npm), 'npx-cli.js'), join(bin, 'npx'))
  for (const tool of ['sh', 'env']) await symlink(await where(tool), join(bin, tool))
  const env = {
    PATH: bin, HOME: folder, npm_config_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false',
    npm_config_update_notifier: 'false', XDG_RUNTIME_DIR: folder, XDG_STATE_HOME: folder,
  }
  const { launcher, program } = await tarballs()
  await writeFile(join(folder, 'package.json'), JSON.stringify({
    private: true, type: 'module', dependencies: { 'parley-chat': `file:${launcher}` }, overrides: { [`@parley-chat/${platform}`]: `file:${program}` },
  }))
  const inside = { cwd: folder, env }
  await run('npm', ['install', ...flags], inside)
  return {
    folder, inside, program: join(folder, 'node_modules', '@parley-chat', platform, 'parley'),
    launcher: join(folder, 'node_modules', '.bin', 'parley-chat'),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function where(tool) { return (await run('sh', ['-c', `command -v ${tool}`])).stdout.trim() }
async function npmOfPath() { return realpath(await where('npm')) }

/** Copies a file or a folder. */
export const copy = (from, to) => cp(from, to, { recursive: true })
export const readText = (file) => readFile(file, 'utf8')
