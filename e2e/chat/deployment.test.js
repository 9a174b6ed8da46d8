// A deployment as a script makes it to an instance, by the AWS CLI and by the AWS SDK: flows with a module,
// hours with an override, a queue, a view. A chat in the real chat client then goes through all of it:
// closed, then open, the queue with its flow, an agent, the survey.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as connect from '@aws-sdk/client-connect'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { installed, missing, run } from '../installed.js'
import { backend } from './sdk.js'
import { serveSite } from './site.js'
import { event, openTab } from './tab.js'

const InstanceId = '11111111-1111-4111-8111-111111111111'
const adminToken = 'of-the-deployment-0123456789'
const interactive = 'application/vnd.amazonaws.connect.message.interactive'

let parley, site, browser, cli
before(async () => {
  [cli, parley, site, browser] = await Promise.all([
    installed('chat/awscli.sh'), startParley('--ephemeral', '--partner=false', '--greeting=', '--admin-token', adminToken), serveSite(), launch(),
  ])
})
after(async () => {
  await browser?.close()
  await site?.close()
  assert.equal(await parley?.stop(), 0)
})

const bySDK = (name, input) => backend(parley.url).send(new connect[`${name}Command`](input))

async function byCLI(name, input) {
  const { HOME, PATH, LANG } = process.env
  const command = name.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase()
  const { stdout } = await run(cli.path, ['connect', command, '--cli-input-json', JSON.stringify(input), '--endpoint-url', parley.url, '--output', 'json'], {
    env: {
      HOME, PATH, LANG, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_DEFAULT_REGION: 'us-east-1',
      AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true', AWS_PAGER: '',
    },
  })
  return stdout.trim() ? JSON.parse(stdout) : {}
}

const block = (Identifier, Type, Parameters, NextAction, errors = ['NoMatchingError'], conditions = {}) => ({
  Identifier, Type, Parameters, Transitions: NextAction ? {
    NextAction, Errors: errors.map((ErrorType) => ({ ErrorType, NextAction: 'bye' })),
    Conditions: Object.entries(conditions).map(([operand, to]) => ({ NextAction: to, Condition: { Operator: 'Equals', Operands: [operand] } })),
  } : {},
})
const bye = block('bye', 'DisconnectParticipant', {})
const flow = (...Actions) => JSON.stringify({ Version: '2019-10-30', StartAction: Actions[0].Identifier, Actions })
const module = (Text) => JSON.stringify({
  Version: '2019-10-30', StartAction: 'say', Settings: {},
  Actions: [{ ...block('say', 'MessageParticipant', { Text }, 'back', []), Transitions: { NextAction: 'back', Errors: [{ NextAction: 'back', ErrorType: 'NoMatchingError' }] } }, block('back', 'EndFlowModuleExecution', {})],
})
const days = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']

