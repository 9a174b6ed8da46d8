// The card by which a customer is asked to sign in: what a chat widget shows when a contact flow or an
// agent asks for it.

import { fill, h } from "./dom.js";

const ends = {
  succeeded: "Signed in", failed: "The sign-in failed", timeout: "The sign-in took too long", expired: "The sign-in expired", cancelled: "Gone on without a sign-in",
};

export class SignIns {
  #cards = new Map(); // the last line of each, by the session

  // address(session) returns where the customer signs in, and cancel(session) whether going on without
  // worked. What did not work they have said.
  constructor({ address, cancel }) {
    this.address = address;
    this.cancel = cancel;
  }

  // card asks for the sign-in of a session.
  card(session) {
    const go = h("button", { type: "button", class: "primary small", onclick: () => this.#open(session) }, "Sign in");
    const skip = h("button", { type: "button", class: "small", onclick: async () => {
      go.disabled = skip.disabled = true;
      if (!(await this.cancel(session))) go.disabled = skip.disabled = false;
    } }, "Go on without");
    const line = h("div", { class: "sign-in-line" }, go, skip);
    this.#cards.set(session, line);
    return h("div", { class: "bubble" }, h("p", { class: "template-title" }, "Please sign in"),
      h("p", { class: "note" }, "In another window, on the page that stands in for your identity provider."), line);
  }

  async #open(session) {
    const line = this.#cards.get(session);
    const go = line.querySelector("button");
    go.disabled = true;
    const address = await this.address(session);
    if (!line.contains(go)) return; // it has ended meanwhile
    go.disabled = false;
    if (!address) return;
    window.open(address); // a browser that lets no page open windows leaves the link
    go.replaceWith(h("a", { href: address, target: "_blank", rel: "opener" }, "To the sign-in page"));
  }

  // end says how a sign-in has ended; all that go on when the chat is over.
  end(session, outcome) {
    for (const one of session ? [session] : [...this.#cards.keys()]) {
      const line = this.#cards.get(one);
      if (line) fill(line, h("p", { class: "note" }, ends[outcome] ?? "No longer open"));
      this.#cards.delete(one);
    }
  }
}
