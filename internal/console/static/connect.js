// How to connect a client. Everything the page shows is there without scripts, too; they add
// tabs, copy buttons and the form.

import { copyButtons } from "/console/copy.js";
import { useOwnAddress } from "/console/here.js";
import { startForm } from "/console/start.js";
import { tabs } from "/console/tabs.js";

useOwnAddress();
for (const container of document.querySelectorAll("[data-tabs]")) tabs(container);
copyButtons(document);
startForm(document.getElementById("start"));
