/**
 * The regions of the content photo and of the styles as maps of labels, and what can be done to
 * them. Regions of one number belong together in all maps, as equal colors do in masks.
 */

/** @import { LegendRow } from "./types.js" */

const MOST_UNDO = 40;
const UNLIKE = 90; // least distance, in 8-bit levels, of a new color from those that are there

/** Colors that are easy to tell apart, for regions that were not found but made here. */
const PALETTE = ["#e6a03c", "#5bb974", "#4d8fe0", "#c86bd1", "#d9574f", "#3fb8b8", "#b3a23a",
  "#8f7be8", "#e07fae", "#7c8f2a", "#2f6f9f", "#9a5a2e"];

/**
 * @typedef {{name: string, color: string, confidence: number|null}} Region
 * @typedef {{width: number, height: number, labels: Uint8Array, found: Uint8Array}} LabelMap
 */

export class Labels {
  constructor() {
    /** @type {Region[]} */
    this.regions = [];
    /** @type {(LabelMap|null)[]} of the content photo and each style; null for a look */
    this.maps = [];
    /** @type {{map: number, labels: Uint8Array}[][]} */
    this.past = [];
    /** @type {{map: number, labels: Uint8Array}[][]} */
    this.future = [];
  }

  /**
   * Take a mask as a map.
   * @param {number} map its place among the maps
   * @param {ImageData} image in flat colors
   * @param {LegendRow[]} legend
   */
  load(map, image, legend) {
    const { width, height, data } = image;
    const labels = new Uint8Array(width * height);
    const numbers = new Map(this.regions.map(({ color }, k) => [parse(color), k]));
    const names = new Map(legend.map((row) => [parse(row.color), row]));
    for (let k = 0; k < labels.length; k++) {
      const code = (data[4 * k] << 16) | (data[4 * k + 1] << 8) | data[4 * k + 2];
      let number = numbers.get(code);
      if (number === undefined) {
        const row = names.get(code);
        const color = `#${code.toString(16).padStart(6, "0")}`;
        number = Math.min(254, this.regions.length);
        if (number === this.regions.length) {
          const { name = color, confidence = null } = row ?? {};
          this.regions.push({ name, color, confidence });
        }
        numbers.set(code, number);
      }
      labels[k] = number;
    }
    this.maps[map] = { width, height, labels, found: labels.slice() };
  }

  /**
   * @param {number} map
   * @returns {Float64Array} share of each region
   */
  shares(map) {
    const shares = new Float64Array(this.regions.length);
    const labels = this.maps[map]?.labels;
    if (!labels) return shares;
    for (let k = 0; k < labels.length; k++) shares[labels[k]]++;
    return shares.map((count) => count / labels.length);
  }

  /**
   * @param {string} name
   * @returns {number} of a new region, which is in no map yet
   */
  add(name) {
    const far = (/** @type {string} */ color) =>
      this.regions.every((region) => distance(region.color, color) > UNLIKE);
    const free = (/** @type {string} */ color) => this.regions.every((one) => one.color !== color);
    let color = PALETTE.find(far) ?? PALETTE.find(free);
    while (!color || !free(color)) {
      color = `#${Math.floor(Math.random() * 0x1000000).toString(16).padStart(6, "0")}`;
    }
    this.regions.push({ name, color, confidence: null });
    return this.regions.length - 1;
  }

  /** Keep maps as they are now, to return to.
   * @param {number[]} maps
   */
  remember(maps) {
    this.past.push(this.copies(maps));
    if (this.past.length > MOST_UNDO) this.past.shift();
    this.future = [];
  }

  /** @param {number[]} maps */
  copies(maps) {
    const copies = [];
    for (const map of maps) {
      const kept = this.maps[map];
      if (kept) copies.push({ map, labels: kept.labels.slice() });
    }
    return copies;
  }

  /** @returns {boolean} whether there was something to undo */
  undo() {
    return this.swap(this.past, this.future);
  }

  redo() {
    return this.swap(this.future, this.past);
  }

