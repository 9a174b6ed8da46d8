// Views of step-by-step guides, drawn from their data. The templates of Amazon Connect's own views are
// not public, so a view of another kind shows its data, and the actions that DescribeView knows.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/view-resources-managed-view.html

import { fill, h } from "./dom.js";
import { plain } from "./format.js";
import { link } from "./markdown.js";
import { contentTypes } from "./participant.js";
import { entries, field, words } from "./viewfields.js";

const own = { form: ["Next"], confirmation: ["Next"], list: [], detail: [], cards: [] }; // and what they offer without being told
const buttons = ["Next", "NoMatchFound", "Previous", "Cancel", "Back"];
const read = new Set(["Heading", "SubHeading", "Description", "ErrorText", "AttributeBar", "Wizard", "Sections", "Items", "Cards", "Actions", "Graphic", "Edit", ...buttons]);

const drawn = new WeakMap(); // what is known of the views of the page, by their elements

// view returns the element of a view. choose(content, contentType) sends an answer and tells whether
// that worked, describe(token) asks for the view's actions; without choose nothing can be chosen.
export function view(content, choose, describe) {
  const data = parsed(content.viewData);
  const known = Object.hasOwn(own, content.viewId);
  const fields = [];
  const body = h("fieldset", { class: "view-body", disabled: !choose });
  const note = h("p", { class: "note view-note", hidden: true });
  const form = h("form", { class: "view", "aria-label": words(data.Heading) || `View ${plain(content.viewId)}`, onsubmit: (event) => {
    event.preventDefault();
    const by = event.submitter ?? body.querySelector("[type=submit]"); // none when Enter is pressed in the only field
    if (by) answer(by);
  } }, body, note);
  const answer = async ({ dataset: { action, chosen, card } }) => {
    let filled;
    try {
      filled = values(fields, known);
    } catch (error) {
      fill(note, error.message).hidden = false;
      return;
    }
    if (chosen !== undefined) Object.assign(filled, { actionName: chosen, Id: card ?? chosen });
    if (form.contains(document.activeElement)) (form.parentElement.querySelector(".source > summary") ?? form.closest("[role=log]"))?.focus(); // from there, the next view is one step away
    body.disabled = true;
    const sent = await choose(JSON.stringify({ templateType: "ViewResource", version: "1.0", action, data: filled }), contentTypes.response);
    if (sent === false && !drawn.get(form).over) body.disabled = false;
  };
  const click = (event) => answer(event.currentTarget);
  const offer = (action, label, more = {}) => h("button", { type: "button", class: "small", dataset: { action }, onclick: click, ...more }, label);
  const choice = (id, label, notes, card) => h("button", {
    type: "button", class: "option", onclick: click, dataset: { action: "ActionSelected", chosen: id, ...(card !== undefined && { card }) },
  }, label, notes.map((text) => text && h("span", { class: "note" }, text)));

  fill(body, head(data), sections(data.Sections, fields), choices(data, choice), rest(data, known),
    !known && choose && field({ Type: "JSON", Label: "What the answer brings, as JSON", DefaultValue: "{}" }, fields),
    actions(data, own[content.viewId] ?? [], offer));
  drawn.set(form, { body, note, fields, known, over: false });
  if (!known && choose && describe) more(form, content.viewToken, describe, offer);
  return form;
}

// settle ends a view: with the customer's answer, or without one.
export function settle(form, answer) {
  const { body, note, fields, known } = drawn.get(form);
  drawn.get(form).over = body.disabled = true;
  if (!answer) return void (fill(note, "No longer open").hidden = false);
  const { action, data } = answer;
  const given = known ? data?.FormData : data;
  if (given && typeof given === "object") for (const one of fields) if (Object.hasOwn(given, one.name)) one.set(given[one.name]);
  const chosen = action === "ActionSelected" ? data?.actionName : undefined;
  const button = [...body.querySelectorAll("[data-action]")].find(({ dataset }) =>
    dataset.action === action && dataset.chosen === (chosen === undefined ? undefined : String(chosen)));
  button?.classList.add("chosen");
  fill(note, `Answered: ${button?.firstChild.textContent ?? plain(chosen ?? action)}`).hidden = false;
}

// more adds the actions that only DescribeView knows.
async function more(form, token, describe, offer) {
  const { Content } = await describe(String(token)).catch(() => ({})); // its data is shown nevertheless
  const { body } = drawn.get(form);
  const there = new Set([...body.querySelectorAll("[data-action]")].map(({ dataset }) => dataset.action));
  const found = entries(Content?.Actions).map(String).filter((action) => !there.has(action));
  body.querySelector(".view-actions").append(...found.map((action) => offer(action, plain(action))));
}

