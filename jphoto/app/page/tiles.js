/** Tiles of a picture at full size, fetched only where they are seen, and only when enlarged. */

import { el } from "./dom.js";

const TILE = 512;
const FROM_SCALE = 0.5; // screen pixels for a pixel of the photo; below, the reduced copy will do

export class Tiles {
  constructor() {
    this.layer = el("div", { class: "tiles" });
    /** @type {Map<string, HTMLImageElement>} */
    this.shown = new Map();
    /** @type {string|null} */
    this.address = null;
    this.size = { width: 1, height: 1 };
  }

  /**
   * @param {string|null} address without the place and suffix of a tile; null for no tiles
   * @param {{width: number, height: number}} size of the whole picture
   */
  use(address, size) {
    this.size = size;
    if (address === this.address) return;
    this.address = address;
    this.clear();
  }

  clear() {
    this.layer.replaceChildren();
    this.shown.clear();
  }

  /**
   * @param {{x: number, y: number, width: number, height: number}} box
   * @param {{width: number, height: number}} pane
   */
  place(box, pane) {
    const scale = box.width / this.size.width;
    if (!this.address || scale * devicePixelRatio < FROM_SCALE) {
      this.clear();
      return;
    }
    const wanted = new Set(this.visible(box, pane, scale));
    for (const [key, tile] of this.shown) {
      if (wanted.has(key)) continue;
      tile.remove();
      this.shown.delete(key);
    }
    for (const key of wanted) this.placeOne(key, scale);
  }

  /**
   * The places of the tiles that are at least partly in the pane.
   * @param {{x: number, y: number}} box
   * @param {{width: number, height: number}} pane
   * @param {number} scale
   */
  visible(box, pane, scale) {
    const step = TILE * scale;
    const last = (/** @type {number} */ size) => Math.ceil(size / TILE) - 1;
    const range = (from = 0, to = 0, end = 0) =>
      [Math.max(0, Math.floor(from / step)), Math.min(end, Math.floor(to / step))];
    const [left, right] = range(-box.x, pane.width - box.x, last(this.size.width));
    const [top, bottom] = range(-box.y, pane.height - box.y, last(this.size.height));
    const keys = [];
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) keys.push(`${x}/${y}`);
    }
    return keys;
  }

  /**
   * @param {string} key
   * @param {number} scale
   */
  placeOne(key, scale) {
    const [x, y] = key.split("/").map(Number);
    let tile = this.shown.get(key);
    if (!tile) {
      const made = el("img", { alt: "", draggable: "false", src: `${this.address}/${key}.jpg` });
      made.onerror = () => made.remove(); // the reduced copy below it stays to be seen
      this.layer.append(made);
      this.shown.set(key, made);
      tile = made;
    }
    const width = Math.min(TILE, this.size.width - x * TILE);
    const height = Math.min(TILE, this.size.height - y * TILE);
    const { style } = /** @type {HTMLImageElement} */ (tile);
    style.left = `${x * TILE * scale}px`;
    style.top = `${y * TILE * scale}px`;
    style.width = `${width * scale}px`;
    style.height = `${height * scale}px`;
  }
}
