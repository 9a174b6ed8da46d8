// Runs in the page, before the chat client: holds a chat and writes down what the client tells
// the page, and what becomes of its sockets.

window.events = [] // { name, data }
window.sockets = [] // { url, at, code, by }, at in milliseconds since the page was loaded

window.calls = [] // { method, url, bearer, body, status, type, answer }, as text
window.frames = [] // what went over sockets, with > or < in front

window.WebSocket = class extends WebSocket {
  constructor (...args) {
    super(...args)
    this.record = { url: this.url, at: performance.now(), by: 'server' }
    window.sockets.push(this.record)
    window.frames.push(`open ${this.url}`)
    this.addEventListener('message', ({ data }) => window.frames.push(`< ${data}`))
    this.addEventListener('close', ({ code }) => { this.record.code = code })
  }

  send (data) {
    window.frames.push(`> ${data}`)
    super.send(data)
  }

  close (code, reason) {
    Object.assign(this.record, { by: 'client', asked: code, reason })
    super.close(code, reason)
  }
}

// What newer releases call with.
window.fetch = ((fetch) => async (...args) => {
  const request = new Request(...args)
  const record = { method: request.method, url: request.url, bearer: request.headers.get('x-amz-bearer') }
  window.calls.push(record)
  record.body = await request.clone().text()
  const response = await fetch(request)
  Object.assign(record, { status: response.status, type: response.headers.get('content-type'), answer: await response.clone().text() })
  return response
})(window.fetch)

// What older releases call with.
window.XMLHttpRequest = class extends XMLHttpRequest {
  open (method, url, ...rest) {
    this.record = { method, url, bearer: null }
    super.open(method, url, ...rest)
  }

  setRequestHeader (name, value) {
    if (name.toLowerCase() === 'x-amz-bearer') this.record.bearer = value
    super.setRequestHeader(name, value)
  }

  send (body) {
    this.record.body = body ?? ''
    window.calls.push(this.record)
    this.addEventListener('load', () => {
      Object.assign(this.record, { status: this.status, type: this.getResponseHeader('content-type') })
      this.record.read = new Response(this.response).text().then((answer) => { this.record.answer = answer }) // text, blob or buffer
    })
    super.send(body)
  }
}

/** Starts a chat as the widgets do, without a Content-Type of its own. */
window.startChat = async (endpoint, body = {}) => {
  const response = await fetch(`${endpoint}/startChatContact`, { method: 'POST', body: JSON.stringify(body) })
  const { data } = await response.json()
  return { contactId: data.startChatResult.ContactId, participantId: data.startChatResult.ParticipantId, participantToken: data.startChatResult.ParticipantToken }
}

const callbacks = [
  'onConnectionEstablished', 'onConnectionLost', 'onConnectionBroken', 'onMessage', 'onTyping', 'onReadReceipt', 'onDeliveredReceipt',
  'onEnded', 'onDeepHeartbeatSuccess', 'onDeepHeartbeatFailure', 'onParticipantIdle', 'onParticipantReturned', 'onAutoDisconnection',
  'onParticipantInvited', 'onChatRehydrated'
]

/** Makes a session of started chat details and connects it; more are names of further callbacks. */
window.connectChat = async (chatDetails, more = []) => {
  const { connect, events } = window
  const session = window.session = connect.ChatSession.create({ chatDetails, type: 'CUSTOMER', disableCSM: true, options: { region: 'us-east-1' } })
  for (const name of [...callbacks, ...more]) {
    session[name]?.((event) => events.push({ name, data: event?.data }))
  }
  return session.connect()
}

/** Calls a method of the session; a refusal is an answer too. */
window.call = async (method, args) => {
  try {
    const answer = await window.session[method](args)
    return { data: answer?.data }
  } catch (error) {
    return { error: { type: error?.type, statusCode: error?.statusCode, message: error?.message ?? String(error) } }
  }
}

/** Whether something is like an example: the members that the example has are alike. */
window.isLike = (value, example) => {
  if (example === null || typeof example !== 'object') return value === example
  return value !== null && typeof value === 'object' && Object.keys(example).every((key) => window.isLike(value[key], example[key]))
}
