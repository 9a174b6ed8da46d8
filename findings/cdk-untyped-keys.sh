#!/usr/bin/env bash
# A good guess says that all members of a CDK resource are given in camelCase and come out in PascalCase, and that the interface
# which CDK has for a structure is what the property of its name takes. Where the property's type is any, its value comes out as
# it went in, and among those are some with an interface: dataPrivacy and sentimentAnalysisSettings of a bot of Amazon Lex and
# constraints of a task template of Amazon Connect. What DataPrivacyProperty asks for, childDirected, is for CloudFormation a
# member that it does not know; the synthesis succeeds, and CDK's own validation warns. Seen with aws-cdk-lib 2.276.0.
# dataPrivacy is required, so that the first bot of a chat fails at its deployment: those three are to be written as
# CloudFormation has them, ChildDirected, DetectSentiment and RequiredFields with Id and Name, amid camelCase.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund aws-cdk-lib@2.276.0 constructs@10.8.1
for text in dataPrivacy:aws-lex/lib/lex DataPrivacyProperty:aws-lex/lib/lex constraints:aws-connect/lib/connect ConstraintsProperty:aws-connect/lib/connect; do
	grep -hE "(readonly|interface) ${text%%:*}\b" "node_modules/aws-cdk-lib/${text#*:}.generated.d.ts"
done | tr -s ' ' | tee types.txt
[ "$(grep -c ': any | cdk.IResolvable;' types.txt) $(grep -c interface types.txt)" = '2 2' ]
cat >synth.mjs <<'JS'
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { App, Stack } from 'aws-cdk-lib'
import { CfnTaskTemplate } from 'aws-cdk-lib/aws-connect'
import { CfnBot } from 'aws-cdk-lib/aws-lex'

const instanceArn = 'arn:aws:connect:us-east-1:123456789012:instance/11111111-2222-3333-4444-555555555555'
function synth (outdir, dataPrivacy, sentimentAnalysisSettings, constraints) {
  const app = new App({ outdir, analyticsReporting: false })
  const stack = new Stack(app, 'Stack')
  new CfnBot(stack, 'Bot', {
    name: 'desk', roleArn: 'arn:aws:iam::123456789012:role/bot', idleSessionTtlInSeconds: 300, dataPrivacy,
    testBotAliasSettings: { sentimentAnalysisSettings, botAliasLocaleSettings: [{ localeId: 'en_US', botAliasLocaleSetting: { enabled: true } }] },
  })
  new CfnTaskTemplate(stack, 'Task', { instanceArn, name: 'call back', constraints, fields: [{ id: { name: 'number' }, type: 'NAME' }] })
  const { Bot: { Properties: bot }, Task: { Properties: task } } = app.synth().getStackArtifact('Stack').template.Resources
  const written = [bot.DataPrivacy, bot.TestBotAliasSettings, task.Constraints, task.Fields].map((value) => JSON.stringify(value))
  console.log(' ', written.join('\n  '))
  const report = `${outdir}/validation-report.json`
  const warned = existsSync(report) ? readFileSync(report, 'utf8').match(/Did you mean '\w+'/g) ?? [] : []
  return { written, warned: [...new Set(warned)].sort() }
}
const neighbours = '"BotAliasLocaleSettings":[{"BotAliasLocaleSetting":{"Enabled":true},"LocaleId":"en_US"}]'
const fields = '[{"Id":{"Name":"number"},"Type":"NAME"}]'
const camel = synth('camel', { childDirected: false }, { detectSentiment: true }, { requiredFields: [{ id: { name: 'number' } }] })
assert.deepEqual(camel, {
  written: ['{"childDirected":false}', `{${neighbours},"SentimentAnalysisSettings":{"detectSentiment":true}}`, '{"requiredFields":[{"id":{"name":"number"}}]}', fields],
  warned: ["Did you mean 'ChildDirected'", "Did you mean 'DetectSentiment'", "Did you mean 'RequiredFields'"],
})
const pascal = synth('pascal', { ChildDirected: false }, { DetectSentiment: true }, { RequiredFields: [{ Id: { Name: 'number' } }] })
assert.deepEqual(pascal, {
  written: ['{"ChildDirected":false}', `{${neighbours},"SentimentAnalysisSettings":{"DetectSentiment":true}}`, '{"RequiredFields":[{"Id":{"Name":"number"}}]}', fields],
  warned: [],
})
JS
node synth.mjs 2>told.txt || { cat told.txt; exit 1; }
grep WARNING told.txt
