/** What this window works on: photo, styles and settings; they survive a reload. */

import { change, contentPhoto, isRunning, sameKey, state, watch } from "./state.js";
/** @import { Attempt } from "./types.js" */

const KEY = "selection";

/** Take up what was there before the page was loaded, or else the newest attempt. */
export function restoreSelection() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  const newest = [...state.attempts.values()].at(-1);
  if (state.content) {
    keepKnown();
  } else if (kept) {
    change({ ...kept });
    keepKnown();
  } else if (newest) {
    select(newest.id);
  }
  const shown = state.shown && state.attempts.get(state.shown);
  if (!shown) change({ shown: attemptAtThis()?.id ?? null, compared: null });
}

/** Keep what is chosen for the next load of the page. */
export function rememberSelection() {
  watch(["content", "styles", "settings", "masks", "strength", "shown", "mode"], () => {
    if (!state.server) return;
    const { content, styles, settings, masks, strength, shown, mode } = state;
    const kept = { content, styles, settings, masks, strength, shown, mode };
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  });
}

/** Let go of photos that the server no longer has. */
function keepKnown() {
  const content = contentPhoto() ? state.content : null;
  const styles = state.styles.filter(({ id }) => state.photos.has(id));
  if (content !== state.content || styles.length !== state.styles.length) {
    change({ content, styles, masks: null });
  }
}

/**
 * Go back to an attempt, with its photo, styles and settings.
 * @param {string} id
 */
export function select(id) {
  const attempt = state.attempts.get(id);
  if (!attempt) return;
  const other = state.compared && state.attempts.get(state.compared);
  change({
    content: attempt.content,
    styles: attempt.styles.map((style) => ({ ...style })),
    settings: { ...attempt.settings },
    masks: attempt.masks?.content ? attempt.masks : null,
    strength: attempt.strength,
    shown: id,
    compared: other && other.content === attempt.content && other.id !== id ? other.id : null,
    trouble: null,
  });
}

/** @returns {object|null} what is chosen now, as an attempt wants it; null while incomplete */
export function wish() {
  const { content, styles, settings, masks } = state;
  if (!content || !styles.length) return null;
  const total = styles.reduce((sum, { weight }) => sum + weight, 0) || 1;
  return {
    content,
    styles: styles.map(({ id, weight }) => ({ id, weight: weight / total })),
    settings,
    masks: masks ?? { content: null, styles: styles.map(() => null) },
  };
}

/** @returns {Attempt|null} the newest good attempt at what is chosen now */
export function attemptAtThis() {
  const now = wish();
  if (!now) return null;
  const key = sameKey(/** @type {any} */ (now));
  const all = [...state.attempts.values()].reverse();
  const same = all.filter((a) => a.status !== "failed" && sameKey(a) === key);
  return (
    same.find((a) => a.kind === "transfer" && (isRunning(a) || a.status === "finished")) ??
    same.find((a) => a.kind === "transfer" && a.frame > 0) ??
    same[0] ??
    null
  );
}
