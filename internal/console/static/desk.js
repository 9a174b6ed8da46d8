// The desk: everyone who waits, several conversations, and what is known about each.

import { answering, Desk, stateOf } from "./agent.js";
import { AgentTalk } from "./agenttalk.js";
import { chatOf, events, get, path } from "./api.js";
import { agents as showAgents, invite, signIn, transfer } from "./deskdialogs.js";
import { Details } from "./details.js";
import { byId, fill, h, icon, say } from "./dom.js";
import { plain, since, time } from "./format.js";
import { Gallery } from "./gallery.js";
import { served } from "./here.js";
import { LastWords } from "./lastwords.js";
import { Listbox } from "./listbox.js";
import { tabs } from "./tabs.js";
import { trouble } from "./trouble.js";

const most = 1000; // contacts that are asked for
const rowHeight = 80;
const showAfter = 100; // milliseconds in which what changes is shown together

const desk = new Desk();
const contacts = new Map(); // by id
const newest = new Map(); // by contact: the number of the question, or event, that what is known of it is from
let questions = 0;
const unread = new Map(); // messages of customers, by contact
const rows = new Map(); // entries of the list, so that those that are the same stay
let listed = "waiting";
let chosen = "";
let waitingBefore = new Set();
let stood = ""; // where the open chat was: in the list that is shown, or nowhere yet ("?")
let timer = 0;
let told = false; // the server has said which chats there are
let why = ""; // what is said of an empty list, and of which
let endedKnown = false;
let turning = 0; // changes of "Accept by itself" that are not answered yet

const main = byId("main");
for (const container of document.querySelectorAll("[data-tabs]")) tabs(container);
const talk = new AgentTalk(desk, { talk: byId("chat-talk"), composer: byId("chat-composer"), label: "Conversation" });
const words = new LastWords(later);
const details = new Details(byId("details"));
const gallery = new Gallery(byId("gallery"), (message) => talk.template(message));
const list = new Listbox(byId("chats"), {
  rowHeight, key: ({ id }) => id, row, empty: byId("chats-empty"),
  choose: ({ id }, event) => choose(id, event.type === "keydown" || event.detail === 0),
});

async function attempt(doing, where = "chat-trouble") {
  try {
    await doing();
    fill(byId(where));
    return true;
  } catch (error) {
    fill(byId(where), trouble(error));
    return false;
  }
}

// The lists of chats.

const lists = {
  mine: ["Mine", () => desk.mine.map(({ contactId, customer, since, role }) => entry(contactId, customer, {
    note: role === "SUPERVISOR" ? "you look on" : "you answer", at: since, unread: unread.get(contactId),
  }))],
  waiting: ["Waiting", () => [
    ...desk.invitations.map((asked) => entry(asked.contactId, asked.customer, { note: `${plain(asked.by)} asks you to join`, waits: asked.since })),
    ...desk.waiting.map((waits) => entry(waits.contactId, waits.customer, { note: standing(waits), waits: waits.since })),
  ]],
  active: ["Active", () => [...contacts.values()].filter(({ state }) => state !== "ended").map((contact) => {
    const holders = heldBy.get(contact.contactId);
    return entry(contact.contactId, contact.customer, { note: holders ? `with ${holders.join(", ")}` : contact.state === "initiated" ? "not connected yet" : desk.waiting.some(({ contactId }) => contactId === contact.contactId) ? "waits" : "no agent yet", at: contact.started });
  })],
  ended: ["Ended", () => [...contacts.values()].filter(({ state }) => state === "ended").map((contact) =>
    entry(contact.contactId, contact.customer, { note: plain(contact.reason).toLowerCase().replaceAll("_", " "), at: contact.ended }))],
};
let heldBy = new Map();

// standing says where and how a chat waits.
function standing({ queue, own, position, priority, agent, rejectedBy }) {
  return [
    own ? `for ${agent}` : `${queue}, no. ${position}`, priority !== 5 && `priority ${priority}`, !own && agent && `for ${agent}`,
    rejectedBy.length && `rejected by ${rejectedBy.join(", ")}`,
  ].filter(Boolean).join(", ");
}

