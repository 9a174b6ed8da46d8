// Where chats are transferred to, and who answers them.

import { stateOf } from "./agent.js";
import { byId, fill, h } from "./dom.js";
import { plain } from "./format.js";
import { trouble } from "./trouble.js";

const example = `name: Robin
greeting: Hello {customer}, this is Robin.
rules:
  - contains: order
    delay: 1s
    reply: Which one?
  - match: bye
    do: [{reply: Goodbye!}, {end: true}]
  - reply: I see.
`;

// open shows a dialog; Escape and its button close it, and the focus goes back to where it was.
function open(id, title, ...content) {
  const dialog = byId(id);
  fill(dialog, h("div", { class: "dialog-head" }, h("h2", { id: `${id}-title` }, title),
    h("button", { type: "button", class: "small", onclick: () => dialog.close() }, "Close")), content);
  dialog.setAttribute("aria-labelledby", `${id}-title`);
  if (!dialog.open) dialog.showModal();
  return dialog;
}

// why says why an agent cannot have a chat now; empty when it can.
function why(agent, there) {
  const chats = agent.contacts.filter(({ role }) => role === "AGENT").length + (agent.invitations?.length ?? 0);
  if (there) return "is in this chat";
  if (agent.state !== "available") return `is ${agent.state}`;
  return agent.capacity && chats >= agent.capacity ? `has ${chats} of ${agent.capacity} chats` : "";
}

// among are the agents to choose from, those who cannot be chosen with the reason.
function among(desk, contactId, value) {
  const here = new Set(desk.holders(contactId).map(({ id }) => id));
  const option = (agent) => {
    const reason = why(agent, here.has(agent.id));
    const { length } = agent.contacts;
    return h("option", { value: value(agent), disabled: Boolean(reason) }, `${plain(agent.name)} (${reason || `${length} ${length === 1 ? "chat" : "chats"}`})`);
  };
  const options = desk.agents.filter((agent) => agent.id !== desk.me?.id).map(option);
  return { options, any: options.some(({ disabled }) => !disabled) };
}

// transfer lets the agent transfer a chat. Agents and queues that come meanwhile come into the list.
export function transfer(desk, contactId) {
  const wrong = h("div", {});
  const nobody = h("p", { class: "note" }, "No other agent is available. Another person opens this page in another window; scripted ones are added under Agents.");
  const to = h("select", { id: "transfer-to" });
  const show = () => {
    const { options, any } = among(desk, contactId, ({ id }) => `agentId ${id}`);
    const chosen = to.value;
    fill(to,
      h("optgroup", { label: "Queues" }, desk.queues.filter(({ agent }) => !agent).map(({ id, name, capacity, waiting }) => {
        const full = capacity > 0 && waiting.length >= capacity;
        return h("option", { value: `queueId ${id}`, disabled: full }, `${plain(name)} (${full ? `is full: ${waiting.length} of ${capacity}` : waiting.length} waiting)`);
      })),
      options.length > 0 && h("optgroup", { label: "Agents" }, options));
    if ([...to.options].some(({ value }) => value === chosen)) to.value = chosen;
    nobody.hidden = any;
  };
  show();
  const form = h("form", { onsubmit: async (event) => {
    event.preventDefault();
    const [kind, id] = to.value.split(" ");
    try {
      await desk.transfer(contactId, { [kind]: id });
      dialog.close();
    } catch (error) {
      fill(wrong, trouble(error));
    }
  } },
  h("div", { class: "field" }, h("label", { for: "transfer-to" }, "To"), to),
  nobody, wrong, h("div", { class: "submit" }, h("button", { type: "submit", class: "primary" }, "Transfer")));
  const dialog = open("transfer", "Transfer the chat", form);
  desk.addEventListener("change", show);
  dialog.addEventListener("close", () => desk.removeEventListener("change", show), { once: true });
}

// invite lets the agent ask another one to join a chat. Agents that come meanwhile come into the list.
export function invite(desk, contactId) {
  const wrong = h("div", {});
  const nobody = h("p", { class: "note" }, "No other agent is available. Another person opens this page in another window; scripted ones are added under Agents.");
  const to = h("select", { id: "invite-agent" });
  const ask = h("button", { type: "submit", class: "primary" }, "Invite");
  const show = () => {
    const { options, any } = among(desk, contactId, ({ id }) => id);
    const chosen = to.value;
    fill(to, options);
    if ([...to.options].some(({ value }) => value === chosen)) to.value = chosen;
    nobody.hidden = any;
    ask.disabled = !any;
  };
  show();
  const form = h("form", { onsubmit: async (event) => {
    event.preventDefault();
    try {
      await desk.invite(contactId, to.value);
      dialog.close();
    } catch (error) {
      fill(wrong, trouble(error));
    }
  } },
  h("div", { class: "field" }, h("label", { for: "invite-agent" }, "Agent"), to),
  nobody, wrong, h("div", { class: "submit" }, ask));
  const dialog = open("invite", "Ask another agent to join", form);
  desk.addEventListener("change", show);
  dialog.addEventListener("close", () => desk.removeEventListener("change", show), { once: true });
}

