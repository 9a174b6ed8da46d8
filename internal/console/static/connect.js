// How to connect a client. Everything the page shows is there without scripts, too; they add
// tabs, copy buttons and the form.

import { copyButtons } from "/console/copy.js";
import { startForm } from "/console/start.js";
import { tabs } from "/console/tabs.js";

// The server may be reached under another name than it was started with.
function useOwnAddress() {
  const said = document.body.dataset.url;
  if (!said || said === location.origin) return;
  for (const element of document.querySelectorAll("[data-here]")) {
    element.textContent = element.textContent.replaceAll(said, location.origin);
  }
}

useOwnAddress();
for (const container of document.querySelectorAll("[data-tabs]")) tabs(container);
copyButtons(document);
startForm(document.getElementById("start"));
