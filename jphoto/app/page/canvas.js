/** One photo of the regions editor: its regions as colors over it, names, a cursor, a brush. */

import { el, showPicture } from "./dom.js";
import { T } from "./english.js";
import { packed, parse } from "./labels.js";
/** @import { Photo } from "./types.js" */
/** @import { Labels } from "./labels.js" */

const NAMED_SHARE = 0.03; // a smaller region has no room for its name
const OPACITY = { plain: 120, chosen: 190, other: 70 }; // of 255
const KEY_STEP = 12;

/**
 * What a canvas needs to know and to report.
 * @typedef {{labels: Labels, tool: () => "match"|"brush"|"eraser",
 *   radius: () => number, chosen: () => number|null, colors: () => boolean,
 *   click: (map: number, region: number) => void, begin: (map: number) => boolean,
 *   stroke: () => void}} Editor
 */

export class RegionCanvas {
  /**
   * @param {"content"|"style"} role
   * @param {Editor} editor
   */
  constructor(role, editor) {
    this.editor = editor;
    this.map = -1;
    this.waiting = { width: 1, height: 1, labels: new Uint8Array(0) };
    this.photo = el("img", { alt: "", draggable: "false" });
    this.canvas = el("canvas", { tabindex: 0, role: "application", "aria-label": T.canvas[role] });
    this.names = el("div", { class: "region-names", "aria-hidden": "true" });
    this.cursor = el("span", { class: "brush-cursor", hidden: true });
    this.frame = el("div", { class: "region-frame" },
      this.photo, this.canvas, this.names, this.cursor);
    this.element = el("div", { class: "region-pane" }, this.frame);
    /** @type {{x: number, y: number}|null} */
    this.last = null;
    this.spot = { x: 0, y: 0 };
    this.listen();
    new ResizeObserver(() => this.fit()).observe(this.element);
  }

  /**
   * @param {number} map
   * @param {string} view address of the photo
   */
  open(map, view) {
    this.map = map;
    const { width, height } = this.size;
    this.canvas.width = width;
    this.canvas.height = height;
    this.spot = { x: width / 2, y: height / 2 };
    showPicture(this.photo, view);
    this.fit();
    this.draw();
  }

  /**
   * Show a photo before its regions are known.
   * @param {Photo|null} photo null hides the pane
   */
  wait(photo) {
    this.map = -1;
    this.element.hidden = !photo;
    if (!photo) return;
    this.waiting = { width: photo.width, height: photo.height, labels: new Uint8Array(0) };
    this.canvas.width = this.canvas.height = 1;
    this.names.replaceChildren();
    showPicture(this.photo, photo.view);
    this.fit();
  }

  get size() {
    return this.editor.labels.maps[this.map] ?? this.waiting;
  }

  fit() {
    const { clientWidth, clientHeight } = this.element;
    const scale = Math.min(clientWidth / this.size.width, clientHeight / this.size.height);
    this.frame.style.width = `${this.size.width * scale}px`;
    this.frame.style.height = `${this.size.height * scale}px`;
  }

  draw() {
    if (this.map < 0) return;
    const { labels, width, height } = this.size;
    const chosen = this.editor.chosen();
    const shown = this.editor.colors();
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const colors = this.editor.labels.regions.map(({ color }, k) => {
      const alpha = chosen === null ? OPACITY.plain : chosen === k ? OPACITY.chosen : OPACITY.other;
      return shown ? packed(parse(color), alpha) : 0;
    });
    for (let k = 0; k < labels.length; k++) pixels[k] = colors[labels[k]];
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    if (!this.last) this.nameRegions();
  }

