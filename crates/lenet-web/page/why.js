// Why the network answered so: which pixels speak for a class, and what would make the image another digit.

import { classButtons } from "./answer.js";
import { magnitude, onThemeChange, overlayInk, paint } from "./colours.js";
import { make, number, percent } from "./dom.js";
import { call } from "./engine.js";
import { problem, state, watch } from "./state.js";
import { isOpen, onOpen } from "./tabs.js";

/** Milliseconds between a change and the next question: occlusion takes a thousand forward passes, and strokes go first. */
const PATIENCE = 150;
/** Side of the square that occlusion covers. */
const SQUARE = 5;
const MOST_STEPS = 120;

let chosen = null;
let maps = null;
let path = null;
let timer = 0;

/** Builds the view. */
export function showWhy(parent) {
  const view = build(parent);
  const refresh = () => {
    timer ||= setTimeout(async () => {
      if (isOpen("why")) await ask(view);
      timer = 0;
      if (maps && maps.reading !== state.reading) refresh();
    }, PATIENCE);
  };
  watch((changed) => {
    if (changed.has("about")) classButtons(view.targets, (target) => walk(view, target));
    if (changed.has("about")) classButtons(view.classes, (digit) => { chosen = digit; refresh(); });
    if (changed.has("reading")) {
      [chosen, path] = [null, null];
      showStep(view);
      refresh();
    }
  });
  onOpen("why", refresh);
  onThemeChange(() => { draw(view); showStep(view); });
}

function build(parent) {
  const picture = () => make("canvas", { width: 32, height: 32, class: "picture", role: "img" });
  const figure = (canvas, title, text, scale) => make("figure", {}, canvas, make("figcaption", {}, title, make("span", { class: "muted" }, ` ${text} `, scale)));
  const [gradient, occlusion, changed, difference] = [picture(), picture(), picture(), picture()];
  const scales = Array.from({ length: 3 }, () => make("span", { class: "scale" }));
  const [classes, targets] = [make("div", { class: "choices" }), make("div", { class: "choices" })];
  const [question, sure] = [make("h2", { text: "Why?" }), make("p", { class: "muted", role: "status", text: "Choose a digit." })];
  const slider = make("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Step on the way" });
  parent.replaceChildren(
    make("section", {}, question, make("p", { class: "muted", text: "Which pixels speak for it? Another class:" }), classes,
      make("div", { class: "pictures" },
        figure(gradient, "Input gradient.", "Blue: more ink in this pixel would raise the logit; orange: it would lower it; grey: your ink.", scales[0]),
        figure(occlusion, "Occlusion.", `The logit falls (blue) or rises (orange) if the ${SQUARE}×${SQUARE} square around the pixel is erased.`, scales[1]))),
    make("section", {}, make("h2", { text: "What would make it another digit?" }),
      make("p", { class: "muted", text: "Small steps along the input gradient of the digit that you choose, until the network believes it with 90 %." }), targets, sure, slider,
      make("div", { class: "pictures" },
        figure(changed, "The changed image.", "To you it may still look like the same digit: what the network reads is not what you read.", ""),
        figure(difference, "The change.", "Blue: ink added; orange: ink removed.", scales[2]))));
  const view = { question, classes, targets, gradient, occlusion, changed, difference, scales, slider, sure };
  slider.addEventListener("input", () => showStep(view));
  return view;
}

async function ask(view) {
  const { image, reading, about } = state;
  if (!reading) {
    view.question.textContent = "Why? Draw a digit first.";
    maps = null;
    draw(view);
    return;
  }
  const digit = chosen ?? reading.digit;
  try {
    const found = await call("why", image, digit, SQUARE);
    maps = { image, reading, ...found };
    view.question.textContent = chosen === null ? `Why ${about.classNames[digit]}?` : `Why ${about.classNames[digit]}, or why not?`;
    [...view.classes.children].forEach((button, at) => button.setAttribute("aria-pressed", at === digit));
    draw(view);
  } catch (error) {
    problem(error);
  }
}

function draw({ gradient, occlusion, scales }) {
  [[gradient, maps?.gradient], [occlusion, maps?.occlusion]].forEach(([canvas, values], at) => {
    const full = values ? magnitude(values) : 0;
    paint(canvas, values ?? new Float32Array(1024), full);
    if (values) overlayInk(canvas, maps.image);
    scales[at].textContent = values ? `Full colour ${number(full)}.` : "";
  });
}

async function walk(view, target) {
  const { image, about } = state;
  if (!image) return;
  view.sure.textContent = "…";
  try {
    const { images, probabilities } = await call("towards", image, target, MOST_STEPS);
    if (image !== state.image) return;
    path = { images, probabilities, name: about.classNames[target] };
    view.slider.max = probabilities.length - 1;
    view.slider.value = view.slider.max;
    [...view.targets.children].forEach((button, at) => button.setAttribute("aria-pressed", at === target));
    showStep(view);
  } catch (error) {
    problem(error);
  }
}

function showStep({ changed, difference, slider, sure, scales }) {
  const at = path ? Number(slider.value) : 0;
  slider.hidden = !path;
  const first = path ? path.images.subarray(0, 1024) : state.image ?? new Uint8Array(1024);
  const now = path ? path.images.subarray(at * 1024, (at + 1) * 1024) : first;
  const change = Float32Array.from(now, (ink, pixel) => ink - first[pixel]);
  paint(changed, now, 255, "ink");
  paint(difference, change, magnitude(change));
  scales[2].textContent = path && at > 0 ? `Full colour ${number(magnitude(change))} of 255.` : "";
  sure.textContent = path ? `Step ${at} of ${path.probabilities.length - 1}: the probability of ${path.name} is ${percent(path.probabilities[at])}` : "Choose a digit.";
}
