// The landing page. Everything it shows is there without scripts, too; they add tabs,
// copy buttons, the form and a light that goes out when the server stops.

import { copyButtons } from "/console/copy.js";
import { startForm } from "/console/start.js";
import { tabs } from "/console/tabs.js";

const askEvery = 5000;

// The server may be reached under another name than it was started with.
function useOwnAddress() {
  const said = document.body.dataset.url;
  if (!said || said === location.origin) return;
  for (const element of document.querySelectorAll("[data-here]")) {
    element.textContent = element.textContent.replaceAll(said, location.origin);
  }
}

async function watch() {
  let running = false;
  try {
    running = (await fetch("/api/status", { cache: "no-store" })).ok;
  } catch {
    // Not reachable; that is what is shown.
  }
  const state = document.getElementById("state");
  if (state.classList.contains("off") === running) {
    state.classList.toggle("off", !running);
    document.getElementById("state-text").textContent = running ? "Running" : "Not reachable: was it stopped?";
  }
}

useOwnAddress();
for (const container of document.querySelectorAll("[data-tabs]")) tabs(container);
copyButtons(document);
startForm(document.getElementById("start"));
setInterval(() => {
  if (!document.hidden) watch();
}, askEvery);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) watch();
});
