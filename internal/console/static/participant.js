// A client of the Participant Service, the way chat clients speak to it: nothing here knows
// that Parley is on the other side.

import { served } from "./here.js";

const beat = 10_000; // between heartbeats
const silence = 25_000; // after which a socket counts as dead
const pauses = [300, 600, 1200, 2500, 5000]; // before the next attempt to connect

export const contentTypes = {
  text: "text/plain",
  markdown: "text/markdown",
  interactive: "application/vnd.amazonaws.connect.message.interactive",
  response: "application/vnd.amazonaws.connect.message.interactive.response",
};
export const eventType = (name) => `application/vnd.amazonaws.connect.event.${name}`;

// newToken is a token by which a call is known that is made again. Pages that are neither of this machine
// nor on https have no crypto.randomUUID.
export const newToken = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

// Refusal is an answer of the service that says no.
export class Refusal extends Error {
  constructor(status, name, text) {
    super(text || name || "The server did not answer.");
    this.status = status;
    this.code = name;
  }
}

async function call(path, token, body) {
  let response;
  try {
    response = await fetch(served(`/participant/${path}`), {
      method: body ? "POST" : "GET",
      headers: { "Content-Type": "application/json", "X-Amz-Bearer": token },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Refusal(0, "", "");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const name = response.headers.get("x-amzn-errortype") ?? answer.__type ?? "";
    throw new Refusal(response.status, name, answer.Message ?? answer.message);
  }
  return answer;
}

// startChat posts to the front door as a widget does.
export async function startChat(request) {
  let response;
  try {
    response = await fetch(served("/startChatContact"), {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(request),
    });
  } catch {
    throw new Refusal(0, "", "Parley did not answer. Check in its terminal whether it is still running.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const refusal = new Refusal(response.status, answer.code, answer.error);
    refusal.hint = answer.hint;
    refusal.rule = answer.docs?.split("#")[1];
    throw refusal;
  }
  return answer.data.startChatResult;
}

// Participant is one participant's connection to a chat. It reports "item" (detail: an item of
// the transcript or of the socket), "state" (detail: connecting, connected, reconnecting, ended,
// failed) and "trouble" (detail: an error).
export class Participant extends EventTarget {
  #token; // the participant token
  #credentials = null;
  #socket = null;
  #timers = new Set();
  #attempt = 0;
  #waiting = 0;
  #loads = new Set(); // what comes while an answer is on its way is newer: the ids of the items
  #asked = 0; // questions about what was said
  #loaded = 0; // which of them was answered last
  state = "connecting";

  constructor({ ContactId, ParticipantId, ParticipantToken }) {
    super();
    this.contactId = ContactId;
    this.id = ParticipantId;
    this.#token = ParticipantToken;
  }

  // connect opens the socket and then loads what was said before.
  async connect() {
    if (this.over) return;
    this.#set(this.#attempt ? "reconnecting" : "connecting");
    try {
      const { Websocket, ConnectionCredentials } = await call("connection", this.#token, {
        Type: ["WEBSOCKET", "CONNECTION_CREDENTIALS"],
      });
      this.#credentials = ConnectionCredentials.ConnectionToken;
      if (!this.over) this.#open(Websocket.Url);
    } catch (error) {
      if (error.status === 403) return this.#end("failed", error);
      this.#again(error);
    }
  }

  #open(address) {
    const url = new URL(address);
    url.host = location.host; // a page may only speak to its own server
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    let heard = Date.now();
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ topic: "aws/subscribe", content: { topics: ["aws/chat"] } }));
      const timer = setInterval(() => {
        if (Date.now() - heard > silence) socket.close();
        else if (socket.readyState === WebSocket.OPEN) socket.send('{"topic":"aws/heartbeat"}');
      }, beat);
      this.#timers.add(timer);
      socket.addEventListener("close", () => {
        clearInterval(timer);
        this.#timers.delete(timer);
      });
    });
    socket.addEventListener("message", ({ data }) => {
      heard = Date.now();
      const frame = JSON.parse(data);
      if (frame.topic === "aws/subscribe") this.#subscribed();
      if (frame.topic === "aws/chat") this.#take(JSON.parse(frame.content));
    });
    socket.addEventListener("close", () => {
      if (this.#socket === socket && !this.over) this.#again();
    });
  }

  async #subscribed() {
    this.#attempt = 0;
    this.#set("connected");
    await this.load().catch((error) => this.#trouble(error));
  }

  #again(error) {
    if (this.over) return;
    if (error) this.#trouble(error);
    this.#set("reconnecting");
    const pause = pauses[Math.min(this.#attempt++, pauses.length - 1)];
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.connect(), pause);
  }

  #take(item) {
    for (const came of this.#loads) came.add(item.Id);
    this.dispatchEvent(new CustomEvent("item", { detail: item }));
    if (item.ContentType === eventType("chat.ended")) this.#end("ended");
  }

  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  #trouble(error) {
    this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
  }

  #end(state, error) {
    if (this.over) return;
    clearTimeout(this.#waiting);
    for (const timer of this.#timers) clearInterval(timer);
    this.#set(state);
    if (error) this.#trouble(error);
    this.#socket?.close();
  }

  get over() {
    return this.state === "ended" || this.state === "failed";
  }

  // load fetches the transcript, the newest page first, and reports "loading" (detail: whether
  // it is). Items that are there already are told apart by their Id.
  async load() {
    const came = new Set();
    this.#loads.add(came);
    this.dispatchEvent(new CustomEvent("loading", { detail: true }));
    try {
      await this.#pages(came);
    } finally {
      this.#loads.delete(came);
      this.dispatchEvent(new CustomEvent("loading", { detail: false }));
    }
  }

  async #pages(came) {
    const mine = ++this.#asked;
    let NextToken;
    do {
      const page = await this.#call("transcript", { MaxResults: 100, ScanDirection: "BACKWARD", SortOrder: "ASCENDING", NextToken });
      if (mine < this.#loaded) return;
      this.#loaded = mine;
      for (const item of page.Transcript) if (!came.has(item.Id)) this.dispatchEvent(new CustomEvent("item", { detail: item }));
      ({ NextToken } = page);
    } while (NextToken);
  }

  // A connection token that is no longer taken is replaced once.
  async #call(action, body) {
    try {
      return await call(action, this.#credentials, body);
    } catch (error) {
      if (error.status !== 403 || this.over) throw error;
      const { ConnectionCredentials } = await call("connection", this.#token, { Type: ["CONNECTION_CREDENTIALS"] });
      this.#credentials = ConnectionCredentials.ConnectionToken;
      return call(action, this.#credentials, body);
    }
  }

  send(Content, ContentType = contentTypes.text, ClientToken = newToken()) {
    return this.#call("message", { Content, ContentType, ClientToken });
  }

  signal(name, content) {
    return this.#call("event", {
      ContentType: eventType(name), ClientToken: newToken(), ...(content ? { Content: JSON.stringify(content) } : {}),
    });
  }

  // sendFile uploads a file and completes it.
  async sendFile(file) {
    const { AttachmentId, UploadMetadata } = await this.#call("start-attachment-upload", {
      AttachmentName: file.name, ContentType: file.type || "application/octet-stream", AttachmentSizeInBytes: file.size,
      ClientToken: newToken(),
    });
    const url = new URL(UploadMetadata.Url);
    const put = await fetch(url.pathname + url.search, { method: "PUT", body: file, headers: UploadMetadata.HeadersToInclude });
    if (!put.ok) throw new Refusal(put.status, "", "The file could not be uploaded.");
    await this.#call("complete-attachment-upload", { AttachmentIds: [AttachmentId], ClientToken: newToken() });
  }

  // fileAddress returns where an attachment can be downloaded for a while.
  async fileAddress(AttachmentId) {
    const { Url } = await this.#call("attachment", { AttachmentId });
    const url = new URL(Url);
    return url.pathname + url.search;
  }

  // view describes the view that a token stands for.
  async view(token) {
    const { View } = await this.#call(`views/${encodeURIComponent(token)}`);
    return View;
  }

  // signInAddress returns where the customer signs in, who comes to an address of ours afterwards. It is
  // given out once.
  async signInAddress(SessionId, RedirectUri) {
    const { AuthenticationUrl } = await this.#call("authentication-url", { SessionId, RedirectUri });
    return AuthenticationUrl;
  }

  cancelSignIn(SessionId) {
    return this.#call("cancel-authentication", { SessionId });
  }

  leave() {
    return this.#call("disconnect", { ClientToken: newToken() });
  }

  // close lets go of the chat without ending it.
  close() {
    this.#end("ended");
  }
}
