// The customer's side of the workbench: a chat client like any other. The chat is kept for the
// window, so that it goes on after the page was loaded anew.

import { get, path } from "./api.js";
import { save } from "./agent.js";
import { Composer } from "./composer.js";
import { byId, fill } from "./dom.js";
import { served } from "./here.js";
import { contentTypes, eventType, newToken, Participant, startChat } from "./participant.js";
import { sessionOf, Transcript } from "./transcript.js";
import { trouble } from "./trouble.js";

const store = "parley-customer";
const receiptAfter = 300; // milliseconds in which more messages may come

const states = {
  connecting: ["Connecting …", ""], connected: ["Connected", "on"], reconnecting: ["Reconnecting …", "warn"],
  ended: ["Ended", ""], failed: ["Ended", ""],
};

export class Customer {
  participant = null;
  started = null;
  #others = new Set();
  #unread = "";
  #timer = 0;
  #focus = false; // goes to the composer as soon as it can be written in

  // changed is called when another chat is shown, or none.
  constructor(changed) {
    this.changed = changed;
    this.form = byId("start");
    this.transcript = new Transcript(byId("customer-talk"), {
      self: "CUSTOMER", label: "Conversation of the customer", empty: "Connecting …",
      choose: (content, contentType) => this.composer.attempt(() => this.participant.send(content, contentType)),
      describe: (token) => this.participant.view(token),
      signIn: {
        address: async (session) => {
          let address;
          await this.composer.attempt(async () => {
            address = await this.#signInAddress(session);
          });
          return address;
        },
        cancel: (session) => this.composer.attempt(() => this.participant.cancelSignIn(session)),
      },
      download: (file) => this.composer.attempt(async () => save(await this.participant.fileAddress(file.AttachmentId), file.AttachmentName)),
    });
    this.composer = new Composer(byId("customer-composer"), {
      label: "Message to the agent",
      send: (text, contentType) => {
        const { participant } = this;
        const token = newToken(); // the same when it is tried again
        return this.transcript.send(text, contentType === contentTypes.markdown, async () => this.#sent(await participant.send(text, contentType, token), text, contentType));
      },
      typing: () => this.participant.signal("typing"),
      attach: (file) => this.participant.sendFile(file),
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start(() => requestOf(this.form));
    });
    byId("customer-end").addEventListener("click", () => this.composer.attempt(() => this.participant.leave()));
    for (const id of ["customer-new", "customer-again"]) byId(id).addEventListener("click", () => this.reset());
    byId("customer-continue").addEventListener("click", () => this.#continue());
    document.addEventListener("visibilitychange", () => this.#receipt());
    byId("submit").disabled = false;
    const before = sessionStorage.getItem(store);
    if (before) this.#talk(JSON.parse(before));
  }

  get contactId() {
    return this.started?.ContactId ?? "";
  }

  // start begins a chat; what was wrong with the form or the answer is shown below the form.
  async start(request) {
    const submit = byId("submit");
    submit.disabled = true;
    submit.textContent = "Starting …";
    try {
      const asked = request();
      const { ContactId, ParticipantId, ParticipantToken } = await startChat(asked);
      fill(byId("start-trouble"));
      this.#talk({ ContactId, ParticipantId, ParticipantToken, asked });
    } catch (error) {
      this.reset();
      fill(byId("start-trouble"), trouble(error));
    } finally {
      submit.disabled = false;
      submit.textContent = "Start chat";
    }
  }

  // A message that is processed first is shown as it was typed until its echo comes.
  #sent(sent, Content, ContentType) {
    const { Id, AbsoluteTime, MessageMetadata } = sent;
    if (MessageMetadata?.MessageProcessingStatus && !this.transcript.items.has(Id)) {
      this.transcript.add({ Id, AbsoluteTime, Content, ContentType, Type: "MESSAGE", ParticipantRole: "CUSTOMER", MessageMetadata: { MessageId: Id, ...MessageMetadata } });
    }
    return sent;
  }

  // The address is given out once, so it is kept with the chat, as is what asks for a sign-in: transcripts
  // have no such events.
  async #signInAddress(session) {
    const { signIn } = this.started;
    if (sessionOf(signIn.item) === session && signIn.address) return signIn.address;
    const address = await this.participant.signInAddress(session, location.origin + served("/console/signed-in"));
    if (this.started?.signIn === signIn) this.#keep({ signIn: { ...signIn, address } }); // unless another chat or sign-in has begun
    return address;
  }

  #keep(more) {
    Object.assign(this.started, more);
    sessionStorage.setItem(store, JSON.stringify(this.started));
  }

