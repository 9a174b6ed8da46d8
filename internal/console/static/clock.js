// The server's clock: how late it is, what is due next, and skipping ahead.

import { get, post } from "./api.js";
import { byId, fill } from "./dom.js";
import { span } from "./format.js";

const minute = 60_000;
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const soon = 300; // milliseconds in which what fell due has happened
const noticed = 1000; // milliseconds; less was not skipped

// clock shows the time and returns what asks for it anew.
export function clock() {
  let known = null; // and when it came
  let at = 0;
  let questions = 0;
  let answered = 0; // the question that what is known answers

  function show() {
    if (!known) return;
    const passed = performance.now() - at;
    const now = new Date(Date.parse(known.now) + passed);
    const { offsetMs, nextTimerMs } = known;
    fill(byId("now"), hour.format(now));
    byId("ahead").textContent = `${day.format(now)}, ${offsetMs > noticed ? `${span(offsetMs)} ahead of this machine` : "as on this machine"}`;
    byId("to-next").disabled = nextTimerMs === null;
    byId("next").textContent = nextTimerMs === null ? "No timer is running. Chats start some." : `The next timer is due in ${span(nextTimerMs - passed)}.`;
  }

  // An answer that was overtaken by that to a later question is old.
  async function take(asked) {
    const question = ++questions;
    const answer = await asked;
    if (question < answered) return;
    answered = question;
    known = answer;
    at = performance.now();
    show();
  }

  const ask = () => take(get("/api/clock")).catch(() => {});

  async function skip(call, field) {
    const before = known?.offsetMs ?? 0;
    const note = byId("skipped");
    try {
      const skipped = post("/api/clock", call);
      await take(skipped);
      const { now, offsetMs } = await skipped;
      field?.removeAttribute("aria-invalid");
      note.className = "skipped";
      setTimeout(ask, soon);
      note.textContent = `Skipped ${span(offsetMs - before)}. It is ${hour.format(new Date(now))} now.`;
    } catch (failure) {
      field?.setAttribute("aria-invalid", "true");
      note.className = "skipped wrong";
      note.textContent = `${failure.message} ${failure.hint}`;
    }
  }

  byId("to-next").addEventListener("click", () => skip({ toNextTimer: true }));
  for (const button of document.querySelectorAll("[data-minutes]")) button.addEventListener("click", () => skip({ skipMs: button.dataset.minutes * minute }));
  byId("skip").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = byId("minutes");
    if (field.valueAsNumber > 0) skip({ skipMs: Math.round(field.valueAsNumber * minute) }, field);
    else {
      field.setAttribute("aria-invalid", "true");
      byId("skipped").className = "skipped wrong";
      byId("skipped").textContent = "Say how many minutes, more than 0.";
    }
  });
  setInterval(() => document.hidden || show(), 1000);
  return ask;
}
