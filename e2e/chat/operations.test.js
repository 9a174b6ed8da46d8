// Every operation that the AWS SDK knows, asked for at the server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as connect from '@aws-sdk/client-connect'
import { missing, operationsOf } from '../../tools/model.mjs'
import { startParley } from '../browser/parley.js'
import { backend } from './sdk.js'

test('RowA13 the list of operations has all of the SDK', () => {
  assert.deepEqual(missing(connect), [])
  const older = { ...connect, Invented$: [9, 'com.amazonaws.connect', 'Invented', { http: ['PUT', '/invented/{Id}', 200] }] }
  assert.deepEqual(missing(older), ['PUT /invented/{Id} Invented'], 'an operation that is new')
})

test('RowA13 no operation is an unknown path', async (t) => {
  const parley = await startParley('--ephemeral')
  t.after(() => parley.stop())
  const unemulated = []
  for (const [name, line] of operationsOf(connect)) {
    const [method, path] = line.split(' ')
    const answer = await fetch(parley.url + path.replace(/\{[^}]+\}/g, 'x'), { method, body: method === 'GET' ? undefined : '{}' })
    const error = answer.headers.get('x-amzn-errortype')
    if (answer.status === 501) {
      assert.equal(error, 'NotImplemented', line)
      assert.match((await answer.json()).message, new RegExp(`does not emulate ${name};`))
      unemulated.push(name)
    } else {
      assert.notEqual(error, 'UnknownOperationException', line)
      assert.ok(answer.status === 200 || error, `${line}: ${answer.status} without the name of an error`)
      await answer.arrayBuffer()
    }
  }
  const aws = backend(parley.url)
  const { ContactId } = await aws.send(new connect.StartChatContactCommand({ InstanceId: 'i', ContactFlowId: 'f', ParticipantDetails: { DisplayName: 'Pat' } }))
  await assert.rejects(aws.send(new connect.TransferContactCommand({ InstanceId: 'i', ContactId, ContactFlowId: 'f', QueueId: 'q' })),
    ({ name, message }) => name === 'InvalidRequestException' && /TASK and EMAIL/.test(message), 'a chat is not transferred by the API')
  for (const name of ['SendOutboundWebNotification', 'DeleteContactData', 'UpdateContactTaskTemplate', 'ListMetrics']) {
    assert.ok(unemulated.includes(name), name)
  }
  await assert.rejects(backend(parley.url).send(new connect.CreateAuthCodeCommand({
    InstanceId: 'i', Scope: { EntityType: 'CUSTOMER_PROFILE', EntityId: 'e', DomainName: 'd', SecurityProfileIds: ['s'] },
    SessionInactivityDurationMinutes: 1440, MaxSessionDurationMinutes: 1440,
  })), ({ name, message, $metadata }) => name === 'NotImplemented' && /CreateAuthCode/.test(message) && $metadata.httpStatusCode === 501)
})

