// A conversation as it is read: messages, what happened between them, files and who has seen
// what. The same for the customer's side and the agent's.

import { fill, h, icon } from "./dom.js";
import { plain, time } from "./format.js";
import { markdown } from "./markdown.js";
import { contentTypes, eventType } from "./participant.js";
import { SignIns } from "./signin.js";
import { template } from "./templates.js";
import { toEnd } from "./toend.js";
import { Unsent } from "./unsent.js";
import { settle } from "./view.js";

const typingFor = 12_000; // after which a typing notice is old
const kept = 2000; // items that stay in the page

const happened = {
  "participant.joined": (who) => `${who} joined`,
  "participant.left": (who) => `${who} left`,
  "participant.invited": (who) => `${who} was invited`,
  "participant.idle": (who) => `${who} is idle`,
  "participant.returned": (who) => `${who} is back`,
  "participant.autodisconnection": (who) => `${who} was idle for too long and is disconnected`,
  "transfer.succeeded": () => "The chat was transferred",
  "transfer.failed": () => "The chat could not be transferred",
  "chat.ended": () => "The chat has ended",
  "chat.rehydrated": () => "The earlier conversation was added",
  "authentication.initiated": () => "The customer was asked to sign in",
  "authentication.succeeded": () => "The customer signed in",
  "authentication.failed": () => "The sign-in failed",
  "authentication.timeout": () => "The sign-in took too long",
  "authentication.expired": () => "The sign-in expired",
  "participant.displayname.updated": (who) => `The customer is now called ${who}`,
  "authentication.cancelled": () => "The sign-in was cancelled",
};
const silent = new Set(["connection.acknowledged", "message.delivered", "message.read"]);

const signInAsked = "authentication.initiated";

// sessionOf is the id of the sign-in that an event is about.
export function sessionOf({ Content }) {
  try {
    return String(JSON.parse(Content).SessionId);
  } catch {
    return "";
  }
}

export class Transcript {
  // self is the role that the page speaks for. choose(content, contentType) answers an
  // interactive message, download(attachment) fetches a file, decide(attachment, approve) ends
  // a scan, describe(token) asks for a view, signIn is what cards of sign-ins do; each may be left out. A
  // quiet one is not read out as it grows.
  constructor(element, { self, label = "Conversation", quiet = false, choose, download, decide, describe, signIn, empty }) {
    this.element = element;
    this.self = self;
    this.choose = choose;
    this.download = download;
    this.decide = decide;
    this.describe = describe;
    this.signIns = signIn && new SignIns(signIn);
    this.items = new Map();
    this.receipts = new Map();
    this.typing = new Map();
    this.pieces = new Map(); // what was said so far of messages in pieces
    this.turns = new Map(); // views, their answers and the end: what a view's end is found by
    this.list = h("ol", { class: "talk-items" });
    this.log = h("div", { class: "talk", role: "log", "aria-label": label, "aria-live": quiet ? "off" : "polite", tabindex: 0 }, this.list);
    this.note = h("p", { class: "typing note", "aria-live": "off" });
    this.empty = h("p", { class: "empty talk-empty" }, empty ?? "Nothing has been said yet.");
    this.end = toEnd(this.log, this.list);
    this.unsent = new Unsent(this.list, () => {
      this.empty.hidden = true;
      this.end.go();
    });
    fill(element, this.empty, h("div", { class: "talk-frame" }, this.log, this.end.chip), this.note);
  }

  // supervise lets a supervisor look on: agents have a side of their own, and so has who supervises.
  supervise(is) {
    this.supervises = is;
    this.log.classList.toggle("supervised", is);
  }

  // send shows what is said at once, and then what became of it. What the service refuses is the error;
  // what it did not get can be sent again.
  send(text, markup, doing) {
    return this.unsent.send(text, h("div", { class: "bubble" }, markup ? markdown(text) : h("p", { class: "text", dir: "auto" }, plain(text))), doing, (id) => this.items.has(id));
  }

  // clear begins with another conversation, of which something may not have been sent yet.
  clear(of = "") {
    this.items.clear();
    this.receipts.clear();
    this.pieces.clear();
    this.turns.clear();
    this.typing.clear();
    this.list.replaceChildren();
    this.answerable = this.seen = null;
    this.end.clear();
    this.empty.hidden = this.unsent.show(of);
    this.#showTyping();
  }

