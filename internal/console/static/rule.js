// Fault rules: in words, and a form for one.

import { get } from "./api.js";
import { fill, h } from "./dom.js";
import { plain, short, span } from "./format.js";
import { trouble } from "./trouble.js";

const everything = "*";
const socket = "WebSocket";

// Effects, by their type: what people choose, the fields that are theirs, and what it says.
const effects = {
  status: { title: "Answer with an error", fields: ["status", "error", "message"], says: (what, { status, error }) => `${what} is answered ${status || 500}${error ? ` ${error}` : ""}` },
  throttle: { title: "Throttle", says: (what) => `${what} is answered 429, too many requests` },
  delay: { title: "Make it slow", fields: ["delayMs"], says: (what, { delayMs }) => `${what} takes ${delayMs || "…"} ms longer` },
  drop: { title: "Lose it", fields: ["before"], says: (what, { before }) => `${what} ${before ? "gets lost on its way here" : "is carried out, and its answer gets lost"}` },
  duplicate: { title: "Do it twice", says: (what) => `${what} is carried out twice` },
  cutSocket: { title: "Cut the socket", fields: ["code"], only: true, says: (_, { status }) => (status ? `Open sockets are closed with code ${status}` : "Open sockets break off, without a close frame") },
  refuseSocket: { title: "Refuse sockets", fields: ["status", "error", "message"], only: true, says: (_, { status }) => `No socket is opened: ${status || 503}` },
  halfOpen: { title: "Half-open sockets", only: true, says: () => "Sockets stay open, and nothing gets through" },
  expireTokens: { title: "Expire tokens", says: (what, _, action) => (action === everything ? "Connection tokens and socket addresses stop working now" : `With ${action}, connection tokens and socket addresses stop working`) },
  rejectAttachment: { title: "Reject attachments", only: true, says: () => "The scan finds attachments unfit" },
  passBroken: { title: "Let broken content through", only: true, says: () => "Interactive messages that clients cannot show are sent" },
  failTransfer: { title: "Let transfers fail", only: true, says: () => "Transfers by agents fail" },
  stopStream: { title: "Stop a streamed message", fields: ["chunk"], only: true, says: (_, { chunk }) => `Messages in pieces stop after piece ${chunk || 0} and are not completed` },
};

// inWords says what a rule does.
export function inWords({ action = everything, contactId, percent = 100, times, forMs, effect }) {
  const what = action === everything ? "Everything" : action === socket ? "Every frame" : action;
  const says = effects[effect.type]?.says(what, effect, action) ?? effect.type;
  return plain(`${says}${contactId ? `, in contact ${short(contactId)}` : ""}${percent < 100 ? `, ${percent} % of the time` : ""}` +
    `${times ? (times === 1 ? ", once" : `, ${times} times`) : ""}${forMs ? `, for ${span(forMs)}` : ""}.`);
}

let ids = 0;

