// Reads what is in the drawing area: the newest state as soon as the engine is free, never a queue of old ones.

import { call } from "./engine.js";
import { change, problem, state } from "./state.js";

let busy = false;
let next = null;

/** Has the engine read; `how` is a function that makes the call. A newer call replaces one that has not begun. */
export async function read(how) {
  next = how;
  if (busy) return;
  busy = true;
  while (next) {
    const current = next;
    next = null;
    const started = performance.now();
    try {
      const found = await current();
      problem(null);
      change({ image: null, reading: null, box: null, example: false, ...found, milliseconds: performance.now() - started });
    } catch (error) {
      problem(error);
    }
  }
  busy = false;
}

/** Reads the image shown once more, after the network has changed. */
export function readAgain() {
  const { image, box, example } = state;
  if (image) read(async () => ({ ...await call("readImage", image), box, example }));
}
