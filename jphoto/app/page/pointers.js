/** Mouse, touch, wheel and arrow keys on a pane: they pan, zoom and move the divider. */

import { state } from "./state.js";
/** @import { Divider } from "./divider.js" */
/** @import { Zoom } from "./zoom.js" */

const KEY_STEP = 60; // CSS pixels of a pan by an arrow key

/**
 * @param {HTMLElement} pane
 * @param {Zoom} zoom
 * @param {Divider} divider
 */
export function pointers(pane, zoom, divider) {
  /** @type {Map<number, {x: number, y: number}>} */
  const held = new Map();
  const at = (/** @type {MouseEvent} */ event) => {
    const box = pane.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  pane.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held.set(event.pointerId, at(event));
    if (held.size === 1 && !zoom.enlarged && state.mode === "divider") {
      if (event.pointerType === "mouse") divider.moveTo(event.clientX);
      divider.follow(event, pane);
    } else {
      pane.setPointerCapture(event.pointerId);
    }
  });
  pane.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    if (held.size === 2) pinch(held, event.pointerId, now, zoom);
    else if (zoom.enlarged) zoom.pan(now.x - before.x, now.y - before.y);
    held.set(event.pointerId, now);
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
    pane.addEventListener(end, (event) => held.delete(event.pointerId));
  }
  pane.addEventListener("dblclick", (event) => zoom.toggle(at(event)));
  pane.addEventListener("wheel", (event) => wheel(event, at(event), zoom), { passive: false });
  pane.addEventListener("keydown", (event) => arrow(event, pane, zoom));
}

/**
 * @param {Map<number, {x: number, y: number}>} held
 * @param {number} moving
 * @param {{x: number, y: number}} now
 * @param {Zoom} zoom
 */
function pinch(held, moving, now, zoom) {
  const [other] = [...held].filter(([id]) => id !== moving).map(([, point]) => point);
  const before = /** @type {{x: number, y: number}} */ (held.get(moving));
  const length = (p = now) => Math.hypot(p.x - other.x, p.y - other.y);
  const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
  if (length(before) > 0) zoom.to((zoom.now * length(now)) / length(before), middle);
}

/**
 * With Ctrl, as of a pinch on a touchpad, the wheel zooms; else it pans an enlarged photo.
 * @param {WheelEvent} event
 * @param {{x: number, y: number}} at
 * @param {Zoom} zoom
 */
function wheel(event, at, zoom) {
  if (event.ctrlKey || event.metaKey) zoom.to(zoom.now * Math.exp(-event.deltaY / 200), at);
  else if (zoom.enlarged) zoom.pan(-event.deltaX, -event.deltaY);
  else return;
  event.preventDefault();
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} pane
 * @param {Zoom} zoom
 */
function arrow(event, pane, zoom) {
  const steps = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const step = steps[/** @type {keyof typeof steps} */ (event.key)];
  if (!step || event.target !== pane || !zoom.enlarged) return;
  event.preventDefault();
  zoom.pan(step[0] * KEY_STEP, step[1] * KEY_STEP);
}
