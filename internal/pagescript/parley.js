/*
 * Points the Amazon Connect chat client of this page (amazon-connect-chatjs 1.3.2 to 5, alone or
 * inside a chat widget) at the Parley server that this script came from.
 *
 * It may stand before or after the client's own script, but has to run before the first chat is
 * made. A page that sets an endpoint of its own keeps that, unless it is one of AWS's, where the
 * client would have gone by itself: Touchpoint, for one, sets it just before it makes a chat.
 */
(function () {
  'use strict'

  const script = document.currentScript
  if (!script || !script.src) {
    console.error('parley.js: load it with <script src="…/parley.js"></script>, neither as a module nor inline')
    return
  }
  const endpoint = new URL('.', script.src).href.replace(/\/$/, '')

  // The DNS suffixes of AWS's partitions, each with that of its dual-stack names.
  const suffixes = [
    'amazonaws.com', 'api.aws', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn', 'amazonaws.eu', 'api.amazonwebservices.eu',
    'c2s.ic.gov', 'api.aws.ic.gov', 'sc2s.sgov.gov', 'api.aws.scloud', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk',
    'csp.hci.ic.gov', 'api.aws.hci.ic.gov'
  ]

  // Whether an endpoint is the Participant Service's own in some Region. Proxies, gateways and
  // private endpoints that AWS hosts have other names.
  function isDefault (endpoint) {
    try {
      const { hostname } = new URL(/^[a-z]+:/i.test(endpoint) ? endpoint : 'https://' + endpoint)
      const name = /^participant\.connect(?:-[a-z0-9-]+)?\.[a-z0-9-]+\.(.+?)\.?$/.exec(hostname)
      return name !== null && suffixes.includes(name[1])
    } catch {
      return false
    }
  }

  function point (client) {
    if (!client || typeof client.setGlobalConfig !== 'function') return
    client.setGlobalConfig({ endpoint })
    const setGlobalConfig = client.setGlobalConfig
    Reflect.set(client, 'setGlobalConfig', function (config) {
      if (config && config.endpoint && isDefault(config.endpoint)) {
        const { endpoint: _, ...others } = config
        config = others
      }
      return setGlobalConfig.call(this, config)
    })
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
