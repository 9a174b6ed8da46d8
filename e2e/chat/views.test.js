// The operations about views, by the AWS SDK: what it sends and reads, and which errors it makes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as connect from '@aws-sdk/client-connect'
import { startParley } from '../browser/parley.js'
import { backend } from './sdk.js'

const InstanceId = '11111111-1111-4111-8111-111111111111'
const template = (Title) => JSON.stringify({ Head: { Title }, Body: [{ Type: 'Form', Props: { Label: '$.Question' } }] })

test('RowB10: views by the SDK, and the errors that it knows', async (t) => {
  const parley = await startParley('--ephemeral')
  t.after(() => parley.stop())
  const aws = backend(parley.url)
  const send = (name, input) => aws.send(new connect[`${name}Command`]({ InstanceId, ...input }))
  const refused = (name, input, error) => assert.rejects(send(name, input), (e) => e instanceof connect[error], `${name}: ${error}`)
  const given = { Name: 'Survey', Status: 'PUBLISHED', Description: 'how it was', Content: { Template: template('one'), Actions: ['Next', 'Cancel'] } }

  const { View } = await send('CreateView', { ...given, ClientToken: 'once', Tags: { stage: 'dev' } })
  assert.deepEqual((await send('CreateView', { ...given, ClientToken: 'once' })).View, View, 'a repeated call makes no second view')
  assert.ok(View.CreatedTime instanceof Date && View.LastModifiedTime instanceof Date && View.Arn.endsWith(`/view/${View.Id}`))
  assert.deepEqual([View.Status, View.Type, View.Tags, View.Content.Actions], ['PUBLISHED', 'CUSTOMER_MANAGED', { stage: 'dev' }, ['Next', 'Cancel']])
  assert.deepEqual(Object.keys(JSON.parse(View.Content.InputSchema).properties), ['Question'])
  const ViewId = View.Arn
  await refused('CreateView', given, 'DuplicateResourceException')
  await refused('CreateView', { ...given, Name: 'Other', Content: { Template: 'x' } }, 'InvalidParameterException')
  await refused('CreateView', { ...given, Name: 'x'.repeat(256) }, 'InvalidParameterException')
  await refused('CreateView', { ...given, Name: 'Other', Status: undefined }, 'InvalidRequestException')
  await refused('CreateView', { ...given, Name: 'Large', Content: { Template: template('x'.repeat(400_000)) } }, 'InvalidParameterException')
  await send('CreateView', { ...given, Name: 'Largest', Content: { Template: template('x'.repeat(399_000)) } })

  const first = await send('CreateViewVersion', { ViewId, VersionDescription: 'the first', ViewContentSha256: View.ViewContentSha256 })
  assert.deepEqual([first.View.Version, first.View.VersionDescription], [1, 'the first'])
  assert.equal((await send('CreateViewVersion', { ViewId })).View.Version, 1, 'nothing has changed')
  await refused('CreateViewVersion', { ViewId, ViewContentSha256: '0' }, 'InvalidRequestException')
  await send('UpdateViewContent', { ViewId, Status: 'SAVED', Content: { Template: template('two') } })
  const content = async (id) => (await send('DescribeView', { ViewId: id })).View.Content.Template
  assert.equal(await content(ViewId), template('one'))
  assert.equal(await content(`${ViewId}:$SAVED`), template('two'))
  await send('UpdateViewContent', { ViewId, Status: 'PUBLISHED', Content: { Template: template('three') } })
  assert.deepEqual([await content(View.Id), await content(`${View.Id}:1`)], [template('three'), template('one')])
  await send('CreateViewVersion', { ViewId })
  assert.deepEqual((await send('ListViewVersions', { ViewId })).ViewVersionSummaryList.map(({ Version }) => Version), [2, 1])
  await send('UpdateViewMetadata', { ViewId, Name: 'Questions' })
  await refused('UpdateViewMetadata', { ViewId }, 'InvalidRequestException')
  await refused('UpdateViewContent', { ViewId: 'form', Status: 'SAVED', Content: {} }, 'InvalidRequestException')
  await refused('DescribeView', { ViewId: 'nobody' }, 'ResourceNotFoundException')
  await refused('DeleteViewVersion', { ViewId, ViewVersion: 7 }, 'ResourceNotFoundException')
  await send('DeleteViewVersion', { ViewId, ViewVersion: 1 })

  const pages = []
  for await (const page of connect.paginateListViews({ client: aws, pageSize: 2 }, { InstanceId })) pages.push(...page.ViewsSummaryList)
  assert.deepEqual(pages.map(({ Name }) => Name), ['Cards', 'Confirmation', 'Detail', 'Form', 'List', 'Largest', 'Questions'])
  const own = (await send('ListViews', { Type: 'AWS_MANAGED' })).ViewsSummaryList
  assert.equal((await send('DescribeView', { ViewId: own[3].Arn })).View.Name, 'Form')
  const found = await send('SearchViews', { SearchCriteria: { StringCondition: { FieldName: 'name', Value: 'quest', ComparisonType: 'STARTS_WITH' } }, SearchFilter: { AttributeFilter: { TagCondition: { TagKey: 'stage' } } } })
  assert.deepEqual([found.ApproximateTotalCount, found.Views[0].Id], [1, View.Id])
  await send('DeleteView', { ViewId })
  await refused('DeleteView', { ViewId }, 'ResourceNotFoundException')
})
