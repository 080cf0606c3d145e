/** Starts the page: builds its parts, then listens to the server. */

import { openBatch } from "./batch.js";
import { button, byId } from "./dom.js";
import { openDropping } from "./dropping.js";
import { T } from "./english.js";
import { listen } from "./events.js";
import { openHelp, openKeys } from "./keys.js";
import { openKeep } from "./keep.js";
import { followPreviews } from "./runs.js";
import { rememberSelection, restoreSelection } from "./selection.js";
import { openSources } from "./sources.js";
import { change, hasPicture, shownAttempt, state, watch } from "./state.js";
import { openStatus } from "./status.js";
import { openPanel } from "./steer.js";
import { openStrip } from "./strip.js";
import { openViewer } from "./viewer.js";
import { openWelcome } from "./welcome.js";

function openBar() {
  const anew = () => change({ content: null, styles: [], settings: {}, masks: null, shown: null,
    compared: null, strength: 1, trouble: null });
  byId("name").append(button("jphoto", anew, { title: T.anew, "aria-label": `jphoto. ${T.anew}` }));
  const many = button(T.many, () => openBatch(), { icon: "many" });
  const help = button(T.help, openHelp, { icon: "help", quiet: true });
  const keep = button(T.keep, openKeep, { icon: "keep", class: "primary" });
  byId("actions").append(many, help, keep);
  watch(["attempts", "shown", "content"], () => {
    const attempt = shownAttempt();
    keep.disabled = !attempt || !hasPicture(attempt);
  });
  watch(["styles", "content"], () => {
    many.hidden = keep.hidden = !state.content && !state.styles.length;
  });
}

/** Whether the regions editor was loaded; most people never need it. */
let editor = false;

function openRooms() {
  watch(["room", "content"], () => {
    byId("viewer").hidden = !state.content || state.room !== "viewer";
    byId("regions").hidden = !state.content || state.room !== "regions";
    if (editor || state.room !== "regions") return;
    editor = true;
    import("./regions.js").then(({ openRegions }) => openRegions());
  });
  watch(["connection"], () => {
    const words = { gone: T.gone, refused: T.newAddress, open: "", connecting: "" };
    byId("gone").textContent = words[state.connection];
    byId("gone").hidden = !words[state.connection];
  });
}

openBar();
openRooms();
openSources();
openWelcome();
openViewer();
openStatus();
openPanel();
openStrip();
openDropping();
openKeys();
rememberSelection();
let first = true;
listen(() => {
  restoreSelection();
  if (first) followPreviews();
  first = false;
});
