// The form that starts a chat: it posts to the front door as a widget does and shows
// the answer.

import { confirm, copyText } from "./copy.js";
import { served } from "./here.js";

const mask = "•".repeat(12);
const noAnswer = {
  error: "Parley did not answer.",
  hint: "Check in its terminal whether it is still running, then try again.",
};
const notOurs = {
  error: "The answer is not one of Parley's.",
  hint: "Look for a proxy between this page and Parley that answers in its place.",
};
const byId = (id) => document.getElementById(id);

export function startForm(form) {
  const submit = byId("submit");
  submit.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    submit.textContent = "Starting…";
    const begun = performance.now();
    let status = 0;
    try {
      const response = await fetch(served("/startChatContact"), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(requestBody(new FormData(form))),
      });
      status = response.status;
      const answer = await response.json();
      if (response.ok) showGood(status, answer, performance.now() - begun);
      else showBad(status, answer);
    } catch {
      showBad(status, status ? notOurs : noAnswer);
    } finally {
      submit.disabled = false;
      submit.textContent = "Start chat";
    }
  });
}

// requestBody leaves out what was not filled in, so that the server's settings hold.
function requestBody(fields) {
  const text = (name) => fields.get(name).trim();
  const body = {};
  if (text("instance")) body.InstanceId = text("instance");
  if (text("flow")) body.ContactFlowId = text("flow");
  if (text("name")) body.ParticipantDetails = { DisplayName: text("name") };
  if (text("message")) body.InitialMessage = { ContentType: "text/plain", Content: text("message") };
  return body;
}

function show(which) {
  for (const part of ["empty", "good", "bad"]) byId(`result-${part}`).hidden = part !== which;
}

function showGood(status, answer, took) {
  const started = answer.data?.startChatResult ?? answer;
  const attempts = started.$metadata?.attempts ?? 1;
  byId("good-status").textContent = status;
  byId("good-text").textContent =
    `Chat started in ${Math.round(took)} ms` + (attempts > 1 ? `, after ${attempts} attempts` : "");
  const token = started.ParticipantToken ?? "";
  const json = byId("good-json");
  const whole = JSON.stringify(answer, null, 2);
  json.textContent = token ? whole.replaceAll(token, mask) : whole;

  const rows = [
    row("ContactId", started.ContactId),
    row("ParticipantId", started.ParticipantId),
    started.ContinuedFromContactId && row("ContinuedFromContactId", started.ContinuedFromContactId),
    row("ParticipantToken", token, (shown) => {
      json.textContent = shown || !token ? whole : whole.replaceAll(token, mask);
    }),
  ];
  byId("good-ids").replaceChildren(...rows.filter(Boolean));
  show("good");
}

// row is one id with a button to copy it. onReveal makes it a secret, which is masked
// until asked for.
function row(name, value, onReveal) {
  const div = document.createElement("div");
  const term = document.createElement("dt");
  const text = document.createElement("dd");
  const code = document.createElement("code");
  term.textContent = name;
  code.textContent = onReveal ? mask : value;
  text.append(code);
  if (onReveal) {
    let shown = false;
    const reveal = button("Reveal", ` the ${name}`);
    reveal.setAttribute("aria-pressed", "false");
    reveal.addEventListener("click", () => {
      shown = !shown;
      code.textContent = shown ? value : mask;
      reveal.firstChild.data = shown ? "Hide" : "Reveal";
      reveal.setAttribute("aria-pressed", String(shown));
      onReveal(shown);
    });
    text.append(reveal);
  }
  const copy = button("Copy", ` the ${name}`);
  copy.addEventListener("click", () => confirm(copy, copyText(value)));
  text.append(copy);
  div.append(term, text);
  return div;
}

// button is a small button whose label says more to those who only hear it.
function button(label, more) {
  const made = document.createElement("button");
  const unseen = document.createElement("span");
  made.type = "button";
  made.className = "copy";
  unseen.className = "unseen";
  unseen.textContent = more;
  made.append(label, unseen);
  return made;
}

function showBad(status, answer) {
  byId("bad-status").textContent = status || "no answer";
  byId("bad-sentence").textContent = answer.error ?? "The server answered in a way this page does not know.";
  byId("bad-hint").textContent = answer.hint ?? "";
  byId("bad-meta").replaceChildren(
    ...[
      answer.code,
      answer.field && `member ${answer.field}`,
      answer.requestId && `request ${answer.requestId}`,
    ]
      .filter(Boolean)
      .map((fact) => {
        const span = document.createElement("span");
        span.textContent = fact;
        return span;
      }),
  );
  const rule = answer.docs?.split("#")[1];
  byId("bad-more").hidden = !rule;
  byId("bad-docs").href = served(`/docs/errors#${rule ?? ""}`);
  show("bad");
}
