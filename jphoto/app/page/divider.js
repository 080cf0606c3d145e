/** The divider between the original and the result: a range input that a handle makes visible. */

import { el } from "./dom.js";
import { T } from "./english.js";
import { change, state } from "./state.js";

export class Divider {
  constructor() {
    this.range = el("input", {
      type: "range", min: 0, max: 1, step: 0.01, value: state.divider,
      "aria-label": T.dividerLabel, class: "divider-range",
      input: () => change({ divider: Number(this.range.value) }),
    });
    this.handle = el("div", { class: "divider-handle" }, el("span", { class: "knob" }));
    this.element = el("div", { class: "divider" }, this.range, this.handle);
    this.span = { from: 0, to: 1 };
    this.handle.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      event.stopPropagation();
      event.preventDefault();
      this.range.focus({ preventScroll: true });
      this.follow(event, this.handle);
    });
  }

  /**
   * Follow a pointer until it is released.
   * @param {PointerEvent} event
   * @param {HTMLElement} target
   */
  follow(event, target) {
    target.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ at) => this.moveTo(at.clientX);
    const end = () => {
      target.removeEventListener("pointermove", move);
      target.removeEventListener("pointerup", end);
      target.removeEventListener("pointercancel", end);
    };
    target.addEventListener("pointermove", move);
    target.addEventListener("pointerup", end);
    target.addEventListener("pointercancel", end);
  }

  /** @param {number} clientX */
  moveTo(clientX) {
    const pane = /** @type {HTMLElement} */ (this.element.parentElement).getBoundingClientRect();
    const share = (clientX - pane.left - this.span.from) / (this.span.to - this.span.from);
    change({ divider: Math.min(1, Math.max(0, share)) });
  }

  /**
   * Put the handle in its place.
   * @param {{x: number, y: number, width: number, height: number}} box of the photo in its pane
   * @param {{width: number, height: number}} pane
   * @returns {number} pixels from the left edge of the photo to the divider
   */
  place(box, pane) {
    const from = Math.max(0, box.x);
    const to = Math.min(pane.width, box.x + box.width);
    const x = from + state.divider * (to - from);
    this.span = { from, to };
    this.range.value = String(state.divider);
    this.range.setAttribute("aria-valuetext", T.dividerValue(state.divider));
    this.handle.style.left = `${x}px`;
    this.handle.style.top = `${Math.max(0, box.y)}px`;
    this.handle.style.height = `${Math.min(pane.height, box.height)}px`;
    return x - box.x;
  }
}
