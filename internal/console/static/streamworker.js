// The shared worker that holds the event stream of all pages of the console in a browser. Another
// version of the program has another one: its pages name theirs by the version.

import { Stream } from "./stream.js";

const stream = new Stream();
addEventListener("connect", ({ ports: [port] }) => stream.join(port));