function entry(id, customer, shown) {
  const made = { id, name: plain(customer) || "Customer", words: words.of(id), ...shown };
  const before = rows.get(id);
  if (before && JSON.stringify(before) === JSON.stringify(made)) return before;
  rows.set(id, made);
  return made;
}

function row({ id, name, words: said, note, at, waits, elsewhere, unread: count }) {
  words.want(id);
  return h("div", { class: `chat-row${elsewhere ? " elsewhere" : ""}` },
    h("span", { class: "chat-name" }, h("bdi", {}, name), " ", h("code", { class: "note", title: id }, id.slice(0, 4))),
    h("span", { class: "chat-when note" }, waits ? h("span", { class: "since", dataset: { since: waits } }, since(waits)) : time(at)),
    h("span", { class: "chat-words" }, h("bdi", {}, said ?? "")),
    h("span", { class: "chat-note note" }, h("bdi", {}, plain(note))),
    count > 0 && h("span", { class: "pill on" }, String(count), h("span", { class: "unseen" }, " unread")));
}

const empty = {
  mine: () => (desk.me ? "You are in no chat." : "You answer no chats. Give your name above."),
  waiting: () => "Nobody waits.",
  active: () => "No active chats.",
  ended: () => "No chat has ended yet.",
};

// whyEmpty says why nothing is in a list, and leads to where something is.
function whyEmpty() {
  const searched = byId("search").value.trim();
  const counts = Object.fromEntries(tabOrder.map((name) => [name, found(lists[name][1]()).length]));
  const key = JSON.stringify([listed, searched, counts, Boolean(desk.me)]);
  if (key === why) return; // what has the focus stays
  why = key;
  const others = tabOrder.filter((name) => name !== listed && counts[name] > 0).map((name) =>
    h("button", { type: "button", class: "link", onclick: () => showList(name) }, `${counts[name]} ${lists[name][0].toLowerCase()}`));
  const start = !searched && !others.length && h("a", { href: served("/") }, "Start one");
  fill(byId("chats-empty"), searched ? "No chat of that name or id here. " : `${empty[listed]()} `, others.map((way) => [way, " "]), start,
    searched && h("button", { type: "button", class: "link", onclick: () => {
      byId("search").value = "";
      show();
      byId("search").focus();
    } }, "Clear the search"));
}

const tabOrder = Object.keys(lists);
fill(byId("lists"), tabOrder.map((name) => h("button", { type: "button", role: "tab", id: `list-${name}`, "aria-controls": "chats", onclick: () => showList(name) },
  lists[name][0], h("span", { class: "count", id: `count-${name}` }))));
byId("lists").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const next = step ? tabOrder.at((tabOrder.indexOf(listed) + step) % tabOrder.length) : { Home: tabOrder[0], End: tabOrder.at(-1) }[event.key];
  if (!next) return;
  event.preventDefault();
  showList(next);
  byId(`list-${next}`).focus();
});

function showList(name) {
  if (name === "ended" && listed !== name) loadEnded();
  if (name !== listed) stood = "";
  listed = name;
  for (const other of tabOrder) {
    byId(`list-${other}`).setAttribute("aria-selected", String(other === name));
    byId(`list-${other}`).tabIndex = other === name ? 0 : -1;
  }
  byId("chats").scrollTop = 0;
  byId("chats").setAttribute("aria-label", `Chats: ${lists[name][0].toLowerCase()}`);
  show();
}

const focusList = () => (byId("chats").hidden ? byId(`list-${listed}`) : byId("chats")).focus();

async function loadEnded() {
  endedKnown = true;
  const question = ++questions;
  const { contacts: found } = await get(`/api/contacts?state=ended&limit=${most}`).catch(() => ({ contacts: [] }));
  for (const contact of found) know(contact, question);
  later();
}

function found(entries) {
  const wanted = byId("search").value.trim().toLowerCase();
  return wanted ? entries.filter(({ id, name }) => id.startsWith(wanted) || name.toLowerCase().includes(wanted)) : entries;
}

