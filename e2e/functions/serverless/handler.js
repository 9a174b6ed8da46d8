// The function order as Node.js has it: it knows one order.
exports.order = async (event) => {
  const { ContactData, Parameters } = event.Details
  if (Parameters.id === 'none') throw new Error('no such order')
  return { status: 'on its way', customer: ContactData.Attributes.customer, process: String(process.pid) }
}
