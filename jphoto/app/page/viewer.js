/** The viewer: the original, or another attempt, beside the shown one, in one pane or two. */

import { byId, el } from "./dom.js";
import { Divider } from "./divider.js";
import { T } from "./english.js";
import { pointers } from "./pointers.js";
import { Stack } from "./stack.js";
import {
  change, contentPhoto, hasPicture, isRunning, shownAttempt, state, watch,
} from "./state.js";
import { attemptNumber } from "./strip.js";
import { Zoom } from "./zoom.js";
/** @import { Picture } from "./stack.js" */
/** @import { Attempt, Photo } from "./types.js" */

const left = new Stack();
const right = new Stack();
const divider = new Divider();
const panes = [pane(), pane()];
const labels = { left: label(), right: label() };
export const zoom = new Zoom(() => draw());
const LABEL_INSET = 10; // CSS pixels from the corner of the photo
let photoId = "";

/** @returns {any} */
function pane() {
  return el("div", { class: "pane", tabindex: 0, role: "group", "aria-label": T.photoLabel });
}

function label() {
  return el("span", { class: "label" });
}

/** Build the viewer in its room and keep it up to date. */
export function openViewer() {
  const room = el("div", { class: "panes" }, ...panes);
  byId("viewer").prepend(room);
  byId("viewer").setAttribute("aria-label", T.viewer);
  for (const one of panes) pointers(one, zoom, divider);
  new ResizeObserver(draw).observe(panes[0]);
  const parts = /** @type {const} */ (["attempts", "photos", "content", "shown", "compared"]);
  watch([...parts, "strength", "divider", "mode", "original", "room"], draw);
}

function draw() {
  const photo = contentPhoto();
  const shown = shownAttempt();
  if (!photo || state.room !== "viewer") return;
  if (photo.id !== photoId) {
    photoId = photo.id;
    zoom.reset();
  }
  const attempt = shown?.content === photo.id ? shown : null;
  const other = (state.compared && state.attempts.get(state.compared)) || null;
  left.show(picture(photo, other, other?.strength ?? 0));
  right.show(picture(photo, attempt, state.strength));
  arrange(!attempt || !right.result.dataset.url);
  const { width, height } = panes[0].getBoundingClientRect();
  zoom.pane = { width, height };
  zoom.photo = photo;
  const box = zoom.box();
  left.place(box, zoom.pane);
  right.place(box, zoom.pane);
  const cut = divider.place(box, zoom.pane);
  right.clip(state.mode === "divider" && !divider.element.hidden ? cut : 0);
  byId("viewer").classList.toggle("enlarged", zoom.enlarged);
  if (state.enlarged !== zoom.enlarged) change({ enlarged: zoom.enlarged });
  byId("viewer").classList.toggle("original", state.original);
  name(attempt, other);
  const inset = { x: Math.max(0, box.x), y: Math.max(0, box.y) };
  for (const [side, words] of Object.entries(labels)) {
    words.style.top = `${inset.y + LABEL_INSET}px`;
    words.style[/** @type {"left"} */ (side)] = `${inset.x + LABEL_INSET}px`;
  }
}

/**
 * @param {Photo} photo
 * @param {Attempt|null} attempt
 * @param {number} strength
 * @returns {Picture}
 */
function picture(photo, attempt, strength) {
  const ended = attempt && !isRunning(attempt) && hasPicture(attempt);
  const base = attempt && `/api/attempts/${attempt.id}`;
  const copy = ended ? `result.jpg?${attempt.status}` : `frame/${attempt?.frame}.jpg`;
  return {
    photo,
    view: photo.view,
    result: attempt && hasPicture(attempt) ? `${base}/${copy}` : null,
    resultTiles: ended ? `${base}/tile` : null,
    strength,
  };
}

/**
 * Put the stacks into panes as the mode wants it.
 * @param {boolean} alone whether there is only the original yet
 */
function arrange(alone) {
  const [first, second] = panes;
  const two = state.mode === "side" && !alone;
  second.hidden = !two;
  const wanted = alone ? [left] : state.mode === "single" || two ? [right] : [left, right];
  const before = two ? [left.element, labels.left] : [];
  const after = wanted.map((stack) => stack.element);
  divider.element.hidden = alone || state.mode !== "divider";
  fill(first, two ? before : [...after, labels.left, labels.right, divider.element]);
  if (two) fill(second, [...after, labels.right]);
  labels.left.hidden = alone || state.mode === "single";
  labels.right.hidden = labels.left.hidden;
}

/**
 * Give a pane its children, without a touch if it has them: that would drop the focus.
 * @param {HTMLElement} host
 * @param {HTMLElement[]} children
 */
function fill(host, children) {
  const same = children.length === host.children.length;
  if (!same || children.some((child, k) => host.children[k] !== child)) {
    host.replaceChildren(...children);
  }
}

/**
 * @param {Attempt|null} attempt
 * @param {Attempt|null} other
 */
function name(attempt, other) {
  const number = (/** @type {Attempt} */ a) => T.attemptName(attemptNumber(a));
  labels.left.textContent = other ? number(other) : T.before;
  labels.right.textContent = other && attempt ? number(attempt) : T.after;
}
