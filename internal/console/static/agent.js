// The desk, as agents in a page see it: who waits, who answers, and what an agent can do. The
// page's own agent is remembered for its window, so that two windows are two agents.

import { del, get, patch, path, post } from "./api.js";

const pause = 250; // between two questions about the desk, in milliseconds

export class Desk extends EventTarget {
  queues = [];
  agents = [];
  #asking = false;
  #again = false;

  // refresh asks for the desk and reports "change". However often it is called, one question is
  // asked at a time.
  async refresh() {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    try {
      const { queues, agents } = await get("/api/desk");
      this.queues = queues;
      this.agents = agents;
      this.dispatchEvent(new Event("change"));
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

  get name() {
    return sessionStorage.getItem("parley-agent") ?? "";
  }

  // me is the page's own agent, if it is there.
  get me() {
    const name = this.name;
    return name ? this.agents.find((agent) => agent.name === name && !agent.scripted) : undefined;
  }

  // join makes a name the page's own agent.
  async join(name) {
    await post("/api/desk/agents", { name });
    sessionStorage.setItem("parley-agent", name);
    await this.now();
  }

  // now waits until the desk is known anew.
  async now() {
    Object.assign(this, await get("/api/desk"));
    this.dispatchEvent(new Event("change"));
  }

  async quit() {
    const { me } = this;
    sessionStorage.removeItem("parley-agent");
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

  // holders are those who answer a chat or look on.
  holders(contactId) {
    return this.agents.filter((agent) => agent.contacts.some((holding) => holding.contactId === contactId));
  }
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
