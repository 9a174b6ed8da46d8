// The interactive messages and views that calls, frames and steps of flows carry, drawn as the chat draws
// them. Nothing can be chosen in them.

import { h } from "./dom.js";
import { contentTypes } from "./participant.js";
import { draw } from "./templates.js";
import { view } from "./view.js";

const most = 10; // of one text
const deepest = 12;

// drawn are the messages in a text, as an element; null when it has none.
export function drawn(text) {
  const made = [];
  for (const content of messages(text, 0)) {
    const one = made.length < most && draw(content);
    if (one) made.push(one);
  }
  return frame(made);
}

// drawnStep is the view that a step of a flow shows, or what its parameters say.
export function drawnStep({ type, parameters }) {
  if (type !== "ShowView" || !parameters?.ViewData) return parameters && drawn(JSON.stringify(parameters));
  const id = String(parameters.ViewResource?.Id ?? "");
  return frame([h("div", { class: "template" }, view({ viewId: /view\/([^:]+)/.exec(id)?.[1] ?? id, viewData: parameters.ViewData }))]);
}

const frame = (made) => (made.length ? h("div", { class: "drawn", role: "group", "aria-label": "As the chat shows it" }, made.map((one) => h("div", { class: "bubble" }, one))) : null);

// messages finds the contents of interactive messages: in calls, in transcripts, and in frames, whose
// content is JSON in a text.
function* messages(value, depth) {
  if (depth > deepest) return;
  if (typeof value === "string" && /^\s*[{[]/.test(value)) {
    try {
      value = JSON.parse(value);
    } catch {
      return;
    }
  }
  if (!value || typeof value !== "object") return;
  if (value.ContentType === contentTypes.interactive && typeof value.Content === "string") return void (yield value.Content);
  for (const inner of Object.values(value)) yield* messages(inner, depth + 1);
}
