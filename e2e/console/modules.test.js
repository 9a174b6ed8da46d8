// The modules of the console that need no server, in the browser that they are for.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../browser/browser.js'
import { startParley } from '../browser/parley.js'
import { open } from './harness.js'

let parley, browser, page, complaints
before(async () => {
  [parley, browser] = await Promise.all([startParley(), launch()]);
  ({ page, complaints } = await open(browser, parley.url, '/console/connect'))
})
after(async () => {
  assert.deepEqual(complaints, [])
  await browser?.close()
  assert.equal(await parley?.stop(), 0)
})

const markdown = (text) => page.evaluate(async (text) => {
  const { markdown } = await import('/console/markdown.js')
  const div = document.createElement('div')
  div.append(...markdown(text))
  return div.innerHTML
}, text)

test('markdown becomes elements', async () => {
  const link = (href, label) => `<a href="${href}" target="_blank" rel="noopener noreferrer nofollow">${label}</a>`
  for (const [text, want] of [
    ['plain', '<p>plain</p>'],
    ['**bold** and *it* and `code`', '<p><strong>bold</strong> and <em>it</em> and <code>code</code></p>'],
    ['one\ntwo\n\nthree', '<p>one<br>two</p><p>three</p>'],
    ['- a\n- b', '<ul><li>a</li><li>b</li></ul>'],
    ['3. c\n4. d', '<ol start="3"><li>c</li><li>d</li></ol>'],
    ['a_snake_case name, _it_', '<p>a_snake_case name, <em>it</em></p>'],
    ['[shop](https://example.com/a?b=1)', `<p>${link('https://example.com/a?b=1', 'shop')}</p>`],
    ['[x](javascript:alert(1)) [y](data:text/html,z)', '<p>[x](javascript:alert(1)) [y](data:text/html,z)</p>'],
    ['<img src=x onerror=alert(1)>', '<p>&lt;img src=x onerror=alert(1)&gt;</p>'],
    ['a\u0000b\u202Ec', '<p>a\uFFFDb\uFFFDc</p>'],
    ['', ''],
  ]) assert.equal(await markdown(text), want, text)
})

test('markdown of the longest message is no work of minutes', async () => {
  const slowest = await page.evaluate(async () => {
    const { markdown } = await import('/console/markdown.js')
    let most = 0
    for (const part of ['[', '*', '**', '_', '`', '[a](', '- ', '**a', '[a]', '_a ', '😀', '\n']) {
      let least = Infinity // of several times: a machine that is busy elsewhere is so for a while
      for (let i = 0; i < 5 && least > 500; i++) {
        const begun = performance.now()
        markdown(part.repeat(16_384 / part.length))
        least = Math.min(least, performance.now() - begun)
      }
      most = Math.max(most, least)
    }
    return most
  })
  assert.ok(slowest < 5000, `${slowest} ms: the time grows with the square of the length`)
})

test('what was said last is what was said last, also after a break', async () => {
  const seen = await page.evaluate(async () => {
    const { LastWords } = await import('/console/lastwords.js')
    const real = window.fetch
    const open = []
    const seen = []
    window.fetch = () => new Promise((resolve) => open.push(resolve))
    let told
    const answer = (Content) => {
      open.shift()(Response.json({ items: [{ Type: 'MESSAGE', ParticipantRole: 'CUSTOMER', ContentType: 'text/plain', Content }] }))
    }
    const known = async (Content) => {
      const changed = new Promise((resolve) => { told = resolve })
      answer(Content)
      await changed
    }
    try {
      const words = new LastWords(() => told())
      words.want('a')
      await known('first')
      seen.push(words.of('a'))
      words.again(['a']) // a row that is in sight is not drawn anew by itself
      seen.push(open.length)
      await known('missed')
      seen.push(words.of('a'))
      words.again(['a'])
      words.take({ Type: 'MESSAGE', ContactId: 'a', ParticipantRole: 'CUSTOMER', ContentType: 'text/plain', Content: 'newest' })
      answer('missed') // was on its way
      words.want('b')
      await known('of another')
      seen.push(words.of('a'))
    } finally {
      window.fetch = real
    }
    return seen
  })
  assert.deepEqual(seen, ['first', 1, 'missed', 'newest'])
})

