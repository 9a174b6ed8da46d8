// A long list of rows of one height, of which only those in sight exist.

import { h } from "/console/dom.js";

const beyond = 12; // rows kept above and below what is in sight

export class VirtualList {
  // view scrolls; row makes the element of an entry; key tells entries apart. The list follows
  // its end as long as the end is in sight.
  constructor(view, { rowHeight, row, key, empty }) {
    this.view = view;
    this.rowHeight = rowHeight;
    this.row = row;
    this.key = key;
    this.entries = [];
    this.shown = new Map();
    this.space = h("div", { class: "virtual-space", role: "presentation" });
    this.empty = empty ?? null;
    view.replaceChildren(this.space, ...(this.empty ? [this.empty] : []));
    this.drawing = 0;
    view.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(view);
  }

  // set replaces the entries; an entry whose object is the same keeps its element.
  set(entries) {
    const atEnd = this.view.scrollTop + this.view.clientHeight >= this.view.scrollHeight - this.rowHeight;
    this.entries = entries;
    this.space.style.height = `${entries.length * this.rowHeight}px`;
    if (this.empty) this.empty.hidden = entries.length > 0;
    if (atEnd && this.follows) this.view.scrollTop = this.view.scrollHeight;
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
