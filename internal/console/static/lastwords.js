// What was said last in each chat. What nobody has heard yet is asked for, a few chats at a time.

import { chatOf, get, path } from "./api.js";
import { plain } from "./format.js";

const atOnce = 4;
const looked = 10; // items at the end, of which one may be a message

export class LastWords {
  #said = new Map();
  #asked = new Set();
  #queue = [];
  #busy = 0;

  // changed is called when more is known.
  constructor(changed) {
    this.changed = changed;
  }

  // of is what was said last in a chat, as far as it is known; undefined for nothing.
  of(id) {
    return this.#said.get(id);
  }

  // want asks for a chat that is in sight.
  want(id) {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    this.#queue.push(id);
    this.#next();
  }

  // again begins anew after a break: what was said meanwhile was not heard.
  again() {
    this.#asked.clear();
  }

  // take is told of every item, and says whether it was a message.
  take(item) {
    const text = words(item);
    if (text) this.#said.set(chatOf(item), text);
    return Boolean(text);
  }

  async #next() {
    if (this.#busy >= atOnce || !this.#queue.length) return;
    this.#busy++;
    const id = this.#queue.shift();
    const { items } = await get(`${path`/api/contacts/${id}/transcript`}?last=${looked}`).catch(() => ({ items: [] }));
    const text = items.map(words).findLast(Boolean);
    this.#busy--;
    if (text && text !== this.#said.get(id)) {
      this.#said.set(id, text);
      this.changed();
    }
    this.#next();
  }
}

// words are those of an item, after who said them; empty for what is no message.
function words({ Type, ParticipantRole, DisplayName, ContentType, Content, Attachments }) {
  if (Type !== "MESSAGE" && Type !== "ATTACHMENT") return "";
  const who = ParticipantRole === "CUSTOMER" ? "" : ParticipantRole === "SYSTEM" ? "System: " : `${plain(DisplayName)}: `;
  if (Type === "ATTACHMENT") return who + plain(Attachments?.[0]?.AttachmentName);
  return who + plain(ContentType?.startsWith("text/") ? Content?.slice(0, 120) : "interactive message");
}
