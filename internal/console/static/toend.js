// The end of a conversation stays in view when it was, whatever grows or is made smaller. Who reads further
// up is told how many messages came.

import { h } from "./dom.js";

const near = 40; // pixels from the end that still are the end

export function toEnd(log, list) {
  let pinned = true;
  let top = 0;
  let count = 0;
  let frame = 0;
  const chip = h("button", { type: "button", class: "small new-messages", hidden: true, onclick: () => {
    api.go();
    log.focus({ preventScroll: true });
  } });
  const show = () => {
    chip.hidden = !count;
    chip.textContent = count ? `${count} new ${count > 1 ? "messages" : "message"} ↓` : "";
  };
  const follow = () => {
    frame = 0;
    if (!pinned) return;
    log.scrollTop = log.scrollHeight;
    top = log.scrollTop;
  };
  // Once for all that comes together.
  const later = () => (frame ||= requestAnimationFrame(follow));
  log.addEventListener("scroll", () => {
    const end = log.scrollTop + log.clientHeight >= log.scrollHeight - near;
    if (end) pinned = true;
    else if (log.scrollTop < top - 1) pinned = false; // what grows below is no reason to let go
    top = log.scrollTop;
    if (!pinned || !count) return;
    count = 0;
    show();
  });
  const sizes = new ResizeObserver(follow);
  sizes.observe(log);
  sizes.observe(list);
  const api = {
    chip,
    // go shows the end.
    go() {
      pinned = true;
      count = 0;
      show();
      follow();
      later();
    },
    // grew is told that there is more: a message of one's own, or of another.
    grew(whose) {
      if (whose === "own") return api.go();
      if (!pinned && whose === "other") {
        count++;
        show();
      }
      later();
    },
    clear() {
      pinned = true;
      count = top = 0;
      show();
    },
  };
  return api;
}
