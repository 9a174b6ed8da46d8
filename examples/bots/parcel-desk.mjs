// The function of the bot ParcelDesk: it says where a parcel is. It is a handler of AWS Lambda, with the
// events and answers of Lex V2.

const places = { 1001: 'on its way to you', 1002: 'waiting at the shop by the harbour' }

export async function handler(event) {
  const { intent, sessionAttributes } = event.sessionState
  const number = intent.slots.Number?.value?.interpretedValue
  const place = places[number]
  return {
    sessionState: {
      sessionAttributes: { ...sessionAttributes, place: place ?? 'unknown' },
      dialogAction: { type: 'Close' },
      intent: { ...intent, state: place ? 'Fulfilled' : 'Failed' }
    },
    messages: place ? [{ contentType: 'PlainText', content: `Parcel ${number} is ${place}.` }] : []
  }
}
