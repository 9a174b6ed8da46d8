// A step of a contact flow: what it is called, and what is in it.

import { h } from "./dom.js";
import { exactTime, plain } from "./format.js";

const usual = "NextAction"; // the way out that every block has
const slack = 1000; // milliseconds in which a step is recorded

export const stepName = ({ action, name }) => (action ? plain(name) : "Contact flow");

// stepWhat is the way that the block took, and whose it is.
export function stepWhat({ name, type, branch, note, flowName }) {
  const way = [type !== name && type, branch && branch !== usual && `→ ${branch}`].filter(Boolean).join(" ");
  return plain([[way, note].filter(Boolean).join(": "), flowName].filter(Boolean).join(" · "));
}

// stepFacts are the facts of a step beside those of every exchange, as pairs of a name and a value.
export function stepFacts({ action, name, type, branch, result, failed, note, flow, flowName, logged, segmentId, time }, exchange) {
  const code = (value) => h("code", {}, plain(value));
  // The chats' clock can be skipped.
  const inChat = Math.abs(new Date(time) - new Date(exchange.time)) > slack && ["By the chats' clock", exactTime(time)];
  if (!action) return [inChat];
  return [
    ["Flow", h("span", { title: plain(flow) }, plain(flowName))],
    type !== name && ["Type", plain(type)],
    name !== action && ["Block", code(action)],
    branch && [failed ? "Error branch" : "Branch", h("span", { class: failed ? "step-failed" : "" }, plain(branch))],
    result && result !== branch && ["Chosen by", plain(result)],
    note && ["Note", plain(note)],
    inChat,
    ["Flow log", logged ? "on: Amazon Connect would log this" : "off: Amazon Connect would not log this"],
    segmentId && segmentId !== exchange.contactId && ["Contact it ran for", code(segmentId)],
  ];
}
