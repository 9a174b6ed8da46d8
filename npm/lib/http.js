// Calls of a server, and its stream of events. Node's own http module is used and not fetch, which
// test environments such as jsdom take away or replace.
'use strict'

const http = require('node:http')

/** What a server refused: `message` is its sentence with the next step, `code` is for programs. */
class ParleyError extends Error {
  constructor(message, members) {
    super(message)
    this.name = 'ParleyError'
    Object.assign(this, members)
  }
}

/** Sends a request and returns the response with its head read. */
function request(address, { method = 'GET', headers = {}, body, signal } = {}) {
  const text = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const sent = http.request(address, {
      method, signal, family: 4, agent: false,
      headers: { ...headers, ...text !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) } },
    }, resolve)
    sent.once('error', reject)
    sent.end(text)
  })
}

async function read(response) {
  response.setEncoding('utf8')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

/**
 * Makes a call and returns what the JSON of its answer says, undefined without a body.
 * @throws {ParleyError} for an answer that is no success
 */
async function call(address, options) {
  const response = await request(address, options)
  const text = await read(response)
  if (response.statusCode < 300) return text === '' ? undefined : JSON.parse(text)
  throw refusal(`${options?.method ?? 'GET'} ${new URL(address).pathname}`, response.statusCode, text)
}

function refusal(what, status, text) {
  let answer = {}
  try { answer = JSON.parse(text) } catch { /* no JSON: the text is the sentence */ }
  const sentence = answer.error ?? answer.message ?? answer.Message ?? (text || 'no reason was given')
  return new ParleyError(`${what} was answered ${status}: ${sentence}${answer.hint ? ` ${answer.hint}` : ''}`,
    { status, code: answer.code, field: answer.field })
}

/**
 * The events of a stream (HTML standard, section 9.2), as they come. It ends with the server.
 * @returns {AsyncGenerator<{event: string, data: any}>}
 */
async function * events(address, options) {
  const response = await request(address, options)
  if (response.statusCode !== 200) throw refusal('GET /api/events', response.statusCode, await read(response))
  response.setEncoding('utf8')
  let rest = ''
  for await (const chunk of response) {
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop()
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.match(/^(\w+): ?(.*)$/)?.slice(1)).filter(Boolean))
      if (fields.event) yield { event: fields.event, data: JSON.parse(fields.data) } // others are signs of life
    }
  }
}

module.exports = { call, events, ParleyError }
