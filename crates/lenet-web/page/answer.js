// The answer in large, and how sure it is.

import { make, percent } from "./dom.js";
import { state, watch } from "./state.js";

const element = (id) => document.getElementById(id);

/** Keeps the answer up to date. */
export function showAnswer() {
  watch((changed) => {
    if (!changed.has("reading")) return;
    const { reading, about, milliseconds, example } = state;
    element("hint").hidden = Boolean(reading) && !example;
    element("hint").textContent = example ? "An example. Draw a digit here" : "Draw a digit here";
    element("hint").classList.toggle("example", example);
    const unsure = Boolean(reading) && Math.max(...reading.probabilities) < about.unsureBelow;
    element("answer").classList.toggle("unsure", unsure);
    if (!reading) {
      element("digit").textContent = "–";
      for (const id of ["sure", "also", "timing"]) element(id).textContent = "\u00a0";
      return;
    }
    const order = [...reading.probabilities.keys()].sort((one, other) => reading.probabilities[other] - reading.probabilities[one]);
    const named = (at) => `${about.classNames[order[at]]} (${percent(reading.probabilities[order[at]])})`;
    element("digit").textContent = about.classNames[order[0]];
    element("sure").textContent = `${unsure ? "unsure, " : ""}${percent(reading.probabilities[order[0]])}`;
    element("also").textContent = order.length > 2 ? `then ${named(1)}, ${named(2)}` : `else ${named(1)}`;
    element("timing").textContent = milliseconds && !example ? `framed and read, all layers, in ${milliseconds.toFixed(1)} ms` : "\u00a0";
  });
}

/** Buttons with the names of the classes in `parent`; `chosen(class)` is called. */
export function classButtons(parent, chosen) {
  parent.replaceChildren(...state.about.classNames.map((name, at) => make("button", { type: "button", text: name, onclick: () => chosen(at) })));
}
