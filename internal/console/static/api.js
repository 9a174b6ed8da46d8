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

const seat = "parley-agent"; // the entry of the window's storage with its agent's name
const hiddenFor = 5000; // after which a page with a stream of its own, that nobody sees, gives it up

const listeners = new Set();
let wanted = ""; // what the page has asked for, as text
let port = null; // to the stream
let own = false; // the stream is this page's own
let there = false; // the stream has everything
let agent = globalThis.sessionStorage?.getItem(seat) ?? ""; // who sits at this window, at every page
let timer = 0;
let lock = "";

// The stream begins when all modules of the page have said what they listen to.
if (globalThis.document?.readyState === "complete") connect();
else globalThis.document?.addEventListener("DOMContentLoaded", connect, { once: true });

// connect finds the stream that all pages of this browser share. A page that is gone, however, is known
// by a lock that it has held; not all browsers know locks at all addresses.
async function connect() {
  if (globalThis.navigator.locks) {
    const name = `parley-page-${crypto.randomUUID()}`;
    await new Promise((held) => navigator.locks.request(name, () => {
      held();
      return new Promise(() => {});
    }));
    lock = name;
  }
  try {
    const worker = new SharedWorker(scripts(served("/console/streamworker.js")), { type: "module", name: `parley ${document.body.dataset.version}` });
    worker.addEventListener("error", alone);
    take(worker.port);
  } catch {
    alone();
  }
}

// scripts vouches for the only script that a page starts: the policy of the pages lets browsers refuse
// strings where code is meant (Trusted Types).
function scripts(address) {
  return globalThis.trustedTypes?.createPolicy("parley", { createScriptURL: (url) => url }).createScriptURL(address) ?? address;
}

// alone gives the page a stream of its own.
async function alone() {
  const { Stream } = await import("./stream.js");
  const channel = new MessageChannel();
  own = true;
  new Stream().join(channel.port2);
  take(channel.port1);
}

function take(to) {
  port = to;
  port.onmessage = ({ data: [name, text] }) => {
    if (name === "ping") return renew(true);
    if (name === "open") there = true;
    if (name === "lost" || name === "quiet") there = false;
    const data = text && JSON.parse(text);
    const contact = data && (data.contactId ?? chatOf(data));
    for (const { handlers, only } of listeners) if (!only || !contact || only === contact) handlers[name]?.(data);
  };
  renew(true);
}

function renew(again) {
  const idle = own && document.hidden && !agent && ![...listeners].some((listener) => listener.keep);
  const topics = idle ? [] : [...new Set([...listeners].flatMap((listener) => listener.topics))].sort();
  const now = JSON.stringify([topics, agent]);
  if (!port || (now === wanted && !again)) return;
  wanted = now;
  port.postMessage({ topics, agent, lock });
}

globalThis.document?.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  timer = setTimeout(renew, document.hidden ? hiddenFor : 0);
});
globalThis.addEventListener?.("pagehide", () => port?.postMessage("bye"));
globalThis.addEventListener?.("pageshow", ({ persisted }) => persisted && renew(true));

// present tells the server, as long as a page of this window is open, that somebody sits here as an
// agent; "" as nobody.
export function present(name) {
  if (name) sessionStorage.setItem(seat, name);
  else sessionStorage.removeItem(seat);
  agent = name;
  renew();
}

// presence is the name of the agent who sits here, or "".
export const presence = () => agent;

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
  if (before === wanted && there) handlers.open?.();
  return () => {
    listeners.delete(listener);
    renew();
  };
}
