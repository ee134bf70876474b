// Where a number of a layer comes from: the numbers it is computed from, and the arithmetic. Pure functions on a reading and the weights.

import { FILTER, offset } from "./shapes.js";

const SIZE = FILTER * FILTER;

/** Receptive field in the 32×32 image: `{row, column, side}`. */
export function receptiveField(key, { row, column }) {
  const at = (stride, side) => ({ row: row * stride, column: column * stride, side });
  switch (key) {
    case "input": return at(1, 1);
    case "c1": return at(1, 5);
    case "s2": return at(2, 6);
    case "c3": return at(2, 14);
    case "s4": return at(4, 16);
    default: return { row: 0, column: 0, side: 32 };
  }
}

/** The part of the previous layer that the number depends on: `{row, column, height, width}` in each of `maps`. */
export function source(layers, index, place) {
  const [layer, previous] = [layers[index], layers[index - 1]];
  if (!previous) return null;
  const all = Array.from({ length: previous.maps }, (_, map) => map);
  switch (layer.key) {
    case "c1": case "c3": return { maps: all, row: place.row, column: place.column, height: FILTER, width: FILTER };
    case "s2": case "s4": return { maps: [place.map], row: 2 * place.row, column: 2 * place.column, height: 2, width: 2 };
    default: return { maps: all, row: 0, column: 0, height: previous.rows, width: previous.columns };
  }
}

/**
 * The arithmetic of a number, by kind:
 * - `pixel`: `grey` 0…1 and `value`, the normalised pixel;
 * - `pool`: `candidates`, four numbers row by row, and `winner`, the index of the largest;
 * - `sum`: `groups` of `{inputs, weights, products, sum}`, one for each map of the previous layer, then `bias`, `total` and, after the
 *   ReLU, `value`; the output layer has `probability` instead.
 */
export function trace(layers, index, place, { reading, weights, about }) {
  const [layer, previous] = [layers[index], layers[index - 1]];
  const at = offset(layer, place);
  const value = reading[layer.values][at];
  if (layer.key === "input") return { kind: "pixel", value, grey: value * about.std + about.mean };
  const before = reading[previous.values];
  if (layer.key === "s2" || layer.key === "s4") {
    const corner = (row, column) => before[offset(previous, { map: place.map, row: 2 * place.row + row, column: 2 * place.column + column })];
    const candidates = [corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)];
    return { kind: "pool", candidates, winner: candidates.indexOf(Math.max(...candidates)), value };
  }
  const isConvolution = layer.key === "c1" || layer.key === "c3";
  const groups = isConvolution
    ? convolutionGroups(previous, place, before, weights[`${layer.weights}.weight`])
    : linearGroups(previous, at, before, weights[`${layer.weights}.weight`]);
  const bias = weights[`${layer.weights}.bias`][isConvolution ? place.map : at];
  const total = groups.reduce((sum, group) => sum + group.sum, bias);
  const answer = { kind: "sum", groups, bias, total, value };
  return layer.key === "output" ? { ...answer, probability: reading.probabilities[at], temperature: about.temperature } : answer;
}

function convolutionGroups(previous, place, before, weight) {
  return Array.from({ length: previous.maps }, (_, from) => {
    const inputs = Float32Array.from({ length: SIZE }, (_, at) =>
      before[offset(previous, { map: from, row: place.row + Math.floor(at / FILTER), column: place.column + (at % FILTER) })]);
    const start = (place.map * previous.maps + from) * SIZE;
    return group(inputs, weight.subarray(start, start + SIZE), FILTER);
  });
}

function linearGroups(previous, output, before, weight) {
  const size = previous.rows * previous.columns;
  const row = weight.subarray(output * before.length, (output + 1) * before.length);
  return Array.from({ length: previous.maps }, (_, map) =>
    group(before.subarray(map * size, (map + 1) * size), row.subarray(map * size, (map + 1) * size), previous.columns));
}

function group(inputs, weights, columns) {
  const products = Float32Array.from(inputs, (input, at) => input * weights[at]);
  return { inputs, weights, products, columns, sum: products.reduce((sum, product) => sum + product, 0) };
}