  // add takes an item of a transcript or of a socket. One that is there already is replaced, so
  // that nothing is shown twice.
  add(item) {
    const metadata = item.MessageMetadata;
    if (metadata && (metadata.MessageId === item.Id || this.items.has(metadata.MessageId))) this.#receive(metadata);
    if (item.Type === "MESSAGEMETADATA") return;
    if (metadata?.MessageCompleted === false && !(item = this.#stitch(item))) return;
    if (metadata?.MessageCompleted) this.pieces.delete(item.Id);
    const event = item.Type === "EVENT" ? item.ContentType?.replace(eventType(""), "") : "";
    if (event === "typing") return this.#type(item);
    if (silent.has(event)) return;
    if (item.Type !== "EVENT") this.#stopTyping(item.ParticipantId);
    if (item.ContentType === contentTypes.response) return this.#answered(item); // clients do not show it
    const before = this.items.get(item.Id);
    if (before && this.turns.has(item.Id)) return; // what was filled into a view stays
    const row = this.#row(item, event);
    if (!row) return;
    this.unsent.came(item, !before && item.ParticipantRole === (this.supervises ? "SUPERVISOR" : this.self));
    this.items.set(item.Id, { item, row, at: item.AbsoluteTime });
    if (before) before.row.replaceWith(row);
    else this.#insert(row, item.AbsoluteTime);
    this.empty.hidden = true;
    const loading = this.log.getAttribute("aria-busy") === "true";
    this.end.grew(!before && !loading && row.classList.contains("said") && (item.ParticipantRole === (this.supervises ? "SUPERVISOR" : this.self) ? "own" : "other"));
    this.#onlyLastCanBeAnswered(row);
    if (event === "chat.ended") this.signIns?.end();
    else if (event !== signInAsked && event.startsWith("authentication.")) this.signIns?.end(sessionOf(item), event.slice("authentication.".length));
    const view = row.querySelector("form.view");
    if (view || event === "chat.ended") this.#turn(item, { view });
    this.#showReceipt(item.Id);
  }

  // A piece of a message is the new text only, and counts from 1. What does not follow is left to the
  // whole, which replaces all.
  #stitch(item) {
    const number = item.MessageMetadata.ChunkNumber;
    const before = number === 1 ? { number: 0, text: "" } : this.pieces.get(item.Id);
    if (before?.number !== number - 1 || (number === 1 && this.items.has(item.Id))) return null;
    const text = before.text + (item.Content ?? "");
    this.pieces.set(item.Id, { number, text });
    return { ...item, Content: text };
  }

  // busy keeps what is loaded from being read out.
  busy(is) {
    this.log.setAttribute("aria-busy", String(is));
  }

  #insert(row, at) {
    row.dataset.at = at;
    let next = null;
    for (let last = this.list.lastElementChild; last && last.dataset.at > at; last = last.previousElementSibling) next = last;
    this.list.insertBefore(row, next);
    while (this.list.childElementCount > kept) {
      const first = this.list.firstElementChild;
      this.items.delete(first.dataset.id);
      first.remove();
    }
  }

  #row(item, event) {
    const who = plain(item.DisplayName) || roleName(item.ParticipantRole);
    if (event === signInAsked && this.signIns) {
      return h("li", { class: "said other role-system", dataset: { id: item.Id, at: item.AbsoluteTime } }, h("p", { class: "who" }, h("bdi", {}, "Sign-in"), stamp(item)), this.signIns.card(sessionOf(item)));
    }
    if (item.Type === "EVENT") {
      const text = happened[event]?.(who);
      return text ? h("li", { class: "happened", dataset: { id: item.Id, at: item.AbsoluteTime } }, h("span", {}, text), stamp(item)) : null;
    }
    const own = item.ParticipantRole === this.self;
    const body = item.Type === "ATTACHMENT" ? (item.Attachments ?? []).map((file) => this.#file(file)) : this.#message(item);
    return h("li", { class: `said ${own ? "own" : "other"} role-${String(item.ParticipantRole).toLowerCase()}`, dataset: { id: item.Id, at: item.AbsoluteTime } },
      h("p", { class: "who" }, h("bdi", {}, who), roleName(item.ParticipantRole) !== who && h("span", { class: "role" }, roleName(item.ParticipantRole)), stamp(item)),
      h("div", { class: "bubble" }, body), processing(item), h("p", { class: "seen note" }));
  }

