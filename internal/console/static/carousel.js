// Cards side by side: the next one peeks in, and arrows go from card to card.

import { fill, h, icon } from "./dom.js";

// carousel returns the element of some cards. Its arrows are there only when not all cards are.
export function carousel(name, cards) {
  const track = h("div", { class: "carousel", tabindex: 0, role: "group", "aria-label": name, onscroll: () => update() }, cards);
  const arrow = (label, shape, by) => h("button", { type: "button", class: "quiet", "aria-label": label, title: label, onclick: () => go(by) }, icon(shape));
  const back = arrow("Previous card", "back", -1);
  const next = arrow("Next card", "next", 1);
  const where = h("span", { class: "note", "aria-live": "polite" });
  const arrows = h("div", { class: "carousel-arrows", hidden: true }, back, where, next);

  const left = (card) => card.offsetLeft - cards[0].offsetLeft;
  const atEnd = () => track.scrollLeft + track.clientWidth >= track.scrollWidth - 2;
  // at is the first card that is whole; at the end, the last.
  function at() {
    if (atEnd()) return cards.length - 1;
    return Math.max(0, cards.findIndex((card) => left(card) >= track.scrollLeft - 2));
  }
  function go(by) {
    const from = track.scrollLeft;
    const card = by > 0 ? cards.find((one) => left(one) > from + 2) : cards.findLast((one) => left(one) < from - 2);
    if (card) track.scrollTo({ left: left(card), behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }
  function update() {
    const over = track.scrollWidth > track.clientWidth + 2;
    arrows.hidden = !over;
    if (!over) return;
    back.setAttribute("aria-disabled", String(track.scrollLeft <= 2)); // disabled ones would lose the keyboard's place
    next.setAttribute("aria-disabled", String(atEnd()));
    const said = `${at() + 1} of ${cards.length}`;
    if (where.textContent !== said) fill(where, said);
  }
  if (cards.length > 1) new ResizeObserver(update).observe(track);
  return h("div", { class: "carousel-frame" }, track, arrows);
}
