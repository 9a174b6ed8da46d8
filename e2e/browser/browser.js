// One headless Chromium for a test file, and small web servers for its pages.

import { createServer } from 'node:http'
import { chromium } from 'playwright-core'
import { patience } from '../bounds.js'

/**
 * Launches Chromium without any traffic of its own; `hosts` maps names to loopback, `flags` are
 * further ones. Its pages wait as long as every other part of the tests.
 */
export async function launch(hosts = [], ...flags) {
  const browser = await chromium.launch({
    timeout: patience,
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
      ...hosts.length ? [`--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(',')}`] : [],
      ...flags,
    ],
  })
  const newContext = browser.newContext.bind(browser)
  browser.newContext = async (options) => { // newPage of the browser makes its context here, too
    const context = await newContext(options)
    context.setDefaultTimeout(patience)
    return context
  }
  return browser
}

/** Serves one HTML page on a free port of loopback. */
export async function servePage(html) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: server.address().port, close: () => new Promise((resolve) => server.close(resolve)) }
}
