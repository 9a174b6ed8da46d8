// Checks a CloudFormation template without AWS: every resource against its provider's schema, every reference, every
// condition, for all kinds of parameters and Regions. What is particular to our template is checked by `go test ./deploy`.
//
//   node check.mjs [TEMPLATE]      prints findings; exit code 1 when there are any

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import validate from '@aws/cloudformation-validate'

export const template = fileURLToPath(new URL('../../deploy/cloudformation.yaml', import.meta.url))

// Left out: which properties replace a resource when they change, and that tags could be set.
const exclude = { ids: ['I9001', 'I9040'] }

const partitions = { 'us-gov-west-1': 'aws-us-gov', 'cn-north-1': 'aws-cn' }

export const regions = ['us-east-1', 'eu-central-1', 'ap-southeast-2', 'us-gov-west-1']

/** Kinds of stacks: parameters that differ from the defaults. */
export function stacks(region) {
  const partition = partitions[region] ?? 'aws'
  const least = {
    instanceId: '11111111-1111-4111-8111-111111111111',
    contactFlowId: '22222222-2222-4222-8222-222222222222',
    codeS3Bucket: 'code',
    codeS3Key: 'parley-lambda-arm64-0123456789abcdef.zip',
    allowedOrigins: 'https://www.example.com',
  }
  const jwtKeyArn = `arn:${partition}:secretsmanager:${region}:111122223333:secret:chat-AbCdEf`
  return {
    'nothing given': {},
    'the least': least,
    'a shared key, no firewall': {
      ...least, authMode: 'hs256', jwtKeyArn, jwtAudience: 'shop', enableWaf: 'false', attributeAllowList: '*', requireOrigin: 'false',
      jwtKeyKmsArn: `arn:${partition}:kms:${region}:111122223333:key/0f8fad5b-d9cb-469f-a165-70867728950e`, persistentChat: 'signed',
    },
    'an identity provider, alarms, x86': {
      ...least, authMode: 'oidc', jwtIssuer: 'https://login.example.com', jwtAudience: 'chat', jwtClaimAttributes: 'sub=customerId',
      alarmTopicArn: `arn:${partition}:sns:${region}:111122223333:alarms`, reservedConcurrency: '20', architecture: 'x86_64',
    },
    'several flows, an instance elsewhere': {
      ...least, allowedContactFlowIds: '33333333-3333-3333-3333-333333333333,44444444-4444-4444-4444-444444444444',
      region: 'eu-west-2', maxChatDuration: '600', defaultChatDuration: '120', memorySize: '512',
    },
  }
}

/** One of the validator's two rule engines, cel or rego: two implementations of the same rules. */
export function newEngine(name) {
  return name === 'cel' ? new validate.CelEngine() : new validate.RegoEngine()
}

/** What an engine finds in the template of a file, one line each. */
export function findings(engine, file, parameterOverrides, region) {
  const report = engine.validateStandard(new validate.TemplateFile(file), {
    severityLevel: 'INFO',
    exclude,
    parameterOverrides,
    pseudoParameterOverrides: { region, partition: partitions[region] ?? 'aws' },
  })
  const lines = report.diagnostics.map((d) => `${d.severity} ${d.ruleId} ${d.entity?.logicalId ?? ''} ${d.propertyPath ?? ''}: ${d.message}`)
  if (report.status !== 'OK' && lines.length === 0) lines.push(`the template was not read: ${report.status}`)
  return lines
}

/** What an engine finds in a text that stands in no file. */
export function findingsInText(engine, text) {
  const directory = mkdtempSync(join(tmpdir(), 'parley-template-'))
  try {
    const file = join(directory, 'template.yaml')
    writeFileSync(file, text)
    return findings(engine, file, stacks(regions[0])['the least'], regions[0])
  } catch (error) {
    return [`the template was not read: ${error.message ?? error}`]
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** What both engines find in all kinds of stacks in all Regions. */
export function findingsEverywhere(file) {
  const found = []
  for (const name of ['cel', 'rego']) {
    const engine = newEngine(name)
    for (const region of regions) {
      for (const [stack, parameters] of Object.entries(stacks(region))) {
        found.push(...findings(engine, file, parameters, region).map((line) => `${region}, ${stack} (${name}): ${line}`))
      }
    }
    engine.free()
  }
  return found
}

/** The ways to break the template that go test ./deploy knows, too. */
export function mistakes() {
  return JSON.parse(readFileSync(new URL('../../deploy/testdata/mistakes.json', import.meta.url), 'utf8'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = findingsEverywhere(process.argv[2] ?? template)
  for (const line of found) console.log(line)
  process.exitCode = found.length ? 1 : 0
}
