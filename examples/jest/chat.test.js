test('the customer is answered', async () => {
  const chat = await parley.startChat({ name: 'Ada' })
  await chat.say('hi')
  const said = await chat.messages({ until: 'Hello' })
  expect(said.at(-1)).toMatchObject({ from: 'Ann', content: 'Hello Ada!' })
})

test('the agent is played by the test', async () => {
  const bob = await parley.desk.join('Bob')
  const chat = await parley.startChat({ name: 'Eve' })
  await chat.messages({ until: 1 })
  expect((await parley.contact({ customer: 'Eve' })).contactId).toBe(chat.contactId)
  await bob.remove()
})
