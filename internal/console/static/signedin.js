// The page after the sign-in page: it tells Amazon Connect what that page has told it, as a shop's backend does.

import { byId } from "./dom.js";
import { served } from "./here.js";

const told = new URLSearchParams(location.search);
const given = (name) => told.get(name) || undefined;

async function pass() {
  if (!given("state")) return "This page is where customers come from the sign-in page. Start a chat, and sign in from there.";
  history.replaceState(null, "", location.pathname); // a code serves once
  const answer = await fetch(served("/contact/update-participant-authentication"), {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      InstanceId: byId("signed-in").dataset.instance, State: given("state"), Code: given("code"), Error: given("error"), ErrorDescription: given("error_description"),
    }),
  }).catch(() => null);
  if (!answer) return "Parley did not answer. Check in its terminal whether it is still running.";
  if (!answer.ok) {
    const { Message, message } = await answer.json().catch(() => ({}));
    return Message ?? message ?? "This sign-in is over.";
  }
  return "";
}

const trouble = await pass();
byId("signed-in").textContent = trouble || `${given("error") ? "The chat was told that you did not sign in." : "The chat was told that you came back from the sign-in page."} Go on there; this window can be closed.`;
if (!trouble) window.close(); // which only the window of a chat may
