/** How large the picture is and which part is seen: one for all panes, so they pan in step. */

const MOST = 4; // screen pixels for a pixel of the photo
const STEP = 1.25;

export class Zoom {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.photo = { width: 1, height: 1 };
    this.pane = { width: 1, height: 1 };
    /** @type {number|null} CSS pixels for a pixel of the photo; null to fit */
    this.scale = null;
    /** The part of the photo in the middle of the pane, from 0 to 1. */
    this.center = { x: 0.5, y: 0.5 };
  }

  reset() {
    this.scale = null;
    this.center = { x: 0.5, y: 0.5 };
  }

  /** The scale at which the whole photo fits the pane. */
  get fitting() {
    return Math.min(this.pane.width / this.photo.width, this.pane.height / this.photo.height);
  }

  get now() {
    return this.scale ?? this.fitting;
  }

  get full() {
    return 1 / devicePixelRatio;
  }

  get enlarged() {
    return this.scale !== null;
  }

  /** @returns {{x: number, y: number, width: number, height: number}} of the photo in a pane */
  box() {
    const width = this.photo.width * this.now;
    const height = this.photo.height * this.now;
    const start = (size = 1, pane = 1, c = 0.5) =>
      size <= pane ? (pane - size) / 2 : Math.min(0, Math.max(pane - size, pane / 2 - c * size));
    return {
      x: start(width, this.pane.width, this.center.x),
      y: start(height, this.pane.height, this.center.y),
      width,
      height,
    };
  }

  /**
   * Move the photo by CSS pixels.
   * @param {number} x
   * @param {number} y
   */
  pan(x, y) {
    const box = this.box();
    this.lookAt(this.pane.width / 2 - box.x - x, this.pane.height / 2 - box.y - y, box);
    this.changed();
  }

  /**
   * @param {number} scale
   * @param {{x: number, y: number}} [at] point of the pane that stays where it is
   */
  to(scale, at = { x: this.pane.width / 2, y: this.pane.height / 2 }) {
    const box = this.box();
    const point = { x: (at.x - box.x) / box.width, y: (at.y - box.y) / box.height };
    const most = Math.max(MOST * this.full, this.fitting);
    this.scale = scale <= this.fitting * 1.001 ? null : Math.min(scale, most);
    const [width, height] = [this.photo.width * this.now, this.photo.height * this.now];
    const x = point.x * width - at.x + this.pane.width / 2;
    const y = point.y * height - at.y + this.pane.height / 2;
    this.lookAt(x, y, { width, height });
    this.changed();
  }

  /**
   * Put a point of the photo in the middle of the pane, as far as its borders allow.
   * @param {number} x
   * @param {number} y
   * @param {{width: number, height: number}} size of the photo in CSS pixels
   */
  lookAt(x, y, size) {
    const inside = (at = 0, all = 1, pane = 1) =>
      all <= pane ? 0.5 : Math.min(all - pane / 2, Math.max(pane / 2, at)) / all;
    this.center = {
      x: inside(x, size.width, this.pane.width),
      y: inside(y, size.height, this.pane.height),
    };
  }

  /** @param {{x: number, y: number}} [at] */
  toggle(at) {
    if (this.enlarged) this.to(0);
    else this.to(this.full > this.fitting * 1.001 ? this.full : this.fitting * 2, at);
  }

  larger() {
    this.to(this.now * STEP);
  }

  smaller() {
    this.to(this.now / STEP);
  }
}