function later() {
  timer ||= setTimeout(show, showAfter);
}

function show() {
  clearTimeout(timer);
  timer = 0;
  heldBy = new Map();
  for (const agent of desk.agents) for (const { contactId } of agent.contacts) heldBy.set(contactId, [...(heldBy.get(contactId) ?? []), plain(agent.name)]);
  const entries = found(lists[listed][1]());
  if (chosen && !entries.some(({ id }) => id === chosen)) {
    const now = ["mine", "waiting", "active"].find((name) => lists[name][1]().some(({ id }) => id === chosen));
    // A chat that was opened by its address, or accepted, is shown where it is now.
    if (now && now !== listed && (stood === "?" || (stood && now === "mine"))) return showList(now);
    // Otherwise it stands on top, as it stands in the list where it is.
    const where = now ?? "ended";
    const there = lists[where][1]().find(({ id }) => id === chosen);
    if (there) entries.unshift(entry(chosen, there.name, { ...there, note: `${lists[where][0]}: ${plain(there.note)}`, elsewhere: true }));
  } else if (chosen) stood = listed;
  if (!entries.length) {
    if (!endedKnown) loadEnded(); // perhaps some have ended
    if (told && desk.heard) whyEmpty();
  }
  list.set(entries);
  count("mine", desk.mine.length);
  const offered = desk.waiting.length + desk.invitations.length;
  count("waiting", offered);
  const all = [...contacts.values()];
  const ended = all.filter(({ state }) => state === "ended").length;
  count("active", all.length - ended);
  count("ended", ended);
  const unseen = [...unread.values()].reduce((sum, n) => sum + n, 0) + offered;
  document.title = `${unseen ? `(${unseen}) ` : ""}Agent desk · Parley`;
  showMe();
  showChat();
}

const count = (name, n) => (byId(`count-${name}`).textContent = n ? String(n) : "");

// The agent of this window.

function showMe() {
  const { me, queues } = desk;
  const focused = byId("join").contains(document.activeElement);
  byId("join").hidden = Boolean(me);
  byId("me").hidden = !me;
  if (me) {
    byId("me-name").textContent = plain(me.name);
    if (document.activeElement !== byId("me-state")) byId("me-state").value = me.state;
    byId("me-status").textContent = stateOf(me) === me.state ? "" : plain(me.status);
    byId("me-status").hidden = !byId("me-status").textContent;
    if (!turning) byId("me-auto").checked = me.autoAccept;
    if (focused) focusList();
  }
  fill(byId("queues"), queues.map(({ name, agent, capacity, waiting }) => h("li", {}, h("bdi", {}, agent ? `For ${plain(name)}` : plain(name)), h("span", { class: `pill ${waiting.length ? "warn" : ""}` }, `${waiting.length}${capacity ? ` of ${capacity}` : ""} waiting`))));
  const busy = desk.agents.filter((agent) => agent.state === "available").length;
  byId("agents-open").textContent = `Agents (${busy} available)`;
}

byId("join").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => desk.join(byId("join-name").value.trim()), "desk-trouble");
});
byId("me-state").addEventListener("change", (event) => attempt(() => desk.change(desk.me.id, { state: event.target.value }), "desk-trouble"));
byId("me-auto").addEventListener("change", async ({ target }) => {
  turning++;
  await attempt(() => desk.change(desk.me.id, { autoAccept: target.checked }), "desk-trouble");
  turning--;
  later(); // also when it was refused
});
byId("me-quit").addEventListener("click", () => attempt(() => desk.quit(), "desk-trouble"));
byId("agents-open").addEventListener("click", () => showAgents(desk));

// The chat that is open.

async function choose(id, byKey) {
  chosen = id;
  stood = "?";
  unread.delete(id);
  fill(byId("chat-trouble"));
  main.dataset.view = id ? "talk" : "list";
  list.choose(id);
  history.replaceState(null, "", id ? `?contact=${encodeURIComponent(id)}` : location.pathname);
  show();
  const opened = talk.open(id);
  if (id && !contacts.has(id)) {
    await attempt(() => ask(id));
    showChat();
  }
  if (byKey && desk.holding(id)) talk.composer.focus();
  else if (byKey) byId("chat-actions").querySelector("button")?.focus();
  await opened;
}

