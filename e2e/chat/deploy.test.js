// Contact flows deployed with the AWS SDK to the server's endpoint, as a script does to an instance, and
// chats that follow them.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as connect from '@aws-sdk/client-connect'
import * as chat from '@aws-sdk/client-connectparticipant'
import { startParley } from '../browser/parley.js'
import { opcode, openSocket } from './rawsocket.js'
import { backend, participant } from './sdk.js'

const InstanceId = '11111111-1111-4111-8111-111111111111'

/** A flow that says something, calls a module if there is one, and waits for an hour. */
function flow(text, module) {
  const to = (NextAction) => ({ NextAction, Errors: [{ NextAction: 'end', ErrorType: 'NoMatchingError' }] })
  return JSON.stringify({
    Version: '2019-10-30', StartAction: 'say', Actions: [
      { Identifier: 'say', Type: 'MessageParticipant', Parameters: { Text: text }, Transitions: to(module ? 'call' : 'wait') },
      ...module ? [{ Identifier: 'call', Type: 'InvokeFlowModule', Parameters: { FlowModuleId: module }, Transitions: to('wait') }] : [],
      {
        Identifier: 'wait', Type: 'Wait', Parameters: { TimeLimitSeconds: '3600' },
        Transitions: { ...to('end'), Conditions: [{ NextAction: 'end', Condition: { Operator: 'Equals', Operands: ['WaitCompleted'] } }] },
      },
      { Identifier: 'end', Type: 'DisconnectParticipant', Parameters: {}, Transitions: {} },
    ],
  })
}

const module = (text) => JSON.stringify({
  Version: '2019-10-30', StartAction: 'say', Settings: {}, Actions: [
    {
      Identifier: 'say', Type: 'MessageParticipant', Parameters: { Text: text },
      Transitions: { NextAction: 'back', Errors: [{ NextAction: 'back', ErrorType: 'NoMatchingError' }] },
    },
    { Identifier: 'back', Type: 'EndFlowModuleExecution', Parameters: {}, Transitions: {} },
  ],
})

const named = (name) => (error) => error.name === name

