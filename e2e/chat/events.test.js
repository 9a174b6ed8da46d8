// Events that happen to a chat, as the callbacks of the real chat client tell them: who comes and goes,
// transfers that fail, sign-ins, a new name.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateParticipantCommand } from '@aws-sdk/client-connect'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { backend } from './sdk.js'
import { serveSite } from './site.js'
import { event, openTab } from './tab.js'

const callbacks = ['onAuthenticationInitiated', 'onAuthenticationSuccessful', 'onAuthenticationExpired', 'onParticipantDisplayNameUpdated', 'onParticipantInvited']
const adminToken = 'of-the-events-0123456789'

let parley, site, browser
before(async () => {
  [parley, site, browser] = await Promise.all([startParley('--ephemeral', '--admin-token', adminToken), serveSite(), launch()])
})
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await parley?.stop(), 0)
})

/** Opens a page with a chat that the built-in partner answers. */
async function chat(t, release) {
  const context = await browser.newContext()
  t.after(() => context.close())
  const tab = await openTab(context, site.page({ release, parley: `http://localhost:${parley.port}` }))
  const details = await tab.chat({ ParticipantDetails: { DisplayName: 'Pat' } }, callbacks)
  await tab.sees('onMessage', { Type: 'MESSAGE', ParticipantRole: 'AGENT' })
  return { tab, details }
}

async function call(path, body, status = 204) {
  const response = await fetch(parley.url + path, { method: 'POST', headers: { Authorization: `Bearer ${adminToken}` }, body: JSON.stringify(body) })
  assert.equal(response.status, status, await response.text())
}

const joined = event('participant.joined')

for (const release of ['chatjs5', 'chatjs3']) {
  test(`RowA1, RowA4: ${release} is told who comes, and of a bot for whom the partner steps back`, async (t) => {
    const { tab, details } = await chat(t, release)
    const [first] = await tab.events('onMessage')
    assert.deepEqual([first.ContentType, first.ParticipantId, first.DisplayName, first.ParticipantRole], [joined, details.participantId, 'Pat', 'CUSTOMER'])
    await backend(parley.url).send(new CreateParticipantCommand({
      InstanceId: 'in-1', ContactId: details.contactId, ParticipantDetails: { ParticipantRole: 'CUSTOM_BOT', DisplayName: 'Bot' },
    }))
    await tab.sees('onMessage', { ContentType: joined, ParticipantRole: 'CUSTOM_BOT' })
    await tab.sees('onMessage', { ContentType: event('participant.left'), DisplayName: 'Parley' })
    const { Transcript } = await tab.call('getTranscript', { sortOrder: 'ASCENDING', maxResults: 100 })
    assert.deepEqual(Transcript.filter((item) => item.ContentType === joined).map((item) => item.DisplayName), ['Pat', 'Parley', 'Bot'])
    assert.equal(Transcript[0].Id, first.Id)
  })

  test(`RowA7: ${release} is told that a transfer failed`, async (t) => {
    const { tab, details } = await chat(t, release)
    await call(`/api/desk/agents/Parley/contacts/${details.contactId}/transfer`, { agentId: 'Nobody' }, 404)
    const failed = await tab.sees('onMessage', { ContentType: event('transfer.failed') })
    assert.deepEqual(['ParticipantId', 'DisplayName', 'ParticipantRole'].filter((member) => member in failed), [])
    await tab.say('still there?')
    await tab.sees('onMessage', { Content: 'You said: still there?' })
  })

  test(`RowB11: ${release} is told that a second agent is asked, comes, and that the first one leaves`, async (t) => {
    const { tab, details } = await chat(t, release)
    const name = `Ann of ${release}`
    await call('/api/desk/agents', { name }, 200)
    t.after(() => fetch(`${parley.url}/api/desk/agents/${name}`, { method: 'DELETE', headers: { Authorization: `Bearer ${adminToken}` } }))
    await call(`/api/desk/agents/Parley/contacts/${details.contactId}/invite`, { agentId: name })
    const invited = await tab.sees('onParticipantInvited')
    assert.deepEqual([invited.ContentType, invited.DisplayName, invited.ParticipantRole], [event('participant.invited'), name, 'AGENT'])
    await call(`/api/desk/agents/${name}/accept`, { contactId: details.contactId }, 200)
    assert.equal((await tab.sees('onMessage', { ContentType: joined, DisplayName: name, ParticipantRole: 'AGENT' })).ParticipantId, invited.ParticipantId)
    const { Id } = await tab.say('you two')
    await tab.sees('onMessage', { Content: 'You said: you two' })
    await assert.rejects(tab.call('sendEvent', { contentType: 'application/vnd.amazonaws.connect.event.message.read', content: JSON.stringify({ messageId: Id }) }))
    await call(`/api/desk/agents/Parley/contacts/${details.contactId}/leave`)
    await tab.sees('onMessage', { ContentType: event('participant.left'), DisplayName: 'Parley' })
    await call(`/api/desk/agents/${name}/contacts/${details.contactId}/messages`, { content: 'I am still here.' }, 200)
    await tab.sees('onMessage', { Content: 'I am still here.', DisplayName: name })
    const { Transcript } = await tab.call('getTranscript', { sortOrder: 'ASCENDING', maxResults: 100 })
    assert.equal(Transcript.filter((item) => item.ContentType === event('participant.invited')).length, 1)
  })

  test(`RowA16: ${release} is told of a sign-in that expires, and of a new name`, async (t) => {
    const { tab, details } = await chat(t, release)
    const signIn = (told) => call(`/api/contacts/${details.contactId}/sign-in`, told)
    await signIn({ outcome: 'asked' })
    const { Content } = await tab.sees('onAuthenticationInitiated')
    await signIn({ outcome: 'expired' })
    assert.equal((await tab.sees('onAuthenticationExpired')).Content, Content)
    await signIn({ outcome: 'asked' })
    await signIn({ outcome: 'succeeded', displayName: 'Ada' })
    await tab.sees('onAuthenticationSuccessful')
    const updated = await tab.sees('onParticipantDisplayNameUpdated')
    assert.deepEqual([updated.ParticipantId, updated.DisplayName, updated.ParticipantRole], [details.participantId, 'Ada', 'CUSTOMER'])
    const { Id } = await tab.say('hello')
    assert.equal((await tab.sees('onMessage', { Id })).DisplayName, 'Ada')
    assert.deepEqual(tab.complaints, [])
  })
}