// know takes what is told of a chat: by an event, or by the answer to a question, which is older than what
// was asked for or heard after that question.
function know(contact, question = ++questions) {
  const { contactId: id } = contact;
  if (question < newest.get(id)) return;
  newest.set(id, question);
  contacts.set(id, contact);
}

// ask asks for a chat.
async function ask(id) {
  const question = ++questions;
  know(await get(path`/api/contacts/${id}`), question);
}

let acted = ""; // what the actions are about; they are only made anew when that changes

function showChat() {
  const contact = contacts.get(chosen);
  const holding = desk.holding(chosen);
  const waits = desk.waiting.find(({ contactId }) => contactId === chosen);
  const asked = desk.invitation(chosen);
  const ended = contact?.state === "ended";
  const scripts = desk.scripts(chosen);
  byId("chat-title").textContent = contact ? plain(contact.customer) || "Customer" : "No chat chosen";
  byId("chat-none").hidden = Boolean(chosen);
  if (!chosen) fill(byId("chat-none"), contacts.size ? "Choose a chat from the list." : ["No chats yet. ", h("a", { href: served("/") }, "Start one"), ", or ", h("a", { href: served("/console/connect") }, "from your own page"), "."]);
  byId("chat-talking").hidden = !chosen;
  const others = heldBy.get(chosen)?.filter((name) => name !== desk.me?.name) ?? [];
  const [state, tone] = ended ? ["Ended", ""] : holding ? [holding.role === "SUPERVISOR" ? "You look on" : "Yours", "on"] : waits ? ["Waits", "warn"] : asked ? ["Asks for you", "warn"] : others.length ? [`With ${others.join(", ")}`, ""] : contact?.state === "initiated" ? ["Not connected", ""] : ["No agent yet", ""];
  const known = ended || desk.queues.length > 0; // there always is one
  byId("chat-state").hidden = !contact || !known;
  byId("chat-state").textContent = state;
  byId("chat-state").className = `pill ${tone}`;
  byId("chat-composer").hidden = !holding || ended;
  const supervises = holding?.role === "SUPERVISOR";
  byId("chat-hint").hidden = !known || (Boolean(holding) && !ended && !supervises);
  byId("chat-hint").textContent = ended ? "This chat has ended." : supervises ? `${["The customer", ...others].join(", ").replace(/, ([^,]*)$/, " and $1")} see that you are here, and everything you write.` : waits ? desk.prospects(waits) : asked ? `${plain(asked.by)} asks you to join.` : scripts.length ? `${answering(scripts)} Take over to answer.` : !others.length ? (contact?.state === "initiated" ? "The customer has not connected yet." : "No agent yet: a contact flow or a bot has the chat.") : !desk.me ? "Somebody else answers. Give your name above to join them as a supervisor." : "Somebody else answers. A supervisor may join them.";
  talk.settle();
  gallery.allow(Boolean(holding) && !ended);
  details.show(contact);
  const about = JSON.stringify([chosen, holding?.role, Boolean(waits), waits?.rejectedBy, Boolean(asked), ended, desk.me?.id, Boolean(contact), scripts.map(({ id }) => id)]);
  if (about === acted) return;
  acted = about;
  fill(byId("chat-actions"), contact && !ended && actions(holding, waits, asked, scripts), chosen && button("Details", () => (main.dataset.view = main.dataset.view === "side" ? "talk" : "side"), "small only-medium"));
}

const button = (label, onclick, kind = "small") => h("button", { type: "button", class: kind, onclick }, label);

