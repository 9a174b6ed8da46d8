// A dialog to send a request once more, with changes.

import { post, path } from "./api.js";
import { fill, h } from "./dom.js";
import { pretty } from "./json.js";
import { newToken } from "./participant.js";
import { trouble } from "./trouble.js";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];
// Headers that the sending makes anew, so that they are not shown to be changed.
const own = new Set(["connection", "content-length", "host", "transfer-encoding", "accept-encoding", "x-parley-replay"]);
const clientToken = /("ClientToken"\s*:\s*")((?:[^"\\]|\\.)+)/;

// replay opens the dialog for an exchange; made gets the exchange that came of it.
export function replay(dialog, exchange, made) {
  const known = (exchange.requestHeaders ?? []).filter(({ name }) => !own.has(name.toLowerCase()));
  const method = h("select", { name: "method", id: "replay-method" },
    [...new Set([exchange.method, ...methods])].map((name) => h("option", { selected: name === exchange.method }, name)));
  const address = h("input", { name: "path", id: "replay-path", class: "id", value: exchange.path, spellcheck: "false", autocomplete: "off", required: true });
  const fields = h("textarea", { id: "replay-headers", class: "id", rows: Math.min(8, known.length + 1), spellcheck: "false" });
  fields.value = known.map(({ name, value }) => `${name}: ${value}`).join("\n");
  const body = h("textarea", { id: "replay-body", class: "id", rows: 8, spellcheck: "false", autofocus: true });
  body.value = pretty(exchange.requestBody ?? "");
  // A call with the ClientToken of an earlier one is answered like that one, and does nothing.
  const used = body.value.match(clientToken)?.[2];
  const fresh = newToken();
  const put = (token) => (body.value = body.value.replace(clientToken, (_, name) => name + token));
  const same = h("input", { type: "checkbox", id: "replay-same", onchange: () => put(same.checked ? used : fresh) });
  const before = body.value;
  if (used) put(fresh);
  const wrong = h("div");
  const send = h("button", { type: "submit", class: "primary" }, "Send");
  const form = h("form", {},
    h("h2", { id: "replay-title" }, "Send again"),
    h("p", { class: "note" }, "Tokens that are masked (•••) in headers are replaced by fresh ones of the same participant."),
    h("div", { class: "replay-line" },
      h("div", { class: "field" }, h("label", { for: "replay-method" }, "Method"), method),
      h("div", { class: "field" }, h("label", { for: "replay-path" }, "Path"), address)),
    h("div", { class: "field" }, h("label", { for: "replay-headers" }, "Headers, one a line"), fields),
    h("div", { class: "field" }, h("label", { for: "replay-body" }, "Body"), body),
    used && h("label", { class: "check" }, same, " Repeat it with the same ClientToken, as a client that tries again"),
    wrong,
    h("div", { class: "submit" }, send, h("button", { type: "button", class: "small", onclick: () => dialog.close() }, "Cancel")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    fill(wrong);
    try {
      const changes = { method: method.value, path: address.value, headers: changedHeaders(known, fields.value) };
      if (body.value !== before || !exchange.requestOmitted) changes.body = body.value === before ? exchange.requestBody ?? "" : body.value;
      const answer = await post(path`/api/exchanges/${exchange.id}/replay`, changes);
      dialog.close();
      made(answer);
    } catch (failure) {
      fill(wrong, trouble(failure));
    } finally {
      send.disabled = false;
    }
  });
  fill(dialog, form);
  dialog.showModal();
}

// changedHeaders are those that are not as they were; an empty value takes one away.
function changedHeaders(known, text) {
  const wanted = new Map();
  for (const line of text.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) wanted.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  const names = new Set([...wanted.keys()].map((name) => name.toLowerCase()));
  const before = new Map(known.map(({ name, value }) => [name.toLowerCase(), value]));
  const changed = {};
  for (const [name, value] of wanted) if (before.get(name.toLowerCase()) !== value) changed[name] = value;
  for (const { name } of known) if (!names.has(name.toLowerCase())) changed[name] = "";
  return changed;
}
