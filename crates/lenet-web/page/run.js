// The curves of a training that `lenet-web --run DIR` follows. A page from another host has none.

import { makeCurves } from "./curves.js";
import { make, percent } from "./dom.js";
import { isOpen, onOpen } from "./tabs.js";

/** Milliseconds between two looks. */
const EVERY = 1000;

/** Builds the view if the address asks for it, and keeps it up to date while it is open. */
export function followRun(parent, tab) {
  if (!new URLSearchParams(location.search).has("run")) return;
  tab.hidden = false;
  const [title, status, curves] = [make("h2", { text: "Run" }), make("p", { class: "status", role: "status" }), makeCurves({ batches: false })];
  parent.replaceChildren(make("section", {}, title, status, curves.element));
  let ended = false;
  const look = async () => {
    if (!isOpen("run") || ended) return;
    const answer = await fetch("v1/run").then((answer) => answer.json()).catch(() => ({ error: "The server does not answer." }));
    if (answer.error) {
      status.textContent = answer.help ? `${answer.error}: ${answer.help}` : answer.error;
      return;
    }
    title.textContent = answer.name;
    ended = show(answer.records, status, curves);
  };
  onOpen("run", look);
  setInterval(look, EVERY);
}

/** Draws the records; whether the training has ended. */
function show(records, status, curves) {
  const of = (event) => records.filter((record) => record.event === event);
  const [steps, epochs, end] = [of("step"), of("epoch"), of("end").at(-1)];
  const points = (list, field) => list.filter((record) => record[field] != null).map((record) => [record.step, record[field]]);
  curves.draw({ loss: points(steps, "loss"), accuracy: [], validLoss: points(epochs, "valid_loss"), validAccuracy: points(epochs, "valid_accuracy") });
  const step = Math.max(0, ...steps.map((record) => record.step), ...epochs.map((record) => record.step));
  const last = epochs.at(-1);
  const speed = last ? `, ${Math.round(last.samples_per_second).toLocaleString("en")} images/s` : "";
  const result = end?.test_accuracy != null ? `; ended (${end.reason}), test accuracy ${percent(end.test_accuracy)}` : end ? `; ended (${end.reason})` : "";
  status.textContent = `Step ${step.toLocaleString("en")}${speed}${result}`;
  return Boolean(end);
}
