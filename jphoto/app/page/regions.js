/** The regions room: finds the regions of the photos, lets them be corrected, and uses them. */

import { ask, send } from "./api.js";
import { RegionCanvas } from "./canvas.js";
import { byId, download, el } from "./dom.js";
import { T } from "./english.js";
import { Labels } from "./labels.js";
import { loadMask, maskFile, sendMask } from "./masks.js";
import { regionList } from "./regionlist.js";
import { SIZES, regionKeys, regionTools } from "./regiontools.js";
import { start } from "./runs.js";
import { chooseFiles, note } from "./sources.js";
import { wish } from "./selection.js";
import { change, contentPhoto, state, watch } from "./state.js";
import { styleName } from "./strip.js";
/** @import { Editor } from "./canvas.js" */
/** @import { Masks, Photo, Style } from "./types.js" */

/** @typedef {"match"|"brush"|"eraser"} Tool */

let labels = new Labels();
/** @type {Tool} */
let tool = "match";
let radius = SIZES.first;
/** @type {number|null} */
let chosen = null;
/** @type {number} the map in which the chosen region was clicked */
let chosenIn = 0;
let merging = false;
let colors = true;
/** @type {number} the place of the style that is seen; 0 if all styles are looks */
let styleMap = 1;
let opened = "";

/** @type {Editor} */
const editor = {
  get labels() {
    return labels;
  },
  tool: () => tool,
  radius: () => radius,
  chosen: () => chosen,
  colors: () => colors,
  click: clicked,
  begin,
  stroke: () => draw(),
};
const panes = {
  content: new RegionCanvas("content", editor),
  style: new RegionCanvas("style", editor),
};
const pane = (map = 0) => (map ? panes.style : panes.content);
const hint = el("p", { class: "hint", role: "status" });
const list = el("div", { class: "region-list" });
const which = el("select", { "aria-label": T.whichStyle,
  change: () => showStyle(Number(which.value)) });
const { bar, files, controls } = regionTools({
  use, undo, redo, cancel, useRegions, exportMask, importMask,
  size: (/** @type {number} */ pixels) => (radius = pixels),
  show: (/** @type {boolean} */ on) => {
    colors = on;
    draw();
  },
});

/** Build the room; regions are found when it is entered. */
export function openRegions() {
  const room = byId("regions");
  room.setAttribute("aria-label", T.regionsTitle);
  room.append(
    el("div", { class: "region-panes" }, panes.content.element, panes.style.element),
    el("div", { class: "region-side" },
      el("h2", { text: T.regionsTitle }), hint, which, list, files),
    bar,
  );
  watch(["room"], () => {
    if (state.room === "regions") enter();
  });
  regionKeys({ undo, redo, resize, escape: () => (chosen === null ? cancel() : choose(null)) });
}

async function enter() {
  const wanted = /** @type {any} */ (wish());
  if (!wanted) return change({ room: "viewer" });
  const key = JSON.stringify([wanted.content, wanted.styles.map((/** @type {any} */ s) => s.id),
    wanted.settings.regions, state.masks]);
  if (key === opened) return draw();
  labels = new Labels();
  opened = "";
  choose(null);
  waitFor(wanted);
  byId("regions").classList.add("finding");
  try {
    await (state.masks ? loadOwn(state.masks) : find(wanted));
    opened = key;
    showPhotos();
  } catch (error) {
    hint.textContent = error.message;
  } finally {
    byId("regions").classList.remove("finding");
  }
}

/**
 * Show the photos while their regions are found.
 * @param {any} wanted
 */
function waitFor(wanted) {
  const photos = wanted.styles.map((/** @type {Style} */ { id }) => state.photos.get(id));
  const first = photos.find((/** @type {Photo} */ { kind }) => kind === "photo");
  tool = "match";
  controls.size.hidden = true;
  list.replaceChildren();
  hint.textContent = T.finding;
  which.hidden = true;
  styleMap = 0;
  panes.content.wait(contentPhoto());
  panes.style.wait(first ?? null);
  controls.done.disabled = true;
}

/** @param {any} wanted */
async function find({ content, styles, settings }) {
  const found = await ask("/api/regions", "POST", { content, styles, settings });
  const painted = [found.content, ...found.styles];
  for (const [map, one] of painted.entries()) {
    await loadMask(labels, map, one?.mask ?? null, one?.legend ?? []);
  }
}

/** @param {Masks} masks */
async function loadOwn(masks) {
  for (const [map, id] of [masks.content, ...masks.styles].entries()) {
    await loadMask(labels, map, id);
  }
}

function showPhotos() {
  panes.content.open(0, view(photoOf(0)));
  const photos = labels.maps.flatMap((map, k) => (map && k ? [k] : []));
  which.hidden = photos.length < 2;
  which.replaceChildren(...photos.map((k) =>
    el("option", { value: k, text: styleName(state.styles[k - 1].id) })));
  panes.style.element.hidden = !photos.length;
  showStyle(photos[0] ?? 0);
}

