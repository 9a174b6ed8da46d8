// What went wrong, shown where it happened, with what to do about it.

import { h } from "./dom.js";
import { plain } from "./format.js";
import { served } from "./here.js";

// trouble makes the elements of an error: of the API, of the Participant Service or of the page.
export function trouble(error) {
  return h("div", { class: "trouble", role: "alert" },
    h("strong", {}, plain(error.message)),
    error.hint && h("span", {}, plain(error.hint)),
    error.rule && h("a", { href: served(`/docs/errors#${encodeURIComponent(error.rule)}`) }, "Why this happens"));
}
