// Chats that follow the sample contact flows, held by the real chat client from the greeting to the
// survey.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { atOnce, patience } from '../bounds.js'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { serveSite } from './site.js'
import { event, openTab } from './tab.js'

const interactive = 'application/vnd.amazonaws.connect.message.interactive'
const response = `${interactive}.response`
const adminToken = 'of-the-flows-0123456789'
const samples = fileURLToPath(new URL('../../examples/flows', import.meta.url))

let parley, site, browser
before(async () => {
  [parley, site, browser] = await Promise.all([
    startParley('--ephemeral', '--admin-token', adminToken, '--partner=false', '--flows', samples), serveSite(), launch(),
  ])
})
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await parley?.stop(), 0)
})

/** Opens a page with a chat in it, whose client shows views unless it says otherwise. */
async function openChat(t, body) {
  const context = await browser.newContext()
  t.after(() => context.close())
  const tab = await openTab(context, site.page({ parley: `http://localhost:${parley.port}` }))
  const details = await tab.chat({ SupportedMessagingContentTypes: ['text/plain', interactive, response], ...body })
  return { tab, details, system: (content, nth) => tab.sees('onMessage', { Content: content, ParticipantRole: 'SYSTEM', ContentType: 'text/plain' }, nth) }
}

/** Waits for the nth view of a name, describes it as the widget does, and returns its data. */
async function shownView(tab, viewId, nth = 1) {
  const messages = await tab.page.waitForFunction(([viewId, nth, type]) => {
    const views = window.events.filter((e) => e.name === 'onMessage' && e.data.ContentType === type)
      .filter((e) => JSON.parse(e.data.Content).data.content.viewId === viewId)
    return views[nth - 1]?.data
  }, [viewId, nth, interactive], { polling: 20, timeout: patience })
  const message = await messages.jsonValue()
  assert.equal(message.ParticipantRole, 'SYSTEM')
  const { templateType, version, data: { content } } = JSON.parse(message.Content)
  assert.deepEqual([templateType, version], ['ViewResource', '1.0'])
  const { View } = await tab.call('describeView', { viewToken: content.viewToken })
  assert.deepEqual([View.Name, View.Arn], [viewId, `arn:aws:connect:us-east-1:aws:view/${viewId}:1`])
  for (const text of [View.Content.Template, View.Content.InputSchema]) JSON.parse(text) // as the widget does
  return content.viewData
}

/** Does something with the view that is shown, as the widget does. */
const act = (tab, action, data = {}) =>
  tab.say(JSON.stringify({ action, data, templateType: 'ViewResource', version: '1.0' }), response)

/** Calls the desk's API. */
async function desk(path, body = {}) {
  const answer = await fetch(`${parley.url}/api/desk/agents${path}`, {
    method: 'POST', headers: { Authorization: `Bearer ${adminToken}` }, body: JSON.stringify(body),
  })
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`)
}

describe('a chat with a contact flow', { concurrency: atOnce }, () => {
  test('from the menu over queue and agent to the survey', async (t) => {
    const { tab, details, system } = await openChat(t)
    await system('Welcome to the corner shop.')
    const menu = await shownView(tab, 'list')
    assert.deepEqual(menu.Items.map((item) => item.Id), ['orders', 'visit', 'account', 'people', 'tour', 'machines'])

    await act(tab, 'ActionSelected', { actionName: 'orders', Id: 'orders' })
    await shownView(tab, 'cards')
    await act(tab, 'ActionSelected', { actionName: 'kettle' })
    assert.equal((await shownView(tab, 'detail')).Heading, 'Order: kettle', 'what was chosen is in the next view')
    await act(tab, 'ActionSelected', { actionName: 'Send it back' })
    assert.equal((await shownView(tab, 'confirmation')).Heading, 'We pick up the kettle.')
    await act(tab, 'Next')
    await shownView(tab, 'list', 2)
    await act(tab, 'ActionSelected', { actionName: 'people', Id: 'people' })
    await system('Hello! Somebody will be with you in a moment.')

    await parley.waits(details.contactId)
    await desk('', { name: 'Ann' })
    await desk('/Ann/accept', { contactId: details.contactId })
    const { ParticipantId } = await tab.sees('onMessage', { ContentType: event('participant.joined'), DisplayName: 'Ann' })
    await desk(`/Ann/contacts/${details.contactId}/messages`, { content: 'Ann here.' })
    await tab.sees('onMessage', { Content: 'Ann here.', ParticipantRole: 'AGENT' })
    await tab.say('thank you')
    await desk(`/Ann/contacts/${details.contactId}/leave`)
    await tab.sees('onMessage', { ContentType: event('participant.left'), ParticipantId })

    const survey = await shownView(tab, 'form')
    assert.deepEqual(survey.Sections[0].Items.map((item) => item.Name), ['rating', 'comment'])
    await act(tab, 'Next', { FormData: { rating: ['good'], comment: 'Fast.' } })
    await system('Thank you. Goodbye!')
    await tab.sees('onMessage', { ContentType: event('chat.ended') })
    await tab.sees('onEnded')
    assert.equal((await tab.events('onMessage')).at(-1).ContentType, event('chat.ended'))
    assert.deepEqual((await tab.sockets()).length, 1, 'one socket, from the greeting to the end')
    assert.deepEqual(tab.complaints, [])
    const contact = await (await fetch(`${parley.url}/api/contacts/${details.contactId}`)).json()
    assert.deepEqual(contact.attributes, { customerName: 'Customer', order: 'kettle', surveyRating: 'good', surveyComment: 'Fast.' })
  })

  test('a client that shows no views is led around them', async (t) => {
    const { system } = await openChat(t, { SupportedMessagingContentTypes: ['text/plain'] })
    await system('Welcome to the corner shop.')
    await system('Hello! Somebody will be with you in a moment.')
  })

  test('the flow that the start names, its queue flow, and the way out of it', async (t) => {
    const { tab, system } = await openChat(t, { ContactFlowId: 'queue' })
    await system('You wait for BasicQueue. Write anything to see what else you can do.')
    await tab.say('what else?')
    assert.deepEqual((await shownView(tab, 'detail')).Actions, ['Ask another team', 'Leave'])
    await tab.say('never mind')
    await act(tab, 'ActionSelected', { actionName: 'Leave' })
    await system('Goodbye. Your place in the queue is free again.')
    await tab.sees('onEnded')
  })
})
