// Which weights the network has, its filters, and saving them.

import { magnitude, onThemeChange, paint } from "./colours.js";
import { make, number } from "./dom.js";
import { call } from "./engine.js";
import { save } from "./picture-input.js";
import { change, problem, state, watch } from "./state.js";
import { isOpen, onOpen, open } from "./tabs.js";

let seed = 1;

/** Builds the view. */
export function showWeights(parent) {
  const facts = make("p", { class: "muted" });
  const filters = showFilters();
  const button = (text, onclick) => make("button", { type: "button", text, onclick });
  parent.replaceChildren(make("section", {},
    make("h2", { text: "Weights" }),
    facts,
    make("div", { class: "tools" },
      button("Trained, in the box", () => use("the trained weights in the box", "usePretrained")),
      button("Initial (random)", () => use(`initial weights, seed ${seed}`, "useInitial", seed++)),
      button("A file of yours…", () => document.getElementById("open").click()),
      button("Save", saveWeights)),
    make("p", { class: "muted", text: "Or drop a file on the page: .safetensors, or PyTorch’s .pt. Saved files are read by lenet-train, PyTorch and this page." })), filters.element);
  const refresh = () => {
    if (!state.about || !isOpen("weights")) return;
    const { parameters, classes, mean, std, temperature } = state.about;
    facts.textContent = `Shown: ${state.from}. ${parameters.toLocaleString("en")} parameters, ${classes} classes; images are normalised with mean ${number(mean)} and standard deviation ${number(std)}; temperature ${number(temperature)}.`;
    filters.refresh();
  };
  watch((changed) => changed.has("weights") && refresh());
  onOpen("weights", refresh);
  onThemeChange(refresh);
}

/** The filters of C1 and C3: `{element, refresh(weights)}`. */
export function showFilters() {
  const tiles = (count) => Array.from({ length: count }, () => make("canvas", { width: 5, height: 5 }));
  const [first, second] = [tiles(6), tiles(96)];
  const scales = [make("span", { class: "scale" }), make("span", { class: "scale" })];
  const element = make("section", { class: "filters" },
    make("h3", {}, "Filters of C1, 5×5 ", scales[0]), make("div", { class: "filters1" }, ...first),
    make("h3", {}, "Filters of C3: a column for each of its 16 maps, a row for each map of S2 ", scales[1]), make("div", { class: "filters2" }, ...second));
  const draw = (canvases, weights, scale, order) => {
    const full = magnitude(weights);
    scale.textContent = `full colour ${number(full)}`;
    canvases.forEach((canvas, at) => paint(canvas, weights.subarray(order(at) * 25, order(at) * 25 + 25), full));
  };
  const refresh = (weights = state.weights) => {
    if (!weights) return;
    draw(first, weights["conv1.weight"], scales[0], (at) => at);
    draw(second, weights["conv2.weight"], scales[1], (at) => (at % 16) * 6 + Math.floor(at / 16));
  };
  return { element, refresh };
}

/** Reads the weights in a file of the user. */
export async function useWeightsFile(file) {
  open("weights");
  await use(file.name, "useFile", file.name, new Uint8Array(await file.arrayBuffer()));
}

/** Saves the weights shown. */
export async function saveWeights() {
  try {
    save(await call("exportWeights"), "model.safetensors");
  } catch (error) {
    problem(error);
  }
}

async function use(from, ...callOfEngine) {
  try {
    change({ ...await call(...callOfEngine), from });
    problem(null);
  } catch (error) {
    problem(error);
  }
}
