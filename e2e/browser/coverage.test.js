// The page on which `parley flow test` draws coverage, as a browser shows it: green is what tests came
// through, also where a branch is for an error, and all of it is legible on a phone and in the dark.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { launch, servePage } from './browser.js'
import { binary } from './parley.js'

let folder, site, browser
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coverage-'))
  const page = join(folder, 'coverage.html')
  const root = new URL('../..', import.meta.url)
  execFileSync(binary, ['flow', 'test', 'examples/flows', '--run', 'guide|queue', '--coverage-html', page], { cwd: root });
  [site, browser] = await Promise.all([readFile(page, 'utf8').then(servePage), launch()])
})
after(async () => {
  await browser?.close()
  await site?.close()
  await rm(folder, { recursive: true })
})

/** What the page looks like: marks with their colours, and the worst contrast of texts in drawings. */
function look() {
  const rgb = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number)
  const light = (colour) => rgb(colour).map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0)
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05)
  const mark = (selector) => {
    const all = [...document.querySelectorAll(selector)].map((e) => getComputedStyle(e)).map((s) => `${s.stroke} ${s.strokeDasharray} ${s.strokeOpacity}`)
    return [...new Set(all)]
  }
  const texts = [...document.querySelectorAll('.flow .block text')].map((e) => {
    let opacity = 1
    for (let up = e; up; up = up.parentElement) opacity *= Number(getComputedStyle(up).opacity)
    return opacity < 1 ? 0 : contrast(getComputedStyle(e).fill, getComputedStyle(e.closest('.block').querySelector('rect')).fill)
  })
  const colour = (selector) => { const e = document.querySelector(selector); return contrast(getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor) }
  return {
    wide: document.documentElement.scrollWidth > innerWidth, texts: texts.length, worst: Math.min(...texts, colour('.bad'), colour('.good')),
    passed: mark('.flow .link.passed'), passedErrors: mark('.flow .link.error.passed'), never: mark('.flow .link.never'), neverErrors: mark('.flow .link.error.never'),
  }
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 400]) {
    test(`coverage at ${width} px, ${colorScheme}`, async () => {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme })
      try {
        const tab = await context.newPage()
        const asked = []
        tab.on('request', (request) => asked.push(new URL(request.url()).pathname))
        await tab.goto(`http://127.0.0.1:${site.port}/`)
        const seen = await tab.evaluate(look)
        assert.equal(seen.wide, false, 'the page is no wider than the window')
        assert.ok(seen.texts > 100 && seen.worst >= 4.5, `the worst contrast is ${seen.worst}`)
        assert.equal(seen.passed.length, 1, 'what was taken looks the same')
        assert.deepEqual(seen.passedErrors, seen.passed, 'for errors as well')
        assert.equal(seen.never.length, 1)
        assert.deepEqual(seen.neverErrors, seen.never)
        assert.notDeepEqual(seen.never, seen.passed)
        assert.deepEqual(asked.filter((path) => path !== '/' && path !== '/favicon.ico'), [], 'nothing is outside of the file')
      } finally {
        await context.close()
      }
    })
  }
}
