/** The strip of attempts: click to return to one, or to compare one with the shown. */

import { ask } from "./api.js";
import { button, byId, el, showPicture } from "./dom.js";
import { T } from "./english.js";
import { select } from "./selection.js";
import {
  change, hasPicture, isRunning, listedAttempts, shownAttempt, state, touch, watch,
} from "./state.js";
/** @import { Attempt } from "./types.js" */

/** @type {Map<string, any>} the items, by id of the attempt */
const items = new Map();

/** Build the strip and keep it up to date. */
export function openStrip() {
  const list = el("ol", { class: "attempts" });
  byId("strip").setAttribute("aria-label", T.attempts);
  byId("strip").append(list);
  watch(["attempts", "shown", "compared", "content", "photos"], () => draw(list));
}

/**
 * The number of an attempt, as the strip counts them.
 * @param {Attempt} attempt
 */
export function attemptNumber(attempt) {
  return 1 + listedAttempts().findIndex(({ id }) => id === attempt.id);
}

/** @param {HTMLElement} list */
function draw(list) {
  const attempts = listedAttempts();
  const ids = new Set(attempts.map(({ id }) => id));
  byId("strip").hidden = !attempts.length;
  for (const [id, item] of items) {
    if (!ids.has(id)) {
      item.element.remove();
      items.delete(id);
    }
  }
  attempts.forEach((attempt, place) => {
    const isNew = !items.has(attempt.id);
    if (isNew) items.set(attempt.id, makeItem(attempt.id));
    const item = items.get(attempt.id);
    update(item, attempt, place + 1);
    if (list.children[place] !== item.element) {
      list.insertBefore(item.element, list.children[place]);
    }
    if (isNew) list.scrollLeft = list.scrollWidth;
  });
}

/** @param {string} id */
function makeItem(id) {
  const image = el("img", { alt: "", draggable: "false" });
  const words = el("span", { class: "words" });
  const open = el("button", { type: "button", class: "open", click: () => select(id) },
    image, words);
  const mini = (name = "", click = () => {}) =>
    button("", click, { icon: name, quiet: true, class: "mini" });
  const compare = mini("compare", () => toggleCompare(id));
  const remove = mini("close", () => removeAttempt(id));
  const element = el("li", {}, open, el("span", { class: "minis" }, compare, remove));
  return { element, image, words, open, compare, remove };
}

/**
 * @param {any} item
 * @param {Attempt} attempt
 * @param {number} number
 */
function update(item, attempt, number) {
  const shown = attempt.id === state.shown;
  const compared = attempt.id === state.compared;
  const what = describe(attempt);
  item.words.textContent = `${number}  ${what}`;
  item.open.title = details(attempt);
  item.open.setAttribute("aria-label", T.attempt(number, details(attempt)));
  item.open.setAttribute("aria-current", String(shown));
  item.element.classList.toggle("compared", compared);
  item.element.classList.toggle("running", isRunning(attempt));
  const partner = shownAttempt();
  item.compare.hidden = shown || !hasPicture(attempt) || partner?.content !== attempt.content;
  item.remove.hidden = isRunning(attempt);
  item.compare.setAttribute("aria-pressed", String(compared));
  tip(item.compare, compared ? T.compareOff : T.compareWith(number));
  tip(item.remove, T.removeAttempt(number));
  const version = isRunning(attempt) ? Math.floor(attempt.frame / 4) : attempt.status;
  const fallback = state.photos.get(attempt.content)?.thumb ?? null;
  const own = isRunning(attempt) ? `frame/${attempt.frame}.jpg` : `thumb.jpg?${attempt.status}`;
  if (item.version === version) return;
  item.version = version;
  showPicture(item.image, hasPicture(attempt) ? `/api/attempts/${attempt.id}/${own}` : fallback);
}

/**
 * @param {HTMLElement} element
 * @param {string} words
 */
function tip(element, words) {
  element.title = words;
  element.setAttribute("aria-label", words);
}

/**
 * An attempt in a few words: its styles and what differs from the usual settings.
 * @param {Attempt} attempt
 */
function describe(attempt) {
  const names = attempt.styles.map(({ id }) => styleName(id));
  const count = Object.keys(attempt.settings).length;
  const more = [count ? `±${count}` : "", attempt.masks?.content ? T.withRegions : ""];
  return [names.join(" + "), ...more].filter(Boolean).join(", ");
}

/** @param {Attempt} attempt */
function details(attempt) {
  const weights = attempt.styles.length > 1;
  const names = attempt.styles.map(
    ({ id, weight }) => styleName(id) + (weights ? ` ${T.percent(weight)}` : ""),
  );
  const settings = Object.entries(attempt.settings).map(
    ([name, value]) => `${name.replaceAll("_", " ")} ${value}`,
  );
  const masks = attempt.masks?.content ? [T.withRegions] : [];
  const strength = attempt.strength < 1 ? [`${T.strength} ${T.percent(attempt.strength)}`] : [];
  const rest = [...settings, ...masks, ...strength];
  return `${names.join(" + ")}, ${rest.length ? rest.join(", ") : T.usualSettings}`;
}

/**
 * A style's name without the suffix of its file.
 * @param {string} id
 */
export function styleName(id) {
  const photo = state.photos.get(id);
  if (!photo) return T.style;
  const name = photo.name.replace(/\.[a-z0-9]{2,5}$/i, "");
  return photo.kind === "look" ? name.replaceAll("-", " ") : name;
}

/** @param {string} id */
function toggleCompare(id) {
  const on = state.compared !== id;
  change({ compared: on ? id : null, ...(on && state.mode === "single" && { mode: "divider" }) });
}

/** @param {string} id */
async function removeAttempt(id) {
  try {
    await ask(`/api/attempts/${id}`, "DELETE");
    state.attempts.delete(id);
    if (state.shown === id) change({ shown: listedAttempts().at(-1)?.id ?? null });
    if (state.compared === id) change({ compared: null });
    touch("attempts");
  } catch (error) {
    change({ trouble: error.message });
  }
}
