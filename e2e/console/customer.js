// A customer who is not in the console: a chat over the front door, the Participant Service and
// its socket.

import assert from 'node:assert/strict'
import { until } from '../bounds.js'
import { openSocket } from '../chat/rawsocket.js'
import { post } from './harness.js'

const contentType = (name) => `application/vnd.amazonaws.connect.${name}`

/** Starts a chat and connects to it. */
export async function connect(url, name, request = {}) {
  const { status, body: started } = await post(url, '/startChatContact', '', {
    InstanceId: '11111111-1111-4111-8111-111111111111', ContactFlowId: '22222222-2222-4222-8222-222222222222',
    ParticipantDetails: { DisplayName: name },
    SupportedMessagingContentTypes: ['text/plain', 'text/markdown', contentType('message.interactive'), contentType('message.interactive.response')],
    ...request,
  })
  assert.equal(status, 200)
  let token, socket
  const reconnect = async () => {
    const { body } = await post(url, '/participant/connection', started.ParticipantToken, { Type: ['WEBSOCKET', 'CONNECTION_CREDENTIALS'] })
    token = body.ConnectionCredentials.ConnectionToken
    socket = await openSocket(body.Websocket.Url)
    assert.equal(socket.status, 101)
    socket.say(JSON.stringify({ topic: 'aws/subscribe', content: { topics: ['aws/chat'] } }))
  }
  await reconnect()
  const call = async (path, body) => {
    const answer = await post(url, `/participant/${path}`, token, body)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }
  return {
    contactId: started.ContactId,
    /** Opens another socket, after a break. */
    reconnect,
    /** Lets go of the socket, without a word. */
    close: () => socket.connection.destroy(),
    say: (Content) => call('message', { ContentType: 'text/plain', Content }),
    /** Answers an interactive message or a view. */
    respond: (response) => call('message', { ContentType: contentType('message.interactive.response'), Content: JSON.stringify(response) }),
    signal: (event) => call('event', { ContentType: contentType(`event.${event}`) }),
    sendFile: async (AttachmentName, text) => {
      const { AttachmentId, UploadMetadata } = await call('start-attachment-upload', {
        AttachmentName, ContentType: 'text/plain', AttachmentSizeInBytes: text.length, ClientToken: crypto.randomUUID(),
      })
      const put = await fetch(UploadMetadata.Url, { method: 'PUT', headers: UploadMetadata.HeadersToInclude, body: text })
      assert.equal(put.status, 200)
      await call('complete-attachment-upload', { AttachmentIds: [AttachmentId], ClientToken: crypto.randomUUID() })
    },
    leave: () => call('disconnect', {}),
    /** Waits for an item of the transcript that has a text in it. */
    next: (text) => until(async () => {
      const { Transcript } = await call('transcript', { MaxResults: 100, SortOrder: 'DESCENDING' })
      return Transcript.find((item) => JSON.stringify(item).replaceAll('\\"', '"').includes(text))
    }, () => `${name} is not shown ${text}`),
  }
}
