// Where a number comes from, with the real numbers: factors, products, sum, bias, ReLU; or the winner of a max-pool.

import { magnitude, paint } from "./colours.js";
import { make, number, percent } from "./dom.js";
import { shapeText } from "./shapes.js";
import { trace } from "./trace.js";
import { state } from "./state.js";

/** The text and figures of a selection (see layers.js), or how to make one. */
export function showDetail(title, body, spoken, selection) {
  if (!selection || !state.reading) {
    title.textContent = "Where a number comes from";
    body.replaceChildren(make("p", { class: "muted", text: "Point at any number, or move to a layer with Tab and through its numbers with the arrow keys." }));
    return;
  }
  const { layers, index, place } = selection;
  const layer = layers[index];
  const found = trace(layers, index, place, state);
  title.textContent = nameOf(layer, place);
  const parts = { pixel, pool, sum }[found.kind](found, layers, index, place);
  body.replaceChildren(...parts);
  spoken.textContent = `${title.textContent}: ${number(found.probability ?? found.value)}`;
}

function nameOf(layer, { map, row, column }) {
  switch (layer.key) {
    case "output": return `OUTPUT, ${state.about.classNames[row]}`;
    case "f5": case "f6": return `${layer.name}, number ${row * layer.columns + column + 1} of ${shapeText(layer)}`;
    case "input": return `INPUT, row ${row + 1}, column ${column + 1}`;
    default: return `${layer.name}, map ${map + 1}, row ${row + 1}, column ${column + 1}`;
  }
}

function pixel({ grey, value }) {
  const { mean, std } = state.about;
  return [
    make("p", { text: `The ink in this pixel is ${Math.round(grey * 255)} of 255, that is ${number(grey)}. The network reads it normalised, with the mean and the standard deviation of its training images:` }),
    equation(`(${number(grey)} − ${number(mean)}) / ${number(std)} = `, number(value)),
  ];
}

function pool({ candidates, winner, value }, layers, index) {
  const cells = candidates.map((candidate, at) => make("span", { class: at === winner ? "winner" : "", text: number(candidate) }));
  return [
    make("p", { text: `The largest of four numbers of ${layers[index - 1].name}, the same map:` }),
    make("div", { class: "four" }, ...cells),
    equation("largest = ", number(value)),
    make("p", { class: "muted", text: value === 0 ? "All four are 0: the ReLU before has cut them off." : "Only the winner gets a gradient in the backward pass." }),
  ];
}

function sum(found, layers, index, place) {
  const [layer, before] = [layers[index], layers[index - 1]];
  const count = found.groups.reduce((sum, group) => sum + group.inputs.length, 0);
  const full = {
    inputs: magnitude(state.reading[before.values]),
    weights: Math.max(...found.groups.map((group) => magnitude(group.weights))),
    products: Math.max(...found.groups.map((group) => magnitude(group.products))),
  };
  const products = found.groups.reduce((sum, group) => sum + group.sum, 0);
  const names = before.maps > 1 ? (map) => `${before.name} map ${map + 1}` : () => before.name;
  return [
    make("p", { text: `${count} numbers of ${before.name}, each times its weight, and a bias.` }),
    make("div", { class: `groups ${found.groups.length === 1 ? "single" : ""}` },
      head(full), ...found.groups.flatMap((group, map) => groupRow(group, full, names(map)))),
    ...(found.groups.length === 1 && count === 25 ? [table(found.groups[0])] : []),
    ...equations(found, products, layer, place),
    ...(count > 25 ? [largest(found, before)] : []),
  ];
}

function head(full) {
  return make("div", { class: "group head muted" }, ...["numbers", "weights", "products"].map((name, at) =>
    make("span", { text: `${name}, full ${number(Object.values(full)[at])}` })), make("span", { text: "sum" }));
}

function groupRow(group, full, name) {
  const tile = (kind) => {
    const { columns } = group;
    const canvas = make("canvas", { width: columns, height: Math.ceil(group[kind].length / columns), title: `${name}: ${kind}` });
    paint(canvas, group[kind], full[kind]);
    return canvas;
  };
  return [make("div", { class: "group" }, tile("inputs"), tile("weights"), tile("products"), make("span", { class: "subtotal", text: number(group.sum), title: name }))];
}

/** The 25 products of a 5×5 filter as text. */
function table({ inputs, weights }) {
  const rows = Array.from({ length: 5 }, (_, row) => make("tr", {}, ...Array.from({ length: 5 }, (_, column) => {
    const at = row * 5 + column;
    return make("td", {}, short(inputs[at]), make("br"), `× ${short(weights[at])}`);
  })));
  return make("details", {}, make("summary", { text: "The 25 factors" }), make("table", { class: "factors" }, ...rows));
}

function equations({ bias, total, value, probability, temperature }, products, layer, { row }) {
  const lines = [equation(`${number(products)} ${bias < 0 ? "−" : "+"} ${number(Math.abs(bias))} (bias) = `, number(total))];
  if (layer.before) lines.push(equation(`ReLU: max(0, ${number(total)}) = `, number(value)));
  if (layer.key === "output") {
    const divided = temperature === 1 ? "" : `, each divided by the temperature ${number(temperature)}`;
    lines.push(make("p", { class: "muted", text: `The softmax of the ${state.reading.logits.length} sums${divided}, gives the probability of ${state.about.classNames[row]}:` }),
      equation("probability ", percent(probability)));
  }
  return lines;
}

function largest({ groups }, before) {
  const all = groups.flatMap(({ products, inputs, weights, columns }, map) => [...products].map((product, at) => ({ product, input: inputs[at], weight: weights[at], map, at, columns })));
  const top = all.sort((one, other) => Math.abs(other.product) - Math.abs(one.product)).slice(0, 5).filter(({ product }) => product !== 0);
  if (top.length === 0) return make("p", { class: "muted", text: "All products are 0." });
  const name = ({ map, at, columns }) => before.maps > 1
    ? `map ${map + 1} [${Math.floor(at / columns) + 1}, ${at % columns + 1}]` : `number ${at + 1}`;
  return make("div", {}, make("h3", {}, "Largest products ", make("span", { class: "muted", text: `of ${before.name}${before.maps > 1 ? ", [row, column] of 5×5" : ""}` })), make("table", { class: "list" }, ...top.map((one) =>
    make("tr", {}, make("td", { text: name(one) }), make("td", { class: "amount", text: `${number(one.input)} × ${factor(one.weight)} = ${number(one.product)}` })))));
}

/** Two decimals: 25 of them stand side by side. */
const short = (value) => value.toFixed(2).replace("-0.00", "0.00").replace("-", "−");

/** A factor after a multiplication sign: negative ones in parentheses. */
const factor = (value) => (value < 0 ? `(${number(value)})` : number(value));

const equation = (left, right) => make("p", { class: "equation" }, left, make("b", { text: right }));
