/** Dropping and pasting: anywhere on the page, with a choice of what the files become. */

import { byId, el } from "./dom.js";
import { openBatch } from "./batch.js";
import { T } from "./english.js";
import { note, useContent, useStyles } from "./sources.js";
import { state } from "./state.js";

/** Take what is dropped or pasted anywhere on the page. */
export function openDropping() {
  const sheet = byId("drop");
  const zones = ["content", "style", "more", "many"].map((role) => zone(role));
  sheet.append(...zones);
  let depth = 0;
  const hide = () => {
    depth = 0;
    sheet.hidden = true;
  };
  addEventListener("dragenter", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    depth++;
    zones[2].hidden = !state.styles.length;
    sheet.hidden = Boolean(document.querySelector("dialog[open]"));
  });
  addEventListener("dragleave", () => {
    if (--depth <= 0) hide();
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    const target = /** @type {HTMLElement} */ (event.target).closest("[data-drop]");
    const role = /** @type {HTMLElement|null} */ (target)?.dataset.drop;
    hide();
    if (event.dataTransfer && role) take(event.dataTransfer, role);
  });
  addEventListener("paste", paste);
}

/** @param {string} role */
function zone(role) {
  const words = T.dropAs[/** @type {"many"} */ (role)];
  return el("div", { class: "zone", "data-drop": role, text: words });
}

/**
 * @param {DataTransfer} data
 * @param {string} role
 */
async function take(data, role) {
  const folder = [...data.items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);
  const files = await filesOf(data);
  if (!files.length) note(T.noPhotosInside, true);
  else if (role === "many" || (role === "content" && (folder || files.length > 1))) {
    openBatch(files);
  } else if (role === "content") useContent(files);
  else useStyles(files, { more: role === "more" });
}

/**
 * The dropped files, also those in dropped folders.
 * @param {DataTransfer} data
 * @returns {Promise<File[]>}
 */
export async function filesOf(data) {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...data.files];
  const found = await Promise.all(entries.map((entry) => walk(entry)));
  return found.flat();
}

/**
 * @param {any} entry
 * @returns {Promise<File[]>}
 */
async function walk(entry) {
  if (entry.isFile) return [await new Promise((good, bad) => entry.file(good, bad))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((good, bad) => reader.readEntries(good, bad));
    if (!some.length) return found; // a reader gives at most 100 at a time
    for (const one of some) found.push(...(await walk(one)));
  }
}

/** @param {ClipboardEvent} event */
function paste(event) {
  if (/** @type {HTMLElement} */ (event.target).matches?.("input, textarea")) return;
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length) return note(T.nothingPasted);
  const role = state.content ? "style" : "content";
  note(T.pasted[role]);
  if (role === "content") useContent(files);
  else useStyles(files);
}
