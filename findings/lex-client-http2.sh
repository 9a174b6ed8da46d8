#!/usr/bin/env bash
# A good guess says that a client of the AWS SDK for JavaScript speaks HTTP/1.1 to an http:// endpoint, as those of Amazon
# Connect do, and browsers speak HTTP/2 over TLS only. The client of Amazon Lex V2 speaks HTTP/2 there from its first byte,
# without asking (RFC 9113, section 3.3), even for the operations without a stream, such as RecognizeText.
# Seen with @aws-sdk/client-lex-runtime-v2 3.1048.0; @aws-sdk/client-connectparticipant 3.1019.0 beside it speaks HTTP/1.1.
# Who stands in for the bot of a chat on localhost with an ordinary HTTP server gets no request at all, and the caller reads
# "Protocol error" of an HTTP/2 session; such a server has to take HTTP/2 without TLS on the same port.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @aws-sdk/client-lex-runtime-v2@3.1048.0 @aws-sdk/client-connectparticipant@3.1019.0
cat >ask.mjs <<'JS'
import assert from 'node:assert/strict'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { ConnectParticipantClient, GetTranscriptCommand } from '@aws-sdk/client-connectparticipant'
import { LexRuntimeV2Client, RecognizeTextCommand } from '@aws-sdk/client-lex-runtime-v2'

const commands = new Map([
  [LexRuntimeV2Client, () => new RecognizeTextCommand({ botId: 'ABCDEFGHIJ', botAliasId: 'TSTALIASID', localeId: 'en_US', sessionId: 's-1', text: 'hello' })],
  [ConnectParticipantClient, () => new GetTranscriptCommand({ ConnectionToken: 'token' })],
])
async function ask (Client, server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = new Client({
    region: 'us-east-1', endpoint: `http://127.0.0.1:${server.address().port}`, maxAttempts: 1,
    credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
  })
  try { return await client.send(commands.get(Client)()) } catch (error) { return error } finally { client.destroy(); server.close() }
}
async function firstLine (Client) {
  let line
  const server = net.createServer((socket) => socket.on('error', () => {}).once('data', (bytes) => {
    line = String(bytes).split('\r\n')[0]
    socket.destroy()
  }))
  await ask(Client, server)
  console.log(`${Client.name} begins with: ${line}`)
  return line
}
assert.match(await firstLine(ConnectParticipantClient), /^POST \/participant\/transcript HTTP\/1\.1$/)
assert.equal(await firstLine(LexRuntimeV2Client), 'PRI * HTTP/2.0')

let requests = 0
const refused = await ask(LexRuntimeV2Client, http.createServer((_, response) => { requests++; response.end('{}') }))
console.log(`an HTTP/1.1 server saw ${requests} requests; the caller reads: ${refused.message} (${refused.code})`)
assert.deepEqual([requests, refused.message, refused.code], [0, 'Protocol error', 'ERR_HTTP2_ERROR'])

const answer = await ask(LexRuntimeV2Client, http2.createServer((request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ sessionId: 's-1', messages: [{ contentType: 'PlainText', content: `over HTTP/${request.httpVersion}` }] }))
}))
console.log(`an HTTP/2 server without TLS: ${answer.messages?.[0].content ?? answer}`)
assert.equal(answer.messages?.[0].content, 'over HTTP/2.0')
process.exit()
JS
npm ls --depth=0 | grep @
node --no-warnings ask.mjs