  #continue() {
    const { asked, ContactId } = this.started;
    const request = { ...asked, PersistentChat: { RehydrationType: "ENTIRE_PAST_SESSION", SourceContactId: ContactId } };
    delete request.InitialMessage;
    this.start(() => request);
  }

  // reset shows the form again. The chat that was on is left as it is.
  reset() {
    this.participant?.close();
    this.participant = this.started = null;
    sessionStorage.removeItem(store);
    this.#show();
    byId("name").focus();
  }

  #talk(started) {
    this.participant?.close();
    this.started = started;
    this.#others.clear();
    this.#unread = "";
    this.#keep({});
    const participant = new Participant(started);
    this.participant = participant;
    this.transcript.clear(started.ContactId);
    this.composer.show(null);
    const current = (handle) => ({ detail }) => participant === this.participant && handle(detail);
    participant.addEventListener("item", current((item) => this.#take(item)));
    participant.addEventListener("loading", current((is) => this.transcript.busy(is)));
    participant.addEventListener("state", current(() => this.#show()));
    participant.addEventListener("trouble", current((error) => error.status && participant.state !== "failed" && this.composer.show(error)));
    if (started.signIn) this.transcript.add(started.signIn.item);
    this.#show();
    participant.connect();
    this.#focus = true;
  }

  #show() {
    const state = this.participant?.state;
    const over = this.participant?.over;
    this.form.hidden = Boolean(state);
    byId("customer-chat").hidden = !state;
    byId("customer-actions").hidden = !state || over;
    byId("customer-composer").hidden = over;
    byId("customer-after").hidden = !over;
    const [text, tone] = states[state] ?? ["", ""];
    const pill = byId("customer-state");
    pill.hidden = !state;
    if (pill.textContent !== text) pill.textContent = text;
    pill.className = `pill ${tone}`;
    this.composer.enable(state === "connected" || state === "reconnecting");
    if (state === "connected" && this.#focus) {
      this.#focus = false;
      const at = document.activeElement;
      if (!at || at === document.body || at.closest(".customer")) this.composer.focus();
    }
    if (state === "connected") {
      this.composer.show(null);
      this.transcript.empty.textContent = "Connected. Nothing has been said yet.";
    }
    if (state === "failed") this.#past();
    this.changed();
  }

  // #past shows a chat that ended while nobody was looking.
  async #past() {
    const { contactId } = this;
    const { items } = await get(path`/api/contacts/${contactId}/transcript`).catch(() => ({ items: [] }));
    if (contactId === this.contactId) for (const item of items) this.transcript.add(item);
  }

  #take(item) {
    this.transcript.add(item);
    const { ParticipantRole: role, ParticipantId: id, ContentType: type } = item;
    if (type?.endsWith("participant.joined") && role !== "CUSTOMER") this.#others.add(id);
    if (type?.endsWith("participant.left")) this.#others.delete(id);
    if (type === eventType("authentication.initiated")) this.#keep({ signIn: { item } });
    else if (type?.startsWith(eventType("authentication."))) this.#keep({ signIn: undefined });
    if (item.Type !== "MESSAGE" || role === "CUSTOMER" || role === "SYSTEM" || this.participant.over) return;
    this.#unread = item.Id;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#receipt(), receiptAfter);
  }

  // #receipt tells that what is on the screen was read. In chats of more than two there are no
  // receipts.
  #receipt() {
    if (!this.#unread || document.hidden || this.#others.size > 1 || !this.participant || this.participant.over) return;
    const messageId = this.#unread;
    this.#unread = "";
    this.participant.signal("message.read", { messageId }).catch(() => {}); // a receipt that is lost is no loss
  }
}

// requestOf is what the form asks for, as a widget would.
export function requestOf(form) {
  const fields = new FormData(form);
  const text = (name) => fields.get(name).trim();
  const types = fields.getAll("type");
  const request = { ParticipantDetails: { DisplayName: text("name") }, SupportedMessagingContentTypes: types };
  if (!text("name")) delete request.ParticipantDetails;
  if (form.dataset.instance) request.InstanceId = form.dataset.instance;
  if (form.dataset.flow) request.ContactFlowId = form.dataset.flow;
  const attributes = parseAttributes(fields.get("attributes"));
  if (Object.keys(attributes).length) request.Attributes = attributes;
  if (text("message")) request.InitialMessage = { ContentType: "text/plain", Content: text("message") };
  if (fields.has("incremental")) request.ParticipantConfiguration = { ResponseMode: "INCREMENTAL" };
  if (text("source")) request.PersistentChat = { RehydrationType: text("rehydration"), SourceContactId: text("source") };
  return request;
}

// parseAttributes reads lines of "key = value".
export function parseAttributes(text) {
  const attributes = {};
  for (const [number, line] of text.split("\n").entries()) {
    if (!line.trim()) continue;
    const at = line.indexOf("=");
    const key = line.slice(0, at).trim();
    if (at < 0 || !key) {
      throw Object.assign(new Error(`Line ${number + 1} of the attributes has no "=".`), { hint: "Write one attribute per line, as in: orderNumber = 4711" });
    }
    attributes[key] = line.slice(at + 1).trim();
  }
  return attributes;
}
