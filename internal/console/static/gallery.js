// The interactive messages that can be sent: each as it is with one click, or changed first.

import { get } from "./api.js";
import { fill, h } from "./dom.js";
import { plain } from "./format.js";
import { template } from "./templates.js";

const limits = { ListPicker: [1, 6], Panel: [1, 10], QuickReply: [2, 10], Carousel: [2, 5], TimePicker: [1, 20] };
const longest = 20_000;

// parse reads a message that somebody wrote as JSON. What is no object throws an error that says so.
export function parse(text) {
  const message = JSON.parse(text);
  if (typeof message !== "object" || message === null || Array.isArray(message)) throw new Error("a message is an object");
  return message;
}

// advice says what clients would not show. What would break them is refused when it is sent.
export function advice(message) {
  const content = message?.data?.content;
  if (!message?.templateType || !content) return ["A message has templateType, version and data.content."];
  const found = [];
  const [least, most] = limits[message.templateType] ?? [0, Infinity];
  const listed = message.templateType === "TimePicker" ? content.timeslots : content.elements;
  const entries = Array.isArray(listed) ? listed : [];
  if (!content.title && message.templateType !== "ViewResource") found.push("It has no title.");
  if (entries.length < least || entries.length > most) found.push(`It has ${entries.length} entries; from ${least} to ${most} are shown.`);
  if (entries.some((entry) => !entry?.title && !entry?.date && !entry?.data)) found.push("An entry has no title.");
  if (JSON.stringify(message).length > longest) found.push("It is longer than 20 KiB.");
  return found;
}

// toLines and fromLines turn options into text that can be changed, and back: "title | subtitle".
export const toLines = (elements) => elements.map(({ title, subtitle }) => (subtitle ? `${title} | ${subtitle}` : title)).join("\n");

export function fromLines(text, before) {
  return text.split("\n").filter((line) => line.trim()).map((line) => {
    const [title, ...subtitle] = line.split("|");
    const old = before.find((element) => element.title === title.trim());
    const { subtitle: _, ...rest } = old ?? {};
    return { ...rest, title: title.trim(), ...(subtitle.length ? { subtitle: subtitle.join("|").trim() } : {}) };
  });
}

export class Gallery {
  // send(message) sends one and tells whether that worked.
  constructor(element, send) {
    this.element = element;
    this.send = send;
    this.allowed = false;
    this.cards = [];
  }

  async load() {
    if (this.cards.length) return;
    const { templates } = await get("/api/templates");
    this.cards = templates.map((sample) => this.#card(sample));
    fill(this.element, h("p", { class: "note" }, "Sent as they are, or changed first. What the customer chooses comes back into the chat."), this.cards);
    this.allow(this.allowed);
  }

  // allow is whether there is a chat to send them to.
  allow(is) {
    this.allowed = is;
    for (const button of this.element.querySelectorAll("button[data-send]")) button.disabled = !is;
  }

  #card({ title, description, templateType, example }) {
    const message = typeof example === "string" ? JSON.parse(example) : example;
    const name = plain(title || templateType);
    const body = h("div", { class: "card-body" });
    const details = h("details", { ontoggle: () => details.open && !body.firstChild && fill(body, this.#form(structuredClone(message))) },
      h("summary", {}, "Change", h("span", { class: "unseen" }, ` ${name}`)), body);
    return h("article", { class: "sample" },
      h("div", { class: "sample-head" }, h("h4", {}, name), this.#button(name, () => message)),
      h("p", { class: "note" }, plain(description)), details);
  }

  #button(name, message, kind = "small") {
    const button = h("button", { type: "button", class: kind, disabled: !this.allowed, dataset: { send: "" }, onclick: async () => {
      const sent = message();
      if (!sent) return;
      button.disabled = true;
      await this.send(sent);
      button.disabled = !this.allowed;
    } }, "Send", h("span", { class: "unseen" }, ` ${name}`));
    return button;
  }

  #form(message) {
    const { content } = message.data;
    const preview = h("div", { class: "preview bubble" });
    const notes = h("div", { class: "note", role: "status" });
    const inner = () => { // what the fields change, also when it was written otherwise as JSON
      if (!message.data?.content || typeof message.data.content !== "object") message.data = { content: {} };
      return message.data.content;
    };
    let wrong = ""; // what is written as JSON and is none: nothing is sent then
    const json = h("textarea", { rows: 8, class: "id", spellcheck: "false", "aria-label": "The message as JSON", oninput: () => {
      try {
        const written = parse(json.value);
        for (const name of Object.keys(message)) delete message[name];
        Object.assign(message, written);
        show(false);
      } catch (error) {
        wrong = `Not valid JSON, so nothing is sent: ${error.message}`;
        fill(notes, wrong);
      }
    } });
    const show = (write = true) => {
      wrong = "";
      fill(preview, template(JSON.stringify(message)) ?? h("p", { class: "note" }, "Nothing that clients would show."));
      fill(notes, advice(message).map((text) => h("p", {}, text)));
      if (write) json.value = JSON.stringify(message, null, 2);
    };
    const field = (label, control) => h("label", { class: "field" }, label, control);
    const line = (label, key) => field(label, h("input", { type: "text", value: content[key] ?? "", oninput: (event) => {
      if (event.target.value) inner()[key] = event.target.value;
      else delete inner()[key];
      show();
    } }));
    const fields = [line("Title", "title"), "subtitle" in content && line("Subtitle", "subtitle")];
    if (content.elements?.every((element) => element.title)) {
      fields.push(field("Options, one per line: title | subtitle", h("textarea", { rows: 4, value: toLines(content.elements), oninput: (event) => {
        inner().elements = fromLines(event.target.value, content.elements);
        show();
      } })));
    }
    if (content.timeslots) {
      fields.push(field("Times, one per line", h("textarea", { rows: 3, class: "id", value: content.timeslots.map(({ date }) => date).join("\n"), oninput: (event) => {
        inner().timeslots = event.target.value.split("\n").filter((text) => text.trim()).map((date) => ({ date: date.trim(), duration: 30 }));
        show();
      } })));
    }
    show();
    return [fields, h("details", {}, h("summary", {}, "As JSON"), json), h("p", { class: "preview-title note" }, "Preview"), preview, notes, this.#button("as changed", () => (wrong ? null : message), "primary")];
  }
}
