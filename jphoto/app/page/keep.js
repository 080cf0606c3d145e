/** The dialog that saves the picture, and takes it elsewhere: LUT, look, commands, fidelity. */

import { ask, fetchFile } from "./api.js";
import { openDialog } from "./dialog.js";
import { button, download, el } from "./dom.js";
import { T } from "./english.js";
import { hasPicture, shownAttempt, state } from "./state.js";
/** @import { Attempt } from "./types.js" */

/** @type {{dialog: HTMLDialogElement, body: HTMLElement}|null} */
let made = null;
const FIRST = [".jpg", ".png", ".tif", ".webp", ".avif"]; // the order that people look for
let format = "";
let depth = "auto";

export function openKeep() {
  const attempt = shownAttempt();
  if (!attempt || !hasPicture(attempt)) return;
  made ??= openDialog("keep", T.keepTitle);
  made.body.replaceChildren(picturePart(attempt), otherPart(attempt), commandPart(attempt),
    fidelityPart(attempt));
  made.dialog.showModal();
}

/** @param {Attempt} attempt */
function picturePart(attempt) {
  const rank = (suffix = "") => (FIRST.includes(suffix) ? FIRST.indexOf(suffix) : FIRST.length);
  const formats = [...(state.server?.formats ?? FIRST)].sort((a, b) => rank(a) - rank(b));
  if (!formats.includes(format)) format = formats[0];
  const status = el("p", { class: "help", role: "status" });
  const select = el("select", { id: "depth", change: () => (depth = select.value) },
    ...Object.entries(T.depths).map(([value, text]) => el("option", { value, text })));
  select.value = depth;
  const save = button(T.savePicture, () => {
    const query = new URLSearchParams({ format, depth, strength: String(state.strength) });
    take(`/api/attempts/${attempt.id}/file?${query}`, save, status);
  }, { icon: "keep", class: "primary" });
  return el("section", {},
    el("p", { text: T.keepFacts(attempt.result_width, attempt.result_height, state.strength) }),
    el("p", { class: "help", text: T.keepNote }),
    el("fieldset", { class: "formats" }, el("legend", { text: T.format }),
      ...formats.map((suffix) => radio(suffix))),
    el("p", { class: "row" }, el("label", { for: "depth", text: T.depth }), select, save),
    status);
}

/** @param {string} suffix */
function radio(suffix) {
  const input = el("input", { type: "radio", name: "format", value: suffix,
    checked: suffix === format, change: () => (format = suffix) });
  return el("label", {}, input, el("span", { text: suffix.slice(1).toUpperCase() }));
}

/** @param {Attempt} attempt */
function otherPart(attempt) {
  const status = el("p", { class: "help", role: "status" });
  const base = `/api/attempts/${attempt.id}`;
  const row = (name = "", help = "", path = "") => {
    const one = button(name, () => take(path, one, status), { icon: "keep" });
    return el("p", { class: "row" }, one, el("span", { class: "help", text: help }));
  };
  return el("section", {}, el("h3", { text: T.others }),
    row(T.lut, T.lutHelp, `${base}/lut?strength=${state.strength}`),
    row(T.look, T.lookHelp, `${base}/look`), status);
}

/**
 * Fetch a file and let the browser save it.
 * @param {string} path
 * @param {HTMLButtonElement} pressed
 * @param {HTMLElement} status
 */
async function take(path, pressed, status) {
  pressed.disabled = true;
  status.classList.remove("trouble");
  status.textContent = T.making;
  try {
    const { blob, name } = await fetchFile(path);
    download(blob, name);
    status.textContent = T.saved(name, blob.size);
  } catch (error) {
    status.classList.add("trouble");
    status.textContent = error.message;
  } finally {
    pressed.disabled = false;
  }
}

/** @param {Attempt} attempt */
function commandPart(attempt) {
  const body = el("div", {});
  const details = el("details", {}, el("summary", { text: T.commands }), body);
  details.addEventListener("toggle", async () => {
    if (!details.open || body.childElementCount) return;
    try {
      const path = `/api/attempts/${attempt.id}/commands?strength=${state.strength}`;
      const { shell, python } = await ask(path);
      body.replaceChildren(code(T.shell, shell), code(T.python, python));
    } catch (error) {
      body.textContent = error.message;
    }
  });
  return el("section", {}, details);
}

/**
 * @param {string} title
 * @param {string} text
 */
function code(title, text) {
  const copy = button(T.copy, async () => {
    await navigator.clipboard.writeText(text);
    /** @type {HTMLElement} */ (copy.lastChild).textContent = T.copied;
  }, { icon: "copy", class: "small" });
  return el("div", { class: "code" },
    el("span", { class: "row" }, el("strong", { text: title }), copy),
    el("pre", { tabindex: 0, "aria-label": title }, el("code", { text })));
}

/** @param {Attempt} attempt */
function fidelityPart(attempt) {
  const body = el("div", { role: "status" });
  const measure = button(T.fidelityMake, async () => {
    measure.disabled = true;
    body.textContent = T.measuring;
    try {
      const { rows } = await ask(`/api/attempts/${attempt.id}/fidelity`);
      body.replaceChildren(table(rows), heatMap(attempt));
      measure.hidden = true;
    } catch (error) {
      body.textContent = error.message;
      measure.disabled = false;
    }
  });
  return el("section", {}, el("details", {}, el("summary", { text: T.fidelity }), measure, body));
}

/** @param {{name: string, help: string, value: number|null, text: string}[]} rows */
function table(rows) {
  const lines = rows.map(({ name, help, value, text }) => el("tr", {},
    el("th", { scope: "row" }, name, el("small", { text: help })),
    el("td", { text: T.measure(value, text) })));
  return el("table", {}, el("tbody", {}, ...lines));
}

/** @param {Attempt} attempt */
function heatMap(attempt) {
  const src = `/api/attempts/${attempt.id}/fidelity.png`;
  return el("figure", {}, el("img", { src, alt: T.heatMap }),
    el("figcaption", { class: "help", text: T.heatMap }));
}
