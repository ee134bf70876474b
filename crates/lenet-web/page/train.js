// Training in the page: settings, start and stop, curves, and filters that change.

import { onThemeChange } from "./colours.js";
import { makeCurves } from "./curves.js";
import { make, percent } from "./dom.js";
import { call, on } from "./engine.js";
import { change, problem, state, watch } from "./state.js";
import { isOpen, onOpen } from "./tabs.js";
import { saveWeights, showFilters } from "./weights.js";

/** Learning rates that suit the optimizers. */
const RATES = { sgd: 0.05, nesterov: 0.02, adam: 0.001, adamw: 0.001, rmsprop: 0.0005, adagrad: 0.01 };
const SYNTHETIC = 40000;

let view = null;
let running = false;
let begun = false;
let curves = empty();

function empty() {
  return { loss: [], accuracy: [], validLoss: [], validAccuracy: [] };
}

/** Builds the view. */
export function showTraining(parent) {
  view = build();
  parent.replaceChildren(
    make("section", {}, make("h2", { text: "Train it here" }), view.form,
      make("div", { class: "tools" }, view.start, view.stop, make("button", { type: "button", text: "Save the weights", onclick: saveWeights })),
      view.status, view.curves.element), view.filters.element);
  on("progress", progress);
  on("ended", ({ reason }) => {
    begun = begun && !reason;
    setRunning(false);
    if (reason) problem(new Error(reason));
  });
  const filters = () => isOpen("train") && view.filters.refresh();
  watch((changed) => changed.has("weights") && filters());
  onOpen("train", filters);
  onThemeChange(filters);
}

function build() {
  const select = (name, text, options, chosen) => make("label", { text }, make("select", { name, onchange: changed },
    ...options.map(([value, text]) => make("option", { value, text, selected: value === chosen }))));
  const entry = (name, text, attributes) => make("label", { text }, make("input", { name, type: "number", onchange: changed, ...attributes }));
  const form = make("form", { class: "settings", onsubmit: (event) => event.preventDefault() },
    select("optimizer", "Optimizer", [["sgd", "SGD"], ["nesterov", "SGD, Nesterov momentum"], ["adam", "Adam"], ["adamw", "AdamW"], ["rmsprop", "RMSprop"], ["adagrad", "Adagrad"]], "nesterov"),
    entry("learningRate", "Learning rate", { value: RATES.nesterov, min: 0, step: "any" }),
    entry("batchSize", "Batch size", { value: 64, min: 1, max: 1024 }),
    select("loss", "Loss", [["cross-entropy", "cross-entropy"], ["mse", "mean squared error"]], "cross-entropy"),
    select("initial", "Start from", [["yes", "initial (random) weights"], ["no", "the weights shown"]], "yes"),
    select("data", "Data", [["synthetic", "synthetic digits"], ["idx", "files of MNIST…"]], "synthetic"),
    entry("count", "Synthetic digits", { value: SYNTHETIC, min: 100, max: 60000, step: 100 }));
  form.elements.optimizer.addEventListener("change", () => { form.elements.learningRate.value = RATES[form.elements.optimizer.value]; });
  const files = make("input", { type: "file", multiple: true, hidden: true, "aria-label": "Files of MNIST", onchange: () => useMnist([...files.files]) });
  form.append(files);
  form.elements.data.addEventListener("change", () => {
    if (form.elements.data.value === "idx" && !view.mnist) files.click();
  });
  return {
    form, files, mnist: null, curves: makeCurves(), filters: showFilters(),
    start: make("button", { type: "button", class: "main", text: "Train", onclick: startOrGoOn }),
    stop: make("button", { type: "button", text: "Start anew", hidden: true, onclick: anew }),
    status: make("p", { class: "status", role: "status", text: "Two files of MNIST (images and labels, gzip or not) can be dropped on the page." }),
  };
}

/** Settings were changed: the next start is a new training. */
function changed() {
  if (running) call("trainStop");
  setRunning(false);
  begun = false;
  view.start.textContent = "Train";
  view.stop.hidden = true;
}

async function startOrGoOn() {
  if (running) {
    await call("trainStop");
    return setRunning(false);
  }
  problem(null);
  try {
    if (begun) await call("trainGoOn");
    else await begin();
    begun = true;
    setRunning(true);
  } catch (error) {
    problem(error);
  }
}

async function begin() {
  const { elements } = view.form;
  view.status.textContent = "Preparing the digits …";
  const data = elements.data.value === "idx" && view.mnist
    ? await call("useIdx", view.mnist.images, view.mnist.labels)
    : await call("useSynthetic", Number(elements.count.value));
  curves = empty();
  view.data = `${data.train.toLocaleString("en")} digits to train on, ${data.valid.toLocaleString("en")} held out`;
  await call("trainStart", {
    initial: elements.initial.value === "yes", seed: 42, optimizer: elements.optimizer.value, loss: elements.loss.value,
    learningRate: Number(elements.learningRate.value), batchSize: Number(elements.batchSize.value),
  });
}

async function anew() {
  changed();
  await startOrGoOn();
}

function setRunning(now) {
  running = now;
  view.start.textContent = now ? "Stop" : begun ? "Go on" : "Train";
  view.stop.hidden = !begun || now;
}

function progress({ about, weights, validation, step, epoch, loss, accuracy, imagesPerSecond }) {
  if (loss > 0 || accuracy > 0) {
    curves.loss.push([step, loss]);
    curves.accuracy.push([step, accuracy]);
  }
  if (validation) {
    curves.validLoss.push([step, validation.loss]);
    curves.validAccuracy.push([step, validation.accuracy]);
    view.valid = validation.accuracy;
  }
  view.curves.draw(curves);
  const speed = imagesPerSecond > 0 ? `, ${Math.round(imagesPerSecond).toLocaleString("en")} images/s` : "";
  view.status.textContent = `Step ${step.toLocaleString("en")}, epoch ${epoch.toFixed(1)}${speed}; held-out digits read right: ${percent(view.valid ?? 0)} (${view.data})`;
  change({ about, weights, from: `weights trained here, step ${step.toLocaleString("en")}` });
}

/** Takes two files of MNIST, images and labels. */
export async function useMnist(files) {
  const named = (part) => files.find((file) => file.name.includes(part));
  const [images, labels] = [named("idx3") ?? named("images"), named("idx1") ?? named("labels")];
  if (!images || !labels) {
    view.form.elements.data.value = "synthetic";
    return problem(new Error("Two files of MNIST are needed, such as train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz: choose or drop both at once."));
  }
  const bytes = async (file) => new Uint8Array(await file.arrayBuffer());
  view.mnist = { images: await bytes(images), labels: await bytes(labels) };
  view.form.elements.data.value = "idx";
  changed();
  view.status.textContent = `${images.name} and ${labels.name} are used. The button “A digit” takes one of them as soon as the training has begun.`;
}
