// The workbench: a customer, an agent who answers, and what goes between them.

import { Desk } from "./agent.js";
import { AgentTalk } from "./agenttalk.js";
import { events } from "./api.js";
import { copyButtons } from "./copy.js";
import { drawer } from "./drawer.js";
import { Customer } from "./customer.js";
import { byId, fill, h } from "./dom.js";
import { plain, since } from "./format.js";
import { samples, show } from "./gallery.js";
import { served, useOwnAddress } from "./here.js";
import { tabs } from "./tabs.js";
import { traffic } from "./traffic.js";
import { trouble } from "./trouble.js";

const desk = new Desk();
const talk = new AgentTalk(desk, {
  talk: byId("agent-talk"), composer: byId("agent-composer"), label: "Conversation of the agent", quiet: true,
});
let chosen = ""; // the chat the agent looks at
let shown = ""; // what the panel shows, as text: it is only made anew when that changes

async function attempt(doing) {
  try {
    const result = await doing();
    fill(byId("agent-trouble"));
    return result;
  } catch (error) {
    fill(byId("agent-trouble"), trouble(error));
    return null;
  }
}

const button = (label, onclick, kind = "small") => h("button", { type: "button", class: kind, onclick }, label);

// The panel of the agent: who answers, who waits, and one conversation.
function showAgent() {
  const { me, mine } = desk;
  const waiting = desk.waiting.filter((entry) => !entry.rejectedBy.includes(me?.name) && (!entry.agent || entry.agent === me?.name));
  if (chosen && !mine.some(({ contactId }) => contactId === chosen)) chosen = "";
  if (!chosen && mine.length) chosen = mine.at(-1).contactId;
  const contacts = desk.agents.filter((agent) => agent.scripted).map(({ name, contacts }) => [name, contacts.length]);
  const { scripted } = desk;
  showAnswer();
  const state = JSON.stringify([me?.id, me?.state, chosen, mine.map((held) => held.contactId), waiting.map((entry) => entry.contactId), contacts, scripted.map((held) => [held.contactId, desk.scripts(held.contactId).map((agent) => [agent.name, agent.scripted])])]);
  byId("agent-chat").hidden = !chosen;
  talk.open(chosen).then(() => talk.settle());
  talk.settle();
  if (state === shown) return;
  shown = state;
  byId("agent-name").hidden = !me;
  byId("agent-name").textContent = plain(me?.name);
  fill(byId("agent-actions"), me ? acting(me) : h("a", { href: served("/console/desk") }, "Desk"));
  fill(byId("agent-list"), me ? [tickets(waiting, scripted), others(mine)] : [takeovers(scripted), nobody(contacts)]);
}

// What stands below a customer who waits: who can answer, and a button that helps.
function showAnswer() {
  const bar = byId("customer-answer");
  const id = customer?.contactId;
  const waits = id && !customer.participant.over && desk.waiting.find(({ contactId }) => contactId === id);
  const text = waits ? desk.prospects(waits) : "";
  if (bar.dataset.text === text && bar.dataset.id === id) return;
  Object.assign(bar.dataset, { text, id });
  bar.hidden = !waits;
  fill(bar, waits && [h("p", {}, text), button(text === "Waits for you." ? "Accept" : "Answer it yourself", () => answer(id), "primary small")]);
}

// answer makes whoever looks at the page the one who answers.
async function answer(contactId) {
  await attempt(async () => {
    await desk.answer(contactId, byId("agent-called")?.value.trim() || "Alex");
    chosen = contactId;
    showAgent();
    talk.composer.focus();
  });
}

// takeovers are the chats that scripts answer, or nobody does, the customer's of this page first.
function takeovers(scripted) {
  if (!scripted.length) return null;
  const most = 3;
  const first = [...scripted].sort((a, b) => (b.contactId === customer?.contactId) - (a.contactId === customer?.contactId) || (a.since < b.since ? 1 : -1));
  return h("ul", { class: "tickets", "aria-label": "Chats to take over" }, first.slice(0, most).map(({ contactId, customer: name }) => h("li", { class: "ticket" },
    h("span", { class: "ticket-name" }, h("bdi", {}, plain(name) || "Customer")),
    h("span", { class: "note since-by" }, `with ${desk.scripts(contactId).map((agent) => `${plain(agent.name)}${agent.scripted ? "" : " (offline)"}`).join(", ")}`),
    button(["Take over", h("span", { class: "unseen" }, ` the chat of ${plain(name)}`)], () => answer(contactId), "primary small"))),
  scripted.length > most && h("li", { class: "note" }, h("a", { href: served("/console/desk") }, `${scripted.length - most} more on the desk`)));
}

