// A training that `lenet-web --run DIR` follows: its curves and its newest weights. A page from another host has none.

import { makeCurves } from "./curves.js";
import { make, percent } from "./dom.js";
import { call } from "./engine.js";
import { change, problem, state, watch } from "./state.js";
import { isOpen, onOpen } from "./tabs.js";
import { showFilters } from "./weights.js";

/** Milliseconds between two looks. */
const EVERY = 1000;

let view = null;
/** Which weights of the run the page has: see /v1/run of the server. */
let taken = null;

/** Builds the view if the address asks for it, and keeps it and the network up to date. */
export function followRun(parent, tab) {
  if (!new URLSearchParams(location.search).has("run")) return;
  tab.hidden = false;
  view = {
    title: make("h2", { text: "Run" }),
    status: make("p", { class: "status", role: "status" }),
    curves: makeCurves({ batches: false }),
    follow: make("input", { type: "checkbox", checked: true, onchange: look }),
    filters: showFilters(),
  };
  const follow = make("label", { class: "check" }, view.follow, "The page reads with the newest weights of this run");
  parent.replaceChildren(make("section", {}, view.title, view.status, follow, view.curves.element), view.filters.element);
  watch((changed) => {
    if (!changed.has("weights")) return;
    // Other weights were chosen: the run does not replace them.
    if (taken && state.from !== taken.from) {
      view.follow.checked = false;
      taken = null;
    }
    if (isOpen("run")) view.filters.refresh();
  });
  onOpen("run", () => view.filters.refresh());
  again();
}

async function again() {
  await look();
  setTimeout(again, EVERY);
}

async function look() {
  const run = await fetch("v1/run").then((answer) => answer.json()).catch(() => ({ error: "The server does not answer." }));
  if (run.error) {
    view.status.textContent = run.help ? `${run.error}: ${run.help}` : run.error;
    return;
  }
  show(run);
  if (view.follow.checked && run.weights && !isTaken(run.weights)) await take(run);
}

const isTaken = ({ file, modified }) => taken?.file === file && taken?.modified === modified;

/** Has the page read with the newest weights of the run. */
async function take({ name, weights }) {
  const answer = await fetch("v1/run/weights");
  if (!answer.ok) return; // the checkpoint has just been replaced: the next look finds its successor
  const step = /step-0*(\d+)/.exec(weights.file);
  const from = step ? `the run ${name} after step ${Number(step[1]).toLocaleString("en")}` : `the run ${name}, which has ended`;
  try {
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (!view.follow.checked) return; // other weights were chosen meanwhile
    const found = await call("useFile", "the weights of the run", bytes);
    taken = { ...weights, from };
    change({ ...found, from });
  } catch (error) {
    problem(error);
  }
}

/** Draws the records. */
function show({ name, records }) {
  const of = (event) => records.filter((record) => record.event === event);
  const [steps, epochs, end] = [of("step"), of("epoch"), of("end").at(-1)];
  const points = (list, field) => list.filter((record) => record[field] != null).map((record) => [record.step, record[field]]);
  view.curves.draw({ loss: points(steps, "loss"), accuracy: [], validLoss: points(epochs, "valid_loss"), validAccuracy: points(epochs, "valid_accuracy") });
  const step = [...steps, ...epochs].reduce((most, record) => Math.max(most, record.step), 0);
  const last = epochs.at(-1);
  const speed = last ? `, ${Math.round(last.samples_per_second).toLocaleString("en")} images/s` : "";
  const result = end?.test_accuracy != null ? `; ended (${end.reason}), test accuracy ${percent(end.test_accuracy)}` : end ? `; ended (${end.reason})` : "";
  view.title.textContent = name;
  view.status.textContent = `Step ${step.toLocaleString("en")}${speed}${result}`;
}