// parsed reads the data of a view: an object or its JSON, whose texts may be JSON once more.
function parsed(data) {
  const json = (text) => {
    try {
      return typeof text === "string" && /^\s*[{["]/.test(text) ? JSON.parse(text) : text;
    } catch {
      return text;
    }
  };
  const whole = json(data);
  if (!whole || typeof whole !== "object" || Array.isArray(whole)) return {};
  return Object.fromEntries(Object.entries(whole).map(([name, value]) => [name, json(value)]));
}

function values(fields, known) {
  const filled = Object.fromEntries(fields.filter(({ json }) => !json).map(({ name, get }) => [name, get()]));
  for (const { json } of fields) if (json) Object.assign(filled, json());
  if (!known) return filled;
  return fields.length ? { FormData: filled } : {};
}

function head(data) {
  const steps = entries(data.Wizard).map((step) => h("li", { "aria-current": step?.Selected === true && "step" }, words(step?.Heading)));
  return [
    steps.length > 0 && h("ol", { class: "view-steps note" }, steps),
    words(data.Heading) && h("p", { class: "template-title" }, words(data.Heading)),
    [data.SubHeading, data.Description].map((text) => words(text) && h("p", { class: "note" }, words(text))),
    words(data.ErrorText) && h("p", { class: "trouble", role: "alert" }, words(data.ErrorText)),
    list(entries(data.AttributeBar)),
  ];
}

// list shows labels with their values.
function list(rows) {
  const shown = rows.filter((row) => row && typeof row === "object" && (words(row.Label) || words(row.Value)));
  return shown.length > 0 && h("dl", { class: "view-data" }, shown.map((row) => {
    const value = words(row.Value);
    return h("div", {}, h("dt", {}, words(row.Label)), h("dd", {}, (row.Url && link(value, row.Url)) || value));
  }));
}

function sections(value, fields) {
  if (!Array.isArray(value)) return words(value) && h("p", { class: "text" }, words(value));
  return value.filter((section) => section && typeof section === "object").map((section) => {
    const items = entries(section.Items).filter((item) => item && typeof item === "object");
    // Real flows leave types out.
    const asks = ({ Type, Name, Value }) => (Type ? Type !== "DataSection" :
      Name && (section.Type === "FormSection" || Value === undefined && section.Type !== "DataSection"));
    const title = words(section.Heading);
    return h("div", { class: "view-section", role: title && "group", "aria-label": title || null },
      title && h("p", { class: "view-heading" }, title),
      words(section.TemplateString) && h("p", { class: "text" }, words(section)),
      list(items.filter((item) => !asks(item))), items.filter(asks).map((item) => field(item, fields)));
  });
}

function choices(data, choice) {
  const name = (value) => (value === undefined || value === null ? undefined : String(value));
  const items = entries(data.Items).filter((item) => item && typeof item === "object").map((item) =>
    choice(name(item.Id) ?? words(item.Heading), words(item.Heading) || words(item.Id), [words(item.Description)]));
  const cards = entries(data.Cards).filter((card) => card?.Summary && typeof card.Summary === "object").flatMap(({ Summary, Detail }) => {
    const id = name(Summary.Id) ?? words(Summary.Heading);
    const notes = [words(Summary.Status), words(Detail?.Description), words(Detail?.Sections)];
    const ways = entries(Detail?.Actions).map(words).filter(Boolean);
    if (!ways.length) return choice(id, words(Summary.Heading) || id, notes);
    return h("div", { class: "template card-small view-card" }, h("p", { class: "view-heading" }, words(Summary.Heading)),
      notes.map((text) => text && h("p", { class: "note" }, text)), ways.map((way) => choice(way, way, [], id)));
  });
  const chosen = entries(data.Actions).map(words).filter(Boolean).map((action) => choice(action, action, []));
  const all = [...items, ...cards, ...chosen];
  return all.length > 0 && h("div", { class: "options" }, all);
}

// rest shows the members of another kind of view.
function rest(data, known) {
  if (known) return null;
  return list(Object.entries(data).filter(([name]) => !read.has(name)).map(([Label, value]) =>
    ({ Label, Value: value && typeof value === "object" ? JSON.stringify(value) : String(value) })));
}

function actions(data, always, offer) {
  const labels = new Set();
  const offered = buttons.map((action) => {
    const label = words(data[action]) || (always.includes(action) && action);
    if (!label || labels.has(label)) return null;
    labels.add(label);
    return offer(action, label, action === "Next" && { type: "submit", class: "primary small", onclick: null });
  });
  return h("div", { class: "view-actions" }, offered);
}