test('what was said in one chat is not said twice after a look at another', async () => {
  const left = await page.evaluate(async () => {
    const { Unsent } = await import('/console/unsent.js')
    const list = document.createElement('ol')
    const unsent = new Unsent(list, () => {})
    const show = (of) => { list.replaceChildren(); unsent.show(of) }
    show('one')
    await unsent.send('answered', document.createElement('p'), async () => ({ id: 'm-1' }), () => false)
    await unsent.send('lost', document.createElement('p'), async () => { throw new Error('no answer') }, () => false)
    show('another') // before the echo of the first comes
    const there = list.childElementCount
    show('one')
    unsent.came({ Id: 'm-1', Content: 'answered' }, true) // with the transcript
    return [there, [...list.children].map((row) => row.className)]
  })
  assert.deepEqual(left, [0, ['said own unsent failed']])
})

test('Enter in the only field of a view without a button to send it does nothing', async () => {
  const answers = await page.evaluate(async () => {
    const { view } = await import('/console/view.js')
    let answers = 0
    const form = view({ viewId: 'own', viewData: { Sections: [{ Type: 'FormSection', Items: [{ Name: 'a' }] }] } }, async () => { answers++ })
    document.body.append(form)
    form.requestSubmit()
    await new Promise((done) => setTimeout(done)) // until all promises are kept
    form.remove()
    return answers
  })
  assert.equal(answers, 0)
  assert.deepEqual(complaints, [])
})

test('an exchange is sent again also from a page at an address that is not secure', async () => {
  const body = await page.evaluate(async () => {
    const { replay } = await import('/console/replay.js')
    Object.defineProperty(crypto, 'randomUUID', { value: undefined, configurable: true }) // as browsers have it there
    const dialog = document.body.appendChild(document.createElement('dialog'))
    try {
      replay(dialog, { id: 'x', method: 'POST', path: '/participant/message', requestBody: '{"ClientToken":"used","Content":"a"}' }, () => {})
      return dialog.querySelector('#replay-body').value
    } finally {
      dialog.remove()
      delete crypto.randomUUID
    }
  })
  assert.match(body, /"ClientToken": "[0-9a-f]{32}"/)
})

test('an exchange is sent again with another token, whatever else has the text of the first', async () => {
  const [used, bodies] = await page.evaluate(async () => {
    const { replay } = await import('/console/replay.js')
    const used = 'a "$&"'
    const dialog = document.body.appendChild(document.createElement('dialog'))
    replay(dialog, { id: 'x', method: 'POST', path: '/participant/message', requestBody: JSON.stringify({ Content: used, ClientToken: used }) }, () => {})
    const body = () => JSON.parse(dialog.querySelector('#replay-body').value)
    const bodies = [body()]
    dialog.querySelector('#replay-same').click()
    bodies.push(body())
    dialog.remove()
    return [used, bodies]
  })
  assert.match(bodies[0].ClientToken, /^[0-9a-f-]{32,36}$/)
  assert.deepEqual(bodies.map(({ Content }) => Content), [used, used])
  assert.equal(bodies[1].ClientToken, used)
})

/** What an interactive message looks like, and what a click on each of its options sends. */
const template = (message) => page.evaluate(async (text) => {
  const { draw } = await import('/console/templates.js')
  const sent = []
  const element = draw(text, (content, contentType) => sent.push([content, contentType]))
  for (const option of element?.querySelectorAll('button.option') ?? []) option.click()
  return element && { text: element.textContent, sent, links: [...element.querySelectorAll('a')].map((a) => a.getAttribute('href')) }
}, typeof message === 'string' ? message : JSON.stringify(message))

const made = (templateType, content) => ({ templateType, version: '1.0', data: { content } })

