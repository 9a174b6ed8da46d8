// The JSON API of this server: docs/api.md.

// Failure is an answer that says no. Its message is for a person.
export class Failure extends Error {
  constructor(status, answer) {
    super(answer.error ?? "Parley did not answer.");
    this.status = status;
    this.code = answer.code ?? "";
    this.hint = answer.hint ?? (status ? "" : "Check in its terminal whether it is still running, then try again.");
    this.rule = answer.docs?.split("#")[1] ?? "";
  }
}

async function call(method, path, body) {
  const init = { method, cache: "no-store", headers: {} };
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Failure(0, {});
  }
  const type = response.headers.get("Content-Type") ?? "";
  const answer = type.includes("json") ? await response.json().catch(() => ({})) : await response.text();
  if (!response.ok) throw new Failure(response.status, typeof answer === "object" ? answer : {});
  return answer;
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const del = (path) => call("DELETE", path);

// events listens to what happens on the server. handlers are by the event's name and get its
// data; "open" is called with true when the stream (again) has everything, so that what is
// shown can be fetched anew, and "lost" when the server cannot be reached. Nothing is shown
// twice: after a break the stream goes on where it was, or says "reset". Returns what ends it.
export function events(topics, handlers, { contact = "" } = {}) {
  const query = new URLSearchParams({ topics: topics.join(",") });
  if (contact) query.set("contact", contact);
  const source = new EventSource(`/api/events?${query}`);
  let broken = true;
  const whole = () => handlers.open?.();
  source.addEventListener("hello", () => {
    if (broken) whole();
    broken = false;
  });
  source.addEventListener("reset", whole);
  source.addEventListener("error", () => {
    if (!broken) handlers.lost?.();
    broken = true;
  });
  for (const name of ["contact", "item", "desk", "exchange", "faults", "clock"]) {
    if (handlers[name]) source.addEventListener(name, (event) => handlers[name](JSON.parse(event.data)));
  }
  return () => source.close();
}
