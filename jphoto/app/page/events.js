/** The stream of news from the server, and what the page does when it is gone. */

import { CLIENT, ask } from "./api.js";
import { change, state, touch } from "./state.js";

const RETRY_MS = 2000;

/** @type {EventSource|null} */
let source = null;
/** @type {(() => void)|null} */
let restored = null;

/**
 * Read the whole state, then listen; again whenever the server was gone.
 * @param {() => void} whenRestored called after each reading of the state
 */
export function listen(whenRestored) {
  restored = whenRestored;
  connect();
}

async function connect() {
  source?.close();
  try {
    const server = await ask("/api/state");
    const found = [...server.photos, ...server.looks];
    change({
      server,
      photos: new Map(found.map((photo) => [photo.id, photo])),
      attempts: new Map(server.attempts.map((/** @type {any} */ a) => [a.id, a])),
      batches: new Map(server.batches.map((/** @type {any} */ b) => [b.id, b])),
      connection: "open",
    });
    restored?.();
  } catch (error) {
    const status = error.status;
    change({ connection: status === 401 || status === 403 ? "refused" : "gone" });
    setTimeout(connect, RETRY_MS);
    return;
  }
  subscribe();
}

function subscribe() {
  source = new EventSource(`/api/events?client=${CLIENT}`);
  source.onerror = () => {
    source?.close(); // the state may be another when the server is back, so it is read again
    change({ connection: "gone" });
    setTimeout(connect, RETRY_MS);
  };
  on("attempt", (attempt) => {
    const known = state.attempts.get(attempt.id);
    const frame = Math.max(attempt.frame, known?.frame ?? 0);
    state.attempts.set(attempt.id, { ...attempt, frame });
    touch("attempts");
  });
  on("frame", ({ attempt, n }) => {
    const known = state.attempts.get(attempt);
    if (!known || known.frame >= n) return;
    state.attempts.set(attempt, { ...known, frame: n });
    touch("attempts");
  });
  on("batch", (batch) => {
    state.batches.set(batch.id, batch);
    touch("batches");
  });
  on("removed", ({ id }) => {
    state.attempts.delete(id);
    touch("attempts");
  });
}

/**
 * @param {string} name
 * @param {(data: any) => void} run
 */
function on(name, run) {
  source?.addEventListener(name, (event) => run(JSON.parse(/** @type {any} */ (event).data)));
}
