// The interactive messages that can be sent: each is seen before, and can be changed first.

import { get } from "./api.js";
import { fill, h } from "./dom.js";
import { plain } from "./format.js";
import { draw } from "./templates.js";

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

const field = (label, control) => h("label", { class: "field" }, label, control);
const lines = (text) => text.split("\n").filter((line) => line.trim());

// fieldsOf are the fields that change a message's content. reach returns the content as it is now: it may have
// been written anew as JSON. changed is called after each change.
function fieldsOf(content, reach, changed) {
  const write = (change) => ({ target }) => {
    change(reach(), target.value);
    changed();
  };
  const line = (label, key, of = (inner) => inner) => field(label, h("input", { type: "text", value: of(content)[key] ?? "", oninput: write((inner, text) => {
    if (text) of(inner)[key] = text;
    else delete of(inner)[key];
  }) }));
  const block = (label, value, change, more) => field(label, h("textarea", { rows: 3, value, ...more, oninput: write(change) }));
  const { elements, timeslots, location, viewData } = content;
  return [
    !viewData && line("Title", "title"), "subtitle" in content && line("Subtitle", "subtitle"), "imageData" in content && line("Picture", "imageData"),
    elements?.every((element) => element.title) && block("Options, one per line: title | subtitle", toLines(elements), (inner, text) => { inner.elements = fromLines(text, elements); }),
    elements?.some((element) => element.data?.content) && elements.map((card, n) => h("fieldset", { class: "card-fields" }, h("legend", {}, `Card ${n + 1}`),
      fieldsOf(card.data.content, () => reach().elements?.[n]?.data?.content ?? {}, changed))),
    timeslots && block("Times, one per line", timeslots.map(({ date }) => date).join("\n"), (inner, text) => {
      inner.timeslots = lines(text).map((date) => ({ date: date.trim(), duration: 30 }));
    }, { class: "id" }),
    location && line("Place", "title", (inner) => (inner.location ??= {})),
    viewData && Object.keys(viewData).filter((key) => typeof viewData[key] === "string").map((key) => line(key, key, (inner) => (inner.viewData ??= {}))),
  ];
}

// editor returns a message's fields, its picture and its source. button(label, message) makes the button that sends it.
function editor(message, button) {
  const preview = h("div", { class: "preview bubble" });
  const notes = h("div", { class: "note", role: "status" });
  const reach = () => {
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
    fill(preview, draw(JSON.stringify(message)) ?? h("p", { class: "note" }, "Nothing that clients would show."));
    fill(notes, advice(message).map((text) => h("p", {}, text)));
    if (write) json.value = JSON.stringify(message, null, 2);
  };
  show();
  return [h("div", { class: "preview-frame", role: "group", "aria-label": "Preview" }, preview), notes, button(() => (wrong ? null : message)),
    h("details", {}, h("summary", {}, "Change"), h("div", { class: "card-body" }, fieldsOf(message.data.content, reach, show))),
    h("details", {}, h("summary", {}, "Source"), json)];
}

const exampleOf = ({ example }) => structuredClone(typeof example === "string" ? JSON.parse(example) : example);
const nameOf = ({ title, templateType }) => plain(title || templateType);

export const samples = async () => (await get("/api/templates")).templates;

// show puts a message to send into a dialog: it is seen before it is sent.
export function show(dialog, sample, send) {
  const name = nameOf(sample);
  const close = h("button", { type: "button", class: "small", onclick: () => dialog.close() }, "Close");
  fill(dialog, h("div", { class: "dialog-head" }, h("h2", { id: `${dialog.id}-title` }, name), close),
    h("div", { class: "card-body" }, h("p", { class: "note" }, plain(sample.description)),
      editor(exampleOf(sample), (message) => h("button", { type: "button", class: "primary", onclick: async ({ target }) => {
        if (!message()) return;
        target.disabled = true;
        await send(message()); // what was wrong stands above the box where messages are written
        dialog.close();
      } }, "Send", h("span", { class: "unseen" }, ` ${name}`)))));
  dialog.setAttribute("aria-labelledby", `${dialog.id}-title`);
  dialog.showModal();
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
    const found = await samples();
    if (this.cards.length) return; // asked for twice; what is changed in the cards stays
    this.cards = found.map((sample) => this.#card(sample));
    fill(this.element, h("p", { class: "note" }, "Sent as they are, or changed first. What the customer chooses comes back into the chat."), this.cards);
    this.allow(this.allowed);
  }

  // allow is whether there is a chat to send them to.
  allow(is) {
    this.allowed = is;
    for (const button of this.element.querySelectorAll("button[data-send]")) button.disabled = !is;
  }

  #card(sample) {
    const name = nameOf(sample);
    return h("article", { class: "sample", "aria-label": name }, h("h4", {}, name), h("p", { class: "note" }, plain(sample.description)),
      editor(exampleOf(sample), (message) => this.#button(name, message)));
  }

  #button(name, message) {
    const button = h("button", { type: "button", class: "small", disabled: !this.allowed, dataset: { send: "" }, onclick: async () => {
      const sent = message();
      if (!sent) return;
      button.disabled = true;
      await this.send(sent);
      button.disabled = !this.allowed;
    } }, "Send", h("span", { class: "unseen" }, ` ${name}`));
    return button;
  }
}
