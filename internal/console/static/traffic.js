// What just went over the wire, in one line each.

import { events, get } from "./api.js";
import { fill, h } from "./dom.js";
import { exactTime, took } from "./format.js";
import { served } from "./here.js";
import { Listbox } from "./listbox.js";
import { glyphOf, nameOf, outcome, whatOf } from "./naming.js";

const kept = 500;
const rowHeight = 32;
const flushAfter = 80; // milliseconds in which what comes is shown together

// traffic shows what passes. contact() names the only chat to show, or none; everything() shows all of them.
export function traffic(view, empty, contact, everything) {
  const usual = empty.textContent;
  let all = [];
  let waiting = 0;
  const list = new Listbox(view, {
    rowHeight, row, empty, key: ({ id }) => id, follows: true,
    choose: ({ id }) => location.assign(served(`/console/inspector?exchange=${encodeURIComponent(id)}`)),
  });
  const show = () => {
    waiting = 0;
    const only = contact();
    const shown = only ? all.filter(({ contactId }) => contactId === only) : all;
    list.set(shown);
    if (shown.length) return;
    const why = all.length ? `Nothing of this chat; ${all.length} of others. ` : usual;
    if (empty.firstChild.data !== why) fill(empty, why, all.length > 0 && h("button", { type: "button", class: "link", onclick: everything }, "Show all"));
  };
  let early = null; // what comes while the others are asked for
  events(["exchanges"], {
    open: async () => {
      const mine = (early = []);
      const { exchanges, last } = await get(`/api/exchanges?limit=${kept}`).catch(() => ({ exchanges: all, last: all.at(-1)?.seq ?? 0 }));
      if (mine !== early) return; // asked again meanwhile
      early = null;
      all = [...exchanges, ...mine.filter(({ seq }) => seq > last)];
      show();
    },
    exchange: (exchange) => {
      if (early) return early.push(exchange);
      if (all.at(-1)?.seq >= exchange.seq) return;
      all.push(exchange);
      if (all.length > 2 * kept) all = all.slice(-kept);
      waiting ||= setTimeout(show, flushAfter);
    },
  });
  return show;
}

function row(exchange) {
  const { kind, durationMs, method, fault, time } = exchange;
  const { text, tone } = outcome(exchange);
  const failed = tone === "bad";
  return h("div", { class: `exchange${failed ? " failed" : ""}`, title: failed ? whatOf(exchange) : false },
    h("span", { class: "exchange-time" }, exactTime(time)),
    h("span", { "aria-hidden": "true" }, glyphOf(exchange)),
    h("span", { class: "exchange-name" }, nameOf(exchange)),
    h("span", { class: "exchange-what" }, whatOf(exchange), fault && ` (fault: ${fault})`),
    h("span", { class: "exchange-took" }, method && kind === "http" && took(durationMs)),
    h("span", { class: `pill ${tone}` }, text));
}