const outcomes = {
  asked: "Ask the customer to sign in", succeeded: "The customer signed in", failed: "The sign-in failed", timeout: "It took too long",
  expired: "It expired", cancelled: "The customer goes on without it", "": "Nothing of a sign-in: only the name",
};

// signIn tells the page how a sign-in goes, and the name that it gives the customer.
export function signIn(desk, contactId) {
  const wrong = h("div", {});
  const outcome = h("select", { id: "sign-in-outcome" }, Object.entries(outcomes).map(([value, text]) => h("option", { value }, text)));
  const name = h("input", { id: "sign-in-name", type: "text", maxlength: 256, autocomplete: "off" });
  const form = h("form", { onsubmit: async (event) => {
    event.preventDefault();
    const told = { outcome: outcome.value, displayName: name.value.trim() };
    for (const member of Object.keys(told)) if (!told[member]) delete told[member];
    try {
      await desk.signIn(contactId, told);
      dialog.close();
    } catch (error) {
      fill(wrong, trouble(error));
    }
  } },
  h("div", { class: "field" }, h("label", { for: "sign-in-outcome" }, "What happened"), outcome),
  h("div", { class: "field" }, h("label", { for: "sign-in-name" }, "The customer's new name, if a profile has one"), name),
  wrong, h("div", { class: "submit" }, h("button", { type: "submit", class: "primary" }, "Tell the page")));
  const dialog = open("sign-in", "Sign-in", form);
}

// agents shows who answers, and adds others.
export function agents(desk) {
  const wrong = h("div", {});
  const list = h("ul", { class: "agent-list" });
  const attempt = async (doing) => {
    try {
      await doing();
      fill(wrong);
    } catch (error) {
      fill(wrong, trouble(error));
    }
  };
  let before = "";
  const show = () => {
    const now = JSON.stringify(desk.agents);
    if (now === before) return;
    before = now;
    fill(list, desk.agents.length ? desk.agents.map((agent) => h("li", {},
      h("bdi", {}, plain(agent.name)),
      h("span", { class: `pill ${agent.state === "available" ? "on" : ""}` }, stateOf(agent)),
      h("span", { class: "note" }, `${agent.scripted ? "scripted, " : ""}${agent.contacts.length} ${agent.contacts.length === 1 ? "chat" : "chats"}`),
      h("button", { type: "button", class: "small", onclick: () => attempt(() => desk.remove(agent.id)) }, "Remove", h("span", { class: "unseen" }, ` ${plain(agent.name)}`)))) :
      h("li", { class: "note" }, "Nobody yet: chats wait."));
  };
  const script = h("textarea", { id: "add-script", name: "yaml", rows: 10, class: "id", spellcheck: "false", value: example });
  const yaml = h("div", { class: "field", hidden: true }, h("label", { for: "add-script" }, "Script, in YAML"), script);
  const form = h("form", { onsubmit: (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    attempt(() => desk.add({
      ...(fields.get("name").trim() ? { name: fields.get("name").trim() } : {}),
      script: fields.get("kind") === "echo" ? "echo" : script.value, count: Number(fields.get("count")) || 1,
    }));
  } },
  h("h3", {}, "Add scripted agents"),
  h("div", { class: "pair" },
    h("div", { class: "field" }, h("label", { for: "add-name" }, "Name ", h("span", { class: "optional" }, "optional")), h("input", { id: "add-name", name: "name", type: "text", maxlength: 256, autocomplete: "off" })),
    h("div", { class: "field" }, h("label", { for: "add-kind" }, "Answers"), h("select", { id: "add-kind", name: "kind", onchange: (event) => (yaml.hidden = event.target.value === "echo") },
      h("option", { value: "echo" }, "by repeating"), h("option", { value: "yaml" }, "by a script"))),
    h("div", { class: "field" }, h("label", { for: "add-count" }, "How many"), h("input", { id: "add-count", name: "count", type: "number", min: 1, max: 1000, value: 1 }))),
  yaml, wrong, h("div", { class: "submit" }, h("button", { type: "submit", class: "primary" }, "Add"),
    h("p", { class: "note" }, "They take waiting chats at once. Another person opens this page in another window.")));
  show();
  desk.addEventListener("change", show);
  open("agents", "Agents", list, form).addEventListener("close", () => desk.removeEventListener("change", show), { once: true });
}
