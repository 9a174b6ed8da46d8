/*
 * Points the Amazon Connect chat client of this page (amazon-connect-chatjs 1.3.2 to 5, alone or
 * inside a chat widget) at the Parley server that this script came from.
 *
 * It may stand before or after the client's own script, but has to run before the first chat is
 * made. A page that sets an endpoint of its own keeps that.
 */
(function () {
  'use strict'

  const script = document.currentScript
  if (!script || !script.src) {
    console.error('parley.js: load it with <script src="…/parley.js"></script>, neither as a module nor inline')
    return
  }
  const endpoint = new URL('.', script.src).href.replace(/\/$/, '')

  function point (client) {
    if (client && typeof client.setGlobalConfig === 'function') client.setGlobalConfig({ endpoint })
  }

  const connect = window.connect = window.connect || {}
  if (connect.ChatSession) {
    point(connect.ChatSession)
    return
  }
  // Every release assigns connect.ChatSession unless it is there already. That moment is waited
  // for, and the property is then an ordinary one again.
  const property = { configurable: true, enumerable: true }
  Object.defineProperty(connect, 'ChatSession', {
    ...property,
    get: function () { return undefined },
    set: function (client) {
      Object.defineProperty(connect, 'ChatSession', { ...property, writable: true, value: client })
      point(client)
    }
  })
})()
