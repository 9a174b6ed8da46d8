// A long list of rows of one height, of which only those in sight exist.

import { h } from "./dom.js";

const beyond = 12; // rows kept above and below what is in sight

// rowClicks calls handle with the row that was clicked. What comes meanwhile moves rows away from
// under the pointer; the one that was pressed is meant.
export function rowClicks(view, selector, handle) {
  let pressed = null;
  view.addEventListener("pointerdown", ({ target, clientX: x, clientY: y }) => (pressed = { row: target.closest(selector), x, y }));
  view.addEventListener("click", (event) => {
    const stayed = pressed && event.detail > 0 && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < 8;
    const row = stayed ? pressed.row : event.target.closest(selector);
    pressed = null;
    if (row) handle(row, event);
  });
}

export class VirtualList {
  // view scrolls; row makes the element of an entry; key tells entries apart. With follows the
  // list stays at its end as long as the end is in sight; moved is called when it may have come
  // into sight or gone out of it.
  constructor(view, { rowHeight, row, key, empty, follows = false, moved = () => {} }) {
    this.view = view;
    this.rowHeight = rowHeight;
    this.row = row;
    this.key = key;
    this.follows = follows;
    this.entries = [];
    this.shown = new Map();
    this.space = h("div", { class: "virtual-space", role: "presentation" });
    this.empty = empty ?? null;
    view.replaceChildren(this.space, ...(this.empty ? [this.empty] : []));
    this.drawing = 0;
    this.ending = true; // whether the end was in sight
    view.addEventListener("scroll", () => {
      this.ending = this.atEnd;
      moved();
      this.draw();
    }, { passive: true });
    new ResizeObserver(() => {
      if (this.follows && this.ending) this.toEnd();
      this.draw();
    }).observe(view);
  }

  get atEnd() {
    return this.view.scrollTop + this.view.clientHeight >= this.view.scrollHeight - this.rowHeight;
  }

  toEnd() {
    this.view.scrollTop = this.view.scrollHeight;
    this.ending = true;
  }

  // set replaces the entries; an entry whose object is the same keeps its element. gone is how
  // many have left the beginning: what is in sight stays where it is.
  set(entries, gone = 0) {
    const { atEnd } = this;
    const top = this.view.scrollTop;
    this.entries = entries.slice(); // what is added to the caller's list is not drawn before it is set
    this.space.style.height = `${entries.length * this.rowHeight}px`;
    if (this.empty) this.empty.hidden = entries.length > 0;
    if (atEnd && this.follows) this.toEnd();
    else if (gone) this.view.scrollTop = Math.max(0, top - gone * this.rowHeight);
    this.draw();
  }

  // resize gives all rows another height, and keeps the first one in sight.
  resize(rowHeight) {
    if (rowHeight === this.rowHeight) return;
    const first = this.view.scrollTop / this.rowHeight;
    this.rowHeight = rowHeight;
    this.shown.forEach(({ element }) => element.remove());
    this.shown.clear();
    this.set(this.entries);
    if (!this.ending || !this.follows) this.view.scrollTop = first * rowHeight;
  }

  // reveal scrolls as little as needed to see an entry.
  reveal(index) {
    const top = index * this.rowHeight;
    const { scrollTop, clientHeight } = this.view;
    if (top < scrollTop) this.view.scrollTop = top;
    else if (top + this.rowHeight > scrollTop + clientHeight) this.view.scrollTop = top + this.rowHeight - clientHeight;
    this.draw();
  }

  draw() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      const first = Math.max(0, Math.floor(this.view.scrollTop / this.rowHeight) - beyond);
      const last = Math.min(this.entries.length, Math.ceil((this.view.scrollTop + this.view.clientHeight) / this.rowHeight) + beyond);
      const wanted = new Map();
      for (let i = first; i < last; i++) {
        const entry = this.entries[i];
        const key = this.key(entry);
        let shown = this.shown.get(key);
        if (!shown || shown.entry !== entry) {
          const element = this.row(entry);
          element.style.position = "absolute";
          element.style.insetInline = "0";
          element.style.height = `${this.rowHeight}px`;
          shown?.element.replaceWith(element);
          shown = { entry, element };
        }
        shown.element.style.top = `${i * this.rowHeight}px`;
        wanted.set(key, shown);
      }
      for (const [key, { element }] of this.shown) if (!wanted.has(key)) element.remove();
      let before = null; // the order of elements is the order of reading
      for (const { element } of [...wanted.values()].reverse()) {
        if (element.nextSibling !== before || element.parentNode !== this.space) this.space.insertBefore(element, before);
        before = element;
      }
      this.shown = wanted;
    });
  }
}
