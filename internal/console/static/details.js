// What is known about a contact, and its attributes, which can be changed.

import { patch, path } from "./api.js";
import { confirm, copyText } from "./copy.js";
import { fill, h, icon } from "./dom.js";
import { plain, time } from "./format.js";
import { served } from "./here.js";
import { trouble } from "./trouble.js";

// How the contacts of a chat begin that follow the first one.
const began = {
  TRANSFER: "transferred by an agent", QUEUE_TRANSFER: "moved to another queue by a flow", DISCONNECT: "the disconnect flow",
};

export class Details {
  #id = "";
  #known = "";
  #attributes = null; // as shown, not as typed
  #changes = 0; // of what is typed

  constructor(element) {
    this.element = element;
    this.people = h("div", {});
    this.facts = h("div", {});
    this.rows = h("div", { class: "attributes" });
    this.trouble = h("div", {});
    this.save = h("button", { type: "submit", class: "small", disabled: true }, "Save attributes");
    this.form = h("form", { class: "attribute-form", onsubmit: (event) => this.#save(event), oninput: () => this.#changed() },
      h("h4", {}, "Attributes"), this.rows, this.trouble,
      h("div", { class: "submit" }, h("button", { type: "button", class: "small", onclick: () => this.#add("", "").querySelector("input").focus() }, "Add"), this.save));
  }

  // show shows a contact, or none. What is being typed stays while the contact is the same.
  show(contact) {
    if (!contact) {
      this.#id = "";
      this.#known = "";
      fill(this.element, h("p", { class: "empty" }, "Choose a chat to see who is in it, its attributes and its ids."));
      return;
    }
    const known = JSON.stringify(contact);
    if (known === this.#known) return;
    const another = contact.contactId !== this.#id;
    this.#known = known;
    this.#id = contact.contactId;
    this.#tell(contact);
    if (another || this.save.disabled) this.#load(contact.attributes);
    if (another || !this.facts.isConnected) fill(this.element, this.people, this.form, this.facts);
  }

  #tell(contact) {
    const fact = (name, ...text) => h("div", {}, h("dt", {}, name), h("dd", {}, text));
    const id = (name, text) => {
      const copy = h("button", { type: "button", class: "copy", onclick: () => confirm(copy, copyText(text)) }, "Copy", h("span", { class: "unseen" }, ` the ${name}`));
      return text && fact(name, h("code", {}, text), copy);
    };
    fill(this.people, h("h4", {}, "In this chat"),
      h("ul", { class: "people" }, contact.participants.map(({ displayName, role, left }) => h("li", {},
        h("bdi", {}, plain(displayName) || "unnamed"), h("span", { class: "note" }, plain(role).toLowerCase().replace("_", " "), left && ", left")))),
      h("p", { class: "links" }, h("a", { href: served(`/console/inspector?contact=${encodeURIComponent(contact.contactId)}`) }, "Its calls, frames and flow"),
        h("a", { href: served(path`/api/contacts/${contact.contactId}/transcript?format=text`), download: "" }, "Transcript as text")));
    fill(this.facts, h("h4", {}, "About it"), h("dl", { class: "fact-list" },
      id("Contact id", contact.contactId),
      fact("State", { initiated: "the customer has not connected yet", connected: "connected", ended: `ended: ${plain(contact.reason).toLowerCase().replaceAll("_", " ")}` }[contact.state] ?? plain(contact.state)),
      fact("Started", time(contact.started)),
      contact.ended ? fact("Ended", time(contact.ended)) : fact("Expires", new Date(contact.expires).toLocaleString()),
      fact("Content types", contact.contentTypes.map((type) => plain(type).replace("application/vnd.amazonaws.connect.message.", "")).join(", ")),
      contact.relatedContactId && id("Continues", contact.relatedContactId),
      (contact.segments ?? []).slice(1).map((one) => [
        fact("Then", began[one.initiationMethod] ?? plain(one.initiationMethod), ", ", time(one.started)), id("Its contact id", one.contactId)]),
      id("Contact flow", contact.contactFlowId)));
  }

  #load(attributes) {
    this.#attributes = attributes;
    this.save.disabled = true;
    fill(this.trouble);
    fill(this.rows);
    for (const [key, value] of Object.entries(attributes).sort()) this.#add(key, value);
    if (!this.rows.childElementCount) fill(this.rows, h("p", { class: "note" }, "None. They come with StartChatContact, or from here."));
  }

  #add(key, value) {
    if (this.rows.firstElementChild?.localName === "p") fill(this.rows);
    const row = h("div", { class: "attribute" },
      h("input", { type: "text", name: "key", value: key, "aria-label": "Name", placeholder: "name", spellcheck: "false" }),
      h("input", { type: "text", name: "value", value, "aria-label": `Value of ${plain(key) || "the new attribute"}`, placeholder: "value" }),
      h("button", { type: "button", class: "quiet", "aria-label": `Remove ${plain(key)}`, onclick: () => {
        const next = row.nextElementSibling ?? row.previousElementSibling;
        row.remove();
        this.#changed();
        (next?.querySelector("button") ?? this.save).focus();
      } }, icon("cross")));
    this.rows.append(row);
    return row;
  }

  #changed() {
    this.#changes++;
    this.save.disabled = false;
  }

  async #save(event) {
    event.preventDefault();
    const fields = new FormData(this.form);
    const values = fields.getAll("value");
    const wanted = Object.fromEntries(fields.getAll("key").map((key, i) => [key.trim(), values[i]]).filter(([key]) => key));
    const changed = Object.fromEntries(Object.keys(this.#attributes).filter((key) => !(key in wanted)).map((key) => [key, null]));
    for (const [key, value] of Object.entries(wanted)) if (this.#attributes[key] !== value) changed[key] = value;
    const id = this.#id;
    const before = this.#changes;
    try {
      const { attributes } = await patch(path`/api/contacts/${id}`, { attributes: changed });
      if (id !== this.#id) return;
      if (before === this.#changes) this.#load(attributes);
      else this.#attributes = attributes; // what was typed meanwhile stays
    } catch (error) {
      if (id === this.#id) fill(this.trouble, trouble(error));
    }
  }
}
