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
})).catch((error) => {
  if (error.code !== 'ECONNREFUSED') throw error
  console.error(`Nothing listens at ${config.endpoint}: start a server in another terminal with \`parley serve\`, or name yours, as in node chat.js http://localhost:4000`)
  process.exit(1)
})

const participant = new ConnectParticipantClient(config)
const { Websocket, ConnectionCredentials: { ConnectionToken } } = await participant.send(new CreateParticipantConnectionCommand({
  ParticipantToken, Type: ['WEBSOCKET', 'CONNECTION_CREDENTIALS'],
}))

const socket = new WebSocket(Websocket.Url)
await once(socket, 'open')
let lines
await new Promise((resolve) => { // until it is subscribed: what is said before is not told to it
  socket.on('message', (frame) => {
    const { topic, content } = JSON.parse(frame)
    if (topic === 'aws/subscribe') resolve()
    if (topic === 'aws/chat') print(JSON.parse(content))
  })
  socket.send(JSON.stringify({ topic: 'aws/subscribe', content: { topics: ['aws/chat'] } }))
})
// From here on, because lines that come before somebody waits for them are lost, and so is their end.
lines = createInterface({ input: process.stdin })

function print({ Type, ContentType, DisplayName, Content }) {
  if (Type === 'MESSAGE') console.log(`${DisplayName}: ${Content}`)
  if (ContentType?.endsWith('.participant.joined')) console.log(`(${DisplayName} has joined)`)
  if (ContentType?.endsWith('.participant.left')) console.log(`(${DisplayName} has left)`)
  if (ContentType?.endsWith('.chat.ended')) {
    console.log('(the chat has ended)')
    socket.close(1000)
    lines?.close()
  }
}

for await (const line of lines) {
  if (line) await participant.send(new SendMessageCommand({ ConnectionToken, ContentType: 'text/plain', Content: line }))
}
if (socket.readyState === WebSocket.OPEN) {
  await participant.send(new DisconnectParticipantCommand({ ConnectionToken }))
  // The end of the chat closes the socket. It may not come, and an open socket keeps the program running.
  setTimeout(() => { socket.close(1000) }, 10_000).unref()
}
