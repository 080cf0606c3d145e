/** The content photo and the styles in the bar, and how files become one or the other. */

import { ask, send } from "./api.js";
import { button, byId, el } from "./dom.js";
import { T } from "./english.js";
import { start, startSoon, stop } from "./runs.js";
import { change, state, touch, watch } from "./state.js";
import { styleName } from "./strip.js";
import { openStyles } from "./styles.js";
/** @import { Photo, Style } from "./types.js" */

const ACCEPT =
  "image/*,.look,.heic,.heif,.avif,.jxl,.tif,.tiff,.dng,.nef,.cr2,.cr3,.arw,.raf,.orf,.rw2";

/** Keep the bar up to date. */
export function openSources() {
  watch(["content", "styles", "photos", "uploads"], () => {
    const focus = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.slot;
    byId("sources").replaceChildren(...slots());
    document.body.dataset.view = state.content ? "work" : "welcome";
    if (focus) byId("sources").querySelector(`[data-slot="${focus}"]`)?.focus();
  });
}

function slots() {
  const made = [];
  const content = state.content && state.photos.get(state.content);
  const choose = async () => useContent(await chooseFiles());
  if (content) {
    made.push(chip(content, "content", T.changePhoto(content.name), choose));
    made.push(el("span", { class: "arrow", "aria-hidden": "true", text: "+" }));
    for (const { id } of state.styles) made.push(styleChip(id));
    made.push(button(T.addStyle, openStyles, { icon: "add", class: "small", "data-slot": "add" }));
  }
  for (const [name, share] of state.uploads) {
    made.push(el("span", { class: "upload", text: T.uploading(name, share) }));
  }
  return made;
}

/** @param {string} id */
function styleChip(id) {
  const photo = state.photos.get(id);
  const made = el("span", { class: "style-chip" });
  if (photo) made.append(chip(photo, `style ${id}`, T.changeStyle(styleName(id)), openStyles));
  made.append(
    button(T.remove(styleName(id)), () => removeStyle(id), {
      icon: "close", quiet: true, class: "mini",
    }),
  );
  return made;
}

/**
 * @param {Photo} photo
 * @param {string} slot
 * @param {string} words
 * @param {() => void} click
 */
function chip(photo, slot, words, click) {
  const name = photo.kind === "look" ? styleName(photo.id) : photo.name;
  const facts = photo.kind === "photo" ? T.photoFacts(photo.width, photo.height, photo.bytes) : "";
  const title = [words, facts, photo.profile, photo.note].filter(Boolean).join("\n");
  return el("button", { type: "button", class: "chip", click, title, "aria-label": words,
    "data-slot": slot }, el("img", { src: photo.thumb, alt: "" }), el("span", { text: name }));
}

/**
 * Ask for files by the system's own dialog.
 * @param {{many?: boolean, folder?: boolean}} [options]
 * @returns {Promise<File[]>} none if the dialog is closed
 */
export function chooseFiles({ many = false, folder = false } = {}) {
  const input = byId("choose");
  input.accept = folder ? "" : ACCEPT;
  input.multiple = many;
  input.webkitdirectory = folder;
  input.value = "";
  return new Promise((resolve) => {
    input.onchange = () => resolve([...input.files]);
    input.oncancel = () => resolve([]);
    input.click();
  });
}

/**
 * Copy a file to the server.
 * @param {File} file
 * @param {"content"|"style"} role
 * @returns {Promise<Photo|null>} null if it was refused, with a word
 */
async function upload(file, role) {
  const name = file.name || T[role];
  state.uploads.set(name, 0);
  touch("uploads");
  change({ trouble: null });
  try {
    const path = `/api/photos?name=${encodeURIComponent(name)}&role=${role}`;
    const photo = await send(path, file, (share) => {
      state.uploads.set(name, share);
      touch("uploads");
    });
    state.photos.set(photo.id, photo);
    touch("photos");
    return photo;
  } catch (error) {
    note(error.message, true);
    return null;
  } finally {
    state.uploads.delete(name);
    touch("uploads");
  }
}

/**
 * A line that is shown for a while.
 * @param {string} words
 * @param {boolean} [trouble] whether it stays until it is closed
 */
export function note(words, trouble = false) {
  const line = el("div",
    { class: trouble ? "note trouble" : "note", role: trouble ? "alert" : "status" },
    el("span", { text: words }));
  line.append(button(T.close, () => line.remove(), { icon: "close", quiet: true, class: "mini" }));
  byId("notes").append(line);
  if (!trouble) setTimeout(() => line.remove(), 5000);
}

/** @param {File[]} files the first is taken */
export async function useContent(files) {
  const photo = files[0] && (await upload(files[0], "content"));
  if (!photo) return;
  if (photo.kind === "look") return setStyles([{ id: photo.id, weight: 1 }]);
  change({ content: photo.id, masks: null, shown: null, compared: null, room: "viewer" });
  start();
}

/**
 * @param {File[]} files
 * @param {{more?: boolean}} [options] more: keep the styles that are there
 */
export async function useStyles(files, { more = false } = {}) {
  const sent = await Promise.all(files.map((file) => upload(file, "style")));
  const found = sent.filter((photo) => photo !== null);
  if (!found.length) return;
  const added = found.map(({ id }) => ({ id, weight: 1 }));
  setStyles(more ? [...state.styles, ...added] : added);
}

/** @param {Style[]} styles */
export function setStyles(styles) {
  change({ styles, masks: null, room: "viewer" });
  if (styles.length && state.content) start();
  else stop();
}

/** @param {string} id */
function removeStyle(id) {
  setStyles(state.styles.filter((style) => style.id !== id));
}

/**
 * @param {string} id
 * @param {number} weight
 */
export function weigh(id, weight) {
  change({ styles: state.styles.map((style) => (style.id === id ? { id, weight } : style)) });
  startSoon();
}

/** @param {string} name of a pair that comes with jphoto */
export async function useExample(name) {
  try {
    const { content, styles } = await ask(`/api/examples/${name}`, "POST");
    for (const photo of [content, ...styles]) state.photos.set(photo.id, photo);
    touch("photos");
    change({
      content: content.id,
      styles: styles.map((/** @type {any} */ { id }) => ({ id, weight: 1 })),
      masks: null, shown: null, compared: null,
    });
    start();
  } catch (error) {
    note(error.message, true);
  }
}
