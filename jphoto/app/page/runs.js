/** Starts attempts: a preview at once, then the transfer; a change starts them again. */

import { CLIENT, ask } from "./api.js";
import { later } from "./dom.js";
import { attemptAtThis, wish } from "./selection.js";
import { change, isRunning, shownAttempt, state, touch, watch } from "./state.js";

const SETTLE_MS = 500;

/** @type {{preview: string, wish: object}|null} the transfer that follows a running preview */
let next = null;
let latest = 0;

/**
 * Start what is chosen now, unless it was done before; then that is shown again.
 * @param {{preview?: boolean}} [options] preview: make a first look before the transfer, which is
 *   of no use if only weights changed: it does not depend on them
 */
export function start({ preview = true } = {}) {
  settled.cancel();
  const known = attemptAtThis();
  if (known?.kind === "transfer" && (isRunning(known) || known.status === "finished")) {
    stopOthers(known.id);
    change({ shown: known.id, trouble: null });
  } else {
    run(preview ? "preview" : "transfer", wish());
  }
}

/** Start again once nothing has changed for a moment, without a preview. */
const settled = later(SETTLE_MS, () => start({ preview: false }));
export const startSoon = () => settled();

/** Solve once more what the stopped attempt in the viewer was at. */
export const again = () => run("transfer", wish());

/**
 * @param {"preview"|"transfer"} kind
 * @param {object|null} wanted
 */
async function run(kind, wanted) {
  if (!wanted) return;
  const mine = ++latest;
  next = null;
  change({ trouble: null });
  try {
    const attempt = await ask("/api/attempts", "POST", { kind, client: CLIENT, ...wanted });
    const known = state.attempts.get(attempt.id) ?? attempt; // news of it may have come first
    state.attempts.set(attempt.id, known);
    if (mine !== latest) return;
    if (kind === "preview") next = { preview: attempt.id, wish: wanted };
    change({ shown: attempt.id, compared: sameContent(wanted) });
    touch("attempts");
    if (state.strength !== attempt.strength) rememberStrength();
  } catch (error) {
    if (mine === latest) change({ trouble: error.message });
  }
}

/** @param {any} wanted */
function sameContent(wanted) {
  const other = state.compared && state.attempts.get(state.compared);
  return other && other.content === wanted.content ? other.id : null;
}

/** Stop the attempt in the viewer; its best picture is kept. */
export async function stop() {
  next = null;
  settled.cancel();
  const attempt = shownAttempt();
  if (attempt && isRunning(attempt)) await stopOne(attempt.id);
}

/** @param {string} but id of the attempt that goes on */
function stopOthers(but) {
  next = null;
  const shown = shownAttempt();
  if (shown && shown.id !== but && isRunning(shown)) stopOne(shown.id);
}

/** @param {string} id */
async function stopOne(id) {
  try {
    await ask(`/api/attempts/${id}/stop`, "POST");
  } catch (error) {
    change({ trouble: error.message });
  }
}

/** Go on with the transfer when its preview has ended, also with one from before a reload. */
export function followPreviews() {
  const shown = shownAttempt();
  if (shown?.kind === "preview" && !["stopped", "failed"].includes(shown.status)) {
    next = { preview: shown.id, wish: wish() ?? {} };
  }
  watch(["attempts"], () => {
    const preview = next && state.attempts.get(next.preview);
    if (!next || !preview || isRunning(preview)) return;
    const wanted = next.wish;
    next = null;
    if (preview.status === "finished") run("transfer", wanted);
  });
}

/** Save the strength with the attempt, a moment after the slider rests. */
export const rememberStrength = later(300, async () => {
  const attempt = shownAttempt();
  if (!attempt || attempt.strength === state.strength) return;
  attempt.strength = state.strength;
  touch("attempts");
  try {
    await ask(`/api/attempts/${attempt.id}`, "PATCH", { strength: state.strength });
  } catch (error) {
    change({ trouble: error.message });
  }
});
