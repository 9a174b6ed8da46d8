// Test cases of contact flows: published and run with the AWS SDK, and run from the same file with
// `parley flow test`. Both tell the same.

import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as connect from '@aws-sdk/client-connect'
import { until } from '../bounds.js'
import { run } from '../installed.js'
import { startParley } from '../browser/parley.js'
import { backend } from './sdk.js'

const InstanceId = '11111111-1111-4111-8111-111111111111'
const binary = process.env.E2E_BINARY ?? new URL('../../bin/parley', import.meta.url).pathname
const example = (name) => new URL(`../../internal/casetest/testdata/${name}`, import.meta.url)

let folder, parley, aws
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-tests-'))
  await mkdir(join(folder, 'flows', 'tests'), { recursive: true })
  await copyFile(example('main.json'), join(folder, 'flows', 'main.json'))
  await copyFile(example('priority.json'), join(folder, 'flows', 'tests', 'priority.json'))
  parley = await startParley('--ephemeral', '--partner=false', '--flows', join(folder, 'flows'))
  aws = backend(parley.url)
})
after(async () => {
  assert.equal(await parley?.stop(), 0)
  await rm(folder, { recursive: true, force: true })
})

const send = (name, input) => aws.send(new connect[`${name}Command`]({ InstanceId, ...input }))
const named = (name) => (error) => error.name === name

/** Starts a test case and waits for its end. */
async function execute(TestCaseId) {
  const { TestCaseExecutionId, Status } = await send('StartTestCaseExecution', { TestCaseId })
  assert.equal(Status, 'INITIATED')
  const summary = await until(async () => {
    const told = await send('GetTestCaseExecutionSummary', { TestCaseId, TestCaseExecutionId })
    return ['INITIATED', 'IN_PROGRESS'].includes(told.Status) ? undefined : told
  }, () => 'the execution did not end')
  const { ExecutionRecords } = await send('ListTestCaseExecutionRecords', { TestCaseId, TestCaseExecutionId })
  return { TestCaseExecutionId, summary, records: ExecutionRecords }
}

/** What `parley flow test` tells of the folder. */
async function fromFiles() {
  const { stdout } = await run(binary, ['flow', 'test', '-o', 'aws'], { cwd: folder }).catch((error) => error)
  return JSON.parse(stdout).TestCaseExecutions[0]
}

/** Records without what differs between two runs: the contact's id, and when it was. */
const stable = (records) => records.map(({ ObservationId, Status, Record }) => {
  const record = JSON.parse(Record)
  if (record.ContactId) record.ContactId = 'a contact'
  return { ObservationId, Status, record }
})

test('the same test case through the API and from a file', async () => {
  const { Name, Content, EntryPoint, InitializationData } = JSON.parse(await readFile(example('priority.json'), 'utf8'))
  await assert.rejects(send('CreateTestCase', { Name, Content: Content.replace('"Inclusion"', '"Contains"'), EntryPoint }),
    ({ name, Problems }) => name === 'InvalidTestCaseException' && Problems.length === 1 && Problems[0].message.includes('Contains'))
  const { TestCaseId, TestCaseArn } = await send('CreateTestCase', { Name, Content, EntryPoint, InitializationData, Status: 'PUBLISHED', Tags: { team: 'gold' } })
  await assert.rejects(send('CreateTestCase', { Name, Content }), named('DuplicateResourceException'))
  assert.equal((await send('DescribeTestCase', { TestCaseId: TestCaseArn })).TestCase.Content, Content)

  const { TestCaseExecutionId, summary, records } = await execute(TestCaseId)
  assert.equal(summary.Status, 'PASSED')
  assert.deepEqual(summary.ObservationSummary, { TotalObservations: 3, ObservationsPassed: 3, ObservationsFailed: 0 })
  const told = await fromFiles()
  assert.equal(told.Status, summary.Status)
  assert.deepEqual(told.ObservationSummary, summary.ObservationSummary)
  assert.deepEqual(stable(told.ExecutionRecords), stable(records))

  await send('StopTestCaseExecution', { TestCaseId, TestCaseExecutionId })
  const { TestCaseExecutions } = await send('ListTestCaseExecutions', { TestCaseId, Status: 'PASSED' })
  assert.deepEqual(TestCaseExecutions.map((e) => [e.TestCaseExecutionId, e.TestCaseExecutionStatus, e.Tags]), [[TestCaseExecutionId, 'PASSED', { team: 'gold' }]])
  assert.ok(TestCaseExecutions[0].StartTime instanceof Date)

  // With the comparison inverted the contact waits elsewhere.
  const main = await readFile(example('main.json'), 'utf8')
  await writeFile(join(folder, 'flows', 'main.json'), main.replace('"gold"', '"silver"'))
  const failed = await until(async () => {
    const again = await execute(TestCaseId) // the server reads the folder again within a second or two
    return again.summary.Status === 'FAILED' ? again : undefined
  }, () => 'the changed flow passes')
  assert.deepEqual(failed.summary.ObservationSummary, { TotalObservations: 3, ObservationsPassed: 2, ObservationsFailed: 1 })
  const { CompletionReason } = JSON.parse(failed.records.at(-1).Record)
  assert.deepEqual(CompletionReason.FailureReasons, ['OBSERVE_EVENT'])
  const toldAgain = await fromFiles()
  assert.deepEqual(stable(toldAgain.ExecutionRecords), stable(failed.records))

  await send('UpdateTestCase', { TestCaseId, Description: 'gold customers' })
  const { TestCases } = await send('SearchTestCases', { SearchCriteria: { StringCondition: { FieldName: 'description', Value: 'gold', ComparisonType: 'CONTAINS' } } })
  assert.deepEqual(TestCases.map((c) => [c.Id, c.Status]), [[TestCaseId, 'PUBLISHED']])
  assert.deepEqual((await send('ListTestCases')).TestCaseSummaryList.map((c) => c.Arn), [TestCaseArn])
  await send('DeleteTestCase', { TestCaseId })
  await assert.rejects(send('StartTestCaseExecution', { TestCaseId }), named('ResourceNotFoundException'))
})
