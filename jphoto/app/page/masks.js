/** Masks to and from the server, and to and from files. */

import { call, send } from "./api.js";
/** @import { Labels } from "./labels.js" */
/** @import { LegendRow } from "./types.js" */

/** @type {Map<string, LegendRow[]>} names of the regions of masks made here */
const legends = new Map();

/**
 * Take a mask that the server has as a map of labels.
 * @param {Labels} labels
 * @param {number} map its place
 * @param {string|null} id of the mask; null for a look
 * @param {LegendRow[]} [legend]
 */
export async function loadMask(labels, map, id, legend = legends.get(id ?? "") ?? []) {
  labels.maps[map] ??= null;
  if (!id) return;
  const response = await call(`/api/masks/${id}.png`);
  const bitmap = await createImageBitmap(await response.blob(), { colorSpaceConversion: "none" });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.drawImage(bitmap, 0, 0);
  labels.load(map, context.getImageData(0, 0, bitmap.width, bitmap.height), legend);
}

/**
 * Send a map of labels as a mask.
 * @param {Labels} labels
 * @param {number} map
 * @param {string} photo id
 * @returns {Promise<string>} the id of the mask
 */
export async function sendMask(labels, map, photo) {
  const { mask } = await send(`/api/masks?photo=${photo}`, await maskFile(labels, map));
  legends.set(mask, labels.regions.map((region) => ({ ...region, share: 0 })));
  return mask;
}

/**
 * A map of labels as a PNG, as `jphoto segment` writes it.
 * @param {Labels} labels
 * @param {number} map
 * @returns {Promise<Blob>}
 */
export function maskFile(labels, map) {
  const image = labels.image(map);
  const canvas = new OffscreenCanvas(image.width, image.height);
  /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"))
    .putImageData(image, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}
