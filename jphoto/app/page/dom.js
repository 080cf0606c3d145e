/** Elements, icons and small helpers of the document. */

import { PATHS } from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * The element of the page with an id.
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * A new element.
 * @param {string} tag
 * @param {Record<string, any>} [props] attributes; a function is a listener of the event of that
 *   name, `text` the text, true an empty attribute, and false or null leaves one out
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {any}
 */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (name === "text") made.textContent = value;
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

/**
 * An icon; it is decoration, and what it stands for is said in words beside it or by a label.
 * @param {string} name a key of PATHS
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/**
 * A button with an icon, its words, or both.
 * @param {string} words shown, or only read aloud and shown as a tip if `quiet`
 * @param {(event: Event) => void} click
 * @param {{icon?: string, quiet?: boolean, class?: string, [attribute: string]: any}} [props]
 */
export function button(words, click, props = {}) {
  const { icon: name, quiet, ...rest } = props;
  const label = quiet ? { "aria-label": words, title: words } : {};
  const made = el("button", { type: "button", click, ...label, ...rest });
  if (name) made.append(icon(name));
  if (!quiet) made.append(el("span", { text: words }));
  return made;
}

/**
 * Set the size and the place of an element by pixels.
 * @param {HTMLElement} element
 * @param {{x: number, y: number, width: number, height: number}} box
 */
export function place(element, box) {
  element.style.width = `${box.width}px`;
  element.style.height = `${box.height}px`;
  element.style.transform = `translate(${box.x}px, ${box.y}px)`;
}

/**
 * Show a picture without a flicker: the earlier one stays until the new one is decoded.
 * @param {HTMLImageElement} image
 * @param {string|null} url
 */
export async function showPicture(image, url) {
  if (image.dataset.url === (url ?? "")) return;
  image.dataset.url = url ?? "";
  if (!url) {
    image.removeAttribute("src");
    return;
  }
  const next = new Image();
  next.src = url;
  try {
    await next.decode();
  } catch {
    if (image.dataset.url === url) image.dataset.url = "failed"; // so that it is tried again
    return;
  }
  if (image.dataset.url === url) image.src = url;
}

/**
 * A function that runs the other once it was not called for some time.
 * @param {number} milliseconds
 * @param {(...values: any[]) => void} run
 */
export function later(milliseconds, run) {
  let timer = 0;
  const call = (/** @type {any[]} */ ...values) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => run(...values), milliseconds);
  };
  call.cancel = () => clearTimeout(timer);
  return call;
}

/**
 * Let the browser save a file.
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
