/** The dialog with the looks that come with jphoto; it also takes photos and files of looks. */

import { button, el } from "./dom.js";
import { openDialog } from "./dialog.js";
import { T } from "./english.js";
import { chooseFiles, setStyles, useStyles } from "./sources.js";
import { state, watch } from "./state.js";
/** @import { Photo } from "./types.js" */

/** @type {{dialog: HTMLDialogElement, body: HTMLElement}|null} */
let made = null;

export function openStyles() {
  if (!made) {
    made = openDialog("styles", T.stylesTitle);
    const files = async () => {
      const chosen = await chooseFiles({ many: true });
      if (chosen.length) {
        made?.dialog.close();
        useStyles(chosen, { more: state.styles.length > 0 });
      }
    };
    made.body.append(
      el("p", { class: "help", text: T.stylesHelp }),
      button(T.stylesChoose, files, { icon: "photo" }),
      el("h3", { text: T.looks }),
      lookList(),
    );
  }
  made.dialog.showModal();
}

/** The looks as pictures; a click takes one as the style, a second click takes it away. */
export function lookList() {
  const list = el("ul", { class: "looks" });
  watch(["server"], () => list.replaceChildren(...(state.server?.looks ?? []).map(lookItem)));
  watch(["styles", "server"], () => {
    for (const one of list.querySelectorAll("button")) {
      const on = state.styles.some(({ id }) => id === one.dataset.look);
      one.setAttribute("aria-pressed", String(on));
    }
  });
  return list;
}

/** @param {Photo} look */
function lookItem(look) {
  const [name, ...rest] = (look.title ?? look.name).split(":");
  const title = look.name.replaceAll("-", " ");
  const words = el("span", { class: "look-words" }, el("strong", { text: title }),
    el("small", { text: rest.join(":").trim() || name }));
  const picture = el("img", { src: look.thumb, alt: "", loading: "lazy" });
  const click = () => toggle(look.id);
  return el("li", {}, el("button", { type: "button", click, "data-look": look.id,
    title: look.title }, picture, words));
}

/** @param {string} id */
function toggle(id) {
  const kept = state.styles.filter((style) => style.id !== id);
  const on = kept.length === state.styles.length;
  setStyles(on ? [...kept, { id, weight: 1 }] : kept);
}
