// parley.js in a page: before and after the chat client, with every generation of it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { newPage, releases } from './window.js'

// Chat clients keep timers running.
test.after(() => setImmediate(() => process.exit()))

const aimed = 'http://127.0.0.1:3000/participant/connection'

for (const release of releases) {
  test(`chatjs ${release} without the script calls AWS`, async () => {
    const page = newPage()
    page.chatjs(release)
    assert.match(await page.firstRequest(), /^https:\/\/participant\.connect\.[a-z0-9-]+\.amazonaws\.com\//)
  })

  test(`chatjs ${release} after the script`, async () => {
    const page = newPage()
    page.parley()
    page.chatjs(release)
    assert.equal(await page.firstRequest(), aimed)
  })

  test(`chatjs ${release} before the script`, async () => {
    const page = newPage()
    page.chatjs(release)
    page.parley()
    assert.equal(await page.firstRequest(), aimed)
  })

  test(`chatjs ${release} configured by the page as well`, async () => {
    const page = newPage()
    page.parley()
    page.chatjs(release)
    page.window.connect.ChatSession.setGlobalConfig({ region: 'eu-central-1', loggerConfig: {} })
    assert.equal(await page.firstRequest(), aimed)
  })
}

// Each partition of AWS, by name and by dual-stack name, and other spellings of one.
const awsOwn = [
  'https://participant.connect.us-east-1.amazonaws.com', 'https://participant.connect.us-west-2.api.aws',
  'https://participant.connect-fips.us-east-1.amazonaws.com', 'https://participant.connect-fips.us-west-2.api.aws',
  'https://participant.connect-beta.us-west-2.api.aws', 'https://participant.connect.us-gov-west-1.amazonaws.com',
  'https://participant.connect.cn-north-1.amazonaws.com.cn', 'https://participant.connect.cn-north-1.api.amazonwebservices.com.cn',
  'https://participant.connect.eusc-de-east-1.amazonaws.eu', 'https://participant.connect.eusc-de-east-1.api.amazonwebservices.eu',
  'https://participant.connect.us-iso-east-1.c2s.ic.gov', 'https://participant.connect.us-iso-east-1.api.aws.ic.gov',
  'https://participant.connect.us-isob-east-1.sc2s.sgov.gov', 'https://participant.connect.us-isob-east-1.api.aws.scloud',
  'https://participant.connect.eu-isoe-west-1.cloud.adc-e.uk', 'https://participant.connect.eu-isoe-west-1.api.cloud-aws.adc-e.uk',
  'https://participant.connect.us-isof-south-1.csp.hci.ic.gov', 'https://participant.connect.us-isof-south-1.api.aws.hci.ic.gov',
  'https://participant.connect.eu-west-2.amazonaws.com/', 'https://participant.connect.eu-west-2.amazonaws.com:443/participant',
  'HTTPS://Participant.Connect.EU-West-2.AmazonAWS.com', 'https://participant.connect.eu-west-2.amazonaws.com.',
  'participant.connect.eu-west-2.amazonaws.com', 'http://participant.connect.eu-west-2.amazonaws.com'
]

// What people put before AWS, or name alike.
const others = [
  'http://127.0.0.1:9999', 'https://chat.example.com', 'https://a1b2c3.execute-api.us-east-1.amazonaws.com/prod',
  'https://vpce-0123.participant.connect.us-east-1.vpce.amazonaws.com', 'https://participant.connect.us-east-1.amazonaws.com.example.com',
  'https://participant.connect.example.com', 'https://participant.connectors.us-east-1.amazonaws.com', 'https://d111.cloudfront.net'
]

for (const release of releases) {
  for (const order of ['before', 'after']) {
    test(`RowB1 chatjs ${release} ${order} the script, told AWS's endpoint just before the session`, async () => {
      const page = newPage()
      if (order === 'after') page.parley()
      page.chatjs(release)
      if (order === 'before') page.parley()
      page.window.connect.ChatSession.setGlobalConfig({
        region: 'us-east-1', features: { messageReceipts: { shouldSendMessageReceipts: true } },
        endpoint: 'https://participant.connect.us-east-1.api.aws'
      })
      assert.equal(await page.firstRequest(), aimed)
    })
  }
}

test('RowB1 AWS\'s own endpoints are dropped, in every partition and spelling', () => {
  for (const endpoint of awsOwn) {
    const { config, given } = told({ region: 'eu-central-1', endpoint })
    assert.deepEqual(config, { region: 'eu-central-1' }, endpoint)
    assert.equal(given.endpoint, endpoint, 'what the page holds stays as it is')
  }
})

test('RowB1 every other endpoint is kept, and whatever else a page says', () => {
  for (const endpoint of others) assert.deepEqual(told({ endpoint }).config, { endpoint })
  for (const config of [undefined, null, {}, { endpoint: '' }, { endpoint: null }, { endpoint: '::' }, { endpoint: 7 }]) {
    assert.equal(told(config).config, config)
  }
})

test('RowB1 a client that cannot be changed is pointed all the same', () => {
  const page = newPage()
  page.parley()
  page.run('connect.ChatSession = Object.freeze({ said: [], setGlobalConfig: function (c) { this.said.push(c.endpoint) } })')
  assert.deepEqual([...page.window.connect.ChatSession.said], ['http://127.0.0.1:3000'])
})

/** What a chat client hears when the page gives it a configuration. */
function told (given) {
  const page = newPage()
  page.parley()
  page.run('connect.ChatSession = { setGlobalConfig: function (c) { this.config = c; return this } }')
  const client = page.window.connect.ChatSession
  assert.equal(client.setGlobalConfig(given), client)
  // Made in the page's realm, whose prototypes are others.
  return { given, config: client.config === given ? given : { ...client.config } }
}

test('a page that names an endpoint keeps it', async () => {
  const page = newPage()
  page.parley()
  page.chatjs('5.0.0')
  page.window.connect.ChatSession.setGlobalConfig({ endpoint: 'http://127.0.0.1:9999' })
  assert.equal(await page.firstRequest(), 'http://127.0.0.1:9999/participant/connection')
})

test('the endpoint follows the address of the script', async () => {
  for (const [src, endpoint] of [
    ['https://192.168.7.9:3000/parley.js?v=1#x', 'https://192.168.7.9:3000/participant/connection'],
    ['http://localhost:3000/base/parley.js', 'http://localhost:3000/base/participant/connection'],
  ]) {
    const page = newPage()
    page.parley(src)
    page.chatjs('3.0.3')
    assert.equal(await page.firstRequest(), endpoint)
  }
})

test('the page is left as it would be without the script', () => {
  const page = newPage()
  page.run('var connect = { agentApp: 1 }')
  page.parley()
  assert.equal(page.window.connect.ChatSession, undefined)
  page.parley() // twice does no harm
  page.run('connect.ChatSession = connect.ChatSession || { n: 0, setGlobalConfig: function (c) { this.n++; this.c = c } }')
  const client = page.window.connect.ChatSession
  assert.deepEqual({ n: client.n, endpoint: client.c.endpoint, app: page.window.connect.agentApp },
    { n: 1, endpoint: 'http://127.0.0.1:3000', app: 1 })
  const property = Object.getOwnPropertyDescriptor(page.window.connect, 'ChatSession')
  assert.deepEqual([property.writable, property.enumerable, property.configurable], [true, true, true])
  page.run('connect.ChatSession = 5')
  assert.equal(page.window.connect.ChatSession, 5)
})

test('a script that does not know its address says so', () => {
  const page = newPage()
  page.parley(null)
  page.run('0')
  assert.equal(page.window.connect, undefined)
  assert.match(page.errors.join(), /parley\.js: load it with <script src=/)
})
