// A long list in which one entry can be chosen, by pointer or keys (ARIA: listbox).

import { rowClicks, VirtualList } from "./virtual.js";

let lists = 0;

export class Listbox {
  // row makes the element of an entry, key tells entries apart, choose is called with the entry
  // that was clicked or that Enter was pressed on.
  constructor(view, { rowHeight, row, key, empty, follows, choose }) {
    this.view = view;
    this.key = key;
    this.chosen = "";
    this.active = "";
    this.number = ++lists;
    this.empty = empty;
    view.hidden = true;
    view.setAttribute("role", "listbox");
    view.tabIndex = 0;
    this.list = new VirtualList(view, { rowHeight, key, follows, row: (entry) => this.#element(row(entry), key(entry)) });
    rowClicks(view, "[role=option]", (option, event) => {
      const entry = this.#find(option.dataset.key);
      if (!entry) return;
      this.#activate(entry);
      choose(entry, event);
    });
    view.addEventListener("keydown", (event) => {
      if (event.target !== view || event.altKey || event.ctrlKey || event.metaKey) return;
      const { entries } = this.list;
      const at = entries.findIndex((entry) => key(entry) === this.active);
      const page = Math.max(1, Math.floor(view.clientHeight / this.list.rowHeight) - 1);
      const steps = { ArrowDown: at + 1, ArrowUp: at < 0 ? entries.length - 1 : at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: entries.length - 1 };
      if (event.key in steps && entries.length) {
        event.preventDefault();
        const next = Math.min(entries.length - 1, Math.max(0, steps[event.key]));
        this.list.reveal(next);
        this.#activate(entries[next]);
      } else if (event.key === "Enter" && at >= 0) {
        event.preventDefault();
        choose(entries[at], event);
      }
    });
  }

  set(entries) {
    this.view.hidden = entries.length === 0;
    this.empty.hidden = entries.length > 0;
    this.list.set(entries);
    if (this.active && !this.#find(this.active)) this.#mark((this.active = ""));
  }

  // choose shows which entry is chosen.
  choose(key) {
    this.chosen = key;
    if (key) this.active = key;
    this.#mark();
  }

  // inSight are the keys of the entries that are drawn.
  get inSight() {
    return [...this.list.shown.keys()];
  }

  #find(key) {
    return this.list.entries.find((entry) => this.key(entry) === key);
  }

  #element(element, key) {
    element.setAttribute("role", "option");
    element.id = `option-${this.number}-${key}`;
    element.dataset.key = key;
    this.#paint(element);
    return element;
  }

  #paint(element) {
    element.setAttribute("aria-selected", String(element.dataset.key === this.chosen));
    element.classList.toggle("active", element.dataset.key === this.active);
  }

  #activate(entry) {
    this.active = this.key(entry);
    this.#mark();
  }

  #mark() {
    for (const { element } of this.list.shown.values()) this.#paint(element);
    if (this.active) this.view.setAttribute("aria-activedescendant", `option-${this.number}-${this.active}`);
    else this.view.removeAttribute("aria-activedescendant");
  }
}