  /**
   * @param {{map: number, labels: Uint8Array}[][]} from
   * @param {{map: number, labels: Uint8Array}[][]} to
   */
  swap(from, to) {
    const kept = from.pop();
    if (!kept) return false;
    to.push(this.copies(kept.map(({ map }) => map)));
    for (const { map, labels } of kept) {
      const now = this.maps[map];
      if (now) now.labels = labels;
    }
    return true;
  }

  /**
   * Make a region of a style the partner of a region of the content photo. The partner that it had
   * there until now has none.
   * @param {number} region of the content photo
   * @param {number} partner region of the style
   * @param {number} map of the style
   * @param {string} name of the partner that it had
   */
  match(region, partner, map, name) {
    if (region === partner) return;
    this.remember([map]);
    if (this.shares(map)[region] > 0) {
      this.recolor(map, region, this.add(name));
    }
    this.recolor(map, partner, region);
  }

  /**
   * Join a region to another, in all photos.
   * @param {number} region
   * @param {number} other is gone afterwards
   */
  merge(region, other) {
    const maps = this.maps.map((_, map) => map);
    this.remember(maps);
    for (const map of maps) this.recolor(map, other, region);
  }

  /**
   * Give a region of the content photo no partner, so that it gets no style.
   * @param {number} region
   * @param {string} name of what it becomes
   */
  leave(region, name) {
    this.remember([0]);
    this.recolor(0, region, this.add(name));
  }

  /**
   * @param {number} map
   * @param {number} from
   * @param {number} to
   */
  recolor(map, from, to) {
    const labels = this.maps[map]?.labels;
    for (let k = 0; labels && k < labels.length; k++) if (labels[k] === from) labels[k] = to;
  }

  /**
   * Paint a line with a round brush.
   * @param {number} map
   * @param {{x: number, y: number}} from in pixels of the map
   * @param {{x: number, y: number}} to
   * @param {number} radius
   * @param {number|null} region null puts back what was found
   */
  paint(map, from, to, radius, region) {
    const kept = this.maps[map];
    if (!kept) return;
    const { width, height, labels, found } = kept;
    const [left, right] = span(from.x, to.x, radius, width);
    const [top, bottom] = span(from.y, to.y, radius, height);
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = dx * dx + dy * dy;
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const along = length ? ((x - from.x) * dx + (y - from.y) * dy) / length : 0;
        const t = Math.min(1, Math.max(0, along));
        if (Math.hypot(x - from.x - t * dx, y - from.y - t * dy) > radius) continue;
        const place = y * width + x;
        labels[place] = region ?? found[place];
      }
    }
  }

  /**
   * @param {number} map
   * @returns {ImageData} the mask in flat colors
   */
  image(map) {
    const { width, height, labels } = /** @type {LabelMap} */ (this.maps[map]);
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const colors = this.regions.map(({ color }) => packed(parse(color), 255));
    for (let k = 0; k < labels.length; k++) pixels[k] = colors[labels[k]];
    return image;
  }
}

/**
 * The pixels from one to the other end of a line, with its thickness.
 * @param {number} a
 * @param {number} b
 * @param {number} radius
 * @param {number} size
 */
function span(a, b, radius, size) {
  const from = Math.max(0, Math.floor(Math.min(a, b) - radius));
  return [from, Math.min(size - 1, Math.ceil(Math.max(a, b) + radius))];
}

/** @param {string} color "#rrggbb" */
export function parse(color) {
  return parseInt(color.slice(1), 16);
}

/**
 * A color as a canvas keeps it: the bytes are red, green, blue and opacity.
 * @param {number} code red * 65536 + green * 256 + blue
 * @param {number} alpha
 */
export function packed(code, alpha) {
  const [red, green, blue] = [code >> 16, (code >> 8) & 255, code & 255];
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * @param {string} a
 * @param {string} b
 */
function distance(a, b) {
  const [x, y] = [parse(a), parse(b)];
  return Math.hypot(...[16, 8, 0].map((bits) => ((x >> bits) & 255) - ((y >> bits) & 255)));
}
