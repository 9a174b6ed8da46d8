// How to connect a client. Everything the page shows is there without scripts, too; they add
// tabs, copy buttons and the form.

import { copyButtons } from "./copy.js";
import { useOwnAddress } from "./here.js";
import { startForm } from "./start.js";
import { tabs } from "./tabs.js";

useOwnAddress();
for (const container of document.querySelectorAll("[data-tabs]")) tabs(container);
copyButtons(document);
startForm(document.getElementById("start"));
