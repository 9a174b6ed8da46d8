// A chat held with boto3, Python's AWS SDK. Debian's package is a client of 2022 that knows of no
// address but the one it is given.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
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

// docs/devices.md says from which release on the variables are read: before it, a script that is
// believed to be local calls AWS.
test('RowB3 boto3 goes by its own parameter, and by the variables since the release that the docs name', async (t) => {
  const python = await installed('chat/boto3.sh')
  if (missing(t, python)) return
  const document = await readFile(new URL('../../docs/devices.md', import.meta.url), 'utf8')
  const [, since] = /\(botocore (\d+\.\d+)\)/.exec(document)
  const { PATH } = process.env
  const { stdout } = await run(python.path, ['-c', `
import boto3, botocore, json
keys = dict(region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")
print(json.dumps([botocore.__version__] + [
    boto3.client(name, **keys, **given).meta.endpoint_url
    for given in ({"endpoint_url": "http://127.0.0.1:1"}, {}) for name in ("connect", "connectparticipant")]))
`], { env: { PATH, AWS_ENDPOINT_URL_CONNECT: 'http://127.0.0.1:2', AWS_ENDPOINT_URL_CONNECTPARTICIPANT: 'http://127.0.0.1:2' } })
  const [version, ...addresses] = JSON.parse(stdout)
  const reads = version.localeCompare(since, 'en', { numeric: true }) >= 0
  const aws = ['https://connect.us-east-1.amazonaws.com', 'https://participant.connect.us-east-1.amazonaws.com']
  assert.deepEqual(addresses, ['http://127.0.0.1:1', 'http://127.0.0.1:1', ...reads ? ['http://127.0.0.1:2', 'http://127.0.0.1:2'] : aws], version)
})
