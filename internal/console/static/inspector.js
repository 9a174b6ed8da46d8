// The inspector: one timeline of calls and frames, and what is in them.

import { del, events, get, path } from "./api.js";
import { byId, fill, h, say } from "./dom.js";
import { Detail } from "./exchange.js";
import { exactTime, plain, short, took } from "./format.js";
import { served } from "./here.js";
import { failed, glyphOf, nameOf, outcome, whatOf } from "./naming.js";
import { recorded } from "./recorded.js";
import { replay } from "./replay.js";
import { rowClicks, VirtualList } from "./virtual.js";

const kept = 10_000; // as many as the server keeps
const atOnce = 200; // are shown while the others are fetched
const slack = 500; // more than that, before the oldest are let go
const flushEvery = 80; // milliseconds in which what comes is shown together
const most = 200; // contacts in the list to choose from
const narrow = matchMedia("(max-width: 56rem)");
const embedded = document.body.dataset.upstream === "embedded";
const number = new Intl.NumberFormat();

const state = {
  all: [], // summaries, oldest first
  last: 0, // up to which exchange the server has said what is kept
  shown: [], // those that the filters choose
  hits: null, // ids that the search has found; null without one
  searched: 0, // up to which exchange
  selected: "",
  paused: false,
  unseen: 0, // shown, but below what is in sight
  held: 0, // that came during the pause
  mark: 0, // the last one that was there when what is shown was chosen
  loaded: false, // the server has said what there is
};
const filters = { contact: "", kind: "", outcome: "", action: "", q: "" };
const contacts = new Map(); // by id: what people call them
const actions = new Set();

const rowHeight = () => parseFloat(getComputedStyle(document.documentElement).fontSize) * (narrow.matches ? 3.25 : 2.25);
const rows = byId("rows");
const list = new VirtualList(rows, {
  rowHeight: rowHeight(), row, key: (exchange) => exchange.id, follows: true,
  moved: () => {
    if (list.atEnd && state.unseen) {
      state.unseen = 0;
      showNewer();
    }
  },
});
const detail = new Detail(byId("detail"), {
  back: closeDetail,
  choose: (id) => select(id),
  contact: (id) => change({ contact: id }),
  again: (exchange) => replay(byId("replay"), exchange, (made) => select(made.id, { focus: true })),
});

const whose = (contactId) => plain(contacts.get(contactId) ?? "") || short(contactId);

function row(exchange) {
  const { id, kind, fault, contactId } = exchange;
  const { text, tone } = outcome(exchange);
  const time = kind === "http" || exchange.method ? took(exchange.durationMs ?? 0) : "";
  return h("div", { role: "option", id: `x-${id}`, class: "x", "aria-selected": String(id === state.selected), dataset: { id, kind, tone } },
    h("span", { class: "x-time" }, exactTime(exchange.time)),
    h("span", { class: "x-glyph", "aria-hidden": "true" }, glyphOf(exchange)),
    h("span", { class: "x-name" }, nameOf(exchange)),
    h("span", { class: "x-what", dir: "auto" }, whatOf(exchange)),
    fault && h("span", { class: "pill warn x-fault" }, "fault"),
    h("span", { class: "x-whose", dataset: { contact: contactId ?? "" } }, whose(contactId)),
    h("span", { class: "x-status" }, text),
    h("span", { class: "x-took" }, time));
}

const matches = (exchange) =>
  (!filters.contact || exchange.contactId === filters.contact) &&
  (!filters.kind || exchange.kind === filters.kind) &&
  (!filters.action || exchange.action === filters.action) &&
  (!filters.outcome || suits(exchange, filters.outcome)) &&
  (!state.hits || state.hits.has(exchange.id));

function suits(exchange, wanted) {
  if (wanted === "failed") return failed(exchange);
  if (wanted === "fault") return Boolean(exchange.fault);
  return String(exchange.status ?? "")[0] === wanted;
}

// What comes.

let waiting = [];
let timer = 0;

function add(exchanges) {
  waiting.push(...exchanges);
  timer ||= setTimeout(flush, flushEvery);
}

