// As much of a browser window as chat clients need to make their first request.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import vm from 'node:vm'
import { patience } from '../bounds.js'

const require = createRequire(import.meta.url)
const parley = readFileSync(new URL('../../internal/pagescript/parley.js', import.meta.url), 'utf8')

/** The releases of amazon-connect-chatjs that package.json installs. */
export const releases = ['1.3.2', '2.2.2', '2.3.2', '3.0.3', '5.0.0']

/**
 * A page that runs scripts, and the requests that these made.
 * @returns {{run: (code: string, src?: string) => void, parley: (src?: string | null) => void, chatjs: (release: string) => void,
 *   window: any, errors: string[], firstRequest: () => Promise<string>}}
 */
export function newPage () {
  const errors = []
  let requested
  const first = new Promise((resolve, reject) => {
    requested = resolve
    setTimeout(() => reject(new Error(`no request was made: ${errors.join()}`)), patience).unref()
  })
  first.catch(() => {}) // most pages in tests wait for none

  class XMLHttpRequest extends EventTarget { // what AWS's SDK 2 calls, in chatjs 1 and 2
    upload = new EventTarget()
    open (_method, url) { requested(String(url)) }
    setRequestHeader () {}
    send () {}
    abort () {}
  }
  const quiet = { log () {}, info () {}, debug () {}, warn () {}, trace () {}, error: (...texts) => errors.push(texts.join(' ')) }
  const window = {
    console: quiet, document: { currentScript: null, createElement: () => ({}) },
    navigator: { userAgent: 'Mozilla/5.0 Chrome/156.0', onLine: true },
    location: { protocol: 'http:', href: 'http://localhost/' },
    XMLHttpRequest, URL, URLSearchParams, TextEncoder, TextDecoder, Blob, Headers, Request, Response, AbortController, crypto,
    setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask, performance, btoa, atob,
    fetch: (input) => { requested(String(input.url ?? input)); return new Promise(() => {}) },
    addEventListener () {}, removeEventListener () {}, dispatchEvent () {},
    WebSocket: class {}, CustomEvent: class {}, Event,
  }
  window.window = window.self = window.global = window
  vm.createContext(window)

  const run = (code, src) => {
    window.document.currentScript = src ? { src } : null
    vm.runInContext(code, window)
    window.document.currentScript = null
  }
  return {
    run, window, errors,
    parley: (src = 'http://127.0.0.1:3000/parley.js') => run(parley, src),
    chatjs: (release) => run(readFileSync(require.resolve(`chatjs-${release}/dist/amazon-connect-chat.js`), 'utf8')),
    firstRequest () {
      const ids = { contactId: 'c', initialContactId: 'c', participantId: 'p', participantToken: 't' }
      const session = window.connect.ChatSession.create({ chatDetails: ids, type: 'CUSTOMER', disableCSM: true })
      session.connect().catch((e) => errors.push(String(e)))
      return first
    },
  }
}
