/**
 * The plain sliders: each turns some weights of the settings up or down by powers of two.
 *
 * Texture divides the recoloring weight, so that colors may vary within a region, and raises the
 * style weight half as fast. Faithfulness multiplies the content weight, smoothness the
 * photorealism weight. The settings are what counts; a slider shows the step nearest to them.
 */

export const MOST = 4;

/** @type {Record<string, Record<string, number>>} exponents of two at a step */
export const SLIDERS = {
  texture: { recoloring_weight: -1, style_weight: 0.5 },
  faithfulness: { content_weight: 1 },
  smoothness: { photorealism_weight: 1 },
};

/**
 * @param {string} slider
 * @param {Record<string, unknown>} settings those that differ from the default
 * @param {(name: string) => number} standard the default of a setting
 * @returns {number} from -MOST to MOST, 0 as usual
 */
export function position(slider, settings, standard) {
  const [[name, exponent]] = Object.entries(SLIDERS[slider]);
  const value = Number(settings[name] ?? standard(name));
  if (value <= 0) return exponent > 0 ? -MOST : MOST;
  const step = Math.round(Math.log2(value / standard(name)) / exponent);
  return Math.min(MOST, Math.max(-MOST, step));
}

/**
 * The settings with a slider at a position.
 * @param {string} slider
 * @param {number} step
 * @param {Record<string, unknown>} settings
 * @param {(name: string) => number} standard
 */
export function moved(slider, step, settings, standard) {
  const changed = { ...settings };
  for (const [name, exponent] of Object.entries(SLIDERS[slider])) {
    if (step === 0) delete changed[name];
    else changed[name] = Number((standard(name) * 2 ** (step * exponent)).toPrecision(4));
  }
  return changed;
}
