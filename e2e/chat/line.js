// A telephone line between page and server: it passes bytes on, and can be cut.

import { connect, createServer } from 'node:net'

/**
 * Listens on a port of loopback, which it keeps, and passes connections on to another one.
 * @param {string} port of the server
 */
export async function openLine(port) {
  const pairs = new Set()
  const waiting = []
  let held = false
  const passOn = (client) => {
    const upstream = connect(port, '127.0.0.1')
    const pair = { client, upstream, socket: false }
    pairs.add(pair)
    const end = () => { client.destroy(); upstream.destroy(); pairs.delete(pair) }
    for (const side of [client, upstream]) side.on('error', end).on('close', end)
    client.on('data', (chunk) => {
      if (chunk.includes('GET /participant/websocket')) pair.socket = true
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => { client.write(chunk) })
  }
  const server = createServer((client) => { if (held) waiting.push(client); else passOn(client) })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (which) => { for (const pair of [...pairs]) if (which(pair)) pair.client.destroy() }
  return {
    url: `http://localhost:${server.address().port}`,
    /** Leads new connections to the port of another server. */
    lead: (to) => { port = to },
    /** Cuts the chat sockets; calls go on. */
    cutSockets: () => cut((pair) => pair.socket),
    /** Cuts everything and lets new connections wait. */
    hold: () => { held = true; cut(() => true) },
    /** Passes what waits on. */
    release: () => { held = false; waiting.splice(0).forEach(passOn) },
    close: () => new Promise((resolve) => {
      cut(() => true)
      waiting.forEach((client) => client.destroy())
      server.close(resolve)
    }),
  }
}
