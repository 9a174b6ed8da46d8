import { expect } from 'vitest'
import { test } from './fixtures.js'

test('the customer is answered', async ({ parley }) => {
  const chat = await parley.startChat({ name: 'Ada' })
  await chat.say('hi')
  const said = await chat.messages({ until: 'Hello' })
  expect(said.at(-1)).toMatchObject({ from: 'Ann', content: 'Hello Ada!' })
})

test('a chat is over after a day', async ({ parley }) => {
  const { contactId } = await parley.startChat()
  await parley.skip(25 * 60 * 60 * 1000)
  expect((await parley.contact({ state: 'ended' })).contactId).toBe(contactId)
})
