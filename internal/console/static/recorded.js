// A dialog with a chat as a test of its contact flows, to copy or to save.

import { get, path } from "./api.js";
import { confirm, copyText } from "./copy.js";
import { fill, h } from "./dom.js";
import { plain } from "./format.js";
import { trouble } from "./trouble.js";

const forms = { scenario: "Scenario", aws: "Test case of Amazon Connect" };

// recorded opens the dialog for a contact.
export function recorded(dialog, contact) {
  const form = h("select", { id: "recorded-form", autofocus: true }, Object.entries(forms).map(([value, name]) => h("option", { value }, name)));
  const shown = h("div", {});
  let address = "";
  let asked = 0;
  const show = async () => {
    const mine = ++asked;
    try {
      const { file, content, notes } = await get(`${path`/api/contacts/${contact}/recorded`}?form=${form.value}`);
      if (mine !== asked) return;
      URL.revokeObjectURL(address);
      address = URL.createObjectURL(new Blob([content], { type: "text/plain" }));
      const copy = h("button", { type: "button", class: "small", onclick: () => confirm(copy, copyText(content)) }, "Copy");
      fill(shown,
        notes.length > 0 && h("ul", { class: "recorded-notes" }, notes.map((note) => h("li", {}, plain(note)))),
        h("pre", { class: "recorded", tabindex: "0", "aria-label": "The test" }, content),
        h("div", { class: "submit" }, h("a", { class: "small", href: address, download: file }, "Save"), copy,
          h("button", { type: "button", class: "small", onclick: () => dialog.close() }, "Close")));
    } catch (failure) {
      if (mine === asked) fill(shown, trouble(failure), h("div", { class: "submit" }, h("button", { type: "button", class: "small", onclick: () => dialog.close() }, "Close")));
    }
  };
  form.addEventListener("change", show);
  fill(dialog,
    h("h2", {}, "The chat as a test"),
    h("p", { class: "note" }, "Save it in the folder tests beside the flows; parley flow test runs it."),
    h("div", { class: "field" }, h("label", { for: "recorded-form" }, "Form"), form), shown);
  dialog.addEventListener("close", () => URL.revokeObjectURL(address), { once: true });
  dialog.showModal();
  show();
}