function acting(me) {
  const away = me.state !== "available";
  return [
    chosen && button("Leave", () => attempt(() => desk.leave(chosen))),
    chosen && button("End chat", () => attempt(() => desk.end(chosen))),
    away && button("Take chats", () => attempt(() => desk.change(me.id, { state: "available" }))),
    !chosen && button("Stop answering", () => attempt(() => desk.quit())),
    h("a", { href: served("/console/desk") }, "Desk"),
  ];
}

// nobody is what the panel shows before somebody answers.
function nobody(scripted) {
  const name = h("input", { id: "agent-called", type: "text", value: "Alex", maxlength: 256, autocomplete: "off" });
  const join = (event) => {
    event.preventDefault();
    attempt(() => desk.join(name.value.trim()));
  };
  const busy = scripted.reduce((sum, [, n]) => sum + n, 0);
  return h("div", { class: "start-agent" },
    h("p", {}, scripted.length ? `${scripted.slice(0, 3).map(([who]) => plain(who)).join(", ")} ${scripted.length > 1 ? "answer by themselves" : "answers by itself"}${busy ? `, in ${busy} ${busy > 1 ? "chats" : "chat"} now` : ""}. Answer new chats yourself to see them from the other side.` :
      "Nobody answers chats yet. Be the agent yourself, or add one that follows a script on the desk."),
    h("form", { onsubmit: join },
      h("div", { class: "field" }, h("label", { for: "agent-called" }, "Your name as an agent"), name),
      h("div", { class: "submit" }, h("button", { type: "submit", class: "primary" }, "Answer chats"))));
}

function tickets(waiting, scripted) {
  if (!waiting.length) {
    return !chosen && [h("p", { class: "empty" }, scripted.length ? "Nobody is waiting. These can be taken over:" : "Nobody is waiting. Start a chat on the customer's side, and it appears here."), takeovers(scripted)];
  }
  const most = 3;
  return h("ul", { class: "tickets", "aria-label": "Waiting chats" }, waiting.slice(0, most).map((entry) => h("li", { class: "ticket" },
    h("span", { class: "ticket-name" }, h("bdi", {}, plain(entry.customer) || "Customer")),
    h("span", { class: "note since", dataset: { since: entry.since } }, waited(entry.since)),
    button("Accept", () => accept(entry.contactId), "primary small"),
    button("Reject", () => attempt(() => desk.reject(entry.contactId))))),
  waiting.length > most && h("li", { class: "note" }, h("a", { href: served("/console/desk") }, `${waiting.length - most} more on the desk`)));
}

async function accept(contactId) {
  await attempt(async () => {
    await desk.accept(contactId);
    chosen = contactId;
    showAgent();
    talk.composer.focus();
  });
}

// others lets the agent go from one of several chats to another.
function others(mine) {
  if (mine.length < 2) return null;
  const select = h("select", { "aria-label": "Chat", value: chosen, onchange: () => {
    chosen = select.value;
    showAgent();
  } }, mine.map(({ contactId, customer }) => h("option", { value: contactId }, `${plain(customer)} (${contactId.slice(0, 4)})`)));
  return select;
}

const waited = (from) => `waits ${since(from)}`;

async function quickTemplates() {
  const found = await samples().catch(() => []);
  fill(byId("agent-quick"), found.map((sample) =>
    button(plain(sample.title || sample.templateType), () => show(byId("sample"), sample, (message) => talk.template(message)))));
}

useOwnAddress();
for (const container of document.querySelectorAll("[data-tabs]")) tabs(container);
copyButtons(document);

drawer(byId("traffic-panel"), byId("traffic-edge"), 152);

let customer = null;
const showTraffic = traffic(byId("traffic"), byId("traffic-empty"), () => byId("traffic-only").checked && customer?.contactId, () => {
  byId("traffic-only").checked = false;
  showTraffic();
});
customer = new Customer(() => {
  showTraffic();
  if (customer) showAgent();
});
byId("traffic-only").addEventListener("change", showTraffic);

desk.addEventListener("change", showAgent);
events(["desk", "items"], {
  open: () => {
    desk.rejoin();
    talk.load();
    quickTemplates();
  },
  desk: () => desk.refresh(),
  item: (item) => talk.take(item),
});
setInterval(() => {
  for (const element of document.querySelectorAll(".since")) element.textContent = waited(element.dataset.since);
}, 1000);
