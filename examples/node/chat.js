// Holds a chat from the terminal: what is typed is said, what is said is printed. The end of the
// input ends the chat.

import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { ConnectClient, StartChatContactCommand } from '@aws-sdk/client-connect'
import {
  ConnectParticipantClient, CreateParticipantConnectionCommand, DisconnectParticipantCommand, SendMessageCommand,
} from '@aws-sdk/client-connectparticipant'
import WebSocket from 'ws'

// With the ids of yours, and without the endpoint and the credentials, the same script talks to
// Amazon Connect.
const config = {
  endpoint: process.argv[2] ?? 'http://localhost:3000',
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' }, // Parley believes any
}

const { ParticipantToken } = await new ConnectClient(config).send(new StartChatContactCommand({
  InstanceId: '11111111-1111-4111-8111-111111111111',
  ContactFlowId: '22222222-2222-4222-8222-222222222222',
  ParticipantDetails: { DisplayName: 'Pat' },
}))

const participant = new ConnectParticipantClient(config)
const { Websocket, ConnectionCredentials: { ConnectionToken } } = await participant.send(new CreateParticipantConnectionCommand({
  ParticipantToken, Type: ['WEBSOCKET', 'CONNECTION_CREDENTIALS'],
}))

const lines = createInterface({ input: process.stdin })
const socket = new WebSocket(Websocket.Url)
await once(socket, 'open')
socket.on('message', (frame) => {
  const { topic, content } = JSON.parse(frame)
  if (topic === 'aws/chat') print(JSON.parse(content))
})
socket.send(JSON.stringify({ topic: 'aws/subscribe', content: { topics: ['aws/chat'] } }))

function print({ Type, ContentType, DisplayName, Content }) {
  if (Type === 'MESSAGE') console.log(`${DisplayName}: ${Content}`)
  if (ContentType?.endsWith('.participant.joined')) console.log(`(${DisplayName} has joined)`)
  if (ContentType?.endsWith('.participant.left')) console.log(`(${DisplayName} has left)`)
  if (ContentType?.endsWith('.chat.ended')) {
    console.log('(the chat has ended)')
    socket.close(1000)
    lines.close()
  }
}

for await (const line of lines) {
  if (line) await participant.send(new SendMessageCommand({ ConnectionToken, ContentType: 'text/plain', Content: line }))
}
if (socket.readyState === WebSocket.OPEN) await participant.send(new DisconnectParticipantCommand({ ConnectionToken }))
