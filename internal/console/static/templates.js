// Interactive messages as chat widgets show them, and what a choice sends back.

import { fill, h } from "./dom.js";
import { plain } from "./format.js";
import { carousel } from "./carousel.js";
import { link } from "./markdown.js";
import { contentTypes } from "./participant.js";
import { picture } from "./picture.js";
import { view } from "./view.js";

// template returns the element of an interactive message, with its source to unfold. choose(content,
// contentType) is called with what the choice sends; without it nothing can be chosen. describe(token)
// asks for a view's actions. Null when the text is no template.
export function template(text, choose, describe) {
  const made = draw(text, choose, describe);
  made?.append(source(text));
  return made;
}

// draw returns the element of an interactive message alone.
export function draw(text, choose, describe) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  const content = message?.data?.content;
  if (!message?.templateType || typeof message.templateType !== "string" || !content || typeof content !== "object") return null;
  const make = kindOf(message.templateType);
  return h("div", { class: `template template-${message.templateType.toLowerCase()}` }, make(message, content, choose, describe));
}

// source is the message as it was sent. It is only written when somebody looks.
function source(text) {
  const details = h("details", { class: "source", ontoggle: () => {
    if (details.open && details.childElementCount === 1) details.append(h("pre", { tabindex: 0, "aria-label": "Source of the message" }, JSON.stringify(JSON.parse(text), null, 2)));
  } }, h("summary", {}, "Source"));
  return details;
}

function head(content) {
  return [
    picture(content),
    content.title && h("p", { class: "template-title" }, plain(content.title)),
    content.subtitle && h("p", { class: "note" }, plain(content.subtitle)),
  ];
}

const list = (value) => (Array.isArray(value) ? value.filter((entry) => entry && typeof entry === "object") : []);

// option is one element that can be chosen: by its title or, when it has an action, by that.
function option(message, content, element, choose, pictured) {
  const title = plain(element.title);
  const away = element.type === "hyperlink" && element.url ? link(title, element.url) : null;
  if (away) return away;
  const send = () => {
    if (!element.actionDetail) return choose(String(element.title), contentTypes.text);
    const { preIndex, nextIndex, listId, referenceId } = content;
    const data = { actionName: element.actionDetail, preIndex, nextIndex, listId, templateType: message.templateType, referenceId };
    return choose(JSON.stringify({ version: "1.0", data, action: element.actionDetail }), contentTypes.response);
  };
  return h("button", { type: "button", class: "option", disabled: !choose, onclick: send },
    title, element.subtitle && h("span", { class: "note" }, plain(element.subtitle)), pictured && picture(element, ""));
}

// Options show their pictures only when each one that is no action has one, as in the widget.
function options(message, content, choose) {
  const elements = list(content.elements);
  const pictured = message.templateType === "ListPicker" && elements.every(({ actionDetail, imageData }) => actionDetail || imageData);
  return [head(content), h("div", { class: pictured ? "options pictured" : "options" },
    elements.map((element) => option(message, content, element, choose, pictured && !element.actionDetail)))];
}

const day = (timeZone) => new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", timeZone });
const hour = (timeZone) => new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", timeZone });

// Times stand under their days. With an offset the widget adds the minutes to each date and sends
// that; without one it shows the browser's zone and sends a date as it came.
function times(message, content, choose) {
  const offset = Number(content.timeZoneOffset) || 0;
  const zone = offset ? "UTC" : undefined;
  const days = new Map();
  for (const slot of list(content.timeslots)) {
    const at = new Date(new Date(slot.date).valueOf() + offset * 60_000);
    const known = !Number.isNaN(at.valueOf());
    const name = known ? day(zone).format(at) : "";
    const sent = offset && known ? `${at.toISOString().slice(0, 19)}.00+00:00` : String(slot.date);
    days.set(name, [...(days.get(name) ?? []), h("button", { type: "button", class: "option", disabled: !choose, onclick: () => choose(sent, contentTypes.text) },
      known ? hour(zone).format(at) : plain(slot.date))]);
  }
  return [head(content), content.location?.title && h("p", { class: "note" }, plain(content.location.title)),
    [...days].map(([name, buttons]) => h("div", { class: "template-day", role: "group", "aria-label": name || "Times" },
      name && h("p", { class: "view-heading" }, name), h("div", { class: "options times" }, buttons)))];
}

function cards(message, content, choose) {
  const made = list(content.elements).map((inner) => {
    const of = inner.data?.content ?? {};
    // What is chosen in a carousel is a message that says on which card.
    const chosen = choose && ((selectionText, contentType) => contentType !== contentTypes.text ? choose(selectionText, contentType) :
      choose(JSON.stringify({ templateIdentifier: inner.templateIdentifier, listTitle: of.title, selectionText }), contentTypes.text));
    return fill(h("div", { class: "template card-small" }), kindOf(inner.templateType)(inner, of, chosen));
  });
  return [head(content), carousel(plain(content.title) || "Carousel", made)];
}

function unknown(message, content) {
  return [head(content), h("p", { class: "note" }, `${plain(message.templateType)}: shown by clients that know it.`),
    h("pre", { tabindex: 0, "aria-label": "The message" }, JSON.stringify(content, null, 2))];
}

const kinds = {
  ListPicker: options, Panel: options, QuickReply: options, TimePicker: times, Carousel: cards,
  ViewResource: (message, content, choose, describe) => view(content, choose, describe),
};

const kindOf = (type) => (Object.hasOwn(kinds, type) ? kinds[type] : unknown);
