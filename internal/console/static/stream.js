// The one event stream of a browser. A browser has six connections for a server, so all pages of the
// console share one, in a shared worker (streamworker.js); where there is none, a page has its own.
//
// Pages say what they want: { topics, agent, lock }. They are told [name, text]: events of the server
// with their JSON, "open" when everything is there (again), "lost", "quiet", and "ping", which they
// answer by saying once more what they want.

import { served } from "./here.js";

const names = { contacts: "contact", items: "item", desk: "desk", exchanges: "exchange", faults: "faults", clock: "clock" };
const retry = 1500; // after which a stream that was refused is asked for again
const look = 5000; // between two looks at what is still there
const silent = 20_000; // after which a stream is taken for dead; the server says something every 10 seconds
const forgotten = 4; // looks after which a page that does not answer is gone

export class Stream {
  #pages = new Map(); // by port
  #source = null;
  #address = "";
  #topics = new Set();
  #last = ""; // the id of the last event
  #broken = true;
  #heard = 0;
  #timer = 0;

  // join adds a page, which leaves when it says "bye" or is gone.
  join(port) {
    port.onmessage = ({ data }) => (data === "bye" ? this.#leave(port) : this.#want(port, data));
    this.#looking ??= setInterval(() => this.#look(), look);
  }
  #looking = null;

  #want(port, { topics, agent, lock }) {
    const before = this.#pages.get(port);
    const page = { topics: new Set(topics), agent, lock, missed: 0, fresh: before?.fresh ?? true };
    page.fresh ||= topics.some((topic) => !before.topics.has(topic));
    this.#pages.set(port, page);
    // The lock of a page is free when the page is gone, however it went.
    if (lock && !before) navigator.locks?.request(lock, () => this.#leave(port));
    this.#renew();
    if (page.fresh && this.#source && !this.#broken) this.#open(port, page);
  }

  #leave(port) {
    this.#pages.delete(port);
    this.#renew();
  }

  #look() {
    for (const [port, page] of this.#pages) {
      if (page.lock && globalThis.navigator.locks) continue;
      if (page.missed++ >= forgotten) this.#leave(port);
      else port.postMessage(["ping"]);
    }
    if (!this.#source || Date.now() - this.#heard < silent) return;
    this.#tell("quiet");
    this.#broken = true;
    this.#listen();
  }

  // renew opens another stream when this one has too little, or tells of agents who are gone.
  #renew() {
    const pages = [...this.#pages.values()];
    const topics = new Set(pages.flatMap((page) => [...page.topics]));
    const agents = [...new Set(pages.map(({ agent }) => agent).filter(Boolean))].sort();
    if (!topics.size) {
      this.#close();
      this.#address = "";
      return;
    }
    const covered = [...topics].every((topic) => this.#topics.has(topic));
    if (!covered || !this.#address) this.#topics = topics;
    const query = new URLSearchParams({ topics: [...this.#topics, "alive"].sort().join(",") });
    for (const agent of agents) query.append("agent", agent);
    const address = served(`/api/events?${query}`);
    if (address === this.#address && this.#source) return;
    this.#address = address;
    this.#listen();
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #listen() {
    this.#close();
    // What was heard of the stream before need not be told again.
    const own = new EventSource(this.#address + (this.#last && !this.#broken ? `&after=${this.#last}` : ""));
    this.#source = own;
    this.#heard = Date.now();
    const ready = this.#topics;
    const on = (name, handle) => own.addEventListener(name, (event) => {
      this.#heard = Date.now();
      if (event.lastEventId) this.#last = event.lastEventId;
      handle?.(event.data);
    });
    on("alive");
    on("reset", () => (this.#broken = true)); // what follows, "hello", fetches anew
    on("hello", () => {
      const all = this.#broken;
      this.#broken = false;
      for (const [port, page] of this.#pages) if (all || (page.fresh && [...page.topics].every((topic) => ready.has(topic)))) this.#open(port, page);
    });
    own.addEventListener("error", () => {
      if (this.#source !== own) return;
      this.#tell("lost");
      this.#broken = true;
      this.#heard = Date.now();
      if (own.readyState !== EventSource.CLOSED) return;
      this.#source = null; // it was refused, and the browser does not ask again
      this.#timer = setTimeout(() => this.#pages.size && this.#listen(), retry);
    });
    for (const [topic, name] of Object.entries(names)) {
      on(name, (text) => {
        for (const [port, page] of this.#pages) if (page.topics.has(topic)) port.postMessage([name, text]);
      });
    }
  }

  #open(port, page) {
    page.fresh = false;
    port.postMessage(["open"]);
  }

  #tell(name) {
    for (const port of this.#pages.keys()) port.postMessage([name]);
  }
}
