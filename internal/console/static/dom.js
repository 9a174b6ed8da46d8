// Elements, made without ever reading markup: text stays text, whatever a customer wrote.

// h makes an element. Properties are attributes, except "on…" (listeners), "dataset" and
// those that are only properties; null, undefined and false leave an attribute or child out.
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  element.append(...present(children)); // first, because a select's value is one of its options
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "value" || name === "checked" || name === "selected" || name === "disabled" || name === "hidden") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  return element;
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}

// icon draws one of the few symbols of the pages, hidden from those who only hear them.
const shapes = {
  send: "M3 11.5 21 3l-6.5 18-3.6-7.4L3 11.5Zm7.9 2.1L21 3",
  clip: "m20 11-8.6 8.6a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.6-7.6",
  check: "m4 12.5 5 5L20 6.5",
  cross: "M5 5l14 14M19 5 5 19",
  clock: "M12 7v5l3.5 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  grid: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  markdown: "M3 17V7l4 5 4-5v10M18 7v9m-3-3 3 3 3-3",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24", width: 18, height: 18, fill: "none", stroke: "currentColor", "stroke-width": 1.8,
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(key, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", shapes[name]);
  svg.append(path);
  return svg;
}

export const byId = (id) => document.getElementById(id);

// fill replaces the children of an element.
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
  return element;
}

// say tells those who only hear the page what has changed; the page shows it elsewhere.
export function say(text) {
  let live = byId("said");
  if (!live) {
    live = h("p", { id: "said", class: "unseen", role: "status" });
    document.body.append(live);
  }
  live.textContent = text;
}
