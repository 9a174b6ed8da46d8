#!/usr/bin/env bash
# A good guess says that the patterns in AWS's own description of Amazon Connect can check what is sent to it. Some fit no
# value that the service can mean. In the description that github.com/aws/aws-sdk-go 1.55.8 carries, PhoneNumber is escaped
# twice and asks for backslashes; Password stands between slashes as in JavaScript's source, so that a slash has to come
# before the beginning; ViewContentSha256, of up to 64 characters, has no quantifier, so that one character fits and no
# SHA-256 (CloudFormation's reference has {64} for the same member). SDKs do not check patterns, so that nobody hears of it.
# Who makes a validator, a mock or a form from that description refuses every phone number in E.164, every password and every
# checksum of a view; such patterns have to be tried with a value as the reference's text has it before they are used.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.25
MOD
cat >look.mjs <<'JS'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const { metadata, shapes } = JSON.parse(readFileSync(process.argv[2]))
console.log(metadata.serviceId, metadata.apiVersion)
const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
for (const [name, pattern, value, fitting] of [
  ['PhoneNumber', String.raw`\\+[1-9]\\d{1,14}$`, '+12065550100', String.raw`\2\d`],
  ['Password', String.raw`/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[a-zA-Z\d\S]{8,64}$/`, 'Correct4Horse', undefined],
  ['ViewContentSha256', '^[a-zA-Z0-9]$', sha256, 'e'],
]) {
  const shape = shapes[name]
  console.log(`  ${name}: ${shape.pattern} and ${value}: ${new RegExp(shape.pattern).test(value)}`)
  assert.equal(shape.pattern, pattern)
  assert.equal(new RegExp(shape.pattern).test(value), false)
  if (fitting) assert.equal(new RegExp(shape.pattern).test(fitting), true)
}
assert.equal(shapes.ViewContentSha256.max, 64)
// A pattern that is as it should be, to show that this reads them rightly.
assert.equal(new RegExp(shapes.AwsRegion.pattern).test('eu-west-2'), true)
JS
export GOMODCACHE=$folder/modules GOFLAGS=-modcacherw # 330 MB of descriptions and code, for one file
go mod download -json github.com/aws/aws-sdk-go@v1.55.8 >module.json
node look.mjs "$(node -p 'JSON.parse(fs.readFileSync("module.json")).Dir')/models/apis/connect/2017-08-08/api-2.json"
