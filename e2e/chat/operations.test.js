// Every operation that the AWS SDK knows, asked for at the server.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
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

/** What an answer has at a path, in which * stands for each item of a list. */
function at(answer, path) {
  const [name, ...rest] = path.split('.')
  if (name === '') return answer
  if (name === '*') return (answer ?? []).map((item) => at(item, rest.join('.')))
  return at(name === 'length' ? (answer?.length ?? 0) : answer?.[name], rest.join('.'))
}

/** A value of the table with what earlier calls answered in the place of $names. */
function filled(value, kept) {
  if (typeof value === 'string' && value.startsWith('$')) return kept[value.slice(1)]
  if (Array.isArray(value)) return value.map((item) => filled(item, kept))
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, filled(member, kept)]))
  return value
}

test('resources of an instance are created, changed, listed and deleted, and refused as documented', async (t) => {
  const parley = await startParley('--ephemeral')
  t.after(() => parley.stop())
  const client = backend(parley.url)
  const kept = {}
  // The client for Go makes the same calls: e2e/sdk/calls_test.go.
  for (const { call, input, error: refusal, keep = {}, answer = {} } of JSON.parse(await readFile(new URL('../sdk/testdata/resources.json', import.meta.url)))) {
    const asked = { InstanceId: '11111111-1111-4111-8111-111111111111', ...filled(input, kept) }
    const answered = client.send(new connect[`${call}Command`](asked))
    if (refusal) {
      await assert.rejects(answered, (error) => error.name === refusal, `${call} ${JSON.stringify(asked)}: not ${refusal}`)
      continue
    }
    const out = await answered.catch((error) => assert.fail(`${call}: ${error.name}: ${error.message}`))
    for (const [name, path] of Object.entries(keep)) kept[name] = at(out, path)
    for (const [path, want] of Object.entries(answer)) assert.deepEqual(at(out, path), filled(want, kept), `${call}: ${path}`)
  }
})
