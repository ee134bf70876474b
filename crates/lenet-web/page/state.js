// What the page shows at this moment, and who wants to know when it changes.

/**
 * - `about`, `classNames`, `weights` (by parameter name), `from` (text): the network;
 * - `image` (`Uint8Array(1024)` or null), `reading`, `box` (of the ink in the drawing, or null), `example` (whether the page chose the image).
 */
export const state = { about: null, weights: null, from: "", image: null, reading: null, box: null, example: false, data: null };

const listeners = [];

/** Calls `listener(changed)` after each change; `changed` is the set of names of the fields. */
export function watch(listener) {
  listeners.push(listener);
}

/** Sets fields and tells everyone. */
export function change(fields) {
  Object.assign(state, fields);
  const changed = new Set(Object.keys(fields));
  for (const listener of listeners) listener(changed);
}

/** Shows an error as a sentence at the head of the page; without an error removes it. */
export function problem(error) {
  const line = document.getElementById("problem");
  line.hidden = !error;
  line.textContent = error ? error.message : "";
}
