// The keys of a page: "?" lists them.

import { fill, h } from "./dom.js";

const list = [["↑ ↓ PgUp PgDn Home End", "go through a list that has the focus"], ["Enter", "open what is chosen in it"]];
const talk = [["Enter", "sends the message"], ["Shift+Enter", "begins a new line"]];
const tabs = [["← → Home End", "go from tab to tab"]];
const everywhere = [["?", "shows this list"], ["Esc", "closes a dialog"]];

const keys = {
  workbench: [["In a conversation", talk], ["In the traffic", list], ["On its upper edge", [["↑ ↓", "make the traffic higher or lower"], ["Enter", "shuts or opens it"]]], ["In tabs", tabs]],
  desk: [["In a conversation", talk], ["In the chats", [...list, ["Esc", "leads back to the chats, on a narrow page"]]], ["In tabs", tabs]],
  inspector: [["In the timeline", list], ["On the page", [["/", "goes to the search"], ["Esc", "clears the search, or closes what is open"]]], ["In tabs", tabs]],
  connect: [["In tabs", tabs]],
};

const writes = (element) => element.closest("input, textarea, select, [contenteditable]");

// keyHelp lists the keys of a page on "?", and when its button is pressed.
export function keyHelp(page, button) {
  const dialog = h("dialog", { id: "keys", "aria-labelledby": "keys-title" });
  document.body.append(dialog);
  const show = () => {
    fill(dialog, h("div", { class: "dialog-head" }, h("h2", { id: "keys-title" }, "Keys of this page"),
      h("button", { type: "button", class: "small", onclick: () => dialog.close() }, "Close")),
    [...(keys[page] ?? []), ["Everywhere", everywhere]].map(([where, pairs]) => [h("h3", {}, where),
      h("dl", { class: "keys" }, pairs.map(([key, does]) => h("div", {}, h("dt", {}, key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, does))))]));
    dialog.showModal();
  };
  button.hidden = false;
  button.addEventListener("click", show);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || writes(event.target) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    show();
  });
}
