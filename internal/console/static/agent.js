// The desk, as agents in a page see it: who waits, who answers, and what an agent can do. The
// page's own agent is remembered for its window, so that two windows are two agents.

import { del, get, patch, path, post, presence, present } from "./api.js";
import { plain } from "./format.js";

const pause = 250; // between two questions about the desk, in milliseconds

// stateOf is the state of an agent, with the name of the status that it comes from where that says more.
export const stateOf = ({ state, status = "" }) => (status && status.toLowerCase() !== state ? `${state} (${plain(status)})` : state);

export class Desk extends EventTarget {
  queues = [];
  agents = [];
  #asking = false;
  #again = false;
  #asked = 0; // questions about the desk
  #known = 0; // which of them was answered last
  #was = ""; // the state of the page's own agent, as long as it is there

  constructor() {
    super();
    this.addEventListener("change", () => this.me && (this.#was = this.me.state));
  }

  // refresh asks for the desk and reports "change". However often it is called, one question is
  // asked at a time.
  async refresh() {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    try {
      await this.now();
    } catch {
      // The page says that the server is not there.
    }
    setTimeout(() => {
      this.#asking = false;
      if (!this.#again) return;
      this.#again = false;
      this.refresh();
    }, pause);
  }

  // heard reports whether the server has said what the desk is like.
  get heard() {
    return this.#known > 0;
  }

  get name() {
    return presence();
  }

  // me is the page's own agent, if it is there.
  get me() {
    const name = this.name;
    return name ? this.agents.find((agent) => agent.name === name && !agent.scripted) : undefined;
  }

  // join makes a name the page's own agent.
  async join(name) {
    await post("/api/desk/agents", { name, window: true });
    present(name);
    await this.now();
  }

  // rejoin finds out what there is after a break. A server that was restarted does not know who sat here.
  async rejoin() {
    const was = this.#was;
    await this.now().catch(() => {});
    if (!was || was === "offline" || !this.name || (this.me && this.me.state !== "offline")) return;
    await post("/api/desk/agents", { name: this.name, state: was, window: true }).catch(() => {});
    this.refresh();
  }

  // now waits until the desk is known anew. An answer that was overtaken by that to a later question is old.
  async now() {
    const mine = ++this.#asked;
    const { queues, agents } = await get("/api/desk");
    if (mine < this.#known) return;
    this.#known = mine;
    Object.assign(this, { queues, agents });
    this.dispatchEvent(new Event("change"));
  }

  async quit() {
    const { me } = this;
    present("");
    this.#was = "";
    if (me) await this.remove(me.id);
    else this.dispatchEvent(new Event("change"));
  }

  add(agent) {
    return this.#then(post("/api/desk/agents", agent));
  }

  remove(id) {
    return this.#then(del(path`/api/desk/agents/${id}`));
  }

  change(id, change) {
    return this.#then(patch(path`/api/desk/agents/${id}`, change));
  }

  accept(contactId) {
    return this.#then(post(path`/api/desk/agents/${this.me.id}/accept`, { contactId }));
  }

  // answer makes the page's own agent, or else one of a name, the one who answers a chat: one that waits,
  // or that nobody answers but those who give way.
  async answer(contactId, name) {
    if (!this.me) await this.join(name);
    else if (this.me.state !== "available") await this.change(this.me.id, { state: "available" });
    return this.#then(post(path`/api/desk/agents/${this.me.id}/take-over`, { contactId }));
  }

  reject(contactId) {
    return this.#then(post(path`/api/desk/agents/${this.me.id}/reject`, { contactId }));
  }

  supervise(contactId) {
    return this.#then(post(path`/api/desk/agents/${this.me.id}/supervise`, { contactId }));
  }

  transfer(contactId, target) {
    return this.#then(post(path`/api/desk/agents/${this.me.id}/contacts/${contactId}/transfer`, target));
  }

  invite(contactId, agentId) {
    return this.#then(post(path`/api/desk/agents/${this.me.id}/contacts/${contactId}/invite`, { agentId }));
  }

  signIn(contactId, told) {
    return this.#then(post(path`/api/contacts/${contactId}/sign-in`, told));
  }

  leave(contactId) {
    return this.#then(post(path`/api/desk/agents/${this.me.id}/contacts/${contactId}/leave`));
  }

  end(contactId) {
    return this.#then(post(path`/api/contacts/${contactId}/end`));
  }

  // say says something; stream says it in pieces, where the customer's client takes them.
  say(contactId, content, contentType, stream) {
    return post(path`/api/desk/agents/${this.me.id}/contacts/${contactId}/messages`, { content, contentType, stream });
  }

  typing(contactId) {
    return post(path`/api/desk/agents/${this.me.id}/contacts/${contactId}/typing`);
  }

  read(contactId, messageId) {
    return post(path`/api/desk/agents/${this.me.id}/contacts/${contactId}/read`, { messageId });
  }

  attach(contactId, file) {
    return post(path`/api/desk/agents/${this.me.id}/contacts/${contactId}/attachments?name=${file.name}`, file);
  }

  async #then(asked) {
    try {
      return await asked;
    } finally {
      await this.now().catch(() => {});
    }
  }

  // waiting lists who waits: by priority, then by the time it seems to have waited, as agents get them.
  get waiting() {
    return this.queues.flatMap((queue) => queue.waiting.map((entry) => ({ ...entry, queue: queue.name, own: Boolean(queue.agent) })))
      .sort((a, b) => b.own - a.own || a.priority - b.priority || (Date.parse(a.since) - a.ageSeconds * 1000) - (Date.parse(b.since) - b.ageSeconds * 1000) || a.position - b.position);
  }

  // mine are the chats that the page's own agent is in.
  get mine() {
    return this.me?.contacts ?? [];
  }

  // invitations are the chats that the page's own agent is asked to join.
  get invitations() {
    return this.me?.invitations ?? [];
  }

  // invitation is the one to a chat, if any.
  invitation(contactId) {
    return this.invitations.find((invitation) => invitation.contactId === contactId);
  }

  // holding is the part of the page's own agent in a chat, if any.
  holding(contactId) {
    return this.mine.find((holding) => holding.contactId === contactId);
  }

  // scripts are the agents of a chat in whose place a person may answer, if there are no others: those who
  // are scripted, and those who are offline.
  scripts(contactId) {
    const answering = this.holders(contactId).filter(({ contacts }) => contacts.find((one) => one.contactId === contactId).role === "AGENT");
    return answering.every((agent) => givesWay(agent)) ? answering : [];
  }

  // scripted are the chats of which a person can be the agent in their place.
  get scripted() {
    const all = this.agents.filter((agent) => givesWay(agent) && agent.id !== this.me?.id).flatMap(({ contacts }) => contacts);
    return [...new Map(all.map((holding) => [holding.contactId, holding])).values()].filter(({ contactId }) => this.scripts(contactId).length);
  }

  // prospects says who may take a chat that waits.
  prospects({ agent, rejectedBy }) {
    const there = this.agents.filter(({ name, state, scripted }) => !scripted && state === "available" && !rejectedBy.includes(name) && (!agent || agent === name));
    if (there.some(({ id }) => id === this.me?.id)) return "Waits for you.";
    if (there.length) return `Waits for ${there.slice(0, 3).map(({ name }) => plain(name)).join(", ")}${there.length > 3 ? ` and ${there.length - 3} more` : ""}.`;
    return agent ? `Waits for ${plain(agent)}, who is not there.` : "Nobody is there to answer.";
  }

  // holders are those who answer a chat or look on.
  holders(contactId) {
    return this.agents.filter((agent) => agent.contacts.some((holding) => holding.contactId === contactId));
  }
}

// givesWay says whether a person may answer in the place of an agent.
const givesWay = ({ scripted, state }) => scripted || state === "offline";

// answering says whether agents who give way answer a chat, and how.
export function answering(agents) {
  const names = (some) => some.map(({ name }) => plain(name)).join(", ");
  const scripts = agents.filter(({ scripted }) => scripted);
  if (scripts.length) return `${names(scripts)} ${scripts.length > 1 ? "answer by themselves" : "answers by itself"}.`;
  return `${names(agents)} ${agents.length > 1 ? "are" : "is"} offline: nobody answers.`;
}

// decide ends the scan of an attachment.
export const decide = (file, approve) => post(path`/api/attachments/${file.AttachmentId}/decision`, { approve });

// save lets the browser keep a file.
export function save(address, name) {
  const link = document.createElement("a");
  link.href = address;
  link.download = name ?? "";
  link.click();
}
