// Uses the types that openapi-typescript makes.

import type { components, operations, paths } from './types.gen'

type Contact = components['schemas']['Contact']

export const ended: Contact['state'] = 'ended'
export const waiting: operations['acceptContact']['requestBody']['content']['application/json'] = { contactId: 'c' }
export const timer: paths['/api/clock']['post']['requestBody']['content']['application/json'] = { toNextTimer: true }
export const refused: paths['/api/status']['get']['responses'][403]['content']['application/json']['code'] = 'HostNotAllowed'
// @ts-expect-error a state that there is not
export const unknown: Contact['state'] = 'gone'
