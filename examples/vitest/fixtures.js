// A Parley for each worker of Vitest, started when the first test asks for it.

import { test as base } from 'vitest'
import { startParley } from 'parley-chat'

export const test = base.extend({
  parley: [async ({}, use) => {
    const parley = await startParley({ agent: { name: 'Ann', rules: [{ match: 'hi', reply: 'Hello {customer}!' }] } })
    await use(parley)
    await parley.close()
  }, { scope: 'worker' }],
})
