/** The list of regions: color, name, areas, confidence, and the partner as a choice. */

import { button, el } from "./dom.js";
import { T } from "./english.js";
/** @import { Labels } from "./labels.js" */

/**
 * @typedef {{labels: Labels, styleMap: number, chosen: number|null,
 *   merging: boolean, choose: (region: number|null) => void,
 *   match: (region: number, partner: number) => void, leave: (region: number) => void,
 *   merge: () => void}} About
 */

/**
 * Fill the list, and keep the focus where it is.
 * @param {HTMLElement} host
 * @param {About} about
 */
export function regionList(host, about) {
  const { labels, styleMap } = about;
  const content = labels.shares(0);
  const style = styleMap ? labels.shares(styleMap) : null;
  const order = labels.regions.map((_, region) => region)
    .filter((region) => content[region] > 0 || (style?.[region] ?? 0) > 0)
    .sort((a, b) => content[b] - content[a] || (style ? style[b] - style[a] : 0));
  const focus = /** @type {HTMLElement|null} */ (document.activeElement)?.id;
  const rows = order.map((region) => row(region, about, content, style, order));
  host.replaceChildren(...rows);
  if (focus && !host.contains(document.activeElement)) {
    /** @type {HTMLElement|null} */ (host.querySelector(`[id="${focus}"]`))?.focus();
  }
}

/**
 * @param {number} region
 * @param {About} about
 * @param {Float64Array} content
 * @param {Float64Array|null} style
 * @param {number[]} order
 */
function row(region, about, content, style, order) {
  const { name, color, confidence } = about.labels.regions[region];
  const swatch = el("span", { class: "swatch", "aria-hidden": "true" });
  swatch.style.backgroundColor = color;
  const facts = [T.areas(content[region], style && style[region])];
  if (confidence !== null) facts.push(T.confidence(confidence));
  const chosen = about.chosen === region;
  const open = el("button", { type: "button", id: `region-${region}`, class: "region-name",
    "aria-pressed": chosen, click: () => about.choose(chosen ? null : region) },
  swatch, el("span", { text: name }), el("small", { text: facts.join(", ") }));
  const parts = [open];
  if (style && content[region] > 0) parts.push(partner(region, about, style, order));
  if (chosen) parts.push(actions(region, about, content));
  return el("div", { class: chosen ? "region picked" : "region" }, ...parts);
}

/**
 * The partner in the style as a choice, which does by keyboard what two clicks do.
 * @param {number} region
 * @param {About} about
 * @param {Float64Array} style
 * @param {number[]} order
 */
function partner(region, about, style, order) {
  const { regions } = about.labels;
  const options = order.filter((other) => style[other] > 0)
    .map((other) => el("option", { value: other, text: regions[other].name }));
  if (!style[region]) options.unshift(el("option", { value: "", text: T.noPartner }));
  const select = el("select", { id: `partner-${region}`,
    "aria-label": T.partner(regions[region].name),
    change: () => select.value && about.match(region, Number(select.value)) }, ...options);
  select.value = style[region] ? String(region) : "";
  return select;
}

/**
 * @param {number} region
 * @param {About} about
 * @param {Float64Array} content
 */
function actions(region, about, content) {
  const merge = button(T.merge, about.merge, { class: "small", "aria-pressed": about.merging });
  const leave = button(T.leave, () => about.leave(region), { class: "small" });
  leave.hidden = !content[region];
  return el("p", { class: "row" }, merge, leave);
}
