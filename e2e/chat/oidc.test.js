// Tokens of a real OpenID provider (npm's oidc-provider): a customer who has signed in starts a
// chat, other tokens of the same provider do not, and a wrong issuer is told as that.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { Provider } from 'oidc-provider'
import { startParley } from '../browser/parley.js'

const binary = process.env.E2E_BINARY ?? new URL('../../bin/parley', import.meta.url).pathname
const redirect = 'https://shop.example/signed-in'
const secret = randomBytes(24).toString('hex')

let provider
before(async () => { provider = await startProvider() })
after(async () => { await provider?.close() })

/** Starts a provider with two applications, whose customers sign in by asking. */
async function startProvider () {
  const server = createServer((request, response) => answer(request, response))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = server.address().port
  const issuer = `http://127.0.0.1:${port}`
  const application = (id) => ({
    client_id: id, client_secret: secret, redirect_uris: [redirect], grant_types: ['authorization_code', 'client_credentials'], response_types: ['code'],
  })
  const oidc = new Provider(issuer, {
    clients: [application('chat'), application('shop')],
    cookies: { keys: [secret] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: 'ada@shop.example' }) }),
    claims: { openid: ['sub'], email: ['email'] },
    conformIdTokenClaims: false,
    interactions: { url: (_, interaction) => `/sign-in/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      // Access tokens for an API that has the name of the application, in the form of RFC 9068.
      resourceIndicators: {
        enabled: true, defaultResource: () => undefined,
        getResourceServerInfo: () => ({ scope: 'chats', audience: 'chat', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
      },
    },
    async loadExistingGrant (ctx) { // consent is given
      const grant = new oidc.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId })
      grant.addOIDCScope('openid email')
      await grant.save()
      return grant
    },
  })
  const handler = oidc.callback()
  function answer (request, response) {
    if (!request.url.startsWith('/sign-in/')) return handler(request, response)
    return oidc.interactionFinished(request, response, { login: { accountId: 'customer-42' } }).catch((error) => response.writeHead(500).end(String(error)))
  }
  return {
    issuer, port, signIn: (client) => signIn(issuer, client),
    accessToken: async (client) => (await token(issuer, client, { grant_type: 'client_credentials', resource: 'https://chat.example', scope: 'chats' })).access_token,
    close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections() }),
  }
}

/** Signs a customer in, as a browser and the application's server do together, and returns the ID token. */
async function signIn (issuer, client) {
  const verifier = randomBytes(32).toString('base64url')
  const jar = new Map()
  let next = `${issuer}/auth?${new URLSearchParams({
    client_id: client, redirect_uri: redirect, response_type: 'code', scope: 'openid email',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
  })}`
  for (let hops = 0; !next.startsWith(redirect); hops++) {
    assert.ok(hops < 10, `the sign-in ends nowhere: ${next}`)
    const response = await fetch(next, { redirect: 'manual', headers: { Cookie: [...jar].map((pair) => pair.join('=')).join('; ') } })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)
      jar.set(name, value)
    }
    assert.ok(response.headers.get('location'), `${next}: ${response.status} ${await response.text()}`)
    next = new URL(response.headers.get('location'), next).href
  }
  const code = new URL(next).searchParams.get('code')
  return (await token(issuer, client, { grant_type: 'authorization_code', code, redirect_uri: redirect, code_verifier: verifier })).id_token
}

async function token (issuer, client, asked) {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST', body: new URLSearchParams(asked), headers: { Authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}` },
  })
  const answer = await response.json()
  assert.equal(response.status, 200, JSON.stringify(answer))
  return answer
}

const flags = (issuer) => ['--auth-mode', 'oidc', '--jwt-issuer', issuer, '--jwt-audience', 'chat', '--jwt-claim-attributes', 'sub=customerId,email=email']

async function start (url, bearer) {
  const response = await fetch(`${url}/startChatContact`, {
    method: 'POST', headers: bearer ? { Authorization: `Bearer ${bearer}` } : {}, body: JSON.stringify({ ParticipantDetails: { DisplayName: 'Ada' } }),
  })
  return { status: response.status, retry: response.headers.get('retry-after'), body: await response.json() }
}

/** Runs the doctor and returns its line about the provider. */
function examine (issuer) {
  return new Promise((resolve, reject) => {
    execFile(binary, ['doctor', '-o', 'json', '--addr', '127.0.0.1:0', ...flags(issuer)], (_, out) => {
      try {
        resolve(JSON.parse(out).checks.find(({ id }) => id === 'issuer'))
      } catch (error) { reject(error) }
    })
  })
}

const header = (bearer) => JSON.parse(Buffer.from(bearer.split('.')[0], 'base64url'))

test('TestC2 a customer who has signed in starts a chat', async (t) => {
  const parley = await startParley(...flags(provider.issuer))
  t.after(async () => assert.equal(await parley.stop(), 0))
  const started = await start(parley.url, await provider.signIn('chat'))
  assert.equal(started.status, 200, JSON.stringify(started.body))
  const contact = await (await fetch(`${parley.url}/api/contacts/${started.body.ContactId}`)).json()
  assert.deepEqual([contact.attributes.customerId, contact.attributes.email], ['customer-42', 'ada@shop.example'])

  const refused = async (bearer, reason) => {
    const { status, body } = await start(parley.url, bearer)
    assert.deepEqual([status, body.docs?.split('#')[1]], [401, bearer ? 'token-invalid' : 'token-missing'])
    await parley.logged(reason)
  }
  await refused('', 'there is no token')
  await refused(await provider.signIn('shop'), 'another audience')
  const access = await provider.accessToken('chat')
  assert.equal(header(access).typ, 'at+jwt')
  await refused(access, 'no ID token (typ)')
})

test('TestC2 a wrong issuer is told as that', async (t) => {
  const bearer = await provider.signIn('chat')
  for (const [what, issuer, said] of [
    ['a slash more', `${provider.issuer}/`, `set jwt-issuer (JWT_ISSUER) to ${provider.issuer}`],
    ['another host', `http://localhost:${provider.port}`, `set jwt-issuer (JWT_ISSUER) to ${provider.issuer}`],
    ['another path', `${provider.issuer}/tenant`, 'status 404'],
  ]) {
    await t.test(what, async (t) => {
      const parley = await startParley(...flags(issuer))
      t.after(async () => assert.equal(await parley.stop(), 0))
      for (let n = 0; n < 5; n++) { // more often than the provider is asked
        const { status, retry, body } = await start(parley.url, bearer)
        assert.deepEqual([status, retry, body.docs?.split('#')[1]], [500, null, 'issuer-wrong'], JSON.stringify(body))
      }
      await parley.logged(said)
      const found = await examine(issuer)
      assert.equal(found.status, 'fail')
      assert.ok(`${found.detail} ${found.remedy}`.includes(said), JSON.stringify(found))
    })
  }
  const well = await examine(provider.issuer)
  assert.deepEqual([well.status, /keys? at /.test(well.detail)], ['ok', true], JSON.stringify(well))
})
