// One conversation of an agent: what was said, and where to answer.

import { decide, save } from "./agent.js";
import { chatOf, get, path } from "./api.js";
import { Composer } from "./composer.js";
import { served } from "./here.js";
import { contentTypes } from "./participant.js";
import { Transcript } from "./transcript.js";

const readAfter = 400; // milliseconds in which more messages may come that are read at once

export class AgentTalk {
  contactId = "";
  #drafts = new Map();
  #reading = 0;
  #last = ""; // the customer's last message
  #loads = new Set(); // what is heard while an answer is on its way is newer: the ids of the items
  #asked = 0; // questions about what was said
  #loaded = 0; // which of them was answered last

  constructor(desk, { talk, composer, label, quiet, empty }) {
    this.desk = desk;
    this.transcript = new Transcript(talk, {
      self: "AGENT", label, quiet, empty,
      download: (file) => save(served(path`/api/attachments/${file.AttachmentId}`), file.AttachmentName),
      decide: (file, approve) => this.composer.attempt(() => decide(file, approve)),
    });
    this.composer = new Composer(composer, {
      label: "Message to the customer", streams: true,
      send: (text, contentType, stream) => this.#send(text, contentType, stream),
      typing: () => desk.typing(this.contactId),
      attach: (file) => desk.attach(this.contactId, file),
    });
    document.addEventListener("visibilitychange", () => this.#read());
  }

  // What was refused comes back to where it was written, though another chat may be open meanwhile.
  async #send(text, contentType, stream) {
    const { contactId } = this;
    try {
      await this.transcript.send(text, contentType === contentTypes.markdown, () => this.desk.say(contactId, text, contentType, stream));
    } catch (error) {
      if (contactId === this.contactId) throw error;
      this.#drafts.set(contactId, text);
    }
  }

  // open shows a chat; "" shows none.
  async open(contactId) {
    if (contactId === this.contactId) return;
    if (this.contactId) this.#drafts.set(this.contactId, this.composer.draft);
    this.contactId = contactId;
    this.#last = "";
    this.transcript.clear(contactId);
    this.composer.show(null);
    this.composer.draft = this.#drafts.get(contactId) ?? "";
    if (contactId) await this.load();
  }

  // load fetches what was said; what is shown already stays.
  async load() {
    const { contactId } = this;
    if (!contactId) return;
    const mine = ++this.#asked;
    const heard = new Set();
    this.#loads.add(heard);
    this.transcript.busy(true);
    try {
      const { items } = await get(path`/api/contacts/${contactId}/transcript`);
      if (this.contactId !== contactId || mine < this.#loaded) return;
      this.#loaded = mine;
      for (const item of items) if (!heard.has(item.Id)) this.add(item);
    } catch (error) {
      if (this.contactId === contactId) this.composer.show(error);
    } finally {
      this.#loads.delete(heard);
      requestAnimationFrame(() => this.transcript.busy(false));
    }
  }

  // take is told of every item of every chat.
  take(item) {
    for (const heard of this.#loads) heard.add(item.Id);
    const contact = chatOf(item); // a receipt names none
    if (!contact || contact === this.contactId) this.add(item);
  }

  add(item) {
    this.transcript.add(item);
    if (item.ParticipantRole !== "CUSTOMER" || item.Type !== "MESSAGE") return;
    this.#last = item.Id;
    clearTimeout(this.#reading);
    this.#reading = setTimeout(() => this.#read(), readAfter);
  }

  // What is on the screen of the one who answers has been read.
  #read() {
    if (!this.#last || document.hidden || this.desk.holding(this.contactId)?.role !== "AGENT") return;
    const messageId = this.#last;
    this.#last = "";
    this.desk.read(this.contactId, messageId).catch(() => {}); // a receipt that is lost is no loss
  }

  // template sends an interactive message.
  template(message) {
    return this.composer.attempt(() => this.desk.say(this.contactId, JSON.stringify(message), contentTypes.interactive));
  }

  // settle is told that the desk has changed.
  settle() {
    const holding = this.desk.holding(this.contactId);
    this.composer.enable(Boolean(holding));
    this.composer.offer(Boolean(holding?.incremental));
    const supervises = holding?.role === "SUPERVISOR";
    this.transcript.supervise(supervises);
    this.composer.label(supervises ? "Message to the customer and the agents" : "Message to the customer");
    this.#read();
  }
}
