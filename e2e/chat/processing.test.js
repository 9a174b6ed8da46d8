// Messages that pass a function on their way, in the real chat client and by the AWS SDK for JavaScript.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { StartContactMediaProcessingCommand, StopContactMediaProcessingCommand } from '@aws-sdk/client-connect'
import { until } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { backend } from './sdk.js'
import { serveSite } from './site.js'
import { event, openTab } from './tab.js'

const instance = '11111111-1111-4111-8111-111111111111'
const action = (Identifier, Type, Parameters, NextAction, ...errors) => ({
  Identifier, Type, Parameters, Transitions: { NextAction, Errors: errors.map((ErrorType) => ({ ErrorType, NextAction: 'bye' })) },
})
const queued = [
  action('queue', 'UpdateContactTargetQueue', { QueueId: 'Default' }, 'go', 'NoMatchingError'),
  action('go', 'TransferContactToQueue', {}, 'bye', 'NoMatchingError', 'QueueAtCapacity'), action('bye', 'DisconnectParticipant', {}),
]
const flow = (...Actions) => ({ Version: '2019-10-30', StartAction: Actions[0].Identifier, Actions: [...Actions, ...queued] })
const flows = {
  plain: flow(action('hello', 'MessageParticipant', { Text: 'Hello!' }, 'queue', 'NoMatchingError')),
  processed: flow(action('process', 'UpdateContactMediaProcessing', {
    ChatProcessor: { ProcessingEnabled: 'True', LambdaProcessorARN: 'arn:aws:lambda:eu-central-1:123456789012:function:tidy', ChatProcessorSettings: { DeliverUnprocessedMessages: 'False' } },
  }, 'queue', 'NoMatchingError', 'ChannelMismatch')),
  redacted: flow(action('redact', 'UpdateContactRecordingAndAnalyticsBehavior', { ChatBehavior: { ChatAnalyticsBehavior: {
    Enabled: 'True', AnalyticsLanguage: 'en-US', AnalyticsModes: ['ContactLens'],
    InFlightChatRedactionConfiguration: { Enabled: 'True', RedactionMaskMode: 'EntityType', RedactionEntities: ['EMAIL', 'CREDIT_DEBIT_NUMBER', 'NAME'], DeliverUnprocessedMessages: 'False' },
  } } }, 'queue', 'NoMatchingError', 'ChannelMismatch', 'InFlightRedactionConfigurationFailed')),
}

// The function: what the customer says in capital letters, but for some words. It waits for each to be let go.
const events = []
const handle = ({ chatContent: { content, participantRole } }) => {
  if (participantRole !== 'CUSTOMER') return { status: 'APPROVED' }
  if (content === 'reject') return { status: 'REJECTED' }
  if (content === 'fail') return { Status: 'APPROVED' } // capital letters
  return { status: 'PROCESSED', result: { processedChatContent: { content: content.toUpperCase(), contentType: 'text/plain' } } }
}
let hold = Promise.resolve()
const tidy = createServer(async (request, response) => {
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString())
  events.push(body)
  await hold
  response.end(JSON.stringify(handle(body)))
})

let parley, site, browser, folder
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-processing-'))
  for (const [name, document] of Object.entries(flows)) await writeFile(join(folder, `${name}.json`), JSON.stringify(document))
  tidy.listen(0, '127.0.0.1')
  await once(tidy, 'listening')
  const config = join(folder, 'parley.yaml')
  await writeFile(config, `functions:\n  tidy: http://127.0.0.1:${tidy.address().port}/\n`)
  ;[parley, site, browser] = await Promise.all([startParley('--ephemeral', '--config', config, '--flows', folder), serveSite(), launch()])
})
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await parley?.stop(), 0)
  tidy.close()
  await rm(folder, { recursive: true })
})

/** Opens a page with a chat that the built-in partner, who repeats what it is told, has taken. */
async function openChat(t, ContactFlowId) {
  const context = await browser.newContext()
  t.after(() => context.close())
  const tab = await openTab(context, site.page({ release: 'chatjs5', parley: `http://localhost:${parley.port}` }))
  const details = await tab.chat({ ContactFlowId })
  await tab.sees('onMessage', { ContentType: event('participant.joined'), ParticipantRole: 'AGENT' })
  return { tab, details }
}

/** What the page got of the customer's own message. */
const echoes = async (tab, id) => (await tab.events('onMessage')).filter((item) => item.Id === id)

/** The answer to a message as the page's browser got it: the client passes on the id and the time only. */
async function answer(tab, text) {
  const { calls } = await tab.exchange()
  return JSON.parse(calls.findLast(({ url, body }) => url.endsWith('/participant/message') && JSON.parse(body).Content === text).answer)
}

const say = (tab, message) => tab.call('sendMessage', { contentType: 'text/plain', message })