/** @param {number} map */
function showStyle(map) {
  styleMap = map;
  if (map) panes.style.open(map, view(photoOf(map)));
  draw();
}

/** @param {number} map */
function photoOf(map) {
  return map ? state.styles[map - 1].id : (state.content ?? "");
}

/** @param {string} id */
function view(id) {
  return state.photos.get(id)?.view ?? "";
}

function draw() {
  panes.content.draw();
  if (styleMap) panes.style.draw();
  const pick = (/** @type {number|null} */ region) =>
    choose(tool === "brush" ? (region ?? chosen) : region); // a brush always has a region
  const acts = { choose: pick, match, leave, merge: startMerging };
  regionList(list, { labels, styleMap, chosen, merging, ...acts });
  controls.done.disabled = !opened;
  controls.undo.disabled = !labels.past.length;
  controls.redo.disabled = !labels.future.length;
  hint.textContent = hintText();
  for (const one of ["match", "brush", "eraser"]) {
    controls[one].setAttribute("aria-pressed", String(tool === one));
  }
  controls.size.hidden = tool === "match";
}

function hintText() {
  const name = chosen === null ? "" : labels.regions[chosen].name;
  if (tool === "eraser") return T.eraserHelp;
  if (tool === "brush") return name ? T.brushHint(name) : T.chooseRegion;
  if (merging) return T.mergeHint(name);
  if (!styleMap) return T.regionsOfLook;
  return name ? T.partnerHint(name) : T.regionsHelp;
}

/**
 * @param {number|null} region
 * @param {number} [map]
 */
function choose(region, map = 0) {
  chosen = region;
  chosenIn = map;
  merging = false;
  if (opened) draw();
}

/**
 * A click on a region: the first chooses it, one in the other photo matches the two.
 * @param {number} map
 * @param {number} region
 */
function clicked(map, region) {
  if (merging && chosen !== null) {
    if (region !== chosen) mergeWith(region);
  } else if (chosen === null || map === chosenIn) {
    choose(region === chosen ? null : region, map);
  } else {
    const [own, partner] = map ? [chosen, region] : [region, chosen];
    match(own, partner);
  }
}

/**
 * @param {number} region of the content photo
 * @param {number} partner of the style
 */
function match(region, partner) {
  labels.match(region, partner, styleMap, T.former(labels.regions[region].name));
  done(T.matched, region, partner);
}

/**
 * Say what was done, with nothing chosen any more.
 * @param {(a: string, b: string) => string} words
 * @param {number} a
 * @param {number} b
 */
function done(words, a, b) {
  choose(null);
  hint.textContent = words(labels.regions[a].name, labels.regions[b].name);
}

function startMerging() {
  merging = !merging;
  draw();
}

/** @param {number} other */
function mergeWith(other) {
  const region = /** @type {number} */ (chosen);
  labels.merge(region, other);
  done(T.merged, region, other);
}

/** @param {number} region */
function leave(region) {
  labels.leave(region, `${labels.regions[region].name}, ${T.left_alone}`);
  choose(null);
}

/** @param {number} map in which a stroke begins; false if there is nothing to paint with */
function begin(map) {
  if (tool === "brush" && chosen === null) return false;
  labels.remember([map]);
  return true;
}

/** @param {Tool} name */
function use(name) {
  tool = name;
  merging = false;
  if (name === "brush" && chosen === null && labels.regions.length) chosen = 0;
  draw();
}

function undo() {
  labels.undo();
  draw();
}

function redo() {
  labels.redo();
  draw();
}

/** @param {number} factor by which the brush grows */
function resize(factor) {
  radius = Math.min(SIZES.most, Math.max(SIZES.least, radius * factor));
  controls.range.value = String(radius);
}

/** Leave the room; what was done in it is forgotten. */
function cancel() {
  opened = "";
  change({ room: "viewer" });
}

/** Send the masks to the server and start again with them. */
async function useRegions() {
  try {
    const ids = [];
    for (const [map, kept] of labels.maps.entries()) {
      ids.push(kept ? await sendMask(labels, map, photoOf(map)) : null);
    }
    const [content, ...styles] = ids;
    opened = "";
    change({ masks: { content, styles }, room: "viewer" });
    start();
  } catch (error) {
    note(error.message, true);
  }
}

/** @param {"content"|"style"} role */
async function exportMask(role) {
  download(await maskFile(labels, role === "content" ? 0 : styleMap), `${role}_mask.png`);
}

/** @param {"content"|"style"} role */
async function importMask(role) {
  const map = role === "content" ? 0 : styleMap;
  const [file] = await chooseFiles();
  if (!file || !labels.maps[map]) return;
  try {
    const name = encodeURIComponent(file.name);
    const { mask, legend } = await send(`/api/masks?photo=${photoOf(map)}&name=${name}`, file);
    await loadMask(labels, map, mask, legend);
    pane(map).open(map, view(photoOf(map)));
    draw();
  } catch (error) {
    note(error.message, true);
  }
}
