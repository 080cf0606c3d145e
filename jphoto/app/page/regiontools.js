/** The tools of the regions editor, and the buttons that take masks in and out. */

import { button, el } from "./dom.js";
import { T } from "./english.js";
import { state } from "./state.js";

/** The radius of the brush, in pixels of a mask. */
export const SIZES = { least: 2, most: 160, first: 24 };

const TOOLS = /** @type {const} */ (["match", "brush", "eraser"]);

/**
 * @param {Record<string, (value?: any) => void>} acts what the buttons do
 * @returns {{bar: HTMLElement, files: HTMLElement, controls: Record<string, any>}}
 */
export function regionTools(acts) {
  const tools = TOOLS.map((name) => {
    const icon = name === "match" ? "pointer" : name;
    return button(T[name], () => acts.use(name), { icon, class: "small" });
  });
  const [match, brush, eraser] = tools;
  const range = el("input", { type: "range", min: SIZES.least, max: SIZES.most,
    value: SIZES.first, "aria-label": T.brushSize, input: () => acts.size(Number(range.value)) });
  const size = el("label", { class: "row" }, T.brushSize, range);
  const undo = button(T.undo, () => acts.undo(), { icon: "undo", quiet: true });
  const redo = button(T.redo, () => acts.redo(), { icon: "redo", quiet: true });
  const show = el("input", { type: "checkbox", checked: true,
    change: () => acts.show(show.checked) });
  const done = button(T.regionsUse, () => acts.useRegions(), { class: "primary" });
  const bar = el("div", { class: "region-tools" },
    el("div", { class: "segments", role: "group", "aria-label": T.tools }, ...tools),
    size, undo, redo, el("label", { class: "row" }, show, T.showColors),
    el("span", { class: "spring" }), button(T.cancel, () => acts.cancel()), done);
  const files = el("div", { class: "region-files" }, maskRow("content", acts),
    maskRow("style", acts));
  return { bar, files, controls: { match, brush, eraser, range, size, undo, redo, done } };
}

/**
 * @param {"content"|"style"} role
 * @param {Record<string, (value?: any) => void>} acts
 */
function maskRow(role, acts) {
  const link = (words = "", act = "") =>
    button(words, () => acts[act](role), {
      class: "link", "aria-label": `${words}: ${T.maskOf[role]}`,
    });
  return el("p", { class: "row" }, el("span", { class: "help", text: T.maskOf[role] }),
    link(T.exportMask, "exportMask"), link(T.importMask, "importMask"));
}

/**
 * The keys of the editor; they come before those of the page.
 * @param {{undo: () => void, redo: () => void, escape: () => void,
 *   resize: (factor: number) => void}} acts
 */
export function regionKeys({ undo, redo, escape, resize }) {
  /** @type {Record<string, () => void>} */
  const keys = {
    "control z": undo, "control shift z": redo, "control y": redo,
    escape, "[": () => resize(0.8), "]": () => resize(1.25),
  };
  const run = (/** @type {KeyboardEvent} */ event) => {
    const writing = /** @type {HTMLElement} */ (event.target).matches?.("input[type=text], select");
    if (state.room !== "regions" || writing || document.querySelector("dialog[open]")) return;
    const control = event.ctrlKey || event.metaKey;
    const shift = control && event.shiftKey;
    const key = `${control ? "control " : ""}${shift ? "shift " : ""}${event.key.toLowerCase()}`;
    if (!keys[key]) return;
    keys[key]();
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("keydown", run, { capture: true });
}
