/** Keys for everything, and the dialog that lists them. Single letters can be turned off. */

import { openDialog } from "./dialog.js";
import { el } from "./dom.js";
import { T, size } from "./english.js";
import { openKeep } from "./keep.js";
import { stop } from "./runs.js";
import { change, state } from "./state.js";
import { zoom } from "./viewer.js";

const OFF = "single-keys-off";

/** @type {Record<string, () => void>} */
const LETTERS = {
  d: () => change({ mode: "divider" }),
  s: () => change({ mode: "side" }),
  e: () => change({ mode: "single" }),
  z: () => zoom.toggle(),
  "+": () => zoom.larger(),
  "=": () => zoom.larger(),
  "-": () => zoom.smaller(),
  r: () => {
    const room = state.room === "viewer" && state.styles.length ? "regions" : "viewer";
    change({ room });
  },
  ".": () => stop(),
  "?": () => openHelp(),
};

export function openKeys() {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      return openKeep();
    }
    const target = /** @type {HTMLElement} */ (event.target);
    const writing = target.matches?.("input[type=text], select, textarea");
    if (writing || document.querySelector("dialog[open]") || !state.content) return;
    if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF)) return;
    const key = event.key.toLowerCase();
    if (key === "o") change({ original: true });
    else if (LETTERS[key]) LETTERS[key]();
    else return;
    event.preventDefault();
  });
  const release = () => state.original && change({ original: false });
  addEventListener("keyup", (event) => event.key.toLowerCase() === "o" && release());
  addEventListener("blur", release);
}

/** @type {HTMLDialogElement|null} */
let dialog = null;

export function openHelp() {
  if (!dialog) {
    const made = openDialog("help", T.helpTitle);
    dialog = made.dialog;
    const on = el("input", { type: "checkbox", id: "single-keys",
      checked: !localStorage.getItem(OFF),
      change: () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")) });
    const keys = T.keys.flatMap(([key, what]) => [el("dt", {}, el("kbd", { text: key })),
      el("dd", { text: what })]);
    made.body.append(el("dl", { class: "keys" }, ...keys),
      el("p", { class: "row" }, on, el("label", { for: "single-keys", text: T.singleKeys })),
      ...aboutLines());
  }
  dialog.showModal();
}

function aboutLines() {
  const { server } = state;
  if (!server) return [];
  const { version, folder, folder_bytes, folder_limit } = server;
  return [T.about(version, folder), T.folderUse(folder_bytes, folder_limit)]
    .map((text) => el("p", { class: "help", text }));
}