function flush() {
  clearTimeout(timer);
  timer = 0;
  let last = state.all.at(-1)?.seq ?? state.last; // an event can be slower than the answer by which it was cleared
  const fresh = waiting.filter((exchange) => exchange.seq > last && (last = exchange.seq)).map(summary);
  waiting = [];
  if (!fresh.length) return;
  state.all.push(...fresh);
  fresh.forEach(notice);
  if (state.hits) searchSoon();
  if (state.paused) {
    state.held += fresh.length;
    showPause();
    trim();
    return;
  }
  const suiting = fresh.filter(matches);
  if (!list.atEnd) state.unseen += suiting.length;
  state.shown.push(...suiting);
  display(trim());
  if (suiting.some(({ id }) => id === state.selected)) list.reveal(indexOf(state.selected));
}

// summary leaves out what only the detail shows: ten thousand bodies are a lot.
function summary({ requestHeaders, requestBody, responseHeaders, responseBody, ...rest }) {
  return rest;
}

// trim lets the oldest go, and returns how many of them were shown.
function trim() {
  if (state.all.length <= kept + slack) return 0;
  state.all.splice(0, state.all.length - kept);
  if (state.paused) return 0;
  const first = state.all[0].seq;
  const from = state.shown.findIndex((exchange) => exchange.seq >= first);
  const gone = from < 0 ? state.shown.length : from;
  state.shown.splice(0, gone);
  return gone;
}

function display(gone = 0) {
  const none = state.shown.length === 0;
  byId("nothing").hidden = !none || !state.loaded;
  rows.hidden = none;
  if (none) fill(byId("nothing"), nothing());
  list.set(state.shown, gone);
  const failed = state.shown.reduce((sum, exchange) => sum + (suits(exchange, "failed") ? 1 : 0), 0);
  const chosen = state.shown.length === state.all.length ? "" : ` of ${number.format(state.all.length)}`;
  const what = state.shown.some(({ kind }) => kind === "flow") ? ["entry", "entries"] : ["exchange", "exchanges"];
  byId("count").textContent = none ? "\u00a0" : `${number.format(state.shown.length)}${chosen} ${what[state.all.length === 1 ? 0 : 1]}${failed ? `, ${number.format(failed)} failed` : ""}`;
  showNewer();
}

function nothing() {
  if (state.all.length) {
    return [
      h("h2", {}, "Nothing matches"),
      h("p", {}, "None of the ", number.format(state.all.length), " exchanges suits these filters."),
      h("button", { type: "button", class: "small", onclick: () => change({ contact: "", kind: "", outcome: "", action: "", q: "" }) }, "Show all"),
    ];
  }
  return [
    h("h2", {}, "Nothing has passed yet"),
    h("p", {}, "Every call, frame and step of a contact flow appears here as it happens, with its cause when it fails."),
    h("p", {}, embedded ? h("a", { href: served("/") }, "Try a chat") : h("a", { href: served("/") }, "Connect your client"), embedded ? [" or ", h("a", { href: served("/console/connect") }, "connect your own client"), "."] : "."),
  ];
}

function refilter() {
  state.shown = state.all.filter(matches);
  state.held = state.unseen = 0;
  state.mark = state.all.at(-1)?.seq ?? 0;
  showPause();
  display();
  const at = state.shown.findIndex((exchange) => exchange.id === state.selected);
  if (at >= 0) list.reveal(at);
}

function showNewer() {
  const newer = byId("newer");
  newer.hidden = !state.unseen || state.paused;
  newer.textContent = `${number.format(state.unseen)} new below`;
}

byId("newer").addEventListener("click", () => {
  list.toEnd();
  rows.focus();
});

// The whole timeline, when the page opens and after every break.

let asked = 0;
async function load() {
  const mine = ++asked;
  waiting = [];
  clearTimeout(timer);
  timer = 1; // what comes meanwhile waits
  try {
    for (const limit of [atOnce, kept]) {
      const { exchanges, last } = await get(`/api/exchanges?limit=${limit}`);
      if (mine !== asked) return;
      state.all = exchanges;
      state.last = last;
      state.loaded = true;
      exchanges.forEach(notice);
      if (filters.q) await search();
      if (state.paused) {
        state.held = exchanges.filter(({ seq }) => seq > state.mark).length;
        showPause();
      } else refilter();
      if (exchanges.length < limit) break;
    }
  } catch (failure) {
    if (mine === asked) {
      fill(byId("nothing"), h("h2", {}, failure.message), h("p", {}, failure.hint));
      byId("nothing").hidden = state.shown.length > 0;
    }
  } finally {
    if (mine === asked) flush();
  }
  if (!embedded) return;
  try {
    const answer = await get(`/api/contacts?limit=${most}`);
    answer.contacts.reverse().forEach(known);
  } catch {
    // Then contacts are told apart by their ids.
  }
}

