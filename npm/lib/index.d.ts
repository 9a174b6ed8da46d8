/** A chat: its id, or whatever has it, such as a {@link Chat} or a {@link Contact}. */
export type ContactRef = string | { contactId: string }

/** What an agent does, as docs/agents.md describes it. */
export interface AgentScript {
  name?: string
  count?: number
  capacity?: number
  queues?: string[]
  typing?: string
  greeting?: string
  rules?: Record<string, unknown>[]
}

/** Something that goes wrong on purpose: a rule as docs/api.md describes it. */
export interface FaultRule {
  name?: string
  /** An action such as `SendMessage`, or `*`. */
  action?: string
  contactId?: string
  /** How likely it strikes, from 1 to 100. */
  percent?: number
  /** How often it strikes before it ends. */
  times?: number
  forMs?: number
  effect: { type: string; [member: string]: unknown }
}

export interface Options {
  /** Who answers: `echo`, the path of a script, a script, or several. Without one the built-in partner does. */
  agent?: string | AgentScript | (string | AgentScript)[]
  /** A folder with contact flows, which chats then follow. */
  flows?: string
  /** What goes wrong from the beginning: rules, or names of presets such as `deploy`. */
  faults?: string | FaultRule | (string | FaultRule)[]
  /** `false` leaves out the built-in partner: chats wait for the agents of the test. */
  partner?: boolean
  /** Further flags of `parley serve`. */
  args?: string[]
  /** A parley.yaml. Neither one in the working directory nor PARLEY_ variables count by themselves. */
  config?: string
  /** Where the program runs; an empty folder of its own. */
  cwd?: string
  /** `inherit` shows the server's log; it is kept for errors else. */
  log?: 'inherit'
  /** The program, in the place of the installed one. */
  binary?: string
}

export interface Message {
  id: string
  /** RFC 3339, in UTC. */
  time: string
  role: 'CUSTOMER' | 'AGENT' | 'SYSTEM' | 'CUSTOM_BOT' | 'SUPERVISOR'
  /** The name that is shown. */
  from: string
  contentType: string
  content: string
}

export interface Contact {
  contactId: string
  /** `initiated` until the customer connects. */
  state: 'initiated' | 'connected' | 'ended'
  customer: string
  attributes: Record<string, string>
  started: string
  ended?: string
  [member: string]: unknown
}

export interface WaitOptions {
  /** How long to wait, in milliseconds; 25000 when left out. */
  timeout?: number
}

/** A text that a message contains, a pattern that one matches, how many messages there are, or a function. */
export type Until = string | RegExp | number | ((messages: Message[]) => unknown)

/** A chat with the test as its customer. */
export interface Chat {
  readonly contactId: string
  readonly participantId: string
  readonly participantToken: string
  say(content: string, contentType?: string): Promise<void>
  messages(options?: WaitOptions & { until?: Until }): Promise<Message[]>
  end(): Promise<void>
}

/** An agent who is played by the test. */
export interface Agent {
  readonly id: string
  readonly name: string
  /** Takes a chat, without one the first that waits or will; resolves with its id. */
  accept(contact?: ContactRef, options?: WaitOptions): Promise<string>
  say(contact: ContactRef, content: string, contentType?: string): Promise<void>
  type(contact: ContactRef): Promise<void>
  /** The id or the name of a queue or an agent. */
  transfer(contact: ContactRef, target: { queueId: string } | { agentId: string }): Promise<void>
  leave(contact: ContactRef): Promise<void>
  remove(): Promise<void>
}

export interface Desk {
  /** Queues with who waits, and agents, as GET /api/desk answers. */
  state(): Promise<{ queues: Record<string, unknown>[]; agents: Record<string, unknown>[] }>
  /** Adds a person; `Ann` when no name is given. */
  join(name?: string, members?: { capacity?: number; autoAccept?: boolean; state?: 'available' | 'away' | 'offline' }): Promise<Agent>
}

export interface Parley {
  /** `http://localhost:PORT`, without a slash at the end. */
  readonly url: string
  /** Where widgets start chats. */
  readonly endpoint: string
  /** The token for calls that change something. */
  readonly token: string
  readonly pid: number
  /** The end of what the server has logged. */
  readonly log: string
  readonly desk: Desk
  /** What was said in a chat, oldest first; with `until` as soon as that is so. */
  messages(contact: ContactRef, options?: WaitOptions & { until?: Until }): Promise<Message[]>
  /** The newest chat, of this customer and in this state when they are given; waits for it. */
  contact(options?: WaitOptions & { customer?: string; state?: Contact['state'] }): Promise<Contact>
  /** Starts a chat and connects; further members are those of StartChatContact. */
  startChat(options?: { name?: string; attributes?: Record<string, string>; [member: string]: unknown }): Promise<Chat>
  /** Lets something go wrong: a rule, or the name of a preset. */
  fault(rule: string | FaultRule): Promise<{ rules: (FaultRule & { id: string })[]; remove(): Promise<void> }>
  clearFaults(): Promise<void>
  /** Lets so many milliseconds pass, or the time to what happens next by itself. */
  skip(time: number | 'next'): Promise<{ now: string; offsetMs: number; nextTimerMs: number | null }>
  /** Any call of the API, docs/api.md; the path begins with /api/. */
  api(method: string, path: string, body?: unknown): Promise<any>
  /** Ends the server. Repeated calls wait for the same end. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What a server refused (`status`, `code`, `field` of docs/api.md), `Timeout` when it was waited in vain, `Ended` when the server has ended. */
export class ParleyError extends Error {
  status?: number
  code?: string
  field?: string
}

/** Starts a server on a free port, in memory, that ends with this process at the latest. */
export function startParley(options?: Options): Promise<Parley>
