/** The panel: strength, the plain sliders, weights of styles, regions and all settings. */

import { button, byId, el } from "./dom.js";
import { T } from "./english.js";
import { MOST, SLIDERS, moved, position } from "./plain.js";
import { rememberStrength, start, startSoon } from "./runs.js";
import { settingsForm } from "./settings.js";
import { weigh } from "./sources.js";
import { change, state, watch } from "./state.js";
import { styleName } from "./strip.js";

/** Build the panel and keep it up to date. */
export function openPanel() {
  const panel = byId("panel");
  panel.setAttribute("aria-label", T.steer);
  panel.append(
    el("section", { class: "steer" }, strength(), ...Object.keys(SLIDERS).map(plain)),
    weights(),
    regionsPart(),
    experts(),
  );
  watch(["content", "room"], () => {
    panel.hidden = !state.content || state.room === "regions";
  });
}

/** @param {string} name the default of a setting with this name */
const standard = (name) => state.server?.settings.find((one) => one.name === name)?.default ?? 1;

/**
 * A slider with its name, its value and, at its ends, what they mean.
 * @param {{name: string, help: string, min: number, max: number, step: number,
 *   ends?: [string, string], input: (value: number) => void}} about
 */
function slider(about) {
  const id = `slider-${about.name.replace(/\W+/g, "-")}`;
  const output = el("output", { for: id });
  const range = el("input", {
    type: "range", id, min: about.min, max: about.max, step: about.step, title: about.help,
    input: () => about.input(Number(range.value)),
  });
  const ends = about.ends && el("span", { class: "ends", "aria-hidden": "true" },
    ...about.ends.map((text) => el("span", { text })));
  const head = el("span", { class: "slider-head" },
    el("label", { for: id, text: about.name }), output);
  const element = el("div", { class: "slider" }, head, range, ends);
  const set = (/** @type {number} */ value, /** @type {string} */ words) => {
    range.value = String(value);
    output.textContent = words;
    range.setAttribute("aria-valuetext", words);
    const share = (value - about.min) / (about.max - about.min);
    range.style.setProperty("--share", `${100 * share}%`);
  };
  return { element, set };
}

function strength() {
  const one = slider({
    name: T.strength, help: T.strengthHelp, min: 0, max: 1, step: 0.01,
    input: (value) => {
      change({ strength: value });
      rememberStrength();
    },
  });
  one.element.classList.add("main-slider");
  watch(["strength"], () => one.set(state.strength, T.percent(state.strength)));
  return one.element;
}

/** @param {string} key of a plain slider */
function plain(key) {
  const [name, low, high] = T.plain[/** @type {"texture"} */ (key)];
  const one = slider({
    name, help: T.plainHelp[/** @type {"texture"} */ (key)], min: -MOST, max: MOST, step: 1,
    ends: [low, high],
    input: (step) => {
      change({ settings: moved(key, step, state.settings, standard) });
      startSoon();
    },
  });
  watch(["settings", "server"], () => {
    const step = position(key, state.settings, standard);
    one.set(step, step === 0 ? T.usual : `${step > 0 ? "+" : "−"}${Math.abs(step)}`);
  });
  return one.element;
}

function weights() {
  const section = el("section", { class: "steer" });
  /** @type {Map<string, ReturnType<typeof slider>>} */
  let sliders = new Map();
  watch(["styles", "photos"], () => {
    section.hidden = state.styles.length < 2;
    const ids = state.styles.map(({ id }) => id);
    if (ids.join() !== [...sliders.keys()].join()) {
      sliders = new Map(ids.map((id) => [id, weightSlider(id)]));
      section.replaceChildren(el("h3", { text: T.weights }),
        ...[...sliders.values()].map((one) => one.element));
    }
    const total = state.styles.reduce((sum, { weight }) => sum + weight, 0) || 1;
    for (const { id, weight } of state.styles) {
      sliders.get(id)?.set(weight, T.percent(weight / total));
    }
  });
  return section;
}

/** @param {string} id */
function weightSlider(id) {
  const name = styleName(id);
  return slider({
    name, help: T.weightOf(name), min: 0.05, max: 1, step: 0.05,
    input: (weight) => weigh(id, weight),
  });
}

function regionsPart() {
  const open = button(T.correctRegions, () => change({ room: "regions" }), { icon: "regions" });
  const own = el("p", { class: "help" }, T.ownRegions, " ");
  const drop = () => {
    change({ masks: null });
    start();
  };
  own.append(button(T.dropRegions, drop, { class: "link" }));
  watch(["masks", "styles"], () => {
    own.hidden = !state.masks;
    open.disabled = !state.styles.length;
  });
  return el("section", { class: "steer" }, open, own);
}

function experts() {
  const body = el("div", { class: "experts" });
  const details = el("details", {}, el("summary", { text: T.experts }), body);
  const reset = button(T.reset, () => {
    change({ settings: {} });
    start();
  }, { class: "link" });
  body.append(el("p", { class: "help", text: T.expertsHelp }), settingsForm(), reset);
  watch(["settings"], () => {
    reset.disabled = !Object.keys(state.settings).length;
  });
  return el("section", { class: "steer" }, details);
}
