// Corrections: "this was a 4". The network trains on them until it reads the newest one right.

import { classButtons } from "./answer.js";
import { call } from "./engine.js";
import { change, problem, state, watch } from "./state.js";

const corrections = [];
let busy = false;

/** Builds the buttons and keeps them to the classes of the network. */
export function showCorrections(parent, status) {
  watch((changed) => {
    if (!changed.has("about") || parent.childElementCount === state.about.classes) return;
    corrections.length = 0;
    classButtons(parent, (label) => correct(label, status));
  });
}

async function correct(label, status) {
  if (!state.image) {
    status.textContent = "Draw a digit first.";
    return;
  }
  if (busy) return;
  busy = true;
  const name = state.about.classNames[label];
  const image = state.image;
  status.textContent = `Learning that this was ${name} …`;
  try {
    corrections.push({ image, label });
    const images = new Uint8Array(corrections.length * 1024);
    corrections.forEach((one, at) => images.set(one.image, at * 1024));
    const { right, steps, milliseconds, ...net } = await call("correct", images, Uint8Array.from(corrections, (one) => one.label), corrections.length);
    change({ ...net, from: `weights after ${corrections.length} of your corrections` });
    const effort = steps === 0 ? "it did before; nothing to learn" : `after ${steps} steps, ${(milliseconds / 1000).toFixed(1)} s`;
    status.textContent = right ? `Now it reads ${name} (${effort}).` : `It does not read ${name} yet, after ${steps} steps. Press again to go on.`;
  } catch (error) {
    corrections.pop();
    status.textContent = "";
    problem(error);
  }
  busy = false;
}
