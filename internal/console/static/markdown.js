// The Markdown that chat widgets show: bold, italic, code, links, lists and line breaks. It
// becomes elements, never markup, and a link goes to http, https or mailto only.

import { h } from "./dom.js";
import { plain } from "./format.js";

// No part can begin inside itself, so that a long line takes no longer than it is long.
const inline = /\*\*([^*\n]+)\*\*|(?<!\w)__([^_\n]+)__(?!\w)|\*([^*\n]+)\*|(?<!\w)_([^_\n]+)_(?!\w)|`([^`\n]+)`|\[([^[\]\n]+)\]\(([^()\s]+)\)/g;
const item = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;

// spans turns one line into elements.
function spans(text) {
  const out = [];
  let from = 0;
  for (const match of text.matchAll(inline)) {
    const [whole, bold, bold2, italic, italic2, code, label, address] = match;
    out.push(text.slice(from, match.index));
    from = match.index + whole.length;
    if (bold ?? bold2) out.push(h("strong", {}, bold ?? bold2));
    else if (italic ?? italic2) out.push(h("em", {}, italic ?? italic2));
    else if (code) out.push(h("code", {}, code));
    else out.push(link(label, address) ?? whole);
  }
  out.push(text.slice(from));
  return out.filter((part) => part !== "");
}

// link is a link that opens beside the page, or null when it leads where none may.
export function link(label, address) {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (!["http:", "https:", "mailto:"].includes(url.protocol)) return null;
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, label);
}

// markdown returns the elements of a text.
export function markdown(text) {
  const blocks = [];
  let list = null;
  let paragraph = null;
  for (const line of plain(text).split(/\r?\n/)) {
    const point = line.match(item);
    if (point) {
      const tag = point[1] ? "ol" : "ul";
      if (list?.localName !== tag) blocks.push((list = h(tag, { start: tag === "ol" && point[1] !== "1" && point[1] })));
      list.append(h("li", {}, spans(point[2])));
      paragraph = null;
    } else if (line.trim() === "") {
      list = paragraph = null;
    } else {
      list = null;
      if (paragraph) paragraph.append(h("br"), ...spans(line));
      else blocks.push((paragraph = h("p", {}, spans(line))));
    }
  }
  return blocks;
}
