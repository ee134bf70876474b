// What the steps of the tour show: figures and numbers of one training step.

import { magnitude, paint } from "./colours.js";
import { make, number } from "./dom.js";
import { showFilters } from "./weights.js";

/** The new network: its parameters and its filters. */
export function network(about, weights) {
  const rows = Object.entries(weights).map(([name, values]) => [name, values.length.toLocaleString("en")]);
  return [make("p", { class: "equation" }, make("b", { text: `${about.parameters.toLocaleString("en")}` }), " parameters"), table(["parameter", "numbers"], rows), filters(weights)];
}

/** The image and the ten logits. */
export function logits(image, reading) {
  const picture = make("canvas", { class: "picture small", width: 32, height: 32, role: "img", "aria-label": "The image read" });
  paint(picture, image, 255, "ink");
  const rows = [...reading.logits].map((logit, at) => [String(at), number(logit)]);
  return [make("div", { class: "beside" }, picture, table(["digit", "logit"], rows))];
}

/** The gradients on the filters, and the norm of each parameter's gradient. */
export function gradients(byName) {
  const norm = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const rows = Object.entries(byName).map(([name, values]) => [name, number(norm(values)), number(magnitude(values))]);
  return [table(["gradient of", "norm", "largest"], rows), filters(byName)];
}

/** The losses before and after the update. */
export function updated(before, after) {
  return [make("p", { class: "equation" }, `loss ${number(before)} → `, make("b", { text: number(after) })),
    make("p", { class: "muted", text: `${number(Math.abs(before - after))} ${after < before ? "less" : "more"}.` })];
}

function filters(values) {
  const shown = showFilters();
  shown.refresh(values);
  return shown.element;
}

function table(names, rows) {
  return make("table", { class: "list" }, make("tr", {}, ...names.map((text) => make("th", { text }))),
    ...rows.map((row) => make("tr", {}, ...row.map((text, at) => make("td", { text, class: at ? "amount" : "" })))));
}