test('interactive messages are shown and answered as in the chat widget', async () => {
  const text = 'text/plain'
  const list = await template(made('ListPicker', { title: 'Where?', elements: [{ title: 'Rome', subtitle: 'train' }, { title: 'Oslo' }] }))
  assert.deepEqual(list, { text: 'Where?RometrainOslo', sent: [['Rome', text], ['Oslo', text]], links: [] })
  const carousel = await template(made('Carousel', { title: 'Offers', elements: [{ ...made('Panel', { title: 'Rome', elements: [{ title: 'Hotel' }] }), templateIdentifier: 'r' }] }))
  assert.deepEqual(carousel.sent, [[JSON.stringify({ templateIdentifier: 'r', listTitle: 'Rome', selectionText: 'Hotel' }), text]])
  const times = await template(made('TimePicker', { title: 'When?', timeslots: [{ date: '2030-01-02T10:00+00:00', duration: 30 }, { date: 'soon' }] }))
  assert.deepEqual(times.sent, [['2030-01-02T10:00+00:00', text], ['soon', text]])
  const links = await template(made('ListPicker', { title: 'Go', elements: [
    { type: 'hyperlink', title: 'there', url: 'https://example.com/' }, { type: 'hyperlink', title: 'trap', url: 'javascript:alert(1)' },
  ] }))
  assert.deepEqual(links.links, ['https://example.com/'])
  assert.deepEqual(links.sent, [['trap', text]])
  const more = await template(made('ListPicker', { title: 'Pages', listId: 'l', preIndex: -4, nextIndex: 4, referenceId: 'r', elements: [{ title: 'More', actionDetail: 'SHOW_MORE' }] }))
  assert.equal(more.sent[0][1], 'application/vnd.amazonaws.connect.message.interactive.response')
  assert.equal(JSON.parse(more.sent[0][0]).action, 'SHOW_MORE')
})

test('odd interactive messages do no harm', async () => {
  for (const text of ['', '{', 'null', '[]', '"x"', '{"templateType":"Panel"}', '{"templateType":"Panel","data":{"content":"x"}}', '{"templateType":5,"data":{"content":{}}}']) {
    assert.equal(await template(text), null, text)
  }
  for (const content of [{}, { elements: 'x' }, { elements: [null, 1, {}] }, { title: { a: 1 }, elements: [{ title: '<img src=x onerror=alert(1)>' }] }]) {
    for (const kind of ['ListPicker', 'Panel', 'QuickReply', 'TimePicker', 'Carousel', 'ViewResource', '<b>', 'constructor', 'toString']) assert.ok(await template(made(kind, content)), kind)
  }
})

test('RowA15 pieces of a message are put together, and the whole replaces them', async () => {
  const shown = await page.evaluate(async () => {
    const { Transcript } = await import('/console/transcript.js')
    const element = document.createElement('div')
    const transcript = new Transcript(element, { self: 'CUSTOMER' })
    const told = []
    const add = (Content, MessageMetadata, Id = 'm') => {
      transcript.add({ Id, Type: 'MESSAGE', ContentType: 'text/plain', ParticipantRole: 'SYSTEM', DisplayName: 'BOT', AbsoluteTime: '2030-01-01T00:00:00.000Z', Content, MessageMetadata: { MessageId: Id, ...MessageMetadata } })
      told.push([...element.querySelectorAll('.bubble')].map((bubble) => bubble.textContent).join('|'))
    }
    const piece = (ChunkNumber) => ({ ChunkNumber, MessageCompleted: false })
    add('a', piece(1)); add('b', piece(2)); add('b', piece(2)); add('d', piece(4)); add('c', piece(3)); add('abcd', { MessageCompleted: true }); add('a', piece(1))
    add('late', piece(2), 'n'); add('whole', { MessageCompleted: true }, 'n')
    return told
  })
  assert.deepEqual(shown, ['a', 'ab', 'ab', 'ab', 'abc', 'abcd', 'abcd', 'abcd', 'abcd|whole'])
})

test('what is known of the desk does not go back when answers overtake each other', async () => {
  const shown = await page.evaluate(async () => {
    const { Desk } = await import('/console/agent.js')
    const { fetch } = window
    const answers = []
    window.fetch = (address, ...more) => address.endsWith('/api/desk')
      ? new Promise((resolve) => { answers.push((name) => resolve(Response.json({ queues: [{ name, waiting: [] }], agents: [] }))) }) : fetch(address, ...more)
    try {
      const desk = new Desk()
      const told = []
      desk.addEventListener('change', () => told.push(desk.queues[0].name))
      const [early, late] = [desk.now(), desk.now()]
      answers[1]('new')
      await late
      answers[0]('old')
      await early
      return told
    } finally {
      window.fetch = fetch
    }
  })
  assert.deepEqual(shown, ['new'])
})