events(embedded ? ["exchanges", "contacts"] : ["exchanges"], {
  open: load,
  exchange: (exchange) => add([exchange]),
  contact: known,
});

// Searching is the server's: it has the headers and bodies, too.

let searching = 0;
async function search(after = 0) {
  const mine = ++searching;
  const { q } = filters;
  if (!q) {
    state.hits = null;
    return;
  }
  const answer = await get(`/api/exchanges?${new URLSearchParams({ q, limit: kept, after })}`).catch(() => null);
  if (mine !== searching || !answer) return;
  if (!after) state.hits = new Set();
  for (const { id } of answer.exchanges) state.hits.add(id);
  state.searched = answer.last;
}

let searchTimer = 0;
function searchSoon() {
  searchTimer ||= setTimeout(async () => {
    searchTimer = 0;
    await search(state.searched);
    if (state.paused) return;
    const last = state.shown.at(-1)?.seq ?? 0;
    const found = state.all.filter((exchange) => exchange.seq > last && matches(exchange));
    if (!found.length) return;
    if (!list.atEnd) state.unseen += found.length;
    state.shown.push(...found);
    display();
  }, 250);
}

if (embedded) byId("record").addEventListener("click", () => recorded(byId("recorded"), filters.contact));

// The filters.

const fields = ["contact", "kind", "outcome", "action", "q"];

async function change(changes) {
  Object.assign(filters, changes);
  for (const name of fields) {
    const field = byId(name);
    if (name === "contact" || name === "action") fillChoices();
    if (field.value !== filters[name]) field.value = filters[name];
  }
  const address = new URLSearchParams(fields.filter((name) => filters[name]).map((name) => [name, filters[name]]));
  history.replaceState(null, "", `${location.pathname}${address.size ? `?${address}` : ""}`);
  byId("har").href = served(`/api/exchanges.har${filters.contact ? `?${new URLSearchParams({ contact: filters.contact })}` : ""}`);
  const transcript = byId("transcript");
  if (transcript && filters.contact) {
    transcript.href = served(path`/api/contacts/${filters.contact}/transcript?format=text`);
    transcript.setAttribute("download", "");
    transcript.removeAttribute("aria-disabled");
    transcript.title = "";
  } else if (transcript) {
    transcript.removeAttribute("href");
    transcript.setAttribute("aria-disabled", "true");
    transcript.title = "Choose a contact first";
  }
  if (embedded) {
    byId("record").disabled = !filters.contact;
    byId("record").title = filters.contact ? "" : "Choose a contact first";
  }
  byId("more").classList.toggle("on", fields.some((name) => name !== "q" && filters[name]));
  if ("q" in changes) await search();
  refilter();
  sayCount();
}

let sayTimer = 0;
function sayCount() {
  clearTimeout(sayTimer);
  sayTimer = setTimeout(() => say(state.shown.length ? byId("count").textContent : "No exchange matches"), 600);
}

let typed = 0;
byId("q").addEventListener("input", (event) => {
  clearTimeout(typed);
  typed = setTimeout(() => change({ q: event.target.value.trim() }), 180);
});
for (const name of ["contact", "kind", "outcome", "action"]) {
  byId(name).addEventListener("change", (event) => change({ [name]: event.target.value }));
}
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("more").addEventListener("click", () => {
  const open = byId("choices").classList.toggle("open");
  byId("more").setAttribute("aria-expanded", String(open));
});

// known remembers what a contact's customer is called, notice what there is to choose from.
function known(contact) {
  contacts.delete(contact.contactId);
  contacts.set(contact.contactId, contact.customer);
  choicesSoon();
}

function notice({ contactId, action }) {
  if (action && !actions.has(action)) {
    actions.add(action);
    choicesSoon();
  }
  if (contactId && !contacts.has(contactId)) {
    contacts.set(contactId, "");
    choicesSoon();
  }
}

let choicesTimer = 0;
function choicesSoon() {
  choicesTimer ||= setTimeout(() => {
    choicesTimer = 0;
    fillChoices();
  }, 300);
}

