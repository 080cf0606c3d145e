/** The first page: two places for photos, the looks, and pairs that come with jphoto. */

import { button, byId, el } from "./dom.js";
import { T } from "./english.js";
import { chooseFiles, useContent, useExample, useStyles } from "./sources.js";
import { change, state, watch } from "./state.js";
import { styleName } from "./strip.js";
import { lookList } from "./styles.js";
/** @import { Example } from "./types.js" */

/** Build the first page; it is hidden once there is a content photo. */
export function openWelcome() {
  const content = place("content", T.dropContent, T.dropContentMore, async () =>
    useContent(await chooseFiles()),
  );
  const style = place("style", T.dropStyle, T.dropStyleMore, async () =>
    useStyles(await chooseFiles({ many: true })),
  );
  const chosen = el("p", { class: "chosen" });
  const examples = el("ul", { class: "examples" });
  byId("welcome").append(
    el("h2", { text: T.welcome }),
    el("p", { class: "help", text: T.welcomeMore }),
    el("div", { class: "places" }, content, el("div", { class: "stack-of" }, style, chosen)),
    el("h3", { text: T.looksHere }),
    lookList(),
    el("h3", { text: T.examples }),
    examples,
  );
  watch(["server"], () => {
    examples.replaceChildren(...(state.server?.examples ?? []).map(example));
  });
  watch(["styles", "photos"], () => {
    chosen.textContent = state.styles.map(({ id }) => styleName(id)).join(" + ");
    chosen.hidden = !state.styles.length;
  });
  watch(["content"], () => {
    byId("welcome").hidden = Boolean(state.content);
    if (!state.content) change({ room: "viewer" });
  });
}

/**
 * @param {string} role
 * @param {string} title
 * @param {string} more
 * @param {() => void} click
 */
function place(role, title, more, click) {
  const words = [el("strong", { text: title }), el("span", { text: more }),
    el("small", { text: T.dropHint })];
  const made = button("", click, { class: "place", "data-drop": role });
  made.replaceChildren(...words);
  return made;
}

/** @param {Example} pair */
function example(pair) {
  const pictures = [pair.content_thumb, pair.style_thumb].map((src) => el("img", { src, alt: "" }));
  return el("li", {}, el("button", { type: "button", click: () => useExample(pair.name) },
    el("span", { class: "pair" }, ...pictures), el("span", { text: pair.title })));
}