test('the clock does not go back when answers overtake each other', async () => {
  const shown = await page.evaluate(async () => {
    const { clock } = await import('/console/clock.js')
    const { fetch } = window
    const answers = []
    window.fetch = () => new Promise((resolve) => {
      answers.push((offsetMs) => resolve(Response.json({ now: '2030-01-01T00:00:00Z', offsetMs, nextTimerMs: null })))
    })
    const elements = Object.entries({ now: 'p', ahead: 'p', next: 'p', skipped: 'p', 'to-next': 'button', skip: 'form', minutes: 'input' })
      .map(([id, name]) => Object.assign(document.createElement(name), { id }))
    const minute = Object.assign(document.createElement('button'), { type: 'button' })
    minute.dataset.minutes = '1'
    document.body.append(...elements, minute)
    try {
      const early = clock()()
      minute.click()
      answers[1](60_000)
      while (!document.getElementById('skipped').textContent) await new Promise((done) => { setTimeout(done) })
      answers[0](0)
      await early
      return [document.getElementById('ahead').textContent, document.getElementById('skipped').textContent]
    } finally {
      window.fetch = fetch
      for (const element of [...elements, minute]) element.remove()
    }
  })
  assert.match(shown[0], /1 min ahead of this machine$/)
  assert.match(shown[1], /^Skipped 1 min\./)
})

test('why attributes were not saved is said of their own chat only', async () => {
  const shown = await page.evaluate(async () => {
    const { Details } = await import('/console/details.js')
    const contact = (contactId) => ({ contactId, attributes: { a: '1' }, participants: [], contentTypes: [], state: 'connected', started: '2026-01-05T10:00:00Z', expires: '2026-01-06T10:00:00Z' })
    const { fetch } = window
    let refuse
    window.fetch = () => new Promise((resolve) => { refuse = () => resolve({ ok: false, status: 409, headers: new Headers({ 'Content-Type': 'application/json' }), json: async () => ({ error: 'It was refused.' }) }) })
    const element = document.body.appendChild(document.createElement('div'))
    try {
      const details = new Details(element)
      const shown = []
      for (const then of ['one', 'two']) {
        details.show(contact('one'))
        const field = element.querySelector('[name=value]')
        field.value = `${then} more`
        field.dispatchEvent(new Event('input', { bubbles: true }))
        element.querySelector('form').requestSubmit()
        details.show(contact(then))
        refuse()
        await new Promise((done) => setTimeout(done)) // until all promises are kept
        shown.push(element.textContent.includes('It was refused.'))
      }
      return shown
    } finally {
      window.fetch = fetch
      element.remove()
    }
  })
  assert.deepEqual(shown, [true, false])
})

test('what is typed while attributes are saved stays', async () => {
  const shown = await page.evaluate(async () => {
    const { Details } = await import('/console/details.js')
    const contact = { contactId: 'one', attributes: { a: '1' }, participants: [], contentTypes: [], state: 'connected', started: '2026-01-05T10:00:00Z', expires: '2026-01-06T10:00:00Z' }
    const { fetch } = window
    const sent = []
    let answer
    window.fetch = (_, { body }) => new Promise((resolve) => {
      const { attributes } = JSON.parse(body)
      sent.push(attributes)
      answer = () => resolve({ ok: true, headers: new Headers({ 'Content-Type': 'application/json' }), json: async () => ({ attributes }) })
    })
    const element = document.body.appendChild(document.createElement('div'))
    try {
      const details = new Details(element)
      details.show(contact)
      const field = () => element.querySelector('[name=value]')
      const type = (text) => {
        field().value = text
        field().dispatchEvent(new Event('input', { bubbles: true }))
      }
      const save = () => element.querySelector('form').requestSubmit()
      const settled = () => new Promise((done) => { setTimeout(done) }) // until all promises are kept
      type('2')
      save()
      type('3')
      answer()
      await settled()
      const between = field().value
      save()
      answer()
      await settled()
      return { sent, between, done: element.querySelector('[type=submit]').disabled }
    } finally {
      window.fetch = fetch
      element.remove()
    }
  })
  assert.deepEqual(shown, { sent: [{ a: '2' }, { a: '3' }], between: '3', done: true })
})

