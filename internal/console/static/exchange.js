// What is in an exchange: how it went, what was wrong and what to do, headers and bodies.

import { get, path } from "./api.js";
import { confirm, copyText } from "./copy.js";
import { fill, h } from "./dom.js";
import { drawn, drawnStep } from "./drawn.js";
import { stepFacts } from "./flowstep.js";
import { bytes, exactTime, plain, short, took } from "./format.js";
import { served } from "./here.js";
import { jsonTree, pretty } from "./json.js";
import { closed, nameOf, outcome } from "./naming.js";
import { trouble } from "./trouble.js";

// Which sections are open is remembered from one exchange to the next.
const open = { "Request headers": false, "Response headers": false };

export class Detail {
  // does: back() closes it, choose(id) shows another exchange, contact(id) filters, again(exchange)
  // sends it once more.
  constructor(element, does) {
    this.element = element;
    this.does = does;
    this.asked = 0;
  }

  none() {
    this.asked++;
    fill(this.element, h("div", { class: "nothing" }, h("p", {}, "Choose an exchange to see its headers and bodies."),
      h("p", { class: "note" }, h("kbd", {}, "↑"), h("kbd", {}, "↓"), " move, ", h("kbd", {}, "Enter"), " opens, ", h("kbd", {}, "/"), " searches")));
  }

  // awaits is told that another exchange is chosen: until that one is there, nothing is done with this one.
  awaits() {
    for (const button of this.element.querySelectorAll(".actions button")) button.disabled = true;
  }

  async show(id) {
    const mine = ++this.asked;
    let parts;
    try {
      parts = this.parts(await get(path`/api/exchanges/${id}`));
    } catch (failure) {
      parts = [this.head("Not kept any more", ""), trouble(failure)];
    }
    if (mine !== this.asked) return;
    fill(this.element, parts);
    this.element.scrollTop = 0;
  }

  head(title, badge, tone = "") {
    return h("header", { class: "detail-head" },
      h("button", { type: "button", class: "small back", onclick: () => this.does.back() }, "Back"),
      h("h2", {}, title),
      badge && h("span", { class: `pill ${tone}` }, badge));
  }

  parts(exchange) {
    const { kind, method, path: address, requestOmitted, responseOmitted, truncated } = exchange;
    const { text, tone } = outcome(exchange);
    if (kind === "flow") return this.step(exchange, tone);
    const frame = kind === "frame";
    const called = kind === "http" || Boolean(method);
    return [
      this.head(nameOf(exchange), frame ? (exchange.direction === "in" ? "from the client" : "to the client") : text, tone || (frame ? "" : "on")),
      called && h("p", { class: "address" }, h("span", { class: "verb" }, plain(method)), " ", h("code", { dir: "ltr" }, plain(address))),
      problem(exchange),
      fault(exchange),
      called && this.actions(exchange),
      this.facts(exchange),
      truncated && h("p", { class: "note" }, "A body was longer than what is kept; it is cut off."),
      called && headers("Request headers", exchange.requestHeaders),
      called && body("Request body", exchange.requestBody, requestOmitted, exchange.requestSize),
      called && kind !== "socket" && headers("Response headers", exchange.responseHeaders),
      kind === "http" && body("Response body", exchange.responseBody, responseOmitted, exchange.size),
      frame && body("Text", exchange.requestBody || exchange.responseBody, false, exchange.size),
    ];
  }

  // step is what a block of a contact flow did.
  step(exchange, tone) {
    const { flow, truncated } = exchange;
    const values = (title, value, shown) => value !== undefined && body(title, JSON.stringify(value), false, 0, shown);
    return [
      this.head(nameOf(exchange), flow.action ? (flow.failed ? "error branch" : "flow") : flow.failed ? "stopped" : "note", tone || "on"),
      problem(exchange),
      !flow.action && !exchange.problem && h("p", {}, plain(flow.note)),
      this.facts(exchange),
      truncated && h("p", { class: "note" }, "The parameters are longer than what is kept; they are left out."),
      values("Parameters", flow.parameters, drawnStep(flow)),
      values("Answer of the function", flow.external),
    ];
  }

