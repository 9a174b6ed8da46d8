// Where a message is written: Enter sends, Shift+Enter begins a line. What could not be sent
// stays, with the reason above it.

import { fill, h, icon } from "./dom.js";
import { contentTypes } from "./participant.js";
import { trouble } from "./trouble.js";

const typingEvery = 6000; // while somebody types

export class Composer {
  // send(text, contentType), typing() and attach(file) return promises; typing and attach may be
  // left out.
  constructor(element, { label, send, typing, attach }) {
    this.send = send;
    this.typing = typing;
    this.told = 0;
    this.text = h("textarea", {
      rows: 1, "aria-label": label, placeholder: "Write a message", enterkeyhint: "send",
      oninput: () => this.#typed(), onkeydown: (event) => this.#key(event),
    });
    this.file = attach && h("input", { type: "file", hidden: true, tabindex: -1, onchange: () => this.#attach(attach) });
    this.markdown = h("button", {
      type: "button", class: "quiet md", title: "Send as markdown", "aria-label": "Send as markdown", "aria-pressed": "false",
      onclick: () => this.markdown.setAttribute("aria-pressed", String(!this.formatted)),
    }, icon("markdown"));
    this.button = h("button", { type: "submit", class: "quiet send", title: "Send", "aria-label": "Send" }, icon("send"));
    this.trouble = h("div", {});
    this.form = h("form", { class: "composer", onsubmit: (event) => this.#submit(event) },
      attach && h("button", { type: "button", class: "quiet", title: "Attach a file", "aria-label": "Attach a file", onclick: () => this.file.click() }, icon("clip")),
      this.file, this.text, this.markdown, this.button);
    fill(element, this.trouble, this.form);
  }

  get formatted() {
    return this.markdown.getAttribute("aria-pressed") === "true";
  }

  get draft() {
    return this.text.value;
  }

  set draft(text) {
    this.text.value = text;
    this.#grow();
  }

  enable(is) {
    for (const control of this.form.elements) control.disabled = !is;
  }

  focus() {
    this.text.focus({ preventScroll: true });
  }

  show(error) {
    fill(this.trouble, error && trouble(error));
  }

  // attempt does something and shows what went wrong. It returns whether nothing did.
  async attempt(doing) {
    try {
      await doing();
      this.show(null);
      return true;
    } catch (error) {
      this.show(error);
      return false;
    }
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  async #submit(event) {
    event.preventDefault();
    const text = this.text.value;
    if (!text.trim()) return;
    this.draft = "";
    this.told = 0;
    const sent = await this.attempt(() => this.send(text, this.formatted ? contentTypes.markdown : contentTypes.text));
    if (!sent && !this.draft) this.draft = text;
  }

  async #attach(attach) {
    const [file] = this.file.files;
    this.file.value = "";
    if (file) await this.attempt(() => attach(file));
    this.focus();
  }

  #typed() {
    this.#grow();
    const now = Date.now();
    if (!this.typing || !this.draft || now - this.told < typingEvery) return;
    this.told = now;
    this.typing().catch(() => {}); // a notice that is lost is no loss
  }

  #grow() {
    if (CSS.supports("field-sizing: content")) return;
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight + 2}px`;
  }
}
