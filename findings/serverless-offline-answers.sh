#!/usr/bin/env bash
# A good guess says that what serverless-offline answers at its endpoint for Lambda is JSON, as AWS's runtime for Node answers
# what JSON.stringify makes of the handler's result. serverless-offline 13.10.1 (with serverless 3.40.0) puts a text between
# quotes as it is: one with a quote or a line break in it is no JSON. Nothing and null are an empty body where AWS answers
# null. An error of a class of its own has errorType "Error" there; AWS names the class.
# A function that returns rendered text, and a caller that parses each answer or decides by errorType, work at AWS and fail on
# the developer's machine only; put texts into an object, and the kind of an error into its message.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" || true; rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund serverless@3.40.0 serverless-offline@13.10.1
npm ls --depth=0 | grep @
cat >serverless.yml <<'YAML'
service: finding
frameworkVersion: '3'
provider: { name: aws, runtime: nodejs20.x }
plugins: [serverless-offline]
functions:
  answer: { handler: handler.answer }
YAML
cat >handler.mjs <<'JS'
class NoSuchOrder extends Error { name = 'NoSuchOrder' }
export const answer = async ({ kind, value }) => {
  if (kind === 'error') throw new NoSuchOrder('order 7')
  if (kind === 'value') return value
}
JS
cat >ask.mjs <<'JS'
import assert from 'node:assert/strict'

const url = `http://127.0.0.1:${process.argv[2]}/2015-03-31/functions/finding-dev-answer/invocations`
async function ask (event) {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(event) })
  const body = await response.text()
  assert.equal(response.status, 200)
  console.log(`  ${JSON.stringify(event)}: ${JSON.stringify(body.length > 70 ? body.slice(0, 70) + '…' : body)}`)
  return body
}
const value = (value) => ask({ kind: 'value', value })
assert.equal(await value({ text: 'say "hi"' }), '{"text":"say \\"hi\\""}')
assert.equal(await value('hello'), '"hello"')
for (const text of ['say "hi"', 'two\nlines']) {
  const body = await value(text)
  assert.equal(body, `"${text}"`)
  assert.throws(() => JSON.parse(body), SyntaxError)
}
for (const event of [{ kind: 'value', value: null }, { kind: 'nothing' }]) assert.equal(await ask(event), '')
const { errorType, errorMessage } = JSON.parse(await ask({ kind: 'error' }))
assert.deepEqual([errorType, errorMessage], ['Error', 'order 7'])
JS
port() { node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close() })"; }
port=$(port)
export SLS_TELEMETRY_DISABLED=1 SLS_NOTIFICATIONS_MODE=off
node node_modules/serverless/bin/serverless.js offline --host 127.0.0.1 --lambdaPort "$port" --httpPort "$(port)" >log.txt 2>&1 &
server=$!
for try in $(seq 120); do
	! curl -s -o /dev/null "http://127.0.0.1:$port/" || break
	[ "$try" -lt 120 ] && kill -0 "$server" || { cat log.txt; exit 1; }
	sleep 1
done
node ask.mjs "$port"
