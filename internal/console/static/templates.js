// Interactive messages as chat widgets show them, and what a choice sends back.

import { h } from "./dom.js";
import { plain } from "./format.js";
import { link } from "./markdown.js";
import { contentTypes } from "./participant.js";
import { view } from "./view.js";

const dayTime = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

// template returns the elements of an interactive message. choose(content, contentType) is
// called with what the choice sends; without it nothing can be chosen. describe(token) asks for a
// view's actions. Null when the text is no template.
export function template(text, choose, describe) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  const content = message?.data?.content;
  if (!message?.templateType || !content || typeof content !== "object") return null;
  const make = kinds[message.templateType] ?? unknown;
  return h("div", { class: `template template-${message.templateType.toLowerCase()}` }, make(message, content, choose, describe));
}

function head(content) {
  return [
    content.title && h("p", { class: "template-title" }, plain(content.title)),
    content.subtitle && h("p", { class: "note" }, plain(content.subtitle)),
  ];
}

const list = (value) => (Array.isArray(value) ? value.filter((entry) => entry && typeof entry === "object") : []);

// option is one element that can be chosen: by its title or, when it has an action, by that.
function option(message, content, element, choose) {
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
    title, element.subtitle && h("span", { class: "note" }, plain(element.subtitle)));
}

function options(message, content, choose) {
  return [head(content), h("div", { class: "options" }, list(content.elements).map((element) => option(message, content, element, choose)))];
}

function times(message, content, choose) {
  const slots = list(content.timeslots).map((slot) => {
    const at = new Date(slot.date);
    const text = Number.isNaN(at.valueOf()) ? plain(slot.date) : dayTime.format(at);
    return h("button", { type: "button", class: "option", disabled: !choose, onclick: () => choose(String(slot.date), contentTypes.text) },
      text);
  });
  return [head(content), content.location?.title && h("p", { class: "note" }, plain(content.location.title)), h("div", { class: "options" }, slots)];
}

function carousel(message, content, choose) {
  const cards = list(content.elements).map((inner) => {
    const of = inner.data?.content ?? {};
    // What is chosen in a carousel is a message that says on which card.
    const chosen = choose && ((selectionText, contentType) => contentType !== contentTypes.text ? choose(selectionText, contentType) :
      choose(JSON.stringify({ templateIdentifier: inner.templateIdentifier, listTitle: of.title, selectionText }), contentTypes.text));
    return h("div", { class: "template card-small" }, (kinds[inner.templateType] ?? unknown)(inner, of, chosen));
  });
  return [head(content), h("div", { class: "carousel", tabindex: 0, role: "group", "aria-label": plain(content.title) || "Carousel" }, cards)];
}

function unknown(message, content) {
  return [head(content), h("p", { class: "note" }, `${plain(message.templateType)}: shown by clients that know it.`),
    h("pre", { tabindex: 0, "aria-label": "The message" }, JSON.stringify(content, null, 2))];
}

const kinds = {
  ListPicker: options, Panel: options, QuickReply: options, TimePicker: times, Carousel: carousel,
  ViewResource: (message, content, choose, describe) => view(content, choose, describe),
};