test('a script deploys flows, and chats follow them', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'parley-deploy-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  let parley = await startParley('--data-dir', data, '--partner=false')
  t.after(() => parley.stop())
  const send = (name, input) => backend(parley.url).send(new connect[`${name}Command`]({ InstanceId, ...input }))

  /** Starts a chat with a flow, which says these texts before it waits. */
  const hears = async (ContactFlowId, texts, why) => {
    const { ParticipantToken } = await send('StartChatContact', { ContactFlowId, ParticipantDetails: { DisplayName: 'Pat' } })
    const { Websocket } = await participant(parley.url).send(new chat.CreateParticipantConnectionCommand({
      ParticipantToken, Type: ['WEBSOCKET', 'CONNECTION_CREDENTIALS'],
    }))
    const socket = await openSocket(Websocket.Url)
    await socket.subscribe()
    const heard = []
    while (heard.length < texts.length) {
      const frame = await socket.next()
      assert.ok(frame, `the socket was closed after ${JSON.stringify(heard)}`)
      const { topic, content } = frame.op === opcode.text ? JSON.parse(frame.text) : {}
      const { Type, Content } = topic === 'aws/chat' ? JSON.parse(content) : {}
      if (Type === 'MESSAGE') heard.push(Content)
    }
    socket.end()
    assert.deepEqual(heard, texts, why)
  }

  const hours = await send('CreateContactFlowModule', { Name: 'Hours', Content: module('We are open.'), Tags: { stage: 'dev' } })
  const main = await send('CreateContactFlow', {
    Name: 'Main', Type: 'CONTACT_FLOW', Content: flow('Welcome.', hours.Arn), Description: 'the first', Tags: { stage: 'dev' },
  })
  const ContactFlowId = main.ContactFlowId
  await hears(ContactFlowId, ['Welcome.', 'We are open.'])
  const { ContactFlow } = await send('DescribeContactFlow', { ContactFlowId: main.ContactFlowArn })
  assert.deepEqual([ContactFlow.Arn, ContactFlow.Content, ContactFlow.Status, ContactFlow.FlowContentSha256],
    [main.ContactFlowArn, flow('Welcome.', hours.Arn), 'PUBLISHED', main.FlowContentSha256])
  assert.ok(ContactFlow.LastModifiedTime instanceof Date)

  await send('CreateContactFlowModuleVersion', { ContactFlowModuleId: hours.Id })
  await send('UpdateContactFlowModuleContent', { ContactFlowModuleId: hours.Id, Content: module('We are closed.') })
  await send('UpdateContactFlowContent', { ContactFlowId, Content: flow('Hello.', `${hours.Arn}:$LATEST`) })
  await hears(ContactFlowId, ['Hello.', 'We are closed.'], 'a new chat follows the new content')

  // The same script again finds what it has made.
  await assert.rejects(send('CreateContactFlow', { Name: 'Main', Type: 'CONTACT_FLOW', Content: flow('x') }), named('DuplicateResourceException'))
  const { ContactFlowSummaryList } = await send('ListContactFlows', { ContactFlowTypes: ['CONTACT_FLOW'] })
  assert.equal(ContactFlowSummaryList.find(({ Name }) => Name === 'Main').Id, ContactFlowId)
  const { ContactFlows } = await send('SearchContactFlows', { SearchCriteria: { StringCondition: { FieldName: 'name', Value: 'main', ComparisonType: 'EXACT' } } })
  assert.deepEqual(ContactFlows.map(({ Id }) => Id), [ContactFlowId])

  // What cannot be published says why, in the member that the SDK knows.
  const broken = flow('x').replace('"wait"', '"nowhere"')
  await assert.rejects(send('UpdateContactFlowContent', { ContactFlowId, Content: broken }),
    ({ name, problems }) => name === 'InvalidContactFlowException' && problems.some(({ message }) => /nowhere/.test(message)))
  await assert.rejects(send('UpdateContactFlowModuleContent', { ContactFlowModuleId: hours.Id, Content: '{}' }),
    ({ name, Problems }) => name === 'InvalidContactFlowModuleException' && Problems.length === 1)

  // What is only saved does not run.
  await send('UpdateContactFlowContent', { ContactFlowId: `${ContactFlowId}:$SAVED`, Content: broken })
  const draft = await send('CreateContactFlow', { Name: 'Draft', Type: 'CONTACT_FLOW', Content: flow('Soon.'), Status: 'SAVED' })
  await assert.rejects(send('DescribeContactFlow', { ContactFlowId: draft.ContactFlowId }), named('ContactFlowNotPublishedException'))
  await assert.rejects(hears(draft.ContactFlowId, []), named('ResourceNotFoundException'))

  await send('TagResource', { resourceArn: main.ContactFlowArn, tags: { owner: 'Ann' } })
  await send('UntagResource', { resourceArn: main.ContactFlowArn, tagKeys: ['stage'] })
  const FunctionArn = 'arn:aws:lambda:us-east-1:111122223333:function:orders'
  await send('AssociateLambdaFunction', { FunctionArn })
  const LexV2Bot = { AliasArn: 'arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDE12345/TSTALIASID' }
  await send('AssociateBot', { LexV2Bot })
  await assert.rejects(send('AssociateBot', { LexV2Bot, ClientToken: 'another' }), named('ResourceConflictException'))

  assert.equal(await parley.stop(), 0)
  parley = await startParley('--data-dir', data, '--partner=false')
  await hears(ContactFlowId, ['Hello.', 'We are closed.'], 'after a restart')
  assert.equal((await send('DescribeContactFlow', { ContactFlowId: `${ContactFlowId}:$SAVED` })).ContactFlow.Content, broken)
  assert.deepEqual((await send('ListTagsForResource', { resourceArn: main.ContactFlowArn })).tags, { owner: 'Ann' })
  assert.deepEqual((await send('ListLambdaFunctions')).LambdaFunctions, [FunctionArn])
  await send('DisassociateLambdaFunction', { FunctionArn })
  assert.deepEqual((await send('ListBots', { LexVersion: 'V2' })).LexBots, [{ LexV2Bot }])
  await send('DisassociateBot', { LexV2Bot })
  await assert.rejects(send('DisassociateBot', { LexV2Bot }), named('ResourceNotFoundException'))

  for (const id of [ContactFlowId, draft.ContactFlowId]) await send('DeleteContactFlow', { ContactFlowId: id })
  await send('DeleteContactFlowModule', { ContactFlowModuleId: hours.Id })
  await assert.rejects(send('DescribeContactFlow', { ContactFlowId }), named('ResourceNotFoundException'))
  assert.deepEqual((await send('ListContactFlowModules')).ContactFlowModulesSummaryList, [])
})
