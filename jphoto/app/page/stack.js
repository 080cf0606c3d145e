/**
 * One picture as layers in a frame: the content photo, and over it the result, whose opacity is the
 * strength, each as a reduced copy with tiles of the full size above it.
 */

import { el, place, showPicture } from "./dom.js";
import { Tiles } from "./tiles.js";
/** @import { Photo } from "./types.js" */

/**
 * What a stack shows.
 * @typedef {{photo: Photo, view: string, result: string|null,
 *   resultTiles: string|null, strength: number}} Picture
 */

export class Stack {
  constructor() {
    this.under = image();
    this.result = image();
    this.underTiles = new Tiles();
    this.resultTiles = new Tiles();
    this.over = el("div", { class: "over" }, this.result, this.resultTiles.layer);
    this.element = el("div", { class: "stack" }, this.under, this.underTiles.layer, this.over);
    /** @type {Picture|null} */
    this.picture = null;
  }

  /** @param {Picture|null} picture */
  show(picture) {
    const samePhoto = picture && this.picture?.photo.id === picture.photo.id;
    this.picture = picture;
    this.element.hidden = !picture;
    if (!picture) return;
    showPicture(this.under, picture.view);
    // The picture of an earlier attempt stays until the next has one, but not over another photo.
    if (picture.result || !samePhoto) showPicture(this.result, picture.result);
    this.over.style.opacity = String(picture.strength);
    const { photo } = picture;
    const plain = photo.kind === "photo";
    this.underTiles.use(plain ? `/api/photos/${photo.id}/tile` : null, photo);
    this.resultTiles.use(picture.resultTiles, photo);
  }

  /**
   * @param {{x: number, y: number, width: number, height: number}} box of the picture in its pane
   * @param {{width: number, height: number}} pane
   */
  place(box, pane) {
    place(this.element, box);
    const original = this.over.style.opacity === "0";
    this.underTiles.place(box, pane);
    if (!original) this.resultTiles.place(box, pane);
  }

  /** @param {number} pixels from its left edge on which the picture is shown; 0 for all of it */
  clip(pixels) {
    this.element.style.clipPath = pixels > 0 ? `inset(0 0 0 ${pixels}px)` : "";
  }
}

function image() {
  return el("img", { alt: "", draggable: "false", class: "base" });
}
