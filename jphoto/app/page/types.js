/**
 * The objects that the server sends. Times are seconds, sizes pixels, colors "#rrggbb".
 *
 * @typedef {{id: string, kind: "photo"|"look", name: string, title?: string, width: number,
 *   height: number, bytes: number, depth: number, profile: string|null, view: string,
 *   thumb: string, note?: string|null}} Photo
 * @typedef {{id: string, weight: number}} Style
 * @typedef {{content: string|null, styles: (string|null)[]}} Masks
 * @typedef {"queued"|"reading"|"compiling"|"solving"|"saving"|"finished"|"stopped"|"failed"} Status
 * @typedef {{id: string, kind: "preview"|"transfer", content: string, styles: Style[],
 *   settings: Record<string, unknown>, strength: number, masks: Masks, created: number,
 *   status: Status, place: number, share: number, step: number, steps: number, seconds: number,
 *   seconds_left: number|null, memory: number, frame: number, error: string|null,
 *   outcome: string, regions: object[], width: number, height: number, result_width: number,
 *   result_height: number}} Attempt
 * @typedef {{name: string, status: string, error: string|null, result: string|null,
 *   thumb: string|null}} BatchRow
 * @typedef {{id: string, styles: Style[], settings: Record<string, unknown>, folder: string,
 *   total: number, done: number, failed: number, status: string, seconds: number,
 *   seconds_left: number|null, rows: BatchRow[]}} Batch
 * @typedef {{name: string, help: string, kind: "float"|"int"|"choice"|"bool", default: any,
 *   min: number|null, max: number|null, choices: string[]|null, unit: string|null,
 *   group: "plain"|"expert"}} Setting
 * @typedef {{name: string, title: string, content_thumb: string, style_thumb: string}} Example
 * @typedef {{name: string, color: string, share: number, confidence?: number|null}} LegendRow
 * @typedef {{mask: string, legend: LegendRow[], width: number, height: number}} Painted
 * @typedef {{version: string, folder: string, folder_bytes: number, folder_limit: number,
 *   networks: Record<string, boolean>, settings: Setting[], formats: string[],
 *   limits: {bytes: number, pixels: number}, photos: Photo[], looks: Photo[],
 *   examples: Example[], attempts: Attempt[], batches: Batch[]}} ServerState
 */

export {};
