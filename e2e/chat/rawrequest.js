// An HTTP request written as it is told: libraries correct the spelling of methods.

import { connect } from 'node:net'

/**
 * @param {string} url
 * @param {{method?: string, headers?: Record<string, string>, body?: string|Buffer}} request
 * @returns {Promise<{status: number, headers: Record<string, string>, text: string, json: any}>} json is undefined for another body
 */
export async function rawRequest(url, { method = 'POST', headers = {}, body = '' } = {}) {
  const { hostname, port, host, pathname, search } = new URL(url)
  const all = { Host: host, Connection: 'close', 'Content-Length': Buffer.byteLength(body), ...headers }
  const connection = connect(port, hostname)
  connection.write(`${method} ${pathname}${search} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
  connection.write(body)
  const chunks = []
  try {
    for await (const chunk of connection) chunks.push(chunk)
  } catch (error) {
    // A body that is refused is not read to its end, so a reset may follow the answer.
    if (error.code !== 'ECONNRESET' || chunks.length === 0) throw error
  }
  const [head, ...rest] = Buffer.concat(chunks).toString().split('\r\n\r\n')
  const [first, ...lines] = head.split('\r\n')
  const text = rest.join('\r\n\r\n')
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])),
    text,
    json: parse(text),
  }
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
