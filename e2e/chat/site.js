// The pages of the tests: a small web site on a port of its own, with a page for each way in
// which a chat client comes to know the server.

import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The releases of amazon-connect-chatjs under test, by the names in package.json. */
export const releases = { chatjs5: '5.0.0', chatjs3: '3.0.3', chatjs2: '2.2.2', chatjs1: '1.3.2' }

const served = { ...releases, chatjs23: '2.3.2' } // which Touchpoint has inside

const ways = {
  after: (client, parley) => `<script src="${client}"></script><script src="${parley}/parley.js"></script>`,
  before: (client, parley) => `<script src="${parley}/parley.js"></script><script src="${client}"></script>`,
  config: (client, parley) => `<script src="${client}"></script>
    <script>connect.ChatSession.setGlobalConfig({ endpoint: '${parley}' })</script>`,
}

/**
 * Serves the pages /{release}/{way}?parley={address}&csp={Content Security Policy}.
 * @returns {Promise<{page: (options: {release?: string, way?: string, parley: string, csp?: string}) => string, close: () => Promise<void>}>}
 */
export async function serveSite() {
  const harness = await readFile(new URL('harness.js', import.meta.url), 'utf8')
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost')
    const [, release, way] = url.pathname.split('/')
    const send = (type, body) => response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(body)
    if (url.pathname === '/harness.js') return send('text/javascript', harness)
    if (!served[release]) return response.writeHead(404).end()
    if (way === 'client.js') return send('text/javascript', await readFile(require.resolve(release)))
    const parley = url.searchParams.get('parley')
    const csp = url.searchParams.get('csp')
    const policy = csp ? `<meta http-equiv="Content-Security-Policy" content="${csp}">` : ''
    send('text/html', `<!doctype html>${policy}<title>${release}</title><link rel="icon" href="data:,">
      <script src="/harness.js"></script>${ways[way](`/${release}/client.js`, parley)}`)
  })
  await new Promise((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address()
  return {
    page: ({ release = 'chatjs5', way = 'after', parley, csp }) =>
      `http://localhost:${port}/${release}/${way}?${new URLSearchParams({ parley, ...csp && { csp } })}`,
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve) }),
  }
}
