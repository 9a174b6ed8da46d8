// What every page shows: whether the server is there, and whether something is on that makes
// it behave unlike usual: faults, a clock that was skipped.

import { del, events, get } from "./api.js";
import { byId, fill, h } from "./dom.js";
import { plain, setAhead, span } from "./format.js";
import { served } from "./here.js";
import { keyHelp } from "./keys.js";

const noticed = 1000; // milliseconds; a clock that differs by less was not skipped

keyHelp([...document.body.classList].find((name) => name.startsWith("page-")).slice(5), byId("keys-open"));

// What the header says of the server, with its class.
const states = { "": "Running", quiet: "Silent for 20 s", off: "Not reachable" };

function is(now) {
  const state = byId("state");
  if (state.className === `state ${now}`.trim()) return;
  state.className = `state ${now}`.trim();
  document.querySelector("header.bar").classList.toggle("quiet", now === "quiet");
  byId("state-text").textContent = states[now];
}

const banner = { faults: [], offset: 0 };

function show() {
  const { faults, offset } = banner;
  const parts = [];
  if (faults.length) {
    const names = faults.slice(0, 3).map((rule) => plain(rule.name || rule.effect?.type));
    const more = faults.length > 3 ? ` and ${faults.length - 3} more` : "";
    parts.push(h("span", {}, h("strong", {}, faults.length > 1 ? `${faults.length} faults are on: ` : "A fault is on: "), names.join(", "), more));
  }
  if (offset > noticed) parts.push(h("span", {}, h("strong", {}, "The clock is ahead"), ` by ${span(offset)}`));
  const off = faults.length > 0 && h("button", { type: "button", class: "small", onclick: () => del("/api/faults").then(ask, ask) }, "Turn all off");
  const here = document.body.classList.contains("page-faults");
  byId("banner").hidden = parts.length === 0;
  fill(byId("banner"), parts.length > 0 && h("div", { class: "wide" }, parts, !here && h("a", { href: served("/console/faults") }, "Faults and time"), off));
}

let asked = 0;
async function ask() {
  const mine = ++asked;
  const [faults, clock] = await Promise.allSettled([get("/api/faults"), get("/api/clock")]);
  if (mine !== asked) return; // asked again meanwhile
  const rules = faults.value?.rules ?? faults.value?.faults ?? faults.value;
  banner.faults = Array.isArray(rules) ? rules : [];
  banner.offset = clock.value?.offsetMs ?? 0;
  setAhead(banner.offset);
  show();
}

const embedded = document.body.dataset.upstream === "embedded";
events(embedded ? ["faults", "clock"] : ["exchanges"], {
  open: () => {
    is("");
    if (embedded) ask();
  },
  lost: () => is("off"),
  quiet: () => is("quiet"),
  faults: ask,
  clock: ask,
});

// The list of the documentation's pages is folded where it would fill the screen.
const contents = document.querySelector(".docs .contents");
if (contents) {
  const wide = matchMedia("(min-width: 44rem)");
  const unfold = () => {
    contents.toggleAttribute("data-open", wide.matches);
    contents.querySelector("details").open = wide.matches;
  };
  wide.addEventListener("change", unfold);
  unfold();
}
