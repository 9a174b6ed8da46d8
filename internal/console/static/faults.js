// Faults and time: what goes wrong on purpose, and how late it is.

import { del, events, get, path, post } from "./api.js";
import { clock } from "./clock.js";
import { byId, fill, h, say } from "./dom.js";
import { plain } from "./format.js";
import { served } from "./here.js";
import { inWords, ruleForm } from "./rule.js";

const tellEvery = 2000; // timers come with chats, and are no event

let rules = [];
let presets = [];
let asked = 0;
let newest = null; // the answer to the last question

const shown = () => rules.map(({ id }) => id).join();

// ask asks for the rules, and waits until they are those of now: asked for again meanwhile, they are known
// when the last question is answered.
const ask = () => (newest = answer());

async function answer() {
  const mine = ++asked;
  const before = shown();
  const first = !presets.length;
  let told;
  try {
    told = await get("/api/faults");
  } catch (failure) {
    if (first) fill(byId("rules"), h("p", {}, h("strong", {}, failure.message), " ", failure.hint));
    return;
  }
  if (mine !== asked) return newest;
  ({ rules, presets } = told);
  if (first) {
    form.actions(told.actions);
    fill(byId("presets"), presets.map(card));
    byId("own").hidden = false;
  }
  if (first || shown() !== before) show();
  else for (const rule of rules) byId(`hits-${rule.id}`).textContent = hits(rule);
}

const hits = ({ hits: n, times }) => (n === 0 ? "not struck yet" : n === 1 ? "struck once" : `struck ${n.toLocaleString()} times`) + (times ? ` of ${times}` : "");

function show() {
  byId("clear").hidden = rules.length < 2;
  fill(byId("rules"), rules.length
    ? h("ul", { class: "rules" }, rules.map((rule) => h("li", {},
        h("div", {}, h("strong", { dir: "auto" }, plain(rule.name)), h("p", { class: "note" }, inWords(rule)), h("p", { class: "note", id: `hits-${rule.id}` }, hits(rule))),
        h("button", { type: "button", class: "small", onclick: () => off([rule]) }, "Turn off", h("span", { class: "unseen" }, ` ${plain(rule.name)}`)))))
    : h("p", { class: "empty" }, "Everything works as it should. Turn something on, then watch your page and the ", h("a", { href: served("/console/inspector?outcome=fault") }, "inspector"), "."));
  for (const preset of presets) mark(preset);
}

const ofPreset = ({ title }) => rules.filter(({ name }) => name === title);

function card(preset) {
  const { name, title, description } = preset;
  return h("li", { class: "card preset" },
    h("h3", { id: `preset-${name}` }, title),
    h("p", { id: `about-${name}` }, description),
    h("button", {
      type: "button", class: "small", id: `turn-${name}`, "aria-describedby": `preset-${name} about-${name}`,
      onclick: () => (ofPreset(preset).length ? off(ofPreset(preset)) : apply(preset)),
    }, "Turn on"),
    h("span", { class: "note", id: `done-${name}` }));
}

function mark(preset) {
  const on = ofPreset(preset).length > 0;
  const button = byId(`turn-${preset.name}`);
  button.textContent = on ? "Turn off" : "Turn on";
  button.closest("li").classList.toggle("is-on", on);
  if (on) byId(`done-${preset.name}`).textContent = "On";
  else if (byId(`done-${preset.name}`).textContent === "On") byId(`done-${preset.name}`).textContent = "";
}

async function apply(preset) {
  const done = byId(`done-${preset.name}`);
  try {
    await post(path`/api/faults/presets/${preset.name}`);
    await ask();
    if (!ofPreset(preset).length) done.textContent = "Done, once";
    say(`${preset.title}: ${ofPreset(preset).length ? "on" : "done"}`);
  } catch (failure) {
    done.textContent = failure.message;
  }
}

async function off(those) {
  for (const { id } of those) await del(path`/api/faults/${id}`).catch(() => {}); // it has ended by itself
  await ask();
  if (!document.activeElement || document.activeElement === document.body) byId("on-now").focus();
  say(`${plain(those[0].name)}: off`);
}

byId("clear").addEventListener("click", async () => {
  await del("/api/faults").catch(() => {});
  await ask();
  byId("on-now").focus();
  say("All faults are off");
});

const form = ruleForm(byId("rule"), async (rule) => {
  const added = await post("/api/faults", rule);
  await ask();
  say(`${plain(added.name)}: on`);
});
const tell = clock();
const all = () => {
  ask();
  tell();
};
events(["faults", "clock"], { open: all, faults: ask, clock: tell });
setInterval(() => document.hidden || tell(), tellEvery);
