// A chat held from Node with the AWS SDK: the backend's calls and the participant's.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as connect from '@aws-sdk/client-connect'
import * as chat from '@aws-sdk/client-connectparticipant'
import { atOnce } from '../bounds.js'
import { startParley } from '../browser/parley.js'
import { opcode, openSocket } from './rawsocket.js'
import { backend, participant } from './sdk.js'

const ids = { InstanceId: '11111111-1111-4111-8111-111111111111', ContactFlowId: '22222222-2222-4222-8222-222222222222' }
const { InstanceId } = ids

let parley, aws, customer
before(async () => {
  parley = await startParley('--ephemeral')
  aws = backend(parley.url)
  customer = participant(parley.url)
})
after(async () => assert.equal(await parley?.stop(), 0))

const start = (more) => aws.send(new connect.StartChatContactCommand({ ...ids, ParticipantDetails: { DisplayName: 'Pat' }, ...more }))

async function connectAs(ParticipantToken, client = customer) {
  const { Websocket, ConnectionCredentials: { ConnectionToken } } = await client.send(new chat.CreateParticipantConnectionCommand({
    ParticipantToken, Type: ['WEBSOCKET', 'CONNECTION_CREDENTIALS'],
  }))
  return { url: Websocket.Url, ConnectionToken }
}

/** A customer listens at a socket for items like an example. */
async function listen(t, url) {
  const socket = await openSocket(url)
  t.after(() => socket.end())
  await socket.subscribe()
  return async (example) => {
    for (let frame = await socket.next(); frame; frame = await socket.next()) {
      if (frame.op !== opcode.text) continue
      const { topic, content } = JSON.parse(frame.text)
      const item = topic === 'aws/chat' ? JSON.parse(content) : {}
      if (Object.entries(example).every(([name, value]) => item[name] === value)) return item
    }
    throw new Error(`the socket was closed before ${JSON.stringify(example)}`)
  }
}

