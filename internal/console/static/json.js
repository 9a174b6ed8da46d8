// JSON as a tree that can be folded, made of elements. What was sent is shown as it was
// written: numbers keep their digits, members their order, doubled ones stay doubled.

import { h } from "./dom.js";
import { plain } from "./format.js";

const token = /\s*(?:([{}[\],:])|("[^"\\]*(?:\\.[^"\\]*)*")|([^\s{}[\],:"]+))/y;
const unfolded = 3; // levels that are open at first
const deepest = 100; // levels that are indented
const many = 100; // children that are shown at a time

// parse reads a text into nodes; null is for what is not JSON. The grammar is the browser's
// business, and depth is not limited by this code's.
function parse(text) {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  token.lastIndex = 0;
  const root = { items: [] };
  let inside = root;
  const above = [];
  let key = null;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [, mark, string, other] = found;
    if (mark === "{" || mark === "[") {
      const node = { key, mark, items: [] };
      inside.items.push(node);
      above.push(inside);
      inside = node;
      key = null;
    } else if (mark === "}" || mark === "]") {
      inside = above.pop();
    } else if (string && inside.mark === "{" && key === null) {
      key = string;
    } else if (!mark) {
      inside.items.push({ key, raw: string ?? other });
      key = null;
    }
  }
  return root.items[0];
}

// jsonTree shows a text that is JSON; null is for others.
export function jsonTree(text) {
  const node = parse(text);
  return node && h("div", { class: "json" }, row(node, 0, true));
}

function row(node, depth, last) {
  const name = node.key && [h("span", { class: "json-key" }, plain(node.key)), ": "];
  const comma = last ? "" : ",";
  if (node.mark) {
    const end = node.mark === "{" ? "}" : "]";
    if (!node.items.length) return h("div", { class: "json-row" }, name, node.mark + end + comma);
    return fold([name, node.mark], [h("span", { class: "json-more" }, count(node))], end + comma, depth, () => node.items);
  }
  const kind = node.raw[0] === '"' ? "json-string" : "json-other";
  const shown = [name, h("span", { class: kind }, plain(node.raw)), comma];
  const within = kind === "json-string" && inner(node.raw);
  if (!within) return h("div", { class: "json-row" }, shown);
  return fold([name, h("span", { class: "json-more" }, "JSON in a text")], [], comma, depth, () => [within]);
}

// inner reads JSON that stands in a string, as in every frame of a chat.
function inner(raw) {
  if (!/^"\s*[{[]/.test(raw)) return null;
  return parse(JSON.parse(raw));
}

const count = ({ mark, items }) => (mark === "{" ? (items.length === 1 ? "1 member" : `${items.length} members`) : items.length === 1 ? "1 item" : `${items.length} items`);

// fold is a row with others below it, which are made when they are first seen.
function fold(head, hint, end, depth, children) {
  const body = h("div", { class: "json-body" });
  const details = h("details", {}, h("summary", {}, head, hint), body, end.trim() && h("div", { class: "json-row json-end" }, end));
  const open = () => {
    if (body.firstChild) return;
    const all = children();
    const more = (from) => {
      body.append(...all.slice(from, from + many).map((child, i) => row(child, depth + 1, from + i === all.length - 1)));
      const left = all.length - from - many;
      if (left <= 0) return;
      const button = h("button", { type: "button", class: "copy", onclick: () => (button.remove(), more(from + many)) }, `Show more (${left} left)`);
      body.append(button);
    };
    more(0);
  };
  if (depth < unfolded) {
    open();
    details.open = true;
  }
  details.addEventListener("toggle", () => details.open && open());
  return details;
}

// pretty writes JSON with line breaks for copying; other texts stay as they are.
export function pretty(text) {
  const node = parse(text);
  if (!node) return text;
  const lines = [];
  const pending = [[node, 0, true]];
  while (pending.length) {
    const [next, depth, last, closing] = pending.pop();
    const indent = "  ".repeat(Math.min(depth, deepest));
    const comma = last ? "" : ",";
    if (closing) {
      lines.push(indent + closing + comma);
      continue;
    }
    const name = next.key ? `${next.key}: ` : "";
    if (!next.mark) lines.push(indent + name + next.raw + comma);
    else {
      const end = next.mark === "{" ? "}" : "]";
      if (!next.items.length) lines.push(indent + name + next.mark + end + comma);
      else {
        lines.push(indent + name + next.mark);
        pending.push([next, depth, last, end]);
        for (let i = next.items.length - 1; i >= 0; i--) pending.push([next.items[i], depth + 1, i === next.items.length - 1]);
      }
    }
  }
  return lines.join("\n");
}