describe('messages that are processed', { concurrency: false }, () => {
  test('Point4 the sender is told PROCESSING, and everybody sees what the function made of it', async (t) => {
    const { tab, details } = await openChat(t, 'processed')
    let release
    hold = new Promise((resolve) => { release = resolve })
    t.after(() => release())
    const { Id, AbsoluteTime } = await say(tab, 'hello')
    assert.deepEqual(await answer(tab, 'hello'), { AbsoluteTime, Id, MessageMetadata: { MessageProcessingStatus: 'PROCESSING' } })
    const { Transcript: [pending] } = await tab.call('getTranscript', { maxResults: 1, sortOrder: 'DESCENDING' })
    assert.deepEqual([pending.Id, pending.Content, pending.MessageMetadata], [Id, 'hello', { MessageId: Id, MessageProcessingStatus: 'PROCESSING' }])
    assert.deepEqual(await echoes(tab, Id), [], 'nothing is shown before the function has answered')
    release()
    const echo = await tab.sees('onMessage', { Id })
    assert.deepEqual([echo.Content, echo.AbsoluteTime, echo.MessageMetadata], ['HELLO', AbsoluteTime, undefined])
    await tab.sees('onMessage', { Content: 'You said: HELLO', ParticipantRole: 'AGENT' })
    const sent = events.find(({ chatContent }) => chatContent.id === Id)
    assert.equal(sent.version, '1.0')
    assert.match(sent.associatedResourceArn, new RegExp(`^arn:aws:connect:.*:instance/${instance}/contact/${details.contactId}$`))
    assert.deepEqual(sent.chatContent, {
      absoluteTime: AbsoluteTime, content: 'hello', contentType: 'text/plain', id: Id, participantId: details.participantId, displayName: echo.DisplayName,
      participantRole: 'CUSTOMER', initialContactId: details.contactId, contactId: details.contactId,
    })
    assert.deepEqual(tab.complaints, [])
  })

  test('Point4 a message that is rejected or has failed is its sender’s alone', async (t) => {
    const { tab, details } = await openChat(t, 'processed')
    for (const [text, status] of [['reject', 'REJECTED'], ['fail', 'FAILED']]) {
      const { Id } = await say(tab, text)
      const item = await tab.sees('onMessage', { Id })
      assert.deepEqual([item.Content, item.MessageMetadata], [text, { MessageId: Id, MessageProcessingStatus: status }])
    }
    await say(tab, 'last')
    await tab.sees('onMessage', { Content: 'You said: LAST' })
    const said = (await tab.events('onMessage')).filter(({ Content }) => Content?.startsWith('You said: '))
    assert.equal(said.length, 1, 'the agent has answered what it was told, and nothing else')
    const { items } = await (await fetch(`${parley.url}/api/contacts/${details.contactId}/transcript`)).json()
    const failed = items.find(({ Content }) => Content === 'fail')
    assert.match(failed.Processing.Why, /names are in lower case/)
    assert.equal(items.find(({ Content }) => Content === 'LAST').Processing.Original, 'last')
    await until(async () => { // they are told after the messages
      const { exchanges } = await (await fetch(`${parley.url}/api/exchanges?contact=${details.contactId}`)).json()
      const calls = exchanges.filter(({ flow }) => flow?.action === 'message-processing')
      return calls.some(({ flow }) => flow.branch === 'REJECTED') && calls.some(({ flow }) => flow.failed)
    }, () => 'the calls do not stand in the inspector')
    assert.deepEqual(tab.complaints, [])
  })

  test('Point4 what is private is taken out by the flow', async (t) => {
    const { tab } = await openChat(t, 'redacted')
    const { Id } = await say(tab, 'jane@shop.example pays with 4111 1111 1111 1111')
    assert.equal((await tab.sees('onMessage', { Id })).Content, '[EMAIL] pays with [CREDIT_DEBIT_NUMBER]')
    await tab.sees('onMessage', { Content: 'You said: [EMAIL] pays with [CREDIT_DEBIT_NUMBER]' })
    assert.deepEqual(tab.complaints, [])
  })

  test('Point4 the SDK switches the function on and off', async (t) => {
    const { tab, details } = await openChat(t, 'plain')
    const aws = backend(parley.url)
    const contact = { InstanceId: instance, ContactId: details.contactId }
    const started = await aws.send(new StartContactMediaProcessingCommand({ ...contact, ProcessorArn: 'tidy', FailureMode: 'DELIVER_UNPROCESSED_MESSAGE' }))
    assert.equal(started.$metadata.httpStatusCode, 200)
    const { Id } = await say(tab, 'fail') // and is delivered
    assert.deepEqual([(await tab.sees('onMessage', { Id })).Content], ['fail'])
    await tab.sees('onMessage', { Content: 'You said: fail' })
    await aws.send(new StopContactMediaProcessingCommand(contact))
    const { Id: after } = await say(tab, 'as it is')
    assert.equal((await answer(tab, 'as it is')).MessageMetadata, undefined)
    await tab.sees('onMessage', { Id: after, Content: 'as it is' })
    await assert.rejects(aws.send(new StartContactMediaProcessingCommand({ ...contact, ContactId: 'nobody', ProcessorArn: 'tidy', FailureMode: 'DELIVER_UNPROCESSED_MESSAGE' })),
      ({ name }) => name === 'ResourceNotFoundException')
    await assert.rejects(aws.send(new StartContactMediaProcessingCommand({ ...contact, ProcessorArn: 'tidy', FailureMode: 'PERHAPS' })),
      ({ name, $metadata }) => name === 'InvalidParameterException' && $metadata.httpStatusCode === 400)
  })
})
