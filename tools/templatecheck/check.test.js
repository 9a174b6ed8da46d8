import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { findingsEverywhere, findingsInText, mistakes, newEngine, template } from './check.mjs'

test('the template is clean for all kinds of stacks in all Regions', () => {
  assert.deepEqual(findingsEverywhere(template), [])
})

// The list says which mistakes a validator can know; `go test ./deploy` is held against the rest.
test('planted mistakes', async (t) => {
  const text = readFileSync(template, 'utf8')
  const engine = newEngine('cel')
  let noticed = 0
  for (const { mistake, replace, by, validator } of mistakes()) {
    await t.test(mistake, () => {
      const parts = text.split(replace)
      assert.equal(parts.length, 2, `the text to replace stands ${parts.length - 1} times in the template`)
      const found = findingsInText(engine, parts.join(by))
      assert.equal(found.length > 0, validator, found.join('\n') || 'nothing noticed')
      noticed += found.length > 0
    })
  }
  t.diagnostic(`the validator notices ${noticed} of ${mistakes().length} mistakes`)
  engine.free()
})