/** Deploys everything under names of its own. Returns the id of the flow, and how to open the hours. */
async function deploy(named, by) {
  const send = (name, input) => by(name, { InstanceId, ...input })
  const { HoursOfOperationId } = await send('CreateHoursOfOperation', {
    Name: `Shop ${named}`, TimeZone: 'UTC',
    Config: days.map((Day) => ({ Day, StartTime: { Hours: 0, Minutes: 0 }, EndTime: { Hours: 0, Minutes: 0 } })),
  })
  const { HoursOfOperationOverrideId } = await send('CreateHoursOfOperationOverride', {
    HoursOfOperationId, Name: 'Moving house', EffectiveFrom: '2026-01-01', EffectiveTill: '2099-12-31', Config: [],
  })
  const { QueueId } = await send('CreateQueue', { Name: `Sales ${named}`, HoursOfOperationId, MaxContacts: 5 })
  const { View } = await send('CreateView', {
    Name: `Survey ${named}`, Status: 'PUBLISHED',
    Content: { Template: JSON.stringify({ Head: { Title: '$.Question' }, Body: [] }), Actions: ['Good', 'Bad'] },
  })
  const welcome = await send('CreateContactFlowModule', { Name: `Welcome ${named}`, Content: module('Welcome to the shop.') })
  const make = async (Name, Type, Content) => (await send('CreateContactFlow', { Name: `${Name} ${named}`, Type, Content })).ContactFlowId
  const waiting = await make('Waiting', 'CUSTOMER_QUEUE', flow(
    block('say', 'MessageParticipant', { Text: 'You are in the line.' }, 'wait'),
    block('wait', 'Wait', { TimeLimitSeconds: '600' }, 'wait2', ['NoMatchingError'], { WaitCompleted: 'wait2' }),
    block('wait2', 'EndFlowExecution', {}), bye))
  const survey = await make('Survey', 'CONTACT_FLOW', flow(
    block('ask', 'ShowView', { ViewResource: { Id: View.Arn }, InvocationTimeLimitSeconds: '400', ViewData: { Question: 'How was it?' } }, 'bye',
      ['NoMatchingError', 'NoMatchingCondition', 'TimeLimitExceeded'], { Good: 'thanks', Bad: 'bye' }),
    block('thanks', 'MessageParticipant', { Text: 'Thank you.' }, 'bye'), bye))
  const main = await make('Main', 'CONTACT_FLOW', flow(
    block('welcome', 'InvokeFlowModule', { FlowModuleId: welcome.Arn }, 'hours'),
    block('hours', 'CheckHoursOfOperation', { HoursOfOperationId }, 'closed', ['NoMatchingError'], { True: 'hook', False: 'closed' }),
    block('closed', 'MessageParticipant', { Text: 'We are closed.' }, 'bye'),
    block('hook', 'UpdateContactEventHooks', { EventHooks: { CustomerQueue: waiting } }, 'remains'),
    block('remains', 'UpdateContactEventHooks', { EventHooks: { CustomerRemaining: survey } }, 'queue'),
    block('queue', 'UpdateContactTargetQueue', { QueueId }, 'go'),
    block('go', 'TransferContactToQueue', {}, 'bye', ['NoMatchingError', 'QueueAtCapacity']), bye))
  return { main, view: View, open: () => send('DeleteHoursOfOperationOverride', { HoursOfOperationId, HoursOfOperationOverrideId }) }
}

async function call(path, body) {
  const response = await fetch(parley.url + path, { method: 'POST', headers: { Authorization: `Bearer ${adminToken}` }, body: JSON.stringify(body) })
  assert.ok(response.ok, await response.text())
}

for (const [named, by] of [['by SDK', bySDK], ['by CLI', byCLI]]) {
  test(`RowB6: what is deployed ${named} carries a chat from closed hours to the survey`, async (t) => {
    if (by === byCLI && missing(t, cli)) return
    const { main, view, open } = await deploy(named, by)
    const tab = async () => {
      const context = await browser.newContext()
      t.after(() => context.close())
      return openTab(context, site.page({ release: 'chatjs5', way: 'after', parley: `http://localhost:${parley.port}` }))
    }
    const start = { ContactFlowId: main, ParticipantDetails: { DisplayName: 'Pat' }, SupportedMessagingContentTypes: ['text/plain', interactive, `${interactive}.response`] }

    const late = await tab()
    await late.chat(start)
    await late.sees('onMessage', { Content: 'Welcome to the shop.' })
    await late.sees('onMessage', { Content: 'We are closed.' })
    await late.sees('onEnded')

    await open()
    const pat = await tab()
    const { contactId } = await pat.chat({ ...start, DisconnectOnCustomerExit: ['AGENT'] })
    await pat.sees('onMessage', { Content: 'You are in the line.' })
    await parley.waits(contactId)
    await call('/api/desk/agents', { name: 'Ann' })
    await call('/api/desk/agents/Ann/accept', { contactId })
    await pat.sees('onMessage', { ContentType: event('participant.joined'), DisplayName: 'Ann' })
    await call(`/api/desk/agents/Ann/contacts/${contactId}/messages`, { content: 'What can I do for you?' })
    await pat.sees('onMessage', { Content: 'What can I do for you?' })
    await call(`/api/desk/agents/Ann/contacts/${contactId}/leave`, {})
    const { Content } = await pat.sees('onMessage', { ContentType: interactive })
    const { viewId, viewToken, viewData } = JSON.parse(Content).data.content
    assert.deepEqual([viewId, viewData], [view.Id, { Question: 'How was it?' }])
    const { View } = await pat.call('describeView', { viewToken })
    assert.deepEqual([View.Name, View.Content.Actions, View.Content.Template], [`Survey ${named}`, ['Good', 'Bad'], view.Content.Template])
    await pat.say(JSON.stringify({ templateType: 'ViewResource', version: '1.0', action: 'Good', data: {} }), `${interactive}.response`)
    await pat.sees('onMessage', { Content: 'Thank you.' })
    await pat.sees('onEnded')
    assert.deepEqual([...late.complaints, ...pat.complaints], [])
  })
}
