/** The dialog for many photos: a folder goes in, a queue shows how far it is. */

import { ask, send } from "./api.js";
import { openDialog } from "./dialog.js";
import { button, el } from "./dom.js";
import { filesOf } from "./dropping.js";
import { T } from "./english.js";
import { chooseFiles, note } from "./sources.js";
import { state, touch, watch } from "./state.js";
/** @import { Batch, BatchRow } from "./types.js" */

/** @type {{dialog: HTMLDialogElement, body: HTMLElement}|null} */
let made = null;
/** @type {File[]} */
let chosen = [];
let parts = /** @type {any} */ (null);

/** @param {File[]} [files] that were dropped */
export function openBatch(files) {
  if (!state.styles.length) return note(T.manyNeedStyle, true);
  if (!made) {
    made = openDialog("many", T.manyTitle);
    made.body.append(...build());
    watch(["batches"], drawBatches);
  }
  if (files) choose(files);
  if (!made.dialog.open) made.dialog.showModal();
}

function build() {
  const count = el("p", { role: "status" });
  const folder = el("input", { type: "text", id: "many-folder", autocomplete: "off",
    spellcheck: "false" });
  const go = button(T.manyStart, () => begin(), { icon: "play", class: "primary" });
  const pick = (/** @type {object} */ how) => async () => choose(await chooseFiles(how));
  const area = el("div", { class: "place row" },
    button(T.manyChoose, pick({ folder: true }), { icon: "folder" }),
    button(T.manyFiles, pick({ many: true }), { icon: "photo" }),
    el("span", { class: "help", text: T.manyDrop }));
  area.addEventListener("drop", async (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.dataTransfer) choose(await filesOf(event.dataTransfer));
  });
  const refused = el("ul", { class: "trouble" });
  const list = el("div", { class: "batches" });
  parts = { count, folder, go, refused, list };
  choose([]);
  return [
    el("p", { class: "help", text: T.manyHelp }), area,
    el("div", { class: "field" }, el("label", { for: "many-folder", text: T.manyFolder }), folder,
      el("small", { text: T.manyFolderHelp })),
    el("p", { class: "row" }, go, count), refused, list,
  ];
}

/** @param {File[]} files */
function choose(files) {
  chosen = files.filter(({ name }) => !name.startsWith("."));
  parts.count.textContent = chosen.length ? T.manyChosen(chosen.length) : "";
  parts.go.disabled = !chosen.length;
  parts.refused.replaceChildren();
}

/** Copy the photos to the server and start the batch with those that it can read. */
async function begin() {
  parts.go.disabled = true;
  const contents = [];
  const refused = [];
  for (const [done, file] of chosen.entries()) {
    parts.count.textContent = T.manySending(done, chosen.length);
    try {
      const path = `/api/photos?name=${encodeURIComponent(file.name)}&role=content`;
      contents.push((await send(path, file)).id);
    } catch (error) {
      refused.push(`${file.name}: ${error.message}`);
    }
  }
  choose([]);
  if (refused.length) {
    parts.refused.append(el("li", { text: T.manyRefused(refused.length) }),
      ...refused.map((text) => el("li", { text })));
  }
  if (!contents.length) return;
  try {
    const { styles, settings } = state;
    const folder = parts.folder.value.trim() || null;
    const batch = await ask("/api/batches", "POST", { contents, styles, settings, folder });
    state.batches.set(batch.id, state.batches.get(batch.id) ?? batch);
    touch("batches");
  } catch (error) {
    parts.refused.append(el("li", { text: error.message }));
  }
}

/** @type {Map<string, any>} */
const shown = new Map();

function drawBatches() {
  for (const batch of state.batches.values()) {
    if (!shown.has(batch.id)) {
      shown.set(batch.id, batchView(batch));
      parts.list.prepend(shown.get(batch.id).element);
    }
    shown.get(batch.id).update(batch);
  }
}

/** @param {Batch} first */
function batchView(first) {
  const words = el("p", { role: "status" });
  const bar = el("progress", { max: first.total, "aria-label": T.progress });
  const order = (/** @type {string} */ what) => async () => {
    try {
      await ask(`/api/batches/${first.id}/${what}`, "POST");
    } catch (error) {
      words.textContent = error.message;
    }
  };
  const stopping = button(T.stop, order("stop"), { icon: "stop", class: "small" });
  const resume = button(T.resume, order("resume"), { icon: "play", class: "small" });
  const zip = el("a", { href: `/api/batches/${first.id}/results.zip`, download: true,
    text: T.zip });
  const rows = el("ol", { class: "rows" });
  const where = el("p", { class: "help", text: T.resultsIn(first.folder) });
  const element = el("section", {}, el("div", { class: "row" }, words, stopping, resume, zip), bar,
    rows, where);
  const update = (/** @type {Batch} */ batch) => {
    words.textContent = T.batch(batch);
    bar.value = batch.done + batch.failed;
    stopping.hidden = !["queued", "running"].includes(batch.status);
    resume.hidden = !["stopped", "failed"].includes(batch.status);
    zip.hidden = !batch.done;
    rows.replaceChildren(...batch.rows.map(rowView));
  };
  return { element, update };
}

/** @param {BatchRow} row */
function rowView(row) {
  const name = row.result
    ? el("a", { href: row.result, download: true, text: row.name })
    : el("span", { text: row.name });
  const status = row.error ? `${T.rowStatus(row.status)}: ${row.error}` : T.rowStatus(row.status);
  return el("li", { class: row.error ? "trouble" : "" },
    el("img", { src: row.thumb ?? "/page/icon.svg", alt: "", loading: "lazy" }), name,
    el("span", { class: "help", text: status }));
}