// A list that is open for choosing is left alone; it is filled when it is left.
function fillChoices() {
  for (const cell of rows.querySelectorAll(".x-whose")) cell.textContent = whose(cell.dataset.contact); // they may have come before their names
  const contact = byId("contact");
  if (document.activeElement !== contact) {
    const ids = [...contacts.keys()].reverse().slice(0, most);
    if (filters.contact && !ids.includes(filters.contact)) ids.unshift(filters.contact);
    fill(contact, h("option", { value: "" }, "All contacts"),
      ids.map((id) => h("option", { value: id }, contacts.get(id) ? `${plain(contacts.get(id)).slice(0, 40)} · ${short(id)}` : short(id))));
    contact.value = filters.contact;
  }
  const action = byId("action");
  if (document.activeElement !== action) {
    const names = [...actions, ...(filters.action && !actions.has(filters.action) ? [filters.action] : [])].sort();
    fill(action, h("option", { value: "" }, "All actions"), names.map((name) => h("option", { value: name }, plain(name))));
    action.value = filters.action;
  }
}
for (const name of ["contact", "action"]) byId(name).addEventListener("blur", choicesSoon);

// What one does with the timeline.

function showPause() {
  const pause = byId("pause");
  pause.setAttribute("aria-pressed", String(state.paused));
  pause.textContent = state.paused ? (state.held ? `Resume, ${number.format(state.held)} new` : "Resume") : "Pause";
}

byId("pause").addEventListener("click", () => {
  state.paused = !state.paused;
  const atEnd = list.atEnd;
  if (!state.paused) {
    refilter();
    if (atEnd) list.toEnd();
  }
  showPause();
  showNewer();
});

byId("clear").addEventListener("click", async () => {
  try {
    await del("/api/exchanges");
  } catch (failure) {
    say(failure.message);
    return;
  }
  state.all = [];
  closeDetail();
  refilter();
  load(); // what came while it was cleared
  say("The timeline is empty");
});

// Choosing.

let showing = 0;
function select(id, { focus = false, delay = 0 } = {}) {
  byId(`x-${state.selected}`)?.setAttribute("aria-selected", "false");
  state.selected = id;
  byId(`x-${id}`)?.setAttribute("aria-selected", "true");
  rows.setAttribute("aria-activedescendant", `x-${id}`);
  const at = indexOf(id);
  if (at >= 0) list.reveal(at);
  clearTimeout(showing);
  detail.awaits();
  showing = setTimeout(() => {
    detail.show(id).then(() => focus && byId("detail").focus());
  }, delay);
  if (!narrow.matches || focus) document.body.classList.add("chosen");
}

const indexOf = (id) => state.shown.findIndex((exchange) => exchange.id === id);

function closeDetail() {
  document.body.classList.remove("chosen");
  byId(`x-${state.selected}`)?.setAttribute("aria-selected", "false");
  state.selected = "";
  rows.removeAttribute("aria-activedescendant");
  detail.none();
}

rowClicks(rows, ".x", ({ dataset: { id } }) => select(id, { focus: narrow.matches }));

rows.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const page = Math.max(1, Math.floor(rows.clientHeight / list.rowHeight) - 1);
  const last = state.shown.length - 1;
  const at = indexOf(state.selected);
  const steps = { ArrowDown: at + 1, ArrowUp: at < 0 ? last : at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: last };
  if (event.key in steps && last >= 0) {
    event.preventDefault();
    select(state.shown[Math.min(last, Math.max(0, steps[event.key]))].id, { delay: 60 });
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    select(state.selected, { focus: true });
  }
});

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || event.altKey || event.ctrlKey || event.metaKey) return;
  const writes = event.target.closest("input, textarea, select");
  if (event.key === "/" && !writes) {
    event.preventDefault();
    byId("q").focus();
    byId("q").select();
  } else if (event.key === "Escape" && event.target === byId("q")) {
    if (byId("q").value) change({ q: "" });
    rows.focus();
  } else if (event.key === "Escape" && !writes && state.selected) {
    closeDetail();
    rows.focus();
  }
});

// A selected row that is drawn anew is the active one again.
new MutationObserver(() => {
  if (state.selected && byId(`x-${state.selected}`)) rows.setAttribute("aria-activedescendant", `x-${state.selected}`);
  else rows.removeAttribute("aria-activedescendant");
}).observe(rows.firstElementChild, { childList: true });

narrow.addEventListener("change", () => list.resize(rowHeight()));
detail.none();
const asAsked = new URLSearchParams(location.search);
change(Object.fromEntries(fields.map((name) => [name, asAsked.get(name) ?? ""])));
const wanted = asAsked.get("exchange");
if (wanted) select(wanted, { focus: narrow.matches });
