// The fields of a view's form. What is chosen from a list comes back as a list, even of one thing,
// as flows expect it: $.Views.ViewResultData.FormData.branch.0

import { h } from "./dom.js";
import { plain } from "./format.js";

export const entries = (value) => (Array.isArray(value) ? value : []);

// words is what a member of a view says: a text, one with a label, or markup, whose text remains.
export function words(value) {
  if (value && typeof value === "object") {
    if (typeof value.TemplateString === "string") return plain(value.TemplateString.replace(/<[^<>]*>/g, " ").replace(/\s+/g, " ").trim());
    return words(value.Label ?? "");
  }
  return value === undefined || value === null ? "" : plain(value).trim();
}

const types = new Set(["date", "datetime-local", "email", "number", "password", "tel", "time", "url"]);
let count = 0; // makes ids

// field returns the element of a field, and adds what reads and writes it to the fields of the form.
export function field(item, fields) {
  const name = item.Name === undefined || item.Name === null ? words(item.Label) : String(item.Name);
  const id = `view-field-${++count}`;
  const help = words(item.HelperText);
  const about = { id: `${id}-help` };
  const options = entries(item.Options).filter((option) => option && typeof option === "object").map((option) => (
    { value: String(option.Value || words(option.Label)), label: words(option.Label) || words(option.Value), note: words(option.Description) }));
  const made = kind(item, options)({ item, name, id, options, describedby: help ? about.id : null });
  if (!made) return h("p", { class: "view-heading" }, words(item.Label));
  fields.push({ name, ...made });
  const label = [words(item.Label) || name, item.Required !== true && !made.json && h("span", { class: "optional" }, " optional")];
  const note = help && h("p", { ...about, class: "note" }, help);
  if (made.group) return h("fieldset", { class: "field", "aria-describedby": help ? about.id : null }, h("legend", {}, label), note, made.group);
  return h("div", { class: "field" }, h("label", { for: id }, label), made.element, note);
}

function kind({ Type, MultiSelect }, options) {
  const several = MultiSelect === true || String(MultiSelect).toLowerCase() === "true";
  switch (Type) {
    case "Dropdown": return several ? checkboxes : dropdown;
    case "RadioGroup": return options.length ? radios : () => null; // a label, as real flows have it
    case "CheckboxGroup": case "CheckBoxGroup": case "Checkbox": case "CheckBox": return options.length ? checkboxes : checkbox;
    case "TextArea": return area;
    case "JSON": return json;
    default: return input;
  }
}

const texts = (value) => (Array.isArray(value) ? value : value === undefined || value === null || value === "" ? [] : [value]).map(String);
const first = (value) => texts(value)[0] ?? "";

function written(element, item) {
  element.value = first(item.DefaultValue);
  return { element, get: () => element.value, set: (value) => { element.value = first(value); } };
}

const base = ({ item, id, describedby }) => ({ id, required: item.Required === true, "aria-describedby": describedby, placeholder: words(item.Placeholder) || null });

function input(of) {
  const wanted = { DatePicker: "date", TimePicker: "time", DateTimePicker: "datetime-local" }[of.item.Type] ?? of.item.InputType;
  const type = types.has(wanted) ? wanted : "text";
  return written(h("input", { ...base(of), type, step: type === "number" ? "any" : null }), of.item);
}

const area = (of) => written(h("textarea", { ...base(of), rows: 3 }), of.item);

function json(of) {
  const made = written(h("textarea", { ...base(of), rows: 2, class: "id", spellcheck: "false" }), of.item);
  return { ...made, set: () => {}, json: () => {
    let value;
    try {
      value = JSON.parse(made.get() || "{}");
    } catch (error) {
      throw new Error(`This is no JSON: ${error.message}`, { cause: error });
    }
    if (!value || typeof value !== "object" || Array.isArray(value)) throw new Error("What an answer brings is an object.");
    return value;
  } };
}

function dropdown(of) {
  const select = h("select", base(of), h("option", { value: "" }, ""), of.options.map(({ value, label }) => h("option", { value }, label)));
  const set = (given) => { select.value = of.options.some(({ value }) => value === first(given)) ? first(given) : ""; };
  set(of.item.DefaultValue);
  return { element: select, get: () => texts(select.value), set };
}

// boxes are the radio buttons or checkboxes of a group.
function boxes(of, type) {
  const inputs = of.options.map(({ value }) => h("input", { type, name: of.id, value, required: type === "radio" && of.item.Required === true }));
  const group = of.options.map(({ label, note }, n) => h("label", { class: "check" }, inputs[n], h("span", {}, label, note && h("span", { class: "note" }, ` ${note}`))));
  const set = (given) => { for (const one of inputs) one.checked = texts(given).includes(one.value); };
  set(of.item.DefaultValue);
  return { group, set, inputs, get: () => inputs.filter(({ checked }) => checked).map(({ value }) => value) };
}

function radios(of) {
  const made = boxes(of, "radio");
  return { ...made, get: () => first(made.get()) };
}

function checkboxes(of) {
  const made = boxes(of, "checkbox");
  if (of.item.Required !== true || !made.inputs.length) return made;
  const check = () => made.inputs[0].setCustomValidity(made.get().length ? "" : "Choose one or more of these.");
  for (const one of made.inputs) one.addEventListener("change", check);
  const set = (value) => { made.set(value); check(); };
  check();
  return { ...made, set };
}

function checkbox(of) {
  const element = h("input", { id: of.id, type: "checkbox", required: of.item.Required === true, "aria-describedby": of.describedby });
  const set = (value) => { element.checked = String(value).toLowerCase() === "true"; };
  set(of.item.DefaultValue);
  return { element, set, get: () => element.checked };
}