const day = { Day: 'MONDAY', StartTime: { Hours: 9, Minutes: 0 }, EndTime: { Hours: 17, Minutes: 0 } }
const dates = { EffectiveFrom: '2026-12-24', EffectiveTill: '2026-12-24' }
const chats = (QueueId) => ({ QueueReference: { QueueId, Channel: 'CHAT' }, Priority: 1, Delay: 0 })
const toQueue = (QueueId) => ({ QuickConnectType: 'QUEUE', QueueConfig: { QueueId, ContactFlowId: 'f' } })
const module = JSON.stringify({
  Version: '2019-10-30', StartAction: 'e', Settings: {}, Actions: [{ Identifier: 'e', Type: 'EndFlowModuleExecution', Parameters: {}, Transitions: {} }],
})
const invalid = 'InvalidParameterException'
/** Calls one after the other: the operation, its input, and the error it must end in, or what it answers. */
const calls = [
  ['CreateContactFlowModule', () => ({ Name: 'm', Content: module }), (out, kept) => { kept.module = out.Id }],
  ['CreateContactFlowModuleVersion', (k) => ({ ContactFlowModuleId: k.module })],
  ['CreateContactFlowModuleAlias', (k) => ({ ContactFlowModuleId: k.module, AliasName: 'live', ContactFlowModuleVersion: 1 }), (out, k) => { k.alias = out.Id }],
  ['CreateContactFlowModuleAlias', (k) => ({ ContactFlowModuleId: k.module, AliasName: 'a b', ContactFlowModuleVersion: 1 }), invalid],
  ['CreateContactFlowModuleAlias', (k) => ({ ContactFlowModuleId: k.module, AliasName: 'live', ContactFlowModuleVersion: 1 }), 'DuplicateResourceException'],
  ['UpdateContactFlowModuleAlias', (k) => ({ ContactFlowModuleId: k.module, AliasId: k.alias, ContactFlowModuleVersion: 2 }), 'ResourceNotFoundException'],
  ['UpdateContactFlowModuleAlias', (k) => ({ ContactFlowModuleId: k.module, AliasId: k.alias, Name: 'next' })],
  ['DescribeContactFlowModuleAlias', (k) => ({ ContactFlowModuleId: k.module, AliasId: k.alias }), (out) => assert.equal(out.ContactFlowModuleAlias.Name, 'next')],
  ['ListContactFlowModuleAliases', (k) => ({ ContactFlowModuleId: k.module }), (out) => assert.equal(out.ContactFlowModuleAliasSummaryList[0].Version, 1)],
  ['DeleteContactFlowModuleAlias', (k) => ({ ContactFlowModuleId: k.module, AliasId: k.alias })],

  ['CreateHoursOfOperation', () => ({ Name: 'h', TimeZone: 'Europe/Berlin', Config: [day] }), (out, k) => { k.hours = out.HoursOfOperationId }],
  ['CreateHoursOfOperation', () => ({ Name: 'other', TimeZone: 'Nowhere', Config: [day] }), invalid],
  ['UpdateHoursOfOperation', (k) => ({ HoursOfOperationId: k.hours, Description: 'office' })],
  ['UpdateHoursOfOperation', (k) => ({ HoursOfOperationId: k.hours, Config: [{ ...day, Day: 'FREITAG' }] }), invalid],
  ['DescribeHoursOfOperation', (k) => ({ HoursOfOperationId: k.hours }), (out) => assert.deepEqual(out.HoursOfOperation.Config, [day])],
  ['DescribeHoursOfOperation', () => ({ HoursOfOperationId: 'nobody' }), 'ResourceNotFoundException'],
  ['ListHoursOfOperations', () => ({}), (out) => assert.deepEqual(out.HoursOfOperationSummaryList.map(({ Name }) => Name), ['Basic Hours', 'h'])],
  ['ListHoursOfOperations', () => ({ MaxResults: 1001 }), invalid],
  ['SearchHoursOfOperations', () => ({ SearchCriteria: { StringCondition: { FieldName: 'name', Value: 'H', ComparisonType: 'EXACT' } } }),
    (out) => assert.equal(out.ApproximateTotalCount, 1)],
  ['CreateHoursOfOperationOverride', (k) => ({ HoursOfOperationId: k.hours, Name: 'o', Config: [], ...dates }), (out, k) => { k.override = out.HoursOfOperationOverrideId }],
  ['CreateHoursOfOperationOverride', (k) => ({ HoursOfOperationId: k.hours, Name: 'o', Config: [], ...dates }), 'DuplicateResourceException'],
  ['CreateHoursOfOperationOverride', (k) => ({ HoursOfOperationId: k.hours, Name: 'p', Config: [], ...dates, EffectiveTill: '24.12.' }), invalid],
  ['UpdateHoursOfOperationOverride', (k) => ({ HoursOfOperationId: k.hours, HoursOfOperationOverrideId: k.override, Description: 'eve' })],
  ['DescribeHoursOfOperationOverride', (k) => ({ HoursOfOperationId: k.hours, HoursOfOperationOverrideId: k.override }),
    (out) => assert.equal(out.HoursOfOperationOverride.Description, 'eve')],
  ['ListHoursOfOperationOverrides', (k) => ({ HoursOfOperationId: k.hours }), (out) => assert.equal(out.HoursOfOperationOverrideList.length, 1)],
  ['GetEffectiveHoursOfOperations', (k) => ({ HoursOfOperationId: k.hours, FromDate: '2026-12-21', ToDate: '2026-12-24' }), (out) => {
    assert.deepEqual(out.EffectiveHoursOfOperationList.map(({ OperationalHours }) => OperationalHours.length), [1, 0, 0, 0])
    assert.equal(out.EffectiveOverrideHoursList[0].OverrideHours[0].OperationalStatus, 'CLOSED')
  }],
  ['DeleteHoursOfOperationOverride', (k) => ({ HoursOfOperationId: k.hours, HoursOfOperationOverrideId: k.override })],

  ['CreateQueue', (k) => ({ Name: 'q', HoursOfOperationId: k.hours, MaxContacts: 3 }), (out, k) => { k.queue = out.QueueId }],
  ['CreateQueue', (k) => ({ Name: 'q', HoursOfOperationId: k.hours }), 'DuplicateResourceException'],
  ['CreateQueue', () => ({ Name: 'r', HoursOfOperationId: 'nobody' }), 'ResourceNotFoundException'],
  ['CreateQueue', (k) => ({ Name: 'r', HoursOfOperationId: k.hours, MaxContacts: -1 }), invalid],
  ['ListQueues', () => ({ QueueTypes: ['STANDARD'] }), (out) => assert.deepEqual(out.QueueSummaryList.map(({ Name }) => Name), ['Default', 'q'])],
  ['SearchQueues', () => ({ SearchCriteria: { QueueTypeCondition: 'STANDARD' } }), (out) => assert.equal(out.Queues.length, 2)],
  ['UpdateQueueName', (k) => ({ QueueId: k.queue, Name: 'Default' }), 'DuplicateResourceException'],
  ['UpdateQueueName', (k) => ({ QueueId: k.queue, Name: 'orders' })],
  ['UpdateQueueStatus', (k) => ({ QueueId: k.queue, Status: 'DISABLED' })],
  ['UpdateQueueStatus', (k) => ({ QueueId: k.queue, Status: 'OFF' }), invalid],
  ['UpdateQueueHoursOfOperation', (k) => ({ QueueId: k.queue, HoursOfOperationId: k.hours })],
  ['UpdateQueueMaxContacts', (k) => ({ QueueId: k.queue, MaxContacts: 9 })],
  ['UpdateQueueOutboundCallerConfig', (k) => ({ QueueId: k.queue, OutboundCallerConfig: { OutboundCallerIdName: 'P' } })],
  ['DescribeQueue', (k) => ({ QueueId: k.queue }), ({ Queue }) => assert.deepEqual([Queue.Name, Queue.Status, Queue.MaxContacts], ['orders', 'DISABLED', 9])],
  ['CreateQuickConnect', (k) => ({ Name: 'c', QuickConnectConfig: toQueue(k.queue) }), (out, k) => { k.connect = out.QuickConnectId }],
  ['CreateQuickConnect', () => ({ Name: 'd', QuickConnectConfig: toQueue('nobody') }), 'ResourceNotFoundException'],
  ['UpdateQuickConnectName', (k) => ({ QuickConnectId: k.connect, Name: 'e' })],
  ['UpdateQuickConnectConfig', (k) => ({ QuickConnectId: k.connect, QuickConnectConfig: { QuickConnectType: 'FLOW' } }), 'InvalidRequestException'],
  ['DescribeQuickConnect', (k) => ({ QuickConnectId: k.connect }), (out) => assert.equal(out.QuickConnect.Name, 'e')],
  ['ListQuickConnects', () => ({ QuickConnectTypes: ['USER'] }), (out) => assert.deepEqual(out.QuickConnectSummaryList, [])],
  ['SearchQuickConnects', () => ({}), (out) => assert.equal(out.QuickConnects.length, 1)],
  ['AssociateQueueQuickConnects', (k) => ({ QueueId: k.queue, QuickConnectIds: [k.connect] })],
  ['ListQueueQuickConnects', (k) => ({ QueueId: k.queue }), (out) => assert.equal(out.QuickConnectSummaryList[0].QuickConnectType, 'QUEUE')],
  ['DeleteQueue', (k) => ({ QueueId: k.queue }), 'ResourceInUseException'],
  ['DisassociateQueueQuickConnects', (k) => ({ QueueId: k.queue, QuickConnectIds: [k.connect] })],
  ['DeleteQuickConnect', (k) => ({ QuickConnectId: k.connect })],

  ['CreatePrompt', () => ({ Name: 'p', S3Uri: 's3://bucket/p.wav' }), (out, k) => { k.prompt = out.PromptId }],
  ['CreatePrompt', () => ({ Name: 'o', S3Uri: 'p.wav' }), invalid],
  ['UpdatePrompt', (k) => ({ PromptId: k.prompt, Name: 'r' }), (out, k) => assert.equal(out.PromptId, k.prompt)],
  ['DescribePrompt', (k) => ({ PromptId: k.prompt }), (out) => assert.equal(out.Prompt.Name, 'r')],
  ['ListPrompts', () => ({}), (out) => assert.equal(out.PromptSummaryList.length, 1)],
  ['SearchPrompts', () => ({}), (out) => assert.equal(out.Prompts.length, 1)],
  ['DeletePrompt', (k) => ({ PromptId: k.prompt })],

  ['CreateRoutingProfile', (k) => ({
    Name: 'r', Description: 'd', DefaultOutboundQueueId: k.queue, MediaConcurrencies: [{ Channel: 'CHAT', Concurrency: 2 }], QueueConfigs: [chats(k.queue)],
  }), (out, k) => { k.profile = out.RoutingProfileId }],
  ['CreateRoutingProfile', (k) => ({ Name: 's', Description: 'd', DefaultOutboundQueueId: k.queue, MediaConcurrencies: [{ Channel: 'CHAT', Concurrency: 99 }] }), invalid],
  ['UpdateRoutingProfileName', (k) => ({ RoutingProfileId: k.profile, Name: 't' })],
  ['UpdateRoutingProfileConcurrency', (k) => ({ RoutingProfileId: k.profile, MediaConcurrencies: [{ Channel: 'CHAT', Concurrency: 3 }] })],
  ['UpdateRoutingProfileDefaultOutboundQueue', () => ({ RoutingProfileId: 'nobody', DefaultOutboundQueueId: 'q' }), 'ResourceNotFoundException'],
  ['UpdateRoutingProfileDefaultOutboundQueue', (k) => ({ RoutingProfileId: k.profile, DefaultOutboundQueueId: k.queue })],
  ['UpdateRoutingProfileQueues', (k) => ({ RoutingProfileId: k.profile, QueueConfigs: [{ ...chats(k.queue), Priority: 2 }] })],
  ['DisassociateRoutingProfileQueues', (k) => ({ RoutingProfileId: k.profile, QueueReferences: [chats(k.queue).QueueReference] })],
  ['AssociateRoutingProfileQueues', (k) => ({ RoutingProfileId: k.profile, QueueConfigs: [chats(k.queue)] })],
  ['ListRoutingProfileQueues', (k) => ({ RoutingProfileId: k.profile }), (out) => assert.equal(out.RoutingProfileQueueConfigSummaryList[0].QueueName, 'orders')],
  ['DescribeRoutingProfile', (k) => ({ RoutingProfileId: k.profile }), (out) => assert.equal(out.RoutingProfile.NumberOfAssociatedQueues, 1)],
  ['ListRoutingProfiles', () => ({}), (out) => assert.deepEqual(out.RoutingProfileSummaryList.map(({ Name }) => Name), ['Basic Routing Profile', 't'])],
  ['SearchRoutingProfiles', () => ({}), (out) => assert.equal(out.RoutingProfiles.length, 2)],
  ['ListSecurityProfiles', () => ({}), (out, k) => { k.security = [out.SecurityProfileSummaryList.find(({ Name }) => Name === 'Agent').Id] }],
  ['CreateUser', (k) => ({ Username: 'ann', Password: 'Secret123', RoutingProfileId: k.profile, SecurityProfileIds: k.security }), (out, k) => { k.user = out.UserId }],
  ['CreateUser', (k) => ({ Username: 'bob', Password: 'weak', RoutingProfileId: k.profile, SecurityProfileIds: k.security }), invalid],
  ['UpdateUserRoutingProfile', (k) => ({ UserId: k.user, RoutingProfileId: 'nobody' }), 'ResourceNotFoundException'],
  ['UpdateUserRoutingProfile', (k) => ({ UserId: k.user, RoutingProfileId: k.profile })],
  ['UpdateUserSecurityProfiles', (k) => ({ UserId: k.user, SecurityProfileIds: k.security })],
  ['UpdateUserIdentityInfo', (k) => ({ UserId: k.user, IdentityInfo: { FirstName: 'Ann' } })],
  ['DescribeUser', (k) => ({ UserId: k.user }), ({ User }) => assert.deepEqual([User.Username, User.IdentityInfo.FirstName, User.Password], ['ann', 'Ann', undefined])],
  ['ListUsers', () => ({}), (out) => assert.equal(out.UserSummaryList[0].Username, 'ann')],
  ['SearchUsers', () => ({ SearchCriteria: { StringCondition: { FieldName: 'Username', Value: 'an', ComparisonType: 'STARTS_WITH' } } }), (out) => assert.equal(out.Users.length, 1)],
  ['DeleteRoutingProfile', (k) => ({ RoutingProfileId: k.profile }), 'ResourceInUseException'],
  ['DeleteUser', (k) => ({ UserId: k.user })],
  ['DeleteRoutingProfile', (k) => ({ RoutingProfileId: k.profile })],
  ['DeleteHoursOfOperation', (k) => ({ HoursOfOperationId: k.hours }), 'ResourceInUseException'],
  ['DeleteQueue', (k) => ({ QueueId: k.queue })],
  ['DeleteHoursOfOperation', (k) => ({ HoursOfOperationId: k.hours })],
]

test('resources of an instance are created, changed, listed and deleted, and refused as documented', async (t) => {
  const parley = await startParley('--ephemeral')
  t.after(() => parley.stop())
  const client = backend(parley.url)
  const kept = {}
  for (const [name, input, then] of calls) {
    const call = client.send(new connect[`${name}Command`]({ InstanceId: '11111111-1111-4111-8111-111111111111', ...input(kept) }))
    if (typeof then === 'string') {
      await assert.rejects(call, (error) => error.name === then, `${name} ${JSON.stringify(input(kept))}: not ${then}`)
    } else {
      const out = await call.catch((error) => assert.fail(`${name}: ${error.name}: ${error.message}`))
      then?.(out, kept)
    }
  }
})