  /** Write the name of each large region on it: at its pixel nearest to its center of mass. */
  nameRegions() {
    const { labels, width, height } = this.size;
    const step = Math.max(1, Math.round(width / 128));
    const sums = this.editor.labels.regions.map(() => ({ x: 0, y: 0, count: 0 }));
    const points = [];
    for (let y = step >> 1; y < height; y += step) {
      for (let x = step >> 1; x < width; x += step) {
        const sum = sums[labels[y * width + x]];
        sum.x += x;
        sum.y += y;
        sum.count++;
        points.push({ x, y, region: labels[y * width + x] });
      }
    }
    const made = [];
    for (const [region, { x, y, count }] of sums.entries()) {
      if (count < NAMED_SHARE * points.length) continue;
      const far = (p = { x: 0, y: 0 }) => Math.hypot(p.x - x / count, p.y - y / count);
      const own = points.filter((point) => point.region === region);
      const best = own.reduce((a, b) => (far(b) < far(a) ? b : a));
      const name = el("span", { text: this.editor.labels.regions[region].name });
      name.style.left = `${(100 * best.x) / width}%`;
      name.style.top = `${(100 * best.y) / height}%`;
      made.push(name);
    }
    this.names.replaceChildren(...(this.editor.colors() ? made : []));
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.press(this.point(event));
    });
    canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      this.spot = this.point(event);
      if (this.last) this.drag(this.spot);
      this.showCursor(event.pointerType !== "touch");
    });
    canvas.addEventListener("pointerup", () => this.release());
    canvas.addEventListener("pointercancel", () => this.release());
    canvas.addEventListener("pointerleave", () => this.showCursor(false));
    canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
    canvas.addEventListener("keyup", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === " ") this.release();
    });
    canvas.addEventListener("blur", () => {
      this.release();
      this.showCursor(false);
    });
  }

  /** @param {PointerEvent} event */
  point(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * this.size.width,
      y: ((event.clientY - box.top) / box.height) * this.size.height,
    };
  }

  /** @param {{x: number, y: number}} point */
  press(point) {
    if (this.map < 0) return;
    const { labels, width, height } = this.size;
    const x = Math.min(width - 1, Math.max(0, Math.floor(point.x)));
    const y = Math.min(height - 1, Math.max(0, Math.floor(point.y)));
    if (this.editor.tool() === "match") {
      this.editor.click(this.map, labels[y * width + x]);
    } else if (this.editor.begin(this.map)) {
      this.last = point;
      this.drag(point);
    }
  }

  /** @param {{x: number, y: number}} point */
  drag(point) {
    const region = this.editor.tool() === "eraser" ? null : this.editor.chosen();
    const from = this.last ?? point;
    this.editor.labels.paint(this.map, from, point, this.editor.radius(), region);
    this.last = point;
    this.draw();
  }

  release() {
    if (!this.last) return;
    this.last = null;
    this.editor.stroke();
  }

  /** @param {boolean} on */
  showCursor(on) {
    const brush = this.editor.tool() !== "match";
    const { width, height } = this.size;
    const size = brush ? (2 * this.editor.radius() * this.frame.clientWidth) / width : 12;
    this.canvas.classList.toggle("brushing", brush);
    this.cursor.hidden = !on;
    this.cursor.style.width = this.cursor.style.height = `${size}px`;
    this.cursor.style.left = `${(100 * this.spot.x) / width}%`;
    this.cursor.style.top = `${(100 * this.spot.y) / height}%`;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (event.key === " " || event.key === "Enter") {
      if (!event.repeat) this.press(this.spot);
      if (event.key === "Enter") this.release();
    } else if (step && !event.ctrlKey && !event.metaKey) {
      const { width, height } = this.size;
      const far = event.shiftKey ? 4 * KEY_STEP : KEY_STEP;
      this.spot = {
        x: Math.min(width - 1, Math.max(0, this.spot.x + step[0] * far)),
        y: Math.min(height - 1, Math.max(0, this.spot.y + step[1] * far)),
      };
      if (this.last) this.drag(this.spot);
    } else {
      return;
    }
    this.showCursor(true);
    event.preventDefault();
  }
}
