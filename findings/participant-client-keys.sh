#!/usr/bin/env bash
# A good guess says that the client for the Amazon Connect Participant Service needs a token and no AWS credentials: AWS's
# reference says of its operations that they do not use Signature Version 4, and the customers who call them have no keys.
# @aws-sdk/client-connectparticipant 3.1019.0 looks for credentials before each call, fails with CredentialsProviderError
# without sending anything where there are none, and signs with them where there are some, so that the id of the key of
# whoever runs it goes out beside the token. authSchemePreference ['noAuth'] changes nothing; two empty texts as keys are
# enough for it to send.
# A chat client or a test that runs on a developer's machine, where keys are, fails in CI, in a container and in a page; a
# stand-in for the service must neither ask for the header Authorization nor check it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @aws-sdk/client-connectparticipant@3.1019.0
cat >ask.mjs <<'JS'
import assert from 'node:assert/strict'
import http from 'node:http'
import { ConnectParticipantClient, GetTranscriptCommand } from '@aws-sdk/client-connectparticipant'

const requests = []
const service = http.createServer(({ headers }, response) => {
  requests.push(headers)
  response.setHeader('content-type', 'application/json').end('{}')
})
await new Promise((resolve) => service.listen(0, '127.0.0.1', resolve))
async function ask (what, options) {
  const client = new ConnectParticipantClient({ region: 'us-east-1', endpoint: `http://127.0.0.1:${service.address().port}`, maxAttempts: 1, ...options })
  const told = await client.send(new GetTranscriptCommand({ ConnectionToken: 'token' })).then(() => 'answered', ({ name }) => name)
  const { authorization = 'none', 'x-amz-bearer': bearer } = requests.pop() ?? {}
  console.log(`  ${what}: ${told}${bearer ? `; X-Amz-Bearer: ${bearer}, Authorization: ${authorization.split(',')[0]}` : ', nothing sent'}`)
  return { told, bearer, signed: authorization.match(/^AWS4-HMAC-SHA256 Credential=(\w*)\//)?.[1] }
}
const refused = { told: 'CredentialsProviderError', bearer: undefined, signed: undefined }
assert.deepEqual(await ask('no credentials', {}), refused)
assert.deepEqual(await ask('no credentials, noAuth preferred', { authSchemePreference: ['noAuth'] }), refused)
assert.deepEqual(await ask('empty credentials', { credentials: { accessKeyId: '', secretAccessKey: '' } }), { told: 'answered', bearer: 'token', signed: '' })
process.env.AWS_ACCESS_KEY_ID = 'EXAMPLE'
process.env.AWS_SECRET_ACCESS_KEY = 'secret'
assert.deepEqual(await ask("the environment's credentials", {}), { told: 'answered', bearer: 'token', signed: 'EXAMPLE' })
process.exit()
JS
npm ls --depth=0 | grep @
# Without the keys of whoever runs this.
env -i PATH="$PATH" HOME="$folder" AWS_EC2_METADATA_DISABLED=true node --no-warnings ask.mjs