// field is an input with its label, a word of help and room for what is wrong with it. member
// is what the API calls it.
function field(member, label, input, help) {
  const id = `f${++ids}`;
  input.id = id;
  input.dataset.field = member;
  const wrong = h("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
  input.setAttribute("aria-describedby", `${id}-wrong`);
  return h("div", { class: "field" }, h("label", { for: id }, label, help && h("span", { class: "optional" }, ` ${help}`)), input, wrong);
}

const amount = (placeholder, min, max) => h("input", { type: "number", min, max, placeholder, inputmode: "numeric" });

// ruleForm makes the form; add puts a rule in force and throws what is wrong with it.
export function ruleForm(form, add) {
  const type = h("select", {}, Object.entries(effects).map(([name, { title }]) => h("option", { value: name }, title)));
  const action = h("select", {});
  const status = amount("", 400, 599);
  const error = h("input", { type: "text", placeholder: "as AWS names it", class: "id", spellcheck: "false", autocomplete: "off" });
  const message = h("input", { type: "text", placeholder: "as AWS words it", autocomplete: "off" });
  const code = amount("none", 1000, 4999);
  const delay = amount("", 1, 300_000);
  delay.value = 1500;
  const chunk = amount("0", 0, 1_000_000);
  chunk.value = 2;
  const before = h("select", {}, h("option", { value: "" }, "The answer, after it is carried out"), h("option", { value: "1" }, "The request, before"));
  const contact = h("input", { type: "text", class: "id", placeholder: "all contacts", list: "known-contacts", spellcheck: "false", autocomplete: "off" });
  const contacts = h("datalist", { id: "known-contacts" });
  const percent = amount("100", 1, 100);
  const times = amount("always", 0, 1_000_000);
  const seconds = amount("until turned off", 1, 86_400);
  const words = h("p", { class: "words" });
  const wrong = h("div");
  const submit = h("button", { type: "submit", class: "primary" }, "Turn on");
  const actionField = field("action", "Where", action);
  const own = {
    status: field("effect.status", "Status", status, "400 to 599"), error: field("effect.error", "Error name", error, "optional"),
    message: field("effect.message", "Message", message, "optional"), code: field("effect.status", "Close code", code, "optional"),
    delayMs: field("effect.delayMs", "Milliseconds", delay), before: field("effect.before", "What is lost", before),
    chunk: field("effect.chunk", "Last piece", chunk),
  };
  fill(form,
    h("div", { class: "pair" }, field("effect.type", "What happens", type), actionField),
    h("div", { class: "pair" }, Object.values(own)),
    h("div", { class: "pair wide-pair" }, field("contactId", "Contact", contact, "optional"), field("percent", "Percent", percent),
      field("times", "How often", times, "times"), field("forMs", "For", seconds, "seconds")),
    contacts, wrong, h("div", { class: "submit" }, submit, words));

  let actions = [];
  function rule() {
    const { fields = [], only } = effects[type.value];
    const numeric = (input) => (input.value === "" ? undefined : input.valueAsNumber);
    const text = (input) => input.value.trim() || undefined;
    const has = (name) => fields.includes(name);
    const forMs = numeric(seconds);
    return {
      action: only ? undefined : action.value, contactId: text(contact), percent: numeric(percent), times: numeric(times),
      forMs: forMs === undefined ? undefined : Math.round(forMs * 1000),
      effect: {
        type: type.value, status: has("status") ? numeric(status) : has("code") ? numeric(code) : undefined,
        error: has("error") ? text(error) : undefined, message: has("message") ? text(message) : undefined,
        delayMs: has("delayMs") ? numeric(delay) : undefined, before: (has("before") && before.value === "1") || undefined,
        chunk: has("chunk") ? numeric(chunk) : undefined,
      },
    };
  }

  function suit() {
    const { fields = [], only } = effects[type.value];
    for (const [name, element] of Object.entries(own)) element.hidden = !fields.includes(name);
    actionField.hidden = Boolean(only);
    status.placeholder = type.value === "refuseSocket" ? 503 : 500;
    const chosen = action.value || "SendMessage";
    const names = type.value === "expireTokens" ? actions.filter((name) => name !== socket) : actions;
    fill(action, h("option", { value: everything }, "Everything"), names.map((name) => h("option", { value: name }, name === socket ? "WebSocket: frames and upgrades" : name)));
    action.value = chosen === everything || names.includes(chosen) ? chosen : everything;
    words.textContent = inWords(rule());
  }

  function clean() {
    fill(wrong);
    for (const input of form.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
      input.nextElementSibling.hidden = true;
    }
  }

  function refused(failure) {
    const { field: member, message: text } = failure;
    const input = [...form.querySelectorAll("[data-field]")].find((each) => each.dataset.field === member && !each.closest("[hidden]"));
    if (!input) {
      fill(wrong, trouble(failure));
      return;
    }
    // The name of the member stands above the field already.
    const said = text.toLowerCase().startsWith(`${member.toLowerCase()} `) ? text.slice(member.length + 1) : text;
    input.setAttribute("aria-invalid", "true");
    input.nextElementSibling.textContent = said[0].toUpperCase() + said.slice(1);
    input.nextElementSibling.hidden = false;
    input.focus();
  }

  form.addEventListener("input", suit);
  contact.addEventListener("focus", async () => {
    const answer = await get("/api/contacts?state=active&limit=100").catch(() => ({ contacts: [] }));
    fill(contacts, answer.contacts.map(({ contactId, customer }) => h("option", { value: contactId }, plain(customer))));
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clean();
    submit.disabled = true;
    try {
      await add(rule());
    } catch (failure) {
      refused(failure);
    } finally {
      submit.disabled = false;
    }
  });
  return {
    actions(names) {
      actions = names;
      suit();
    },
  };
}
