/**
 * All words of the page. To translate it, replace this file; the words about settings and errors
 * come from the server.
 */

/** @import { Batch } from "./types.js" */

const whole = (/** @type {number} */ share) => `${Math.round(100 * share)} %`;

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} KB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

export const T = {
  // Everywhere
  close: "Close",
  cancel: "Cancel",
  copy: "Copy",
  copied: "Copied",
  remove: (/** @type {string} */ name) => `Remove ${name}`,
  percent: whole,

  // The bar
  addStyle: "Add style",
  addStyleLong: "Add a style or a look",
  choosePhoto: "Choose photo",
  changePhoto: (/** @type {string} */ name) => `Photo: ${name}. Choose another`,
  changeStyle: (/** @type {string} */ name) => `Style: ${name}. Choose another`,
  content: "Photo",
  style: "Style",
  anew: "Start with other photos",
  many: "Many photos",
  keep: "Save",
  help: "Keys and help",
  uploading: (/** @type {string} */ name, /** @type {number} */ share) =>
    share < 1 ? `${name}: ${whole(share)} copied` : `Reading ${name}`,
  photoFacts: (/** @type {number} */ w, /** @type {number} */ h, /** @type {number} */ bytes) =>
    `${w} × ${h} pixels, ${size(bytes)}`,

  // Welcome
  welcome: "Give one photo the light of another",
  welcomeMore: "Everything stays on this computer.",
  dropContent: "Your photo",
  dropContentMore: "Its objects and edges stay.",
  dropStyle: "The style",
  dropStyleMore: "A photo that gives the colors and the light, or a look.",
  dropHint: "Drop, paste or choose",
  looksHere: "Or take a look as the style",
  examples: "Or try a pair that comes with jphoto",
  noStyleYet: "Now choose a style: drop a photo, or take a look.",

  // Dropping and choosing
  dropAs: {
    content: "As the photo",
    style: "As the style",
    more: "As one more style",
    many: "As many photos",
  },
  pasted: { content: "Pasted as the photo.", style: "Pasted as the style." },
  nothingPasted: "There is no picture in what was pasted.",
  manyNeedStyle: "Choose a style first. It is given to all photos of the folder.",
  noPhotosInside: "There are no files inside.",

  // Styles and looks
  stylesTitle: "Styles and looks",
  stylesHelp: "One look or one photo gives the style. Several are mixed.",
  stylesChoose: "Choose photos or .look files",
  looks: "Looks that come with jphoto",
  done: "Done",

  // Viewer
  viewer: "The picture",
  before: "Original",
  after: "Result",
  attemptName: (/** @type {number} */ number) => `Attempt ${number}`,
  modes: "How to compare",
  divider: "Divider",
  side: "Side by side",
  single: "Result only",
  dividerLabel: "Divider between the original and the result",
  dividerValue: (/** @type {number} */ share) => `${whole(share)} from the left`,
  original: "Hold to see the original",
  originalShort: "Original",
  zoom: "Size of the picture",
  fit: "Fit",
  full: "100 %",
  photoLabel: "Photo; arrow keys move it when it is enlarged",
  regionsButton: "Regions",

  // Status
  status: {
    queued: "Waiting",
    reading: "Reading the photos",
    compiling: "Compiling for this size, only the first time",
    solving: "Solving",
    saving: "Finishing at full size",
    finished: "Done",
    stopped: "Stopped. The best picture so far is kept.",
    stoppedEmpty: "Stopped before there was a picture.",
    failed: "That did not work",
  },
  doneIn: (/** @type {number} */ seconds) => `Done in ${duration(seconds)}`,
  preview: "First look",
  place: (/** @type {number} */ place) =>
    place > 0 ? `Waiting, ${place} before this one` : "Getting ready",
  steps: (/** @type {number} */ step, /** @type {number} */ steps) => `step ${step} of ${steps}`,
  left: (/** @type {number} */ seconds) => `about ${duration(seconds)} left`,
  stop: "Stop",
  again: "Run again",
  progress: "Progress",
  starting: "Starting",
  ready: "Choose a photo and a style.",

  // Steering
  steer: "Adjust",
  strength: "Strength",
  strengthHelp: "How much of the change you see and save. Nothing is computed again.",
  plain: {
    texture: ["Texture", "plain", "rich"],
    faithfulness: ["Faithfulness", "free", "faithful"],
    smoothness: ["Smoothness", "rough", "smooth"],
  },
  plainHelp: {
    texture: "How much the colors vary within a region, as they do in the style.",
    faithfulness: "How closely the objects stay as they are in the photo.",
    smoothness: "How strictly nearby pixels change together. Smooth is cleaner, with less style.",
  },
  usual: "as usual",
  weights: "Styles",
  weightOf: (/** @type {string} */ name) => `Weight of ${name}`,
  correctRegions: "Correct the regions",
  ownRegions: "Your own regions are used.",
  dropRegions: "Find them again",
  experts: "All settings",
  expertsHelp: "As on the command line. A change starts the transfer again.",
  reset: "Back to the usual settings",
  yes: "yes",
  word: "or",

  // Attempts
  attempts: "Attempts",
  attempt: (/** @type {number} */ number, /** @type {string} */ what) =>
    `Attempt ${number}: ${what}`,
  compareWith: (/** @type {number} */ number) => `Compare attempt ${number} with the shown one`,
  compareOff: "Compare with the original again",
  removeAttempt: (/** @type {number} */ number) => `Remove attempt ${number}`,
  usualSettings: "usual settings",
  withRegions: "own regions",

  // Regions
  regionsTitle: "Regions",
  regionsHelp:
    "Click a region in one photo, then its partner in the other. Equal colors belong together.",
  regionsOfLook: "A look has no photo to match with. Choose which regions it leaves alone.",
  finding: "Finding the regions",
  regionsUse: "Use these regions",
  tools: "Tools",
  match: "Match",
  brush: "Brush",
  eraser: "Eraser",
  eraserHelp: "Eraser: puts back what was found",
  brushSize: "Size",
  undo: "Undo",
  redo: "Redo",
  merge: "Merge with",
  mergeHint: (/** @type {string} */ name) => `Click the region that ${name} is merged with.`,
  leave: "Leave alone",
  left_alone: "left alone",
  former: (/** @type {string} */ name) => `${name} of the style`,
  partnerHint: (/** @type {string} */ name) =>
    `Now click the partner of ${name} in the other photo.`,
  brushHint: (/** @type {string} */ name) => `Paint what belongs to ${name}.`,
  chooseRegion: "Choose a region first.",
  newRegion: "New region",
  regionName: (/** @type {number} */ number) => `region ${number}`,
  noPartner: "no partner",
  partner: (/** @type {string} */ name) => `Partner of ${name} in the style`,
  areas: (/** @type {number} */ content, /** @type {number|null} */ style) =>
    style === null
      ? whole(content)
      : `${whole(content)} of the photo, ${whole(style)} of the style`,
  confidence: (/** @type {number} */ value) => `${whole(value)} sure`,
  showColors: "Show colors",
  exportMask: "Export",
  importMask: "Import",
  maskOf: { content: "Mask of the photo", style: "Mask of the style" },
  canvas: {
    content: "Regions of the photo. Arrow keys move the cursor, space clicks or paints.",
    style: "Regions of the style. Arrow keys move the cursor, space clicks or paints.",
  },
  matched: (/** @type {string} */ a, /** @type {string} */ b) => `${a} matched with ${b}.`,
  merged: (/** @type {string} */ a, /** @type {string} */ b) => `${a} merged with ${b}.`,
  whichStyle: "Style to match with",

  // Saving
  keepTitle: "Save the picture",
  keepFacts: (/** @type {number} */ w, /** @type {number} */ h, /** @type {number} */ strength) =>
    `${w} × ${h} pixels, strength ${whole(strength)}`,
  keepNote: "The file keeps color profile, camera data and captions of the photo.",
  format: "Format",
  depth: "Bits",
  depths: { auto: "as in the photo", 8: "8", 16: "16" },
  savePicture: "Save picture",
  making: "Making the file",
  saved: (/** @type {string} */ name, /** @type {number} */ bytes) =>
    `Saved ${name}, ${size(bytes)}.`,
  others: "Take it elsewhere",
  lut: "LUT (.cube)",
  lutHelp: "The color change for Lightroom, Resolve or darktable.",
  look: "Look (.look)",
  lookHelp: "The style, to use again without its photo.",
  commands: "Do the same without this page",
  shell: "Command line",
  python: "Python",
  fidelity: "How faithful is it?",
  fidelityMake: "Measure",
  measuring: "Measuring",
  measure: (/** @type {number|null} */ value, /** @type {string} */ verdict) =>
    [value === null ? "–" : Number(value.toPrecision(3)), verdict].join("  "),
  heatMap: "Where more than the colors changed: the lighter, the more",

  // Many photos
  manyTitle: "Many photos",
  manyHelp: "Gives every photo this style. It can be stopped and goes on later.",
  manyChoose: "Choose a folder",
  manyFiles: "Choose photos",
  manyDrop: "Drop a folder or photos here",
  manyFolder: "Folder for the results",
  manyFolderHelp: "Empty: a folder of its own beside the attempts.",
  manyChosen: (/** @type {number} */ count) => (count === 1 ? "1 photo" : `${count} photos`),
  manyStart: "Start",
  manySending: (/** @type {number} */ done, /** @type {number} */ total) =>
    `Copying ${done} of ${total}`,
  manyRefused: (/** @type {number} */ count) =>
    count === 1 ? "1 file is no photo and is left out:" : `${count} files are left out:`,
  batch: (/** @type {Batch} */ b) =>
    [
      `${b.done} of ${b.total} done`,
      b.failed ? `${b.failed} failed` : "",
      b.seconds_left && b.status === "running" ? `about ${duration(b.seconds_left)} left` : "",
    ]
      .filter(Boolean)
      .join(", "),
  rowStatus: (/** @type {string} */ status) =>
    ({
      queued: "waiting",
      running: "working",
      finished: "done",
      failed: "failed",
      stopped: "stopped",
    })[status] ?? status,
  resume: "Go on",
  zip: "Download all (.zip)",
  resultsIn: (/** @type {string} */ folder) => `Results are in ${folder}`,

  // The server
  noAnswer: "jphoto does not answer.",
  refused: (/** @type {number} */ status) => `jphoto refused this (${status}).`,
  gone: "jphoto app is not running. Start it again, and this page goes on. Nothing is lost.",
  newAddress:
    "jphoto app was started again with a new address. Open the one that it shows in the terminal.",

  // Help
  helpTitle: "Keys and help",
  keys: [
    ["O", "hold: see the original"],
    ["D", "divider"],
    ["S", "side by side"],
    ["E", "result only"],
    ["Z", "100 % or fit"],
    ["+ −", "larger, smaller"],
    ["R", "regions"],
    [".", "stop"],
    ["[ ]", "brush smaller, larger"],
    ["Ctrl Z", "undo; with Shift, redo"],
    ["Ctrl S", "save"],
    ["?", "this help"],
  ],
  singleKeys: "Single letters are keys",
  about: (/** @type {string} */ version, /** @type {string} */ folder) =>
    `jphoto ${version}. Photos and attempts are kept in ${folder}`,
  folderUse: (/** @type {number} */ bytes, /** @type {number} */ limit) =>
    `${size(bytes)} of at most ${size(limit)}; the oldest go first.`,
};
