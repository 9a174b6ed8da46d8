// A chat held with boto3, Python's AWS SDK. Debian's package is a client of 2022 that knows of no
// address but the one it is given.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startParley } from '../browser/parley.js'
import { installed, missing, run } from '../installed.js'

test('boto3 holds a chat', async (t) => {
  const python = await installed('chat/boto3.sh')
  if (missing(t, python)) return
  const parley = await startParley('--ephemeral', '--partner=false', '--greeting=')
  t.after(() => parley.stop())
  const { HOME, PATH } = process.env
  const { stdout } = await run(python.path, [fileURLToPath(new URL('testdata/boto3_chat.py', import.meta.url)), parley.url], {
    env: { HOME, PATH, AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true' },
  })
  assert.deepEqual(JSON.parse(stdout), {
    file: 'a,b\n', messages: [['**grüezi** 👋', 'Zoë']], same: true, attachments: ['APPROVED'], attributes: 'returns',
    started: true, flows: 1, ended: true, socket: 'ws',
    flow: ['InvalidRequestException', 400, 'InvalidRequestException'],
    stream: ['InvalidRequestException', 400, 'InvalidRequestException'],
    unemulated: ['NotImplemented', 501, 'ClientError'],
    late: ['AccessDeniedException', 403, 'AccessDeniedException'],
  })
})
