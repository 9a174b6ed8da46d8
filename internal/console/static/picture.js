// Pictures of interactive messages. The pages load nothing from other servers (see their policy), so
// another server's picture is a link.

import { h } from "./dom.js";
import { plain } from "./format.js";
import { link } from "./markdown.js";

const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

// A machine has several names for itself; the agent's page may have used another one.
const own = ({ hostname, port, origin }) => origin === location.origin || (port === location.port && loopback.has(hostname) && loopback.has(location.hostname));

// picture returns the picture of a message or an option: null when it has none.
export function picture({ imageData, imageDescription }, text = plain(imageDescription ?? "")) {
  if (!imageData) return null;
  const url = URL.canParse(imageData, location.href) ? new URL(imageData, location.href) : null;
  if (!url || !own(url)) return h("p", { class: "picture-away note" }, (url && link(`Picture at ${plain(url.hostname)}`, url.href)) || "A picture without an address", text && `: ${text}`);
  return h("img", { class: "picture", src: url.pathname + url.search, alt: text, onerror: ({ target }) =>
    target.replaceWith(h("span", { class: "picture-away note" }, `No picture at ${plain(String(imageData))}`)) });
}
