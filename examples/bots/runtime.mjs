// Runs a handler of AWS Lambda where Parley starts it, by the Lambda Runtime API: node runtime.mjs FILE.
// In Lambda the runtime of Node.js does this, and the file of the handler is all there is to upload.

import { request } from 'node:http'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`
const { handler } = await import(pathToFileURL(resolve(process.argv[2])).href)

/** Calls the Runtime API, which lets a process wait for its next event as long as it takes. */
const call = (method, path, body) => new Promise((done, failed) => {
  request(api + path, { method }, async (answer) => {
    let text = ''
    for await (const part of answer.setEncoding('utf8')) text += part
    done({ id: answer.headers['lambda-runtime-aws-request-id'], text })
  }).on('error', failed).end(body)
})

for (;;) {
  const { id, text } = await call('GET', 'next')
  try {
    await call('POST', `${id}/response`, JSON.stringify(await handler(JSON.parse(text))))
  } catch (error) {
    await call('POST', `${id}/error`, JSON.stringify({ errorType: error.name, errorMessage: error.message }))
  }
}
