/** All settings as a form, made from the list of the server: each with its help. */

import { el } from "./dom.js";
import { T } from "./english.js";
import { start, startSoon } from "./runs.js";
import { change, state, watch } from "./state.js";
/** @import { Setting } from "./types.js" */

const ELSEWHERE = ["style_strength", "depth"]; // a slider, and a choice when saving
const FIRST_LOOK = ["regions", "size", "backbone", "device"]; // change the first look, too

export function settingsForm() {
  const form = el("div", { class: "settings" });
  watch(["server"], () => {
    if (form.childElementCount || !state.server) return;
    const shown = state.server.settings.filter(({ name }) => !ELSEWHERE.includes(name));
    form.append(...shown.map(field));
  });
  return form;
}

/** @param {Setting} setting */
function field(setting) {
  const id = `setting-${setting.name}`;
  const control = setting.kind === "bool" ? checkbox(setting) : setting.kind === "choice" ?
    choice(setting) : number(setting);
  control.element.id = id;
  control.element.setAttribute("aria-describedby", `${id}-help`);
  control.element.addEventListener("change", () => apply(setting, control));
  const row = el("div", { class: "field" },
    el("label", { for: id, text: setting.name.replaceAll("_", " ") }), control.element,
    el("small", { id: `${id}-help`, text: setting.help }));
  watch(["settings"], () => {
    /** @type {any} */ (control).set(state.settings[setting.name] ?? setting.default);
    row.classList.toggle("changed", setting.name in state.settings);
  });
  return row;
}

/**
 * @param {Setting} setting
 * @param {{element: HTMLInputElement, get: () => any}} control
 */
function apply(setting, control) {
  if (!control.element.reportValidity()) return;
  const settings = { ...state.settings };
  const value = control.get();
  if (value === setting.default) delete settings[setting.name];
  else settings[setting.name] = value;
  change({ settings });
  if (FIRST_LOOK.includes(setting.name)) start();
  else startSoon();
}

/** @param {Setting} _ */
function checkbox(_) {
  const element = el("input", { type: "checkbox" });
  return {
    element,
    get: () => element.checked,
    set: (/** @type {boolean} */ value) => (element.checked = value),
  };
}

/** @param {Setting} setting */
function choice(setting) {
  const options = (setting.choices ?? []).map((value) => el("option", { value, text: value }));
  const element = el("select", {}, ...options);
  return {
    element,
    get: () => element.value,
    set: (/** @type {string} */ value) => (element.value = String(value)),
  };
}

/**
 * A number, or one of the words that some settings take in place of one.
 * @param {Setting} setting
 */
function number(setting) {
  const words = setting.choices ?? [];
  const range = `${setting.min} – ${setting.max}${setting.unit ? ` ${setting.unit}` : ""}`;
  const title = [range, ...words].join(` ${T.word} `);
  const element = el("input", {
    type: "text", inputmode: words.length ? "text" : "decimal", title, required: true,
    autocomplete: "off", spellcheck: "false",
  });
  element.addEventListener("input", () => element.setCustomValidity(""));
  const get = () => (words.includes(element.value) ? element.value : Number(element.value));
  element.addEventListener("change", () => {
    const value = get();
    const inside = typeof value === "string" ||
      (value >= (setting.min ?? value) && value <= (setting.max ?? value));
    element.setCustomValidity(inside ? "" : title);
  });
  return {
    element,
    get,
    set: (/** @type {any} */ value) => (element.value = String(value)),
  };
}
