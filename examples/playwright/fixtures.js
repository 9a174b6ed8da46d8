// What the tests of this folder are given: a Parley for each worker, and the page with the chat in it.

import { test as base } from '@playwright/test'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { startParley } from 'parley-chat'

export const test = base.extend({
  /** A server with one agent. Workers run side by side, each with its own. */
  parley: [async ({}, use) => {
    const parley = await startParley({ agent: { name: 'Ann', rules: [{ match: 'hi', reply: 'Hello {customer}!' }] } })
    await use(parley)
    await parley.close()
  }, { scope: 'worker' }],

  /** Stands for the server of your own pages. */
  site: [async ({}, use) => {
    const html = await readFile(new URL('page/index.html', import.meta.url))
    const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    await use(`http://localhost:${server.address().port}`)
    server.close()
  }, { scope: 'worker' }],

  /** The page, in a chat, with no faults left from the test before. */
  chat: async ({ page, parley, site }, use) => {
    await parley.clearFaults()
    await page.goto(`${site}/?parley=${parley.url}`)
    await page.getByText('Connected').waitFor()
    await use(page)
  },
})

export { expect } from '@playwright/test'
