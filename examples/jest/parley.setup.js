// A Parley for each file of tests, as the global `parley`.

const { startParley } = require('parley-chat')

beforeAll(async () => {
  globalThis.parley = await startParley({ agent: { name: 'Ann', greeting: 'Welcome', rules: [{ match: 'hi', reply: 'Hello {customer}!' }] } })
})

afterAll(() => globalThis.parley?.close())