test('messages that are changed in the gallery stay when they are asked for twice', async () => {
  const shown = await page.evaluate(async () => {
    const { Gallery } = await import('/console/gallery.js')
    const { fetch } = window
    const answers = []
    window.fetch = () => new Promise((resolve) => {
      answers.push(() => resolve(Response.json({ templates: [{ title: 'Panel', description: '', example: { templateType: 'Panel', data: { content: { title: 'as it was', elements: [] } } } }] })))
    })
    const element = document.createElement('div')
    try {
      const gallery = new Gallery(element, async () => {})
      const loads = [gallery.load(), gallery.load()]
      answers[0]()
      await loads[0]
      const title = element.querySelector('input')
      title.value = 'changed'
      answers[1]()
      await loads[1]
      return element.querySelector('input').value
    } finally {
      window.fetch = fetch
    }
  })
  assert.equal(shown, 'changed')
})

test('texts are written as people read them', async () => {
  const written = await page.evaluate(async () => {
    const { bytes, plain, short, span, time, took } = await import('/console/format.js')
    return [span(59_400), span(61_000), span(3_600_000 * 5 + 60_000), span(3_600_000 * 72), span(-5), span(600_000), span(7_200_000), bytes(999), bytes(1500), bytes(2_500_000),
      took(0.25), took(1234), took(undefined), short('0123456789'), short(''), time('rubbish'), time(undefined), plain('\u2066a\u0007\t\n'), plain(null)]
  })
  assert.deepEqual(written, ['59 s', '1 min 1 s', '5 h 1 min', '3 days', '0 s', '10 min', '2 h', '999 B', '1.5 kB', '2.5 MB',
    '0.3 ms', '1234 ms', '0.0 ms', '01234567', '', '', '', '\uFFFDa\uFFFD\t\n', ''])
})

test('forms say what they mean', async () => {
  const told = await page.evaluate(async () => {
    const { parseAttributes } = await import('/console/customer.js')
    const { advice, fromLines, parse, toLines } = await import('/console/gallery.js')
    const before = [{ title: 'Rome', subtitle: 'train', actionDetail: 'X' }, { title: 'Oslo' }]
    const wrong = (text) => {
      try { return parseAttributes(text) } catch (error) { return error.message }
    }
    return {
      attributes: wrong('a = 1\n\n b=c=d \n'), nothing: wrong(''), wrong: wrong('a=1\nb'),
      lines: toLines(before), options: fromLines('Rome | by air\n\nBari', before),
      good: advice({ templateType: 'QuickReply', version: '1.0', data: { content: { title: 'x', elements: [{ title: 'a' }, { title: 'b' }] } } }),
      bad: advice({ templateType: 'QuickReply', version: '1.0', data: { content: { elements: [{}] } } }), none: advice({}),
      odd: advice({ templateType: 'Panel', data: { content: { title: 'x', elements: 'x' } } }),
      noTemplates: ['{oops', '[]', 'null', '"x"', ''].filter((text) => {
        try { return parse(text) } catch { return false }
      }),
    }
  })
  assert.deepEqual(told.attributes, { a: '1', b: 'c=d' })
  assert.deepEqual(told.nothing, {})
  assert.match(told.wrong, /Line 2/)
  assert.equal(told.lines, 'Rome | train\nOslo')
  assert.deepEqual(told.options, [{ title: 'Rome', actionDetail: 'X', subtitle: 'by air' }, { title: 'Bari' }])
  assert.deepEqual(told.good, [])
  assert.equal(told.bad.length, 3)
  assert.equal(told.none.length, 1)
  assert.equal(told.odd.length, 1)
  assert.deepEqual(told.noTemplates, [], 'what is no object is taken for a message')
})
