// Requests as the clients that cannot run here send them (iOS, Android, React Native, the older
// widgets and samples), and answers that none of them misreads.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { atOnce } from '../bounds.js'
import { startParley } from '../browser/parley.js'
import { rawRequest } from './rawrequest.js'

const page = 'http://localhost:8080'

let parley
before(async () => { parley = await startParley('--ephemeral', '--partner=false', '--greeting=') })
after(async () => assert.equal(await parley?.stop(), 0))

const starts = {
  'the widget': { headers: { 'Content-Type': 'text/plain;charset=UTF-8', Origin: page }, body: '{"InstanceId":"in-1","ContactFlowId":"cf-1","ParticipantDetails":{"DisplayName":"Pat"},"Username":"pat1"}' },
  'the React Native example': { path: '/start-chat', body: '{"customerName":"Joe Shmoe"}' },
  'the README of chatjs, in short': {},
  'the README of chatjs, at length': { headers: { 'Content-Type': 'text/plain;charset=UTF-8' }, body: '{"InstanceId":"in-1","ContactFlowId":"cf-1","ParticipantDetails":{"DisplayName":"Pat"},"Attributes":"{\\"customerName\\":\\"Pat\\"}","SupportedMessagingContentTypes":["text/plain","text/markdown"]}' },
  'the iOS example': { method: 'post', headers: { 'Content-Type': 'Application/json', 'Content-Encoding': 'amz-1.0' }, body: '{"ConnectInstanceId":"in-1","ContactFlowId":"cf-1","ParticipantDetails":{"DisplayName":"Pat"},"SupportedMessagingContentTypes":["text/plain","text/markdown","application/vnd.amazonaws.connect.message.interactive"]}' },
  'the Android example': { path: '/Prod/', headers: { 'Content-Type': 'application/json; charset=UTF-8' }, body: '{"InstanceId":"in-1","ContactFlowId":"cf-1","ParticipantDetails":{"DisplayName":"Pat"},"SupportedMessagingContentTypes":["text/plain","text/markdown"]}' },
  'the jQuery sample': { headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8', Origin: page }, body: '{"InstanceId":"in-1","ContactFlowId":"cf-1","ParticipantDetails":{"DisplayName":"Pat"}}' },
}

describe('a chat is started as by', () => {
  for (const [client, { path = '/startChatContact', ...request }] of Object.entries(starts)) {
    test(client, async () => {
      const { status, json, text } = await rawRequest(`${parley.url}${path}`, request)
      assert.equal(status, 200, text)
      const { startChatResult, featurePermissions } = json.data
      for (const id of ['ContactId', 'ParticipantId', 'ParticipantToken']) {
        assert.ok(startChatResult[id], id)
        assert.equal(json[id], startChatResult[id], `${id} at the top, where the README reads it`)
      }
      assert.equal(typeof featurePermissions.ATTACHMENTS, 'boolean')
      const connection = await call('connection', startChatResult.ParticipantToken, { Type: ['WEBSOCKET', 'CONNECTION_CREDENTIALS'] })
      assert.match(connection.json.Websocket.Url, /^ws:\/\/127\.0\.0\.1:\d+\/participant\/websocket\?t=/)
    })
  }
})

/** Calls an action of the Participant Service. */
function call(action, token, body, { headers, ...rest } = {}) {
  return rawRequest(`${parley.url}/participant/${action}`, {
    headers: { 'Content-Type': 'application/json', 'X-Amz-Bearer': token, ...headers }, body: JSON.stringify(body), ...rest,
  })
}

/** Starts a chat and connects; returns both tokens. */
async function newChat() {
  const { json } = await rawRequest(`${parley.url}/startChatContact`)
  const started = json.ParticipantToken
  const { json: { ConnectionCredentials } } = await call('connection', started, { Type: ['CONNECTION_CREDENTIALS', 'WEBSOCKET'] })
  return { started, token: ConnectionCredentials.ConnectionToken }
}

describe('the Participant Service', { concurrency: atOnce }, () => {
  test('tells browsers what they may send', async () => {
    const asked = 'authorization,content-type,x-amz-bearer,x-amz-content-sha256,x-amz-date,x-amz-user-agent'
    for (const [path, method, names] of [
      ['/participant/connection', 'POST', asked], ['/participant/views/vt%2B1%2F%3D', 'GET', asked.replace('content-type,', '')],
      ['/attachments/f1', 'PUT', 'x-amz-meta-contact_id,x-amz-server-side-encryption'], ['/startChatContact', 'POST', 'x-amz-security-token,x-amz-snippet-id'],
    ]) {
      const { status, headers } = await rawRequest(`${parley.url}${path}`, {
        method: 'OPTIONS', headers: { Origin: page, 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': names },
      })
      assert.equal(status, 204, path)
      assert.equal(headers['access-control-allow-origin'], page)
      assert.match(headers['access-control-allow-methods'], new RegExp(method))
      for (const name of names.split(',')) assert.match(headers['access-control-allow-headers'], new RegExp(`\\b${name}\\b`, 'i'), path)
      assert.equal(headers['access-control-max-age'], '600')
    }
  })

  test('answers errors in JSON, named in header and body, for pages to read', async () => {
    const { token } = await newChat()
    const good = { Content: 'hello', ContentType: 'text/plain' }
    const errors = [
      [call('message', 'wrong', good), 403, 'AccessDeniedException'],
      [call('message', '', good), 403, 'AccessDeniedException'],
      [call('message', token, good, { body: '<html>' }), 400, 'ValidationException'],
      [call('message', token, good, { body: '[]' }), 400, 'ValidationException'],
      [call('message', token, { ...good, Content: 7 }), 400, 'ValidationException'],
      [call('views/tok%2Fen%2Bwith%3Dodd%20chars', token, undefined, { method: 'GET', body: '' }), 404, 'ResourceNotFoundException'],
      [call('unknown', token, {}), 404, 'UnknownOperationException'],
      [call('message', token, good, { method: 'PATCH' }), 404, 'UnknownOperationException'],
    ]
    for (const [answer, status, name] of errors) {
      const { status: got, headers, json, text } = await answer
      assert.equal(got, status, text)
      assert.match(headers['content-type'], /^application\/json/)
      assert.deepEqual([headers['x-amzn-errortype'], json.__type], [name, name])
      assert.equal(typeof json.message, 'string', text)
      assert.ok(headers['x-amzn-requestid'])
    }
    const long = await call('message', token, { ...good, Content: 'x'.repeat(300 << 10) })
    assert.deepEqual([long.status, long.json?.code], [413, 'RequestEntityTooLargeException'])
    const { headers } = await call('message', 'wrong', good, { headers: { Origin: page } })
    assert.equal(headers['access-control-allow-origin'], page)
    assert.match(headers['access-control-expose-headers'].toLowerCase(), /x-amzn-errortype.*x-amzn-requestid|x-amzn-requestid.*x-amzn-errortype/)
  })

  test('answers 200 with an object where a body is read', async () => {
    const { started, token } = await newChat()
    for (const [action, bearer, body] of [
      ['connection', started, { Type: ['CONNECTION_CREDENTIALS'] }], ['transcript', token, { StartPosition: {} }],
      ['event', token, { ContentType: 'application/vnd.amazonaws.connect.event.typing' }], ['disconnect', token, {}],
    ]) {
      const { status, json } = await call(action, bearer, body)
      assert.deepEqual([status, Object.prototype.toString.call(json)], [200, '[object Object]'], action)
    }
  })

  test('lets earlier tokens live when there is a new connection', async () => {
    const { started, token } = await newChat()
    await call('connection', started, { Type: ['CONNECTION_CREDENTIALS', 'WEBSOCKET'] })
    assert.equal((await call('message', token, { Content: 'still here', ContentType: 'text/plain' })).status, 200)
  })

  test('does not look at signatures, content types or the case of methods', async () => {
    const { token } = await newChat()
    const headers = {
      Authorization: 'AWS4-HMAC-SHA256 Credential=/20261122/us-west-2/execute-api/aws4_request, SignedHeaders=host, Signature=0', 'Content-Type': 'text/html',
    }
    const { status } = await call('message', token, { Content: 'hello', ContentType: 'text/plain' }, { method: 'post', headers })
    assert.equal(status, 200)
  })

  test('takes the upload of an iOS and of an Android phone', async () => {
    const { token } = await newChat()
    for (const request of [
      { method: 'put', headers: { 'X-Amz-Bearer': token } }, // of iOS, beside what it was told
      { method: 'PUT', headers: { 'Content-Type': 'application/octet-stream' } },
    ]) {
      const file = { AttachmentName: 'Grüße.txt', AttachmentSizeInBytes: 10, ContentType: 'text/plain', ClientToken: request.method }
      const { json: { AttachmentId, UploadMetadata } } = await call('start-attachment-upload', token, file)
      const { HeadersToInclude: given } = UploadMetadata
      assert.deepEqual(Object.keys(given).sort(), [
        'Content-Disposition', 'Content-Length', 'Content-Type', 'x-amz-acl', 'x-amz-meta-account_id', 'x-amz-meta-contact_id',
        'x-amz-meta-initial_contact_id', 'x-amz-meta-organization_id',
      ])
      assert.deepEqual([given['Content-Type'], given['Content-Length']], ['text/plain', '10'])
      const early = await call('complete-attachment-upload', token, { AttachmentIds: [AttachmentId], ClientToken: 'early' })
      assert.deepEqual([early.status, early.json.__type], [400, 'ValidationException'], 'the bytes are not there yet')
      const unsigned = await rawRequest(UploadMetadata.Url, { ...request, body: '0123456789' })
      assert.equal(unsigned.status, 403)
      assert.match(unsigned.text, /<Code>SignatureDoesNotMatch<\/Code>/)
      const upload = await rawRequest(UploadMetadata.Url, { method: request.method, headers: { ...given, ...request.headers }, body: '0123456789' })
      assert.equal(upload.status, 200, upload.text)
      assert.equal((await call('complete-attachment-upload', token, { AttachmentIds: [AttachmentId], ClientToken: 'late' })).status, 200)
      const { json: { Url } } = await call('attachment', token, { AttachmentId })
      const download = await rawRequest(Url, { method: 'GET', headers: { Origin: page } })
      assert.deepEqual([download.status, download.text, download.headers['access-control-allow-origin']], [200, '0123456789', page])
      assert.equal((await rawRequest(Url.replace(/signature=.{6}/, 'signature=AAAAAA'), { method: 'GET' })).status, 403)
    }
  })

  test('gives members that are empty, and leaves out those that must not be', async () => {
    const { token } = await newChat()
    for (const Content of ['one', 'two', 'three']) await call('message', token, { Content, ContentType: 'text/plain' })
    const newest = await call('transcript', token, { MaxResults: 2, StartPosition: {}, SortOrder: 'ASCENDING' })
    assert.deepEqual(newest.json.Transcript.map(({ Content }) => Content), ['two', 'three'], 'cut first, then sorted')
    for (const item of newest.json.Transcript) {
      for (const member of ['AbsoluteTime', 'Content', 'ContentType', 'Id', 'Type', 'ParticipantId', 'DisplayName', 'ParticipantRole']) {
        assert.equal(typeof item[member], 'string', member)
      }
      assert.match(item.AbsoluteTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    }
    const rest = await call('transcript', token, { MaxResults: 2, NextToken: newest.json.NextToken })
    assert.deepEqual([rest.json.Transcript.map(({ Content }) => Content), 'NextToken' in rest.json], [['one'], false])
    const missing = await call('transcript', token, { StartPosition: { Id: '00000000-0000-4000-8000-000000000000' }, ScanDirection: 'FORWARD' })
    assert.deepEqual([missing.status, missing.json.Transcript], [200, []], 'to iOS this position is no longer valid')
  })
})
