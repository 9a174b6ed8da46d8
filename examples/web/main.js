import { parley, startChat } from './chat.js'

const part = (id) => document.getElementById(id)
const [status, start, messages, typing, composer, end, problem] = ['status', 'start', 'messages', 'typing', 'composer', 'end', 'problem'].map(part)
const event = (name) => `application/vnd.amazonaws.connect.event.${name}`

let session
let notTyping

start.addEventListener('submit', async (submit) => {
  submit.preventDefault()
  problem.hidden = true
  start.inert = true
  try {
    session = await startChat(part('name').value.trim() || 'Pat', subscribe)
    for (const each of [messages, composer, end]) each.hidden = false
    start.hidden = true
    part('text').focus()
  } catch (error) {
    problem.textContent = error instanceof TypeError ? `There is no answer from ${parley}. Does Parley run there?` : error.message
    problem.hidden = false
  }
  start.inert = false
})

composer.addEventListener('submit', (submit) => {
  submit.preventDefault()
  const text = part('text')
  say(text.value)
  text.value = ''
})

end.addEventListener('click', () => session.disconnectParticipant())

function subscribe(chat) {
  chat.onConnectionEstablished(() => { status.textContent = 'Connected' })
  chat.onConnectionLost(() => { status.textContent = 'Connecting again…' })
  chat.onConnectionBroken(() => { status.textContent = 'The connection is lost. Reload the page.' })
  chat.onTyping(({ data }) => { if (data.ParticipantRole !== 'CUSTOMER') showTyping(12_000) })
  chat.onReadReceipt(({ data }) => {
    const read = messages.querySelector(`[data-id="${CSS.escape(data.MessageMetadata.MessageId)}"]`)
    if (read) read.dataset.receipt = 'Read'
  })
  chat.onMessage(({ data }) => {
    if (data.ParticipantRole !== 'CUSTOMER') showTyping(0)
    show(data)
    messages.scrollTop = messages.scrollHeight
  })
  chat.onEnded(() => {
    status.textContent = 'The chat has ended'
    for (const each of [composer, end]) each.hidden = true
  })
}

/** Sends a message. It is shown when it comes back, as the messages of all others are. */
async function say(text) {
  try {
    await session.sendMessage({ contentType: 'text/plain', message: text })
  } catch (error) {
    add('note', `Not sent: ${error.message}`)
  }
}

function showTyping(duration) {
  clearTimeout(notTyping)
  typing.hidden = duration === 0
  messages.scrollTop = messages.scrollHeight
  if (duration > 0) notTyping = setTimeout(showTyping, duration, 0)
}

/** Shows an item of the chat. */
function show(item) {
  const name = item.DisplayName ?? ''
  if (item.ContentType === event('participant.joined')) return add('note', `${name} has joined`)
  if (item.ContentType === event('participant.left')) return add('note', `${name} has left`)
  if (item.Type !== 'MESSAGE') return
  const side = item.ParticipantRole === 'CUSTOMER' ? 'mine' : 'theirs'
  if (!item.ContentType.endsWith('.interactive')) return add(side, item.Content, item.Id)
  const { title, subtitle, elements = [] } = JSON.parse(item.Content).data.content
  const options = elements.map((element) => element.title).filter(Boolean)
  add(side, [title, subtitle].filter(Boolean).join('\n'), item.Id).append(...options.map(button))
}

/** A button that answers an interactive message. */
function button(title) {
  const option = document.createElement('button')
  option.type = 'button'
  option.textContent = title
  option.addEventListener('click', () => {
    option.parentElement.querySelectorAll('button').forEach((each) => { each.disabled = true })
    say(title)
  })
  return option
}

function add(kind, text, id = '') {
  const line = document.createElement('li')
  line.className = kind
  line.dataset.id = id
  line.textContent = text
  messages.append(line)
  return line
}
