// Where a message is written: Enter sends, Shift+Enter begins a line. What could not be sent
// stays, with the reason above it.

import { fill, h, icon } from "./dom.js";
import { contentTypes } from "./participant.js";
import { trouble } from "./trouble.js";

const typingEvery = 6000; // while somebody types

const pressed = (button) => button.getAttribute("aria-pressed") === "true";

function toggle(label, sign) {
  const button = h("button", {
    type: "button", class: "quiet md", title: label, "aria-label": label, "aria-pressed": "false",
    onclick: () => button.setAttribute("aria-pressed", String(!pressed(button))),
  }, sign);
  return button;
}

export class Composer {
  // send(text, contentType, stream), typing() and attach(file) return promises; typing and attach may
  // be left out. Where streams can be sent, there is a switch for it: see offer.
  constructor(element, { label, send, typing, attach, streams }) {
    this.send = send;
    this.typing = typing;
    this.told = 0;
    this.text = h("textarea", {
      rows: 1, "aria-label": label, placeholder: "Write a message", enterkeyhint: "send",
      oninput: () => this.#typed(), onkeydown: (event) => this.#key(event),
    });
    this.file = attach && h("input", { type: "file", hidden: true, tabindex: -1, onchange: () => this.#attach(attach) });
    this.markdown = toggle("Send as markdown", icon("markdown"));
    this.stream = streams && toggle("Send in pieces, as a bot that writes", "…");
    this.offer(false);
    this.button = h("button", { type: "submit", class: "quiet send", title: "Send", "aria-label": "Send" }, icon("send"));
    this.trouble = h("div", {});
    this.form = h("form", { class: "composer", onsubmit: (event) => this.#submit(event) },
      attach && h("button", { type: "button", class: "quiet", title: "Attach a file", "aria-label": "Attach a file", onclick: () => this.file.click() }, icon("clip")),
      this.file, this.text, this.markdown, this.stream, this.button);
    fill(element, this.trouble, this.form);
  }

  // offer shows the switch for pieces, or hides it.
  offer(is) {
    if (this.stream) this.stream.hidden = !is;
  }

  // label says to whom a message goes.
  label(text) {
    if (this.text.ariaLabel !== text) this.text.ariaLabel = text;
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
    const sent = await this.attempt(() => this.send(text, pressed(this.markdown) ? contentTypes.markdown : contentTypes.text,
      Boolean(this.stream && !this.stream.hidden && pressed(this.stream))));
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
