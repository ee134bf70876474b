// The two charts of a training, loss and accuracy, with their legends.

import { drawChart } from "./chart.js";
import { make } from "./dom.js";

/** `{element, draw({loss, accuracy, validLoss, validAccuracy})}`; each a list of [step, value]. `batches`: whether there is an accuracy of batches. */
export function makeCurves({ batches = true } = {}) {
  const svg = (name) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", name);
    return element;
  };
  const [loss, accuracy] = [svg("Loss over the steps"), svg("Accuracy over the steps")];
  const item = (series, text) => [make("i", { class: series }), text];
  const legend = (batches) => make("p", { class: "legend" }, ...(batches ? item("series0", "training batches") : []), ...item("series1", "held-out digits"));
  const element = make("div", { class: "plots" },
    make("figure", {}, make("figcaption", { text: "Loss" }), loss, legend(true)),
    make("figure", {}, make("figcaption", { text: "Accuracy" }), accuracy, legend(batches)));
  const draw = (curves) => {
    const pair = (one, other) => [{ colour: 0, points: curves[one] }, { colour: 1, points: curves[other] }];
    drawChart(loss, pair("loss", "validLoss"), { text: (value) => String(Number(value.toPrecision(2))) });
    const recent = [...curves.accuracy, ...curves.validAccuracy].slice(-200).map(([, y]) => y);
    const lowest = recent.length > 0 ? Math.min(...recent) : 0;
    drawChart(accuracy, pair("accuracy", "validAccuracy"), { range: [lowest > 0.9 ? 0.9 : lowest > 0.5 ? 0.5 : 0, 1], text: (value) => `${Number((value * 100).toFixed(1))} %` });
  };
  draw({ loss: [], accuracy: [], validLoss: [], validAccuracy: [] });
  return { element, draw };
}
