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
