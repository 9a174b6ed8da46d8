// A chat held with the AWS CLI, as a shell script would.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { startParley } from '../browser/parley.js'
import { installed, missing, run } from '../installed.js'

let cli, parley
before(async () => { [cli, parley] = await Promise.all([installed('chat/awscli.sh'), startParley('--ephemeral', '--partner=false', '--greeting=')]) })
after(async () => assert.equal(await parley?.stop(), 0))

/** Runs a command against the server and returns what it prints. */
async function aws(...args) {
  const { HOME, PATH, LANG } = process.env
  const { stdout } = await run(cli.path, [...args, '--endpoint-url', parley.url, '--output', 'json'], {
    env: {
      HOME, PATH, LANG, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_DEFAULT_REGION: 'us-east-1',
      AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true', AWS_PAGER: '',
    },
  })
  return stdout.trim() ? JSON.parse(stdout) : {}
}

test('the AWS CLI holds a chat', async (t) => {
  if (missing(t, cli)) return
  const instance = ['--instance-id', '11111111-1111-4111-8111-111111111111']
  const { ContactId, ParticipantToken } = await aws('connect', 'start-chat-contact', ...instance,
    '--contact-flow-id', '22222222-2222-4222-8222-222222222222', '--participant-details', 'DisplayName=Pat')
  const { ConnectionCredentials: { ConnectionToken } } = await aws('connectparticipant', 'create-participant-connection',
    '--participant-token', ParticipantToken, '--type', 'WEBSOCKET', 'CONNECTION_CREDENTIALS')
  const { Id } = await aws('connectparticipant', 'send-message',
    '--connection-token', ConnectionToken, '--content-type', 'text/plain', '--content', 'hello')
  const [{ Transcript: [first] }, { Contact }] = await Promise.all([
    aws('connectparticipant', 'get-transcript', '--connection-token', ConnectionToken),
    aws('connect', 'describe-contact', ...instance, '--contact-id', ContactId),
  ])
  assert.deepEqual([first.Id, first.Content, first.ParticipantRole], [Id, 'hello', 'CUSTOMER'])
  assert.deepEqual([Contact.Id, Contact.Channel, Contact.DisconnectTimestamp], [ContactId, 'CHAT', undefined])
  await aws('connect', 'stop-contact', ...instance, '--contact-id', ContactId)
  const [late] = await Promise.allSettled([
    aws('connectparticipant', 'send-message', '--connection-token', ConnectionToken, '--content-type', 'text/plain', '--content', 'late'),
  ])
  assert.match(late.reason?.stderr ?? '', /AccessDeniedException/)
})

// Each command of docs/bots.md for clients of Lex, with what the page says that it prints.
test('RowPoint3 the AWS CLI talks to a bot as the docs say', async (t) => {
  if (missing(t, cli)) return
  const page = await readFile(new URL('../../docs/bots.md', import.meta.url), 'utf8')
  const dir = await mkdtemp(join(tmpdir(), 'parley-bots-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const section = page.slice(page.indexOf('## For clients of Lex'))
  for (const text of [page, section]) { // the page's first file of each name, and the section's own
    for (const [, name, content] of text.matchAll(/```yaml\n# (\S+)\n(.*?)```/gs)) {
      if (text === section || name === 'flowers.yaml') await writeFile(join(dir, name), content)
    }
  }
  const server = await startParley('--ephemeral', '--config', join(dir, 'parley.yaml'))
  t.after(() => server.stop())
  const [, block] = /```sh\n(.*?)```/s.exec(section)
  const { HOME, PATH, LANG } = process.env
  const env = {
    HOME, PATH: `${dirname(cli.path)}:${PATH}`, LANG, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_DEFAULT_REGION: 'us-east-1',
    AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true', AWS_PAGER: '',
  }
  const steps = block.split(/^\$ /m).filter(Boolean).map((step) => /^((?:.*\\\n)*.*)\n([^]*)$/.exec(step))
  assert.equal(steps.length, 4)
  const script = steps.map(([, command]) => command.replace('http://localhost:3000', server.url)).join('\n')
  const { stdout } = await run('bash', ['-euc', script], { env })
  assert.equal(stdout, steps.map(([, , output]) => output).join(''))
})
