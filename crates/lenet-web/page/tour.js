// The guided tour: the tutorial's five steps, each with its Rust lines and its result.

import { make, number } from "./dom.js";
import { call } from "./engine.js";
import { problem, state } from "./state.js";
import { onOpen } from "./tabs.js";
import { tutorialCode } from "./tour-code.js";
import * as results from "./tour-results.js";

const LEARNING_RATE = 0.01;

const STEPS = [
  { key: "define", title: "1. Define the network", run: "Make one", text: "Two convolutions and three linear layers. Its weights are random numbers, drawn from a seed." },
  { key: "forward", title: "2. Forward pass", run: "Read the image", text: "The example reads random numbers; here the new network reads your image (or a synthetic digit). It has learnt nothing yet: the logits are near 0." },
  { key: "loss", title: "3. Loss", run: "Compare", text: "How far are the logits from the target? The mean squared error of ten differences. The target is 1 at the right digit and 0 elsewhere." },
  { key: "backward", title: "4. Backward pass", run: "Propagate back", text: "The gradient says for each weight how the loss would change with it. It has the shape of the weights." },
  { key: "update", title: "5. Update", run: "Make a step", text: `Each weight moves a little against its gradient: weight − ${LEARNING_RATE} × gradient. The loss on this image falls.` },
];

let done = 0;
let lesson = {};
let cards = [];

/** Builds the view; the code is loaded when it is opened first. */
export function showTour(parent) {
  cards = STEPS.map((step, at) => {
    const code = make("code", { text: "…" });
    const [result, button] = [make("div", { class: "result", role: "status" }), make("button", { type: "button", text: step.run, onclick: () => run(at) })];
    const element = make("section", { class: "step" }, make("h2", { text: step.title }), make("p", { text: step.text }),
      make("pre", { class: "rust", tabindex: 0, "aria-label": "Rust of examples/01_tutorial.rs" }, code), button, result);
    return { element, code, result, button };
  });
  const again = make("button", { type: "button", class: "main", text: "Steps 2 to 5, twenty times", onclick: repeat });
  const line = make("p", { class: "status", role: "status" });
  parent.replaceChildren(
    make("p", { text: "One training step, as in the tutorial, with the lines of examples/01_tutorial.rs. Run them in turn." }),
    ...cards.map((card) => card.element), make("section", {}, make("h2", { text: "And again" }),
      make("p", { text: "Training is these steps, repeated with many images." }), again, line));
  lesson.line = line;
  unlock();
  onOpen("tour", loadCode);
}

async function loadCode() {
  if (lesson.code) return;
  lesson.code = true;
  try {
    const code = await tutorialCode();
    STEPS.forEach((step, at) => { cards[at].code.textContent = code[step.key]; });
  } catch (error) {
    lesson.code = false;
    problem(error);
  }
}

/** A step can be run once the one before has been. */
function unlock() {
  cards.forEach(({ button, element }, at) => {
    button.disabled = at > done;
    element.classList.toggle("waiting", at > done);
  });
}

async function run(at) {
  try {
    cards[at].result.replaceChildren(...await actions[STEPS[at].key]());
    for (const card of cards.slice(at + 1)) card.result.replaceChildren();
    done = at + 1;
    problem(null);
    unlock();
  } catch (error) {
    problem(error);
  }
}

const actions = {
  async define() {
    const { about, weights } = await call("lessonDefine", 42);
    Object.assign(lesson, { about, weights });
    return results.network(about, weights);
  },
  async forward() {
    const shown = state.image ? { image: state.image, label: state.reading.digit } : await call("digit", 3);
    Object.assign(lesson, shown);
    lesson.reading = await call("lessonForward", lesson.image);
    return results.logits(lesson.image, lesson.reading);
  },
  async loss() {
    const value = await call("lessonLoss", lesson.label, "mse");
    return [make("p", { class: "equation" }, `target ${lesson.label}: loss `, make("b", { text: number(value) }))];
  },
  async backward() {
    lesson.gradients = await call("lessonBackward");
    return results.gradients(lesson.gradients);
  },
  async update() {
    const { lossBefore, lossAfter, weights } = await call("lessonUpdate", LEARNING_RATE);
    lesson.weights = weights;
    lesson.last = lossAfter;
    return results.updated(lossBefore, lossAfter);
  },
};

async function repeat() {
  if (done < STEPS.length) {
    lesson.line.textContent = "Run the five steps first.";
    return;
  }
  try {
    const losses = [];
    for (let time = 0; time < 20; time++) {
      await call("lessonForward", lesson.image);
      losses.push(await call("lessonLoss", lesson.label, "mse"));
      await call("lessonBackward");
      lesson.last = (await call("lessonUpdate", LEARNING_RATE)).lossAfter;
    }
    lesson.line.textContent = `Loss ${number(losses[0])} → ${number(lesson.last)} on this image. The tab Train does it with thousands of images.`;
  } catch (error) {
    problem(error);
  }
}