  #message(item) {
    const content = item.Content ?? "";
    if (item.ContentType === contentTypes.markdown) return markdown(content);
    if (item.ContentType === contentTypes.interactive) {
      const made = template(content, this.choose, this.describe);
      if (made) return made;
      return [h("p", { class: "note" }, "An interactive message that is not valid JSON; the chat widget would go blank."), h("pre", {}, plain(content))];
    }
    if (item.ContentType === contentTypes.text || !item.ContentType) return h("p", { class: "text", dir: "auto" }, chosen(content));
    return [h("p", { class: "note" }, plain(item.ContentType)), h("pre", { tabindex: 0, "aria-label": "Content" }, plain(content))];
  }

  #file(file) {
    const state = { IN_PROGRESS: "being scanned", REJECTED: "rejected by the scan" }[file.Status];
    const get = this.download && file.Status === "APPROVED" && h("button", { type: "button", class: "link", onclick: () => this.download(file) }, "Download");
    const decide = this.decide && file.Status === "IN_PROGRESS" && [
      h("button", { type: "button", class: "small", onclick: () => this.decide(file, true) }, "Approve"),
      h("button", { type: "button", class: "small", onclick: () => this.decide(file, false) }, "Reject"),
    ];
    return h("div", { class: "file" }, icon("clip"),
      h("span", { class: "file-name" }, h("bdi", {}, plain(file.AttachmentName)), h("span", { class: "note" }, [plain(file.ContentType), state].filter(Boolean).join(", "))), get, decide);
  }

  // Interactive messages can be answered only while they are the last thing that was said, as in
  // the chat widget.
  #onlyLastCanBeAnswered(added) {
    let last = this.list.lastElementChild;
    while (last && !last.classList.contains("said")) last = last.previousElementSibling;
    for (const row of [added, this.answerable]) {
      if (row && row !== last) for (const button of row.querySelectorAll(":not(.view-body) > .options .option")) button.disabled = true;
    }
    this.answerable = last;
  }

  #answered(item) {
    let answer;
    try {
      answer = JSON.parse(item.Content);
    } catch {
      return;
    }
    if (answer?.templateType === "ViewResource") this.#turn(item, { answer });
  }

  // A view can be answered until it was, whatever is written meanwhile: to a flow that is only a
  // message. Another view, or the end of the chat, ends it, too. Transcripts are loaded backward, so
  // each is looked at again.
  #turn(item, turn) {
    this.turns.set(item.Id, { ...turn, at: item.AbsoluteTime });
    const turns = [...this.turns.values()].sort((a, b) => (a.at < b.at ? -1 : 1));
    for (const [n, { view }] of turns.entries()) {
      const next = turns[n + 1];
      if (view && next) settle(view, next.answer);
    }
  }

  #receive({ MessageId, Receipts }) {
    for (const { DeliveredTimestamp, ReadTimestamp } of Receipts ?? []) {
      const known = this.receipts.get(MessageId) ?? {};
      this.receipts.set(MessageId, { delivered: known.delivered || DeliveredTimestamp, read: known.read || ReadTimestamp });
    }
    this.#showReceipt(MessageId);
  }

  // What was seen stands at the last message that was.
  #showReceipt(id) {
    const row = this.items.get(id)?.row;
    const seen = this.receipts.get(id);
    if (!row?.classList.contains("own") || !seen) return;
    this.end.grew();
    const state = seen.read ? "Read" : seen.delivered ? "Delivered" : "";
    const before = this.seen?.[state];
    if (before?.isConnected && before.dataset.at > row.dataset.at) return;
    if (before && before !== row) before.querySelector(".seen").textContent = "";
    this.seen = { ...this.seen, [state]: row };
    row.querySelector(".seen").textContent = state;
  }

  #type(item) {
    if (item.ParticipantRole === this.self) return;
    clearTimeout(this.typing.get(item.ParticipantId)?.timer);
    const timer = setTimeout(() => this.#stopTyping(item.ParticipantId), typingFor);
    this.typing.set(item.ParticipantId, { name: plain(item.DisplayName) || roleName(item.ParticipantRole), timer });
    this.#showTyping();
  }

  #stopTyping(id) {
    clearTimeout(this.typing.get(id)?.timer);
    if (this.typing.delete(id)) this.#showTyping();
  }

  #showTyping() {
    const names = [...this.typing.values()].map(({ name }) => name);
    this.note.textContent = names.length ? `${names.join(", ")} ${names.length > 1 ? "are" : "is"} typing …` : "";
  }
}

// processing says what became of a message that was redacted or processed by a function. The original is
// known to developers only.
function processing({ MessageMetadata, Processing }) {
  const state = {
    PROCESSING: "Being processed", REJECTED: "Rejected by the function: only its sender sees it", FAILED: "Not processed, and not delivered: only its sender sees it",
  }[MessageMetadata?.MessageProcessingStatus];
  const { Original, Why } = Processing ?? {};
  const lines = [state, Original && `Said was: ${Original}`, Why].filter(Boolean);
  return lines.length > 0 && h("p", { class: "note processing" }, plain(lines.join(" · ")));
}

function stamp(item) {
  return h("time", { datetime: item.AbsoluteTime }, time(item.AbsoluteTime));
}

function roleName(role) {
  return { CUSTOMER: "Customer", AGENT: "Agent", SYSTEM: "System", CUSTOM_BOT: "Bot", SUPERVISOR: "Supervisor" }[role] ?? plain(role);
}

// chosen shows what was chosen in a carousel as the chat widget does.
function chosen(content) {
  if (!content.startsWith('{"templateIdentifier"')) return plain(content);
  try {
    const { listTitle, selectionText } = JSON.parse(content);
    return plain(listTitle ? `${listTitle} - ${selectionText}` : selectionText);
  } catch {
    return plain(content);
  }
}
