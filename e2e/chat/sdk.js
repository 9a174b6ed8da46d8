// The AWS SDK's clients, pointed at the server. It believes any credentials.

import { ConnectClient } from '@aws-sdk/client-connect'
import { ConnectParticipantClient } from '@aws-sdk/client-connectparticipant'
import { LexRuntimeV2Client } from '@aws-sdk/client-lex-runtime-v2'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true' // about releases to come

const config = (endpoint) => ({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } })

/** The client of a chat's backend. */
export const backend = (endpoint) => new ConnectClient(config(endpoint))

/** The client of a participant. */
export const participant = (endpoint) => new ConnectParticipantClient(config(endpoint))

/** The client of Lex, which speaks only HTTP/2. */
export const bots = (endpoint) => new LexRuntimeV2Client(config(endpoint))
