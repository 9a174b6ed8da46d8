// How exchanges are called: in the timeline, and above what is in them.

import { stepName, stepWhat } from "./flowstep.js";
import { plain } from "./format.js";

// What the codes of close frames mean (RFC 6455, section 7.4.1).
const closes = {
  1000: "done", 1001: "going away", 1002: "protocol error", 1003: "not understood", 1005: "without a code", 1006: "without a word, as when its tab or app is closed",
  1007: "not UTF-8", 1008: "against the rules", 1009: "too big", 1011: "server error", 1012: "restarting", 1013: "try again later",
};

export const closed = (code) => (closes[code] ? `${code}, ${closes[code]}` : String(code ?? ""));

// subject is what a frame is about: the end of its content type, or its topic.
function subject({ contentType, topic }) {
  const event = contentType?.match(/\.connect\.(?:event|message)\.(.+)$/);
  if (event) return event[1];
  return contentType || topic || "text";
}

// glyphOf is a sign for the kind of an exchange.
export function glyphOf({ kind, direction, method }) {
  if (kind === "http") return "⇄";
  if (kind === "frame") return direction === "in" ? "↑" : "↓";
  if (kind === "flow") return "◆";
  return method ? "○" : "×";
}

export function nameOf({ kind, action, method, flow, ...rest }) {
  if (kind === "flow") return stepName(flow);
  if (kind === "frame") return plain(subject(rest));
  if (kind === "socket") return method ? "Socket opened" : "Socket closed";
  return plain(action || method);
}

// whatOf is what is wrong, or where it went.
export function whatOf({ kind, method, path, topic, problem, closeCode, contentType, role, direction, flow, preview }) {
  if (problem) return plain(problem.sentence);
  if (kind === "flow") return stepWhat(flow);
  if (kind === "frame") return `${direction === "in" ? "from" : "to"} the ${plain(role ? role.toLowerCase() : "client")}${topic && contentType && !preview ? `, ${plain(topic)}` : ""}${said(preview)}`;
  if (kind === "socket" && !method) return closed(closeCode);
  return preview ? said(preview).slice(2) : plain(`${method} ${path}`);
}

const said = (preview) => (preview ? `: ${plain(preview)}` : "");

// failed tells whether something went wrong.
export const failed = ({ status, problem }) => status >= 400 || Boolean(problem);

// outcome is the status and how it is coloured.
export function outcome({ kind, status, problem, fault, closeCode, method, flow }) {
  if (kind === "flow") return { text: "", tone: problem ? "bad" : flow.failed || !flow.action ? "warn" : "" };
  const text = kind === "socket" && !method ? closeCode || "" : status || "";
  return { text: String(text), tone: failed({ status, problem }) ? "bad" : fault ? "warn" : "" };
}
