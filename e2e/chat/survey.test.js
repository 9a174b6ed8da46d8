// A survey after the customer has ended the chat, in the real chat client: it keeps its socket until the
// chat is over, and the contact flow goes on with it on a new contact.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { patience } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { serveSite } from './site.js'
import { event, openTab } from './tab.js'

const action = (Identifier, Type, Parameters, NextAction, ...errors) => ({
  Identifier, Type, Parameters, Transitions: { NextAction, Errors: errors.map((ErrorType) => ({ ErrorType, NextAction: 'bye' })) },
})
const flow = (...Actions) => ({ Version: '2019-10-30', StartAction: Actions[0].Identifier, Actions })
const bye = action('bye', 'DisconnectParticipant', {})

const flows = {
  main: flow(
    action('hook', 'UpdateContactEventHooks', { EventHooks: { CustomerRemaining: 'survey' } }, 'queue', 'NoMatchingError'),
    action('queue', 'UpdateContactTargetQueue', { QueueId: 'Default' }, 'go', 'NoMatchingError'),
    action('go', 'TransferContactToQueue', {}, 'bye', 'NoMatchingError', 'QueueAtCapacity'), bye),
  survey: flow(
    action('ask', 'MessageParticipant', { Text: 'How was it, $.Attributes.name? ($.InitiationMethod)' }, 'wait', 'NoMatchingError'),
    { ...action('wait', 'Wait', { TimeLimitSeconds: '300', Events: ['CustomerReturned'] }, 'bye', 'NoMatchingError'), Transitions: {
      NextAction: 'bye', Errors: [{ ErrorType: 'NoMatchingError', NextAction: 'bye' }],
      Conditions: ['WaitCompleted', 'CustomerReturned'].map((name) => ({
        NextAction: name === 'CustomerReturned' ? 'thanks' : 'bye', Condition: { Operator: 'Equals', Operands: [name] },
      })),
    } },
    action('thanks', 'MessageParticipant', { Text: 'Thank you.' }, 'bye', 'NoMatchingError'), bye),
}

let parley, site, browser, folder
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-flows-'))
  for (const [name, document] of Object.entries(flows)) await writeFile(join(folder, `${name}.json`), JSON.stringify(document))
  ;[parley, site, browser] = await Promise.all([startParley('--ephemeral', '--flows', folder), serveSite(), launch()])
})
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await parley?.stop(), 0, 'parley ends cleanly on an interrupt')
  await rm(folder, { recursive: true })
})

test('a survey after the customer has ended the chat', async (t) => {
  const context = await browser.newContext()
  t.after(() => context.close())
  const tab = await openTab(context, site.page({ release: 'chatjs5', way: 'after', parley: `http://localhost:${parley.port}` }))
  const details = await tab.chat({ ContactFlowId: 'main', Attributes: { name: 'Pat' }, DisconnectOnCustomerExit: ['AGENT'] })
  const joined = await tab.sees('onMessage', { ContentType: event('participant.joined'), ParticipantRole: 'AGENT' })
  assert.equal(joined.ContactId, details.contactId)
  await tab.say('goodbye')
  await tab.sees('onMessage', { Content: 'You said: goodbye' })

  await tab.call('disconnectParticipant')
  await tab.sees('onMessage', { ContentType: event('participant.left'), ParticipantRole: 'AGENT' })
  const asked = await tab.sees('onMessage', { Content: 'How was it, Pat? (DISCONNECT)', ParticipantRole: 'SYSTEM' })
  assert.equal(asked.InitialContactId, details.contactId)
  assert.notEqual(asked.ContactId, details.contactId, 'the survey is a contact of its own')
  await tab.say('very good') // on the connection that it has

  await tab.sees('onMessage', { Content: 'Thank you.', ContactId: asked.ContactId })
  await tab.sees('onEnded')
  await tab.page.waitForFunction(() => window.sockets[0].code, undefined, { polling: 20, timeout: patience })
  const sockets = await tab.page.evaluate(() => window.sockets.length)
  assert.equal(sockets, 1, 'the client kept its socket until the end')
  const left = (await tab.events('onMessage')).filter((item) => item.ContentType === event('participant.left'))
  assert.deepEqual(left.map((item) => item.ParticipantRole), ['AGENT'])
  assert.deepEqual(tab.complaints, [])

  const { contacts: [contact] } = await (await fetch(`http://localhost:${parley.port}/api/contacts`)).json()
  assert.equal(contact.contactId, details.contactId)
  assert.deepEqual(contact.segments.map(({ contactId, initiationMethod, reason }) => [contactId, initiationMethod, reason]), [
    [details.contactId, 'API', 'CUSTOMER_DISCONNECT'], [asked.ContactId, 'DISCONNECT', 'CONTACT_FLOW_DISCONNECT'],
  ])
})
