// What was said and is not there yet: shown at once, with what became of it. It stands at the end of its
// conversation until its echo comes.

import { fill, h } from "./dom.js";
import { plain } from "./format.js";

const patient = 3000; // after which somebody who waits wants to know

export class Unsent {
  #rows = new Map(); // of all conversations: { of, text } of each row
  #sent = new Map(); // rows by the id of the message, until it comes
  #of = "";

  constructor(list, added) {
    this.list = list;
    this.added = added;
  }

  // show puts what is left of a conversation at the end, and says whether there is any. What was answered
  // comes with what is loaded.
  show(of) {
    this.#of = of;
    for (const row of this.#sent.values()) this.#remove(row);
    this.#sent.clear();
    const left = [...this.#rows].filter(([, row]) => row.of === of).map(([row]) => row);
    this.list.append(...left);
    return left.length > 0;
  }

  // came is told of every message that is there, and whether it may be one of these. Its echo can be
  // faster than the answer that has its id.
  came({ Id, Content }, own) {
    const [early] = [...this.#rows].find(([row, { of, text }]) => own && of === this.#of && text === Content && row.dataset.tries) ?? [];
    this.#remove(this.#sent.get(Id) ?? early);
    this.#sent.delete(Id);
  }

  // send shows a bubble while something is done, which answers the message's id. there says whether
  // that has come already. What was refused is the error; after anything else it can be tried again.
  async send(text, bubble, doing, there) {
    const state = h("p", { class: "note sending", role: "status" });
    const row = h("li", { class: "said own unsent", dataset: { at: "~" } }, bubble, state); // after all times
    this.#rows.set(row, { of: this.#of, text });
    this.list.append(row);
    await this.#try(row, state, doing, there);
  }

  async #try(row, state, doing, there) {
    fill(state, "Sending …");
    row.classList.remove("failed");
    row.dataset.tries = "now";
    this.added();
    const timer = setTimeout(() => fill(state, "Not answering …"), patient);
    try {
      const answer = await doing();
      const id = answer?.Id ?? answer?.id;
      delete row.dataset.tries;
      if (!id || there(id) || this.#rows.get(row)?.of !== this.#of) this.#remove(row);
      else {
        this.#sent.set(id, row);
        fill(state, "");
      }
    } catch (error) {
      delete row.dataset.tries;
      if (error.status >= 400 && error.status < 500 && error.status !== 429) {
        this.#remove(row);
        throw error;
      }
      row.classList.add("failed");
      fill(state, "Not sent", error.status ? `: ${plain(error.message)}` : "", " ",
        h("button", { type: "button", class: "link", onclick: () => this.#try(row, state, doing, there).catch((refused) => this.#refused(row, state, refused)) }, "Try again"), " ",
        h("button", { type: "button", class: "link", onclick: () => this.#remove(row) }, "Discard"));
      if (row.isConnected) this.added();
    } finally {
      clearTimeout(timer);
    }
  }

  // What is refused when it is tried again is said where it stands.
  #refused(row, state, error) {
    this.#rows.set(row, { of: this.#of });
    this.list.append(row);
    row.classList.add("failed");
    fill(state, `Not sent: ${plain(error.message)} `, h("button", { type: "button", class: "link", onclick: () => this.#remove(row) }, "Discard"));
  }

  #remove(row) {
    this.#rows.delete(row);
    row?.remove();
  }
}