describe('the AWS SDK', { concurrency: atOnce }, () => {
  test('holds a chat from start to end', async (t) => {
    const began = Date.now()
    const { ContactId, ParticipantId, ParticipantToken } = await start({ Attributes: { topic: 'orders' }, ClientToken: 'once' })
    const started = Date.now()
    assert.equal((await start({ Attributes: { topic: 'orders' }, ClientToken: 'once' })).ContactId, ContactId, 'a repeat starts no other chat')
    const { url, ConnectionToken } = await connectAs(ParticipantToken)
    const hears = await listen(t, url)
    const { Content: greeting } = await hears({ Type: 'MESSAGE', ParticipantRole: 'AGENT' })

    const sent = await customer.send(new chat.SendMessageCommand({ ConnectionToken, ContentType: 'text/plain', Content: 'hello', ClientToken: 'm1' }))
    const repeated = await customer.send(new chat.SendMessageCommand({ ConnectionToken, ContentType: 'text/plain', Content: 'hello', ClientToken: 'm1' }))
    assert.deepEqual([repeated.Id, repeated.AbsoluteTime], [sent.Id, sent.AbsoluteTime])
    assert.equal((await hears({ Content: 'hello' })).ParticipantId, ParticipantId)
    const reply = await hears({ Content: 'You said: hello' })
    await customer.send(new chat.SendEventCommand({
      ConnectionToken, ContentType: 'application/vnd.amazonaws.connect.event.message.read', Content: JSON.stringify({ messageId: reply.Id }),
    }))
    const { Transcript, NextToken } = await customer.send(new chat.GetTranscriptCommand({ ConnectionToken, SortOrder: 'ASCENDING', MaxResults: 100 }))
    assert.deepEqual(Transcript.filter(({ Type }) => Type === 'MESSAGE').map(({ Content }) => Content), [greeting, 'hello', 'You said: hello'])
    assert.equal(NextToken, undefined)
    assert.ok(Transcript.find(({ Id }) => Id === reply.Id).MessageMetadata.Receipts[0].ReadTimestamp)

    await aws.send(new connect.UpdateContactAttributesCommand({ InstanceId, InitialContactId: ContactId, Attributes: { mood: 'good' } }))
    const { Attributes } = await aws.send(new connect.GetContactAttributesCommand({ InstanceId, InitialContactId: ContactId }))
    assert.deepEqual({ ...Attributes, customerName: undefined }, { topic: 'orders', mood: 'good', customerName: undefined })
    const running = await aws.send(new connect.DescribeContactCommand({ InstanceId, ContactId }))
    assert.deepEqual([running.Contact.Channel, running.Contact.InitiationMethod, running.Contact.DisconnectTimestamp], ['CHAT', 'API', undefined])
    const { InitiationTimestamp } = running.Contact
    assert.ok(InitiationTimestamp instanceof Date && InitiationTimestamp >= began - 1_000 && InitiationTimestamp <= started + 1_000, String(InitiationTimestamp)) // it may be cut to seconds

    await aws.send(new connect.StopContactCommand({ InstanceId, ContactId }))
    await hears({ ContentType: 'application/vnd.amazonaws.connect.event.chat.ended' })
    const over = await aws.send(new connect.DescribeContactCommand({ InstanceId, ContactId }))
    assert.ok(over.Contact.DisconnectTimestamp instanceof Date)
    await assert.rejects(customer.send(new chat.SendMessageCommand({ ConnectionToken, ContentType: 'text/plain', Content: 'late' })), chat.AccessDeniedException)
  })

  test('sends and fetches a file', async () => {
    const { ParticipantToken } = await start()
    const { ConnectionToken } = await connectAs(ParticipantToken)
    const { AttachmentId, UploadMetadata } = await customer.send(new chat.StartAttachmentUploadCommand({
      ConnectionToken, AttachmentName: 'notes.txt', AttachmentSizeInBytes: 5, ContentType: 'text/plain',
    }))
    const upload = await fetch(UploadMetadata.Url, { method: 'PUT', body: 'notes', headers: UploadMetadata.HeadersToInclude })
    assert.equal(upload.status, 200)
    await customer.send(new chat.CompleteAttachmentUploadCommand({ ConnectionToken, AttachmentIds: [AttachmentId] }))
    const { Url, AttachmentSizeInBytes } = await customer.send(new chat.GetAttachmentCommand({ ConnectionToken, AttachmentId }))
    assert.equal(AttachmentSizeInBytes, 5)
    assert.equal(await (await fetch(Url)).text(), 'notes')
    await customer.send(new chat.DisconnectParticipantCommand({ ConnectionToken }))
  })

  test('asks for the place in the queue', async (t) => {
    const { ContactId } = await start()
    const metrics = (client, ContactId, ...names) => client.send(new connect.GetContactMetricsCommand({
      InstanceId, ContactId, Metrics: names.map((Name) => ({ Name })),
    }))
    const position = connect.ContactMetricName.POSITION_IN_QUEUE
    await assert.rejects(metrics(aws, ContactId, position), connect.InvalidRequestException) // its customer has not come

    const alone = await startParley('--ephemeral', '--partner=false')
    t.after(() => alone.stop())
    const [backendThere, customerThere] = [backend(alone.url), participant(alone.url)]
    for (const place of [1, 2]) {
      const started = await backendThere.send(new connect.StartChatContactCommand({ ...ids, ParticipantDetails: { DisplayName: 'Quin' } }))
      const hears = await listen(t, (await connectAs(started.ParticipantToken, customerThere)).url)
      await hears({ ParticipantRole: 'SYSTEM' }) // who asks for a moment
      await alone.waits(started.ContactId)
      const { Id, MetricResults } = await metrics(backendThere, started.ContactId, position, connect.ContactMetricName.ESTIMATED_WAIT_TIME)
      assert.equal(Id, started.ContactId)
      assert.deepEqual(MetricResults, [{ Name: position, Value: { Number: place } }]) // nobody is there who would answer
    }
  })

  test('sets what attachments an instance takes', async () => {
    const instance = { InstanceId: '33333333-3333-4333-8333-333333333333', AttachmentScope: 'CHAT' }
    const { AttachedFilesConfiguration: before } = await aws.send(new connect.DescribeAttachedFilesConfigurationCommand(instance))
    assert.deepEqual([before.MaximumSizeLimitInBytes, before.ExtensionConfiguration.AllowedExtensions.length, before.LastModifiedTime], [20971520, 18, undefined])
    const changed = await aws.send(new connect.UpdateAttachedFilesConfigurationCommand({
      ...instance, MaximumSizeLimitInBytes: 4, ExtensionConfiguration: { AllowedExtensions: [{ Extension: 'webp' }] },
    }))
    assert.ok(changed.LastModifiedTime instanceof Date)
    const { AttachedFilesConfigurations: all } = await aws.send(new connect.ListAttachedFilesConfigurationsCommand(instance))
    assert.deepEqual(all.map(({ AttachmentScope, MaximumSizeLimitInBytes }) => [AttachmentScope, MaximumSizeLimitInBytes]),
      [['EMAIL', 20971520], ['CHAT', 4], ['CASE', 20971520], ['TASK', 20971520]])
    const { ConnectionToken } = await connectAs((await start(instance)).ParticipantToken)
    const announce = (AttachmentName, AttachmentSizeInBytes) => customer.send(new chat.StartAttachmentUploadCommand({
      ConnectionToken, AttachmentName, AttachmentSizeInBytes, ContentType: 'image/webp',
    }))
    await announce('a.webp', 4)
    await assert.rejects(announce('a.webp', 5), ({ name, message }) => name === 'ValidationException' && / 4\b.* 5\b/.test(message))
    await assert.rejects(announce('a.txt', 4), ({ name, message }) => name === 'ValidationException' && /webp.*txt/.test(message))
    await assert.rejects(aws.send(new connect.UpdateAttachedFilesConfigurationCommand({ ...instance, MaximumSizeLimitInBytes: 104857601 })), connect.InvalidParameterException)
  })

  test('reads errors as those of AWS', async () => {
    for (const [command, error] of [
      [new connect.StopContactCommand({ InstanceId, ContactId: '00000000-0000-4000-8000-000000000000' }), connect.ContactNotFoundException],
      [new connect.DescribeContactCommand({ InstanceId, ContactId: '00000000-0000-4000-8000-000000000000' }), connect.ResourceNotFoundException],
      [new connect.StartChatContactCommand({ ...ids, ParticipantDetails: { DisplayName: 'x'.repeat(300) } }), connect.InvalidParameterException],
    ]) await assert.rejects(aws.send(command), error)
    await assert.rejects(connectAs('QVFJREFIwrong'), chat.AccessDeniedException)
  })

  test('asks about the instance and its flows', async () => {
    const { Instance } = await aws.send(new connect.DescribeInstanceCommand({ InstanceId }))
    assert.equal(Instance.Id, InstanceId)
    const { ContactFlowSummaryList: [flow] } = await aws.send(new connect.ListContactFlowsCommand({ InstanceId }))
    const { ContactFlow } = await aws.send(new connect.DescribeContactFlowCommand({ InstanceId, ContactFlowId: flow.Id }))
    assert.equal(JSON.parse(ContactFlow.Content).Version, '2019-10-30')
  })
})
