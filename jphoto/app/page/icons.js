/** The icons: outlines in a square of 24, drawn with a stroke. */

/** @type {Record<string, string>} */
export const PATHS = {
  add: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  stop: "M7 7h10v10H7z",
  divider: "M4 5h16v14H4zM12 3v18",
  side: "M3 6h8v12H3zM13 6h8v12h-8z",
  single: "M4 5h16v14H4z",
  eye:
    "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" +
    "M12 9.5a2.5 2.5 0 110 5 2.5 2.5 0 010-5z",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  regions: "M3.5 6l8-2.5 9 3v11l-9 3-8-3zM11.5 3.5v17M3.5 12.5l8-1 9 2",
  keep: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
  many: "M8 8h12v12H8zM4 16V4h12",
  help: "M9 9.5a3 3 0 113.8 2.900c-.6.2-.8.6-.8 1.6M12 17.5v.01M12 3a9 9 0 110 18 9 9 0 010-18z",
  brush:
    "M19.5 4.5L10 14" +
    "M8.5 14.5c-2 0-3 1.5-3 3 0 1-.5 1.7-1.5 2 2.5 1 7 .5 7-2.5 0-1.5-1-2.5-2.5-2.5z",
  eraser: "M9 19.5h11M5 15l9.5-9.5 5 5-8.5 9H8.5z",
  pointer: "M6 4l12 7-5.5 1.5L10 18z",
  undo: "M8 5L4 9l4 4M4 9h10a5.5 5.5 0 010 11h-3",
  redo: "M16 5l4 4-4 4M20 9H10a5.5 5.5 0 000 11h3",
  compare: "M9 4v16M15 4v16M4 8h5M4 16h5M15 8h5M15 16h5",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13",
  folder: "M3.5 19V5.5h6l2 2.5h9v11z",
  photo: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 8.5v.01",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  play: "M8 5l11 7-11 7z",
};
