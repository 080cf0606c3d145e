/**
 * What the page knows and shows: one plain object, and functions that run when parts of it change.
 */

/** @import { Attempt, Batch, Masks, Photo, ServerState, Style } from "./types.js" */

export const state = {
  /** @type {ServerState|null} */
  server: null,
  /** @type {"connecting"|"open"|"gone"|"refused"} */
  connection: "connecting",
  /** @type {Map<string, Photo>} photos and bundled looks, by id */
  photos: new Map(),
  /** @type {Map<string, Attempt>} by id, the oldest first */
  attempts: new Map(),
  /** @type {Map<string, Batch>} */
  batches: new Map(),
  /** @type {string|null} id of the content photo */
  content: null,
  /** @type {Style[]} */
  styles: [],
  /** @type {Record<string, unknown>} those that differ from the default */
  settings: {},
  /** @type {Masks|null} */
  masks: null,
  strength: 1,
  /** @type {string|null} id of the attempt in the viewer */
  shown: null,
  /** @type {string|null} id of the attempt that it is compared with, in place of the photo */
  compared: null,
  /** @type {string|null} one clear line on what did not work */
  trouble: null,
  /** @type {"viewer"|"regions"} */
  room: /** @type {"viewer"|"regions"} */ ("viewer"),
  /** @type {"divider"|"side"|"single"} */
  mode: /** @type {"divider"|"side"|"single"} */ ("divider"),
  divider: 0.5,
  /** whether the picture is larger than what fits */
  enlarged: false,
  /** whether the original is shown as long as a key or a button is held */
  original: false,
  /** names of files that are on their way to the server, with the share that has arrived */
  /** @type {Map<string, number>} */
  uploads: new Map(),
};

/** @typedef {keyof typeof state} Key */

/** @type {{keys: Key[], run: () => void}[]} */
const watchers = [];
/** @type {Set<Key>} */
const changed = new Set();

/**
 * Run a function now and whenever one of these parts has changed.
 * @param {Key[]} keys
 * @param {() => void} run
 */
export function watch(keys, run) {
  watchers.push({ keys, run });
  run();
}

/**
 * Change parts of the state; watchers run once, after the caller is done.
 * @param {Partial<typeof state>} values
 */
export function change(values) {
  Object.assign(state, values);
  touch(.../** @type {Key[]} */ (Object.keys(values)));
}

/**
 * Say that the contents of a map or an object have changed.
 * @param {...Key} keys
 */
export function touch(...keys) {
  if (!changed.size) queueMicrotask(notify);
  keys.forEach((key) => changed.add(key));
}

function notify() {
  const now = new Set(changed);
  changed.clear();
  for (const { keys, run } of watchers) {
    if (keys.some((key) => now.has(key))) run();
  }
}

/** @returns {Attempt|null} the attempt in the viewer */
export function shownAttempt() {
  return (state.shown && state.attempts.get(state.shown)) || null;
}

/** @returns {Photo|null} the content photo */
export function contentPhoto() {
  return (state.content && state.photos.get(state.content)) || null;
}

/** @param {Attempt} attempt */
export function isRunning(attempt) {
  return !["finished", "stopped", "failed"].includes(attempt.status);
}

/** @param {Attempt} attempt */
export function hasPicture(attempt) {
  return attempt.frame > 0 || attempt.status === "finished";
}

/** The attempts that have come or may come to a picture, without previews that a transfer followed.
 * @returns {Attempt[]}
 */
export function listedAttempts() {
  const all = [...state.attempts.values()];
  const followed = new Set(all.filter((a) => a.kind === "transfer").map(sameKey));
  return all.filter(
    (a) =>
      (isRunning(a) || hasPicture(a)) && (a.kind === "transfer" || !followed.has(sameKey(a))),
  );
}

/**
 * A text that is equal for attempts at the same thing.
 * @param {{content: string, styles: Style[], settings: object, masks?: Masks|null}} wish
 */
export function sameKey(wish) {
  const masks = wish.masks && (wish.masks.content || wish.masks.styles.some(Boolean));
  const settings = Object.entries(wish.settings).sort(([a], [b]) => (a < b ? -1 : 1));
  const styles = wish.styles.map(({ id, weight }) => [id, Math.round(weight * 1000)]);
  return JSON.stringify([wish.content, styles, settings, masks ? wish.masks : null]);
}
