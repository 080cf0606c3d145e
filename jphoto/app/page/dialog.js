/** Dialogs: made once, with a title and a button that closes them; Escape does so, too. */

import { button, byId, el } from "./dom.js";
import { T } from "./english.js";

/**
 * @param {string} id
 * @param {string} title
 * @returns {{dialog: HTMLDialogElement, body: HTMLElement}}
 */
export function openDialog(id, title) {
  const body = el("div", { class: "dialog-body" });
  const dialog = el("dialog", { id, "aria-labelledby": `${id}-title` });
  const close = button(T.close, () => dialog.close(), { icon: "close", quiet: true });
  dialog.append(el("header", {}, el("h2", { id: `${id}-title`, text: title }), close), body);
  dialog.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    if (event.target === dialog) dialog.close(); // the backdrop
  });
  byId("main").after(dialog);
  return { dialog, body };
}