  actions(exchange) {
    const { id } = exchange;
    const copy = h("button", { type: "button", class: "small" }, "Copy as curl");
    copy.addEventListener("click", () => confirm(copy, get(path`/api/exchanges/${id}/curl`).then((command) => copyText(command))));
    return h("p", { class: "actions" }, copy,
      exchange.kind === "http" && h("button", { type: "button", class: "small", onclick: () => this.does.again(exchange) }, "Replay…"));
  }

  facts(exchange) {
    const { does } = this;
    const whole = (name, value) => value && [name, h("code", {}, plain(value))];
    const all = [
      ["Time", exactTime(exchange.time)],
      ...(exchange.flow ? stepFacts(exchange.flow, exchange) : []),
      exchange.firstByteMs !== undefined && ["First byte", took(exchange.firstByteMs)],
      exchange.durationMs !== undefined && ["Duration", took(exchange.durationMs)],
      !exchange.flow && ["Size", exchange.requestSize ? `${bytes(exchange.requestSize)} sent, ${bytes(exchange.size)} answered` : bytes(exchange.size)],
      exchange.closeCode && ["Close code", `${closed(exchange.closeCode)}, first from the ${exchange.direction === "in" ? "client" : "server"}`],
      exchange.topic && exchange.contentType && ["Topic", plain(exchange.topic)],
      exchange.role && ["Participant", h("span", { title: plain(exchange.participantId) }, `${plain(exchange.role.toLowerCase())} ${short(exchange.participantId)}`)],
      exchange.contactId && ["Contact", h("button", { type: "button", class: "link", title: plain(exchange.contactId), onclick: () => does.contact(exchange.contactId) },
        `Only ${short(exchange.contactId)}`)],
      exchange.socketId && ["Socket", h("button", { type: "button", class: "link", onclick: () => does.choose(exchange.socketId) }, "Where it was opened")],
      whole("Origin", exchange.origin),
      whole("Host", exchange.host),
    ];
    return h("dl", { class: "facts-of" }, all.filter(Boolean).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  }
}

// problem is what was wrong, and what to do.
function problem({ problem: found }) {
  if (!found) return null;
  return h("div", { class: "trouble" },
    h("strong", {}, plain(found.sentence)),
    found.hint && h("span", {}, plain(found.hint)),
    found.rule && found.rule !== "contact-flow" && h("a", { href: served(`/docs/errors#${encodeURIComponent(found.rule)}`) }, "Why this happens"));
}

function fault({ fault: name }) {
  return name && h("p", { class: "injected" }, h("span", { class: "pill warn" }, "fault"), " Made to happen by “", h("bdi", {}, plain(name)), "”. ", h("a", { href: served("/console/faults") }, "Faults and time"));
}

function section(title, size, content, copied) {
  const copy = copied && h("button", { type: "button", class: "copy" }, "Copy", h("span", { class: "unseen" }, ` ${title.toLowerCase()}`));
  copy?.addEventListener("click", () => confirm(copy, copyText(copied())));
  const details = h("details", { class: "part" }, h("summary", {}, h("span", {}, title), h("span", { class: "note" }, size)), h("div", { class: "part-body" }, copy, content));
  details.open = open[title] ?? true;
  details.addEventListener("toggle", () => (open[title] = details.open));
  return details;
}

function headers(title, list = []) {
  return section(title, String(list.length), h("dl", { class: "headers" }, list.map(({ name, value }) => h("div", {}, h("dt", {}, plain(name)), h("dd", {}, plain(value))))));
}

function body(title, text, omitted, size, shown = omitted || !text ? null : drawn(text)) {
  if (omitted) return section(title, bytes(size ?? 0), h("p", { class: "note" }, "Not kept: the bytes of an attachment, or no text."));
  if (!text) return h("p", { class: "part part-none" }, h("span", {}, title), h("span", { class: "note" }, "none"));
  const source = jsonTree(text) ?? h("pre", { class: "text" }, plain(text));
  return section(title, bytes(size || new Blob([text]).size), shown ? h("div", { class: "with-drawn" }, shown, source) : source, () => pretty(text));
}