function actions(holding, waits, asked, scripts) {
  const id = chosen;
  const answered = (doing) => async () => {
    if (!(await attempt(doing)) || id !== chosen) return;
    show(); // a composer that is hidden takes no focus
    talk.composer.focus();
  };
  const take = (label) => button(label, answered(() => desk.answer(id, byId("join-name").value.trim())), "primary small");
  if (!desk.me) return (waits && take("Answer it")) || (scripts.length > 0 && take("Take over"));
  const supervise = button("Supervise", () => attempt(() => desk.supervise(id)));
  if (holding?.role === "SUPERVISOR") return button("Leave", () => attempt(() => desk.leave(id)));
  if (holding) {
    return [button("Invite", () => invite(desk, id)), button("Transfer", () => transfer(desk, id)), button("Sign-in", () => signIn(desk, id)), button("Leave", () => attempt(() => desk.leave(id))), button("End chat", () => attempt(() => desk.end(id)))];
  }
  if (!waits && !asked) return [scripts.length > 0 && take("Take over"), supervise];
  return [
    button("Accept", answered(() => desk.accept(id)), "primary small"),
    !waits?.rejectedBy.includes(desk.me.name) && button("Reject", () => attempt(() => desk.reject(id))), supervise,
  ];
}

byId("chat-back").append(icon("back"));
byId("chat-back").addEventListener("click", back);
byId("search").addEventListener("input", later);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]") || main.dataset.view === "list") return;
  back();
});

function back() {
  main.dataset.view = main.dataset.view === "side" ? "talk" : "list";
  focusList();
}

// What happens on the server.

const moves = /\.(participant\.|chat\.|transfer\.)/; // events after which a contact is another
const stale = new Set();
let looking = 0;

// lookUp asks for a contact anew; for all when there are many.
function lookUp(id) {
  stale.add(id);
  looking ||= setTimeout(async () => {
    const ids = [...stale];
    stale.clear();
    looking = 0;
    const question = ++questions;
    const asked = ids.length > 8 ? [`/api/contacts?limit=${most}`] : ids.map((one) => path`/api/contacts/${one}`);
    for (const { value } of await Promise.allSettled(asked.map((address) => get(address)))) {
      for (const contact of value?.contacts ?? (value ? [value] : [])) know(contact, question);
    }
    later();
  }, 2 * showAfter);
}

function take(item) {
  talk.take(item);
  const id = item.ContactId && chatOf(item);
  if (!id || item.Type === "MESSAGEMETADATA") return;
  if (item.Type === "EVENT" ? moves.test(item.ContentType) : !contacts.has(id)) lookUp(id);
  if (item.Type === "EVENT") return;
  words.take(item);
  const seen = id === chosen && !document.hidden;
  if (item.ParticipantRole === "CUSTOMER" && !seen && desk.holding(id)) unread.set(id, (unread.get(id) ?? 0) + 1);
  later();
}

desk.addEventListener("change", () => {
  for (const id of unread.keys()) if (!desk.holding(id)) unread.delete(id);
  const waiting = new Set([...desk.waiting, ...desk.invitations].map(({ contactId }) => contactId));
  const came = [...waiting].filter((id) => !waitingBefore.has(id));
  waitingBefore = waiting;
  if (came.length) say(came.length === 1 ? "A chat is waiting" : `${came.length} chats are waiting`);
  later();
});

events(["desk", "items", "contacts"], {
  open: async () => {
    desk.rejoin();
    words.again(list.inSight);
    talk.load();
    gallery.load().catch(() => {});
    const question = ++questions;
    const { contacts: active } = await get(`/api/contacts?state=active&limit=${most}`).catch(() => ({}));
    if (active) {
      const now = new Set(active.map(({ contactId }) => contactId));
      for (const [id, { state }] of contacts) if (state !== "ended" && !now.has(id) && id !== chosen && newest.get(id) < question) contacts.delete(id);
      for (const contact of active) know(contact, question);
    }
    if (chosen) ask(chosen).then(later, () => {});
    told = true;
    later();
  },
  desk: () => desk.refresh(),
  contact: (contact) => {
    know(contact);
    later();
  },
  item: take,
}, { keep: true });
setInterval(() => {
  for (const element of document.querySelectorAll(".since")) element.textContent = since(element.dataset.since);
}, 1000);

showList("waiting");
const asked = new URLSearchParams(location.search).get("contact");
if (asked) choose(asked);
