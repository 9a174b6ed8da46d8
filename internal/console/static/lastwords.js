// What was said last in each chat. What nobody has heard yet is asked for, a few chats at a time.

import { chatOf, get, path } from "./api.js";
import { plain } from "./format.js";

const atOnce = 4;
const looked = 10; // items at the end, of which one may be a message

export class LastWords {
  #said = new Map();
  #asked = new Map(); // by chat: the question of which the answer is wanted; null once something was heard since
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
    const question = { id };
    this.#asked.set(id, question);
    this.#queue.push(question);
    this.#next();
  }

  // again begins anew after a break, with the chats that are in sight: what was said meanwhile was not heard.
  again(inSight) {
    this.#asked.clear();
    this.#queue = [];
    for (const id of inSight) this.want(id);
  }

  // take is told of every item, and says whether it was a message.
  take(item) {
    const text = words(item);
    if (!text) return false;
    this.#said.set(chatOf(item), text);
    this.#asked.set(chatOf(item), null); // an answer that is on its way is older
    return true;
  }

  async #next() {
    if (this.#busy >= atOnce || !this.#queue.length) return;
    this.#busy++;
    const question = this.#queue.shift();
    const { id } = question;
    const answer = await get(`${path`/api/contacts/${id}/transcript`}?last=${looked}`).catch(() => null);
    this.#busy--;
    if (this.#asked.get(id) === question) {
      const text = answer?.items.map(words).findLast(Boolean);
      if (!answer) this.#asked.delete(id); // and is asked again when it comes into sight again
      if (text && text !== this.#said.get(id)) {
        this.#said.set(id, text);
        this.changed();
      }
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
