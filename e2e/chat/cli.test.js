// A chat held with the AWS CLI, as a shell script would.

import assert from 'node:assert/strict'
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
