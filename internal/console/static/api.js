// The JSON API of this server: docs/api.md.

import { served } from "./here.js";

// Failure is an answer that says no. Its message is for a person.
export class Failure extends Error {
  constructor(status, answer) {
    super(answer.error ?? "Parley did not answer.");
    this.status = status;
    this.code = answer.code ?? "";
    this.hint = answer.hint ?? (status ? "" : "Check in its terminal whether it is still running, then try again.");
    this.field = answer.field ?? "";
    this.rule = answer.docs?.split("#")[1] ?? "";
  }
}

// chatOf names the chat of an item by its first contact, whatever contact it has come to.
export const chatOf = (item) => item.InitialContactId ?? item.ContactId ?? item.RelatedContactId;

async function call(method, path, body) {
  const init = { method, cache: "no-store", headers: {} };
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(served(path), init);
  } catch {
    throw new Failure(0, {});
  }
  const type = response.headers.get("Content-Type") ?? "";
  const answer = type.includes("json") ? await response.json().catch(() => ({})) : await response.text();
  if (!response.ok) throw new Failure(response.status, typeof answer === "object" ? answer : {});
  return answer;
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const del = (path) => call("DELETE", path);

// path puts ids into an address.
export const path = (parts, ...ids) => String.raw({ raw: parts }, ...ids.map(encodeURIComponent));

const names = { contacts: "contact", items: "item", desk: "desk", exchanges: "exchange", faults: "faults", clock: "clock" };
const retry = 1500; // after which a stream that was refused is asked for again
const hiddenFor = 5000; // after which a page that nobody sees gives its connection to others

// A browser has six connections for a server, so a page has one stream for all that listen on it.
const listeners = new Set();
let source = null;
let wanted = "";
let broken = true;
let timer = 0;

// The stream begins when all modules of the page have said what they listen to.
let begun = false;
const begin = () => {
  begun = true;
  renew();
};
if (globalThis.document?.readyState === "complete") begin();
else globalThis.document?.addEventListener("DOMContentLoaded", begin, { once: true });

function renew() {
  const topics = [...new Set([...listeners].flatMap((listener) => listener.topics))].sort().join(",");
  const idle = document.hidden && ![...listeners].some((listener) => listener.keep);
  if (!begun || (topics === wanted && source && !idle)) return;
  clearTimeout(timer);
  source?.close();
  source = null;
  wanted = topics;
  if (topics && !idle) open(topics);
}

function open(topics) {
  const own = new EventSource(served(`/api/events?${new URLSearchParams({ topics })}`));
  source = own;
  broken = true;
  const tell = (name, ...data) => {
    for (const listener of listeners) listener.handlers[name]?.(...data);
  };
  own.addEventListener("hello", () => {
    if (broken) tell("open");
    broken = false;
  });
  own.addEventListener("reset", () => {
    broken = true; // what follows, "hello", fetches anew
  });
  own.addEventListener("error", () => {
    tell("lost");
    broken = true;
    if (own.readyState !== EventSource.CLOSED || source !== own) return;
    source = null; // it was refused, and the browser does not ask again
    clearTimeout(timer);
    timer = setTimeout(renew, retry);
  });
  for (const name of Object.values(names)) {
    own.addEventListener(name, (event) => {
      const data = JSON.parse(event.data);
      const contact = data.contactId ?? chatOf(data);
      for (const { handlers, only } of listeners) if (!only || !contact || only === contact) handlers[name]?.(data);
    });
  }
}

globalThis.document?.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  timer = setTimeout(renew, document.hidden ? hiddenFor : 0);
});

// events listens to what happens on the server. handlers are by the event's name and get its
// data; "open" is called when the stream (again) has everything, so that what is shown can be
// fetched anew, and "lost" when the server cannot be reached. Nothing is shown twice when
// entries are kept by their ids: after a break the stream goes on where it was. keep goes on
// listening while the page is hidden. Returns what ends it.
export function events(topics, handlers, { contact = "", keep = false } = {}) {
  const listener = { topics, handlers, only: contact, keep };
  listeners.add(listener);
  const before = wanted;
  renew();
  if (begun && source && before === wanted && !broken) handlers.open?.();
  return () => {
    listeners.delete(listener);
    renew();
  };
}
