// Uses the client that @hey-api/openapi-ts makes.

import { createClient } from './hey/client'
import * as parley from './hey'

export async function use(baseUrl: string, adminToken: string) {
  const client = createClient({ baseUrl, auth: adminToken, throwOnError: true })
  const status = await parley.getStatus({ client, throwOnError: true })
  const agents = await parley.addAgents({ client, throwOnError: true, body: { name: 'Ann', state: 'away' } })
  const agent: parley.Agent = agents.data.agents[0]!
  const removed = await parley.removeAgent({ client, path: { agent: agent.id } })
  const fault = await parley.addFault({ client, throwOnError: true, body: { action: 'SendMessage', times: 1, effect: { type: 'status', status: 500 } } })
  const skipped = await parley.skipTime({ client, throwOnError: true, body: { skipMs: 1000 } })
  const contacts = await parley.listContacts({ client, throwOnError: true, query: { state: 'all', limit: 5 } })
  const lost = await parley.getContact({ client, path: { contact: 'nobody' }, throwOnError: false })
  return {
    kind: status.data.upstream?.kind, agent: agent.name, removed: removed.response.status, hits: fault.data.hits,
    skipped: skipped.data.offsetMs, contacts: contacts.data.contacts.length, lost: lost.error?.code,
  }
}
