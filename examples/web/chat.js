// Starts a chat through Parley and connects amazon-connect-chatjs to it. Nothing here but the
// address is special to Parley: with the address of your StartChatContact endpoint, and without
// the line that sets an endpoint, the same page talks to Amazon Connect.

import 'amazon-connect-chatjs'

export const parley = import.meta.env.VITE_PARLEY_URL ?? 'http://localhost:3000'

const { ChatSession } = window.connect
ChatSession.setGlobalConfig({ endpoint: parley, region: 'us-east-1' })

/** What this page can show. */
const contentTypes = [
  'text/plain', 'application/vnd.amazonaws.connect.message.interactive', 'application/vnd.amazonaws.connect.message.interactive.response',
]

/**
 * Starts a chat and connects to it.
 * @param {string} name of the customer
 * @param {(session: object) => void} subscribe is given the session before it connects, to set its callbacks
 * @returns {Promise<object>} the session
 */
export async function startChat(name, subscribe) {
  const response = await fetch(`${parley}/startChatContact`, {
    method: 'POST',
    body: JSON.stringify({ ParticipantDetails: { DisplayName: name }, SupportedMessagingContentTypes: contentTypes }),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  const { ContactId, ParticipantId, ParticipantToken } = answer.data.startChatResult
  const session = ChatSession.create({
    chatDetails: { contactId: ContactId, participantId: ParticipantId, participantToken: ParticipantToken },
    type: 'CUSTOMER',
    disableCSM: true, // sends no measurements to AWS
  })
  subscribe(session)
  await session.connect()
  return session
}
