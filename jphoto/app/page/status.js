/** The row below the picture: what happens now, how long it takes, and how the picture is shown. */

import { button, byId, el } from "./dom.js";
import { T } from "./english.js";
import { again, stop } from "./runs.js";
import { change, hasPicture, isRunning, shownAttempt, state, watch } from "./state.js";
import { zoom } from "./viewer.js";
/** @import { Attempt } from "./types.js" */

/** Build the row and keep it up to date. */
export function openStatus() {
  const line = el("div", { class: "progress", role: "progressbar", "aria-label": T.progress },
    el("span"));
  const words = el("p", { class: "status-words" });
  const stopping = button(T.stop, stop, { icon: "stop", class: "small" });
  const repeat = button(T.again, again, { icon: "play", class: "small" });
  const news = el("div", { class: "news" }, words, stopping, repeat);
  byId("viewer").append(el("div", { class: "status" }, line, news, viewTools()));
  let said = "";
  watch(["attempts", "shown", "content", "styles", "trouble"], () => {
    const attempt = shownAttempt();
    const running = Boolean(attempt && isRunning(attempt));
    words.textContent = wording(attempt);
    words.title = attempt?.outcome || (words.textContent ?? "");
    words.classList.toggle("trouble", Boolean(state.trouble || attempt?.status === "failed"));
    stopping.hidden = !running;
    repeat.hidden = running || !attempt || !["stopped", "failed"].includes(attempt.status);
    showShare(line, attempt, running);
    const speak = spoken(attempt);
    if (speak !== said) byId("said").textContent = said = speak;
  });
}

/**
 * @param {HTMLElement} line
 * @param {Attempt|null} attempt
 * @param {boolean} running
 */
function showShare(line, attempt, running) {
  line.classList.toggle("on", running);
  line.classList.toggle("unknown", running && attempt?.status !== "solving");
  const share = attempt?.share ?? 0;
  /** @type {HTMLElement} */ (line.firstChild).style.transform = `scaleX(${share})`;
  if (running) line.setAttribute("aria-valuenow", String(Math.round(100 * share)));
  else line.removeAttribute("aria-valuenow");
}

/** @param {Attempt|null} attempt */
function wording(attempt) {
  if (state.trouble) return state.trouble;
  if (!attempt) return state.content && !state.styles.length ? T.noStyleYet : T.ready;
  if (attempt.status === "failed") return attempt.error || T.status.failed;
  if (attempt.status === "stopped") {
    return hasPicture(attempt) ? T.status.stopped : T.status.stoppedEmpty;
  }
  if (attempt.status === "finished") {
    return attempt.kind === "preview" ? T.preview : T.doneIn(attempt.seconds);
  }
  if (attempt.status === "queued") return T.place(attempt.place);
  const parts = [T.status[attempt.status]];
  if (attempt.kind === "preview") parts.unshift(T.preview);
  if (attempt.status === "solving" && attempt.steps) {
    parts.push(T.steps(attempt.step, attempt.steps));
  }
  if (attempt.seconds_left) parts.push(T.left(attempt.seconds_left));
  return parts.join(", ");
}

/**
 * What is read aloud: the beginning and the end of each phase, not each step.
 * @param {Attempt|null} attempt
 */
function spoken(attempt) {
  if (state.trouble || !attempt || !isRunning(attempt)) return wording(attempt);
  return attempt.kind === "preview" ? T.preview : T.status[attempt.status];
}

/** The tools that say how the picture is shown. */
function viewTools() {
  const modes = /** @type {const} */ (["divider", "side", "single"]).map((mode) =>
    button(T[mode], () => change({ mode }), { icon: mode, quiet: true, "data-mode": mode }),
  );
  const group = el("div", { class: "segments", role: "group", "aria-label": T.modes }, ...modes);
  const fit = button(T.fit, () => zoom.to(0), { class: "small" });
  const full = button(T.full, () => zoom.to(zoom.full), { class: "small" });
  const zooms = el("div", { class: "segments", role: "group", "aria-label": T.zoom }, fit, full);
  watch(["enlarged"], () => {
    fit.setAttribute("aria-pressed", String(!state.enlarged));
    full.setAttribute("aria-pressed", String(state.enlarged));
  });
  watch(["mode"], () => {
    for (const one of modes) {
      one.setAttribute("aria-pressed", String(one.dataset.mode === state.mode));
    }
  });
  return el("div", { class: "tools" }, group, originalButton(), zooms);
}

function originalButton() {
  const made = button(T.original, () => {}, { icon: "eye", quiet: true, class: "hold" });
  const set = (/** @type {boolean} */ original) => () => change({ original });
  made.addEventListener("pointerdown", set(true));
  for (const end of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) {
    made.addEventListener(end, set(false));
  }
  made.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === " " || event.key === "Enter") change({ original: true });
  });
  made.addEventListener("contextmenu", (/** @type {Event} */ event) => event.preventDefault());
  return made;
}
