import { expect, test } from './fixtures.js'

test('the customer is answered', async ({ chat }) => {
  await chat.getByLabel('Message', { exact: true }).fill('hi')
  await chat.getByRole('button', { name: 'Send' }).click()
  await expect(chat.getByText('Ann: Hello Ada!')).toBeVisible()
})

test('a message that is not sent can be sent again', async ({ chat, parley }) => {
  await parley.fault({ action: 'SendMessage', times: 1, effect: { type: 'status', status: 500 } })
  await chat.getByLabel('Message', { exact: true }).fill('Where is my order?')
  await chat.getByRole('button', { name: 'Send' }).click()
  await expect(chat.getByRole('status')).toContainText('Try again')
  await chat.getByRole('button', { name: 'Send' }).click()
  const contact = await parley.contact({ customer: 'Ada' })
  const said = await parley.messages(contact, { until: 'Where is my order?' })
  expect(said.filter(({ role }) => role === 'CUSTOMER')).toHaveLength(1)
})
