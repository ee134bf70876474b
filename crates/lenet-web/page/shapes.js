// The layers of the network as the page shows them: names and shapes as in the tutorial's figure.

/** Side of the 5×5 filters. */
export const FILTER = 5;

/**
 * The layers from the image to the answer. `maps` feature maps of `rows`×`columns` numbers; `values` names the field of a reading,
 * `before` the one before the ReLU; `weights` is the prefix of the layer's parameters.
 */
export function layersOf(classes) {
  return [
    { key: "input", name: "INPUT", maps: 1, rows: 32, columns: 32, values: "input", how: "the image that the network reads" },
    { key: "c1", name: "C1", maps: 6, rows: 28, columns: 28, values: "c1", before: "c1Before", weights: "conv1", how: "convolution 5×5, ReLU" },
    { key: "s2", name: "S2", maps: 6, rows: 14, columns: 14, values: "s2", how: "largest of 2×2" },
    { key: "c3", name: "C3", maps: 16, rows: 10, columns: 10, values: "c3", before: "c3Before", weights: "conv2", how: "convolution 5×5 over 6 maps, ReLU" },
    { key: "s4", name: "S4", maps: 16, rows: 5, columns: 5, values: "s4", how: "largest of 2×2" },
    { key: "f5", name: "F5", maps: 1, rows: 3, columns: 40, values: "f5", before: "f5Before", weights: "fc1", how: "400 inputs each, ReLU" },
    { key: "f6", name: "F6", maps: 1, rows: 3, columns: 28, values: "f6", before: "f6Before", weights: "fc2", how: "120 inputs each, ReLU" },
    { key: "output", name: "OUTPUT", maps: 1, rows: classes, columns: 1, values: "logits", weights: "fc3", how: "84 inputs each; softmax gives probabilities" },
  ];
}

/** Shape as text, such as `6@28×28` or `120`. */
export function shapeText(layer) {
  if (["f5", "f6", "output"].includes(layer.key)) return String(layer.rows * layer.columns);
  return `${layer.maps}@${layer.rows}×${layer.columns}`;
}

/** Offset of the number at (map, row, column). */
export const offset = (layer, { map, row, column }) => (map * layer.rows + row) * layer.columns + column;

/** The place of an offset. */
export function placeOf(layer, index) {
  const inMap = index % (layer.rows * layer.columns);
  return { map: Math.floor(index / (layer.rows * layer.columns)), row: Math.floor(inMap / layer.columns), column: inMap % layer.columns };
}

/** The place after an arrow key (or Home, End, PageUp, PageDown), or null for another key. At its edge a map leads to the next one. */
export function move(layer, place, key) {
  const { map, row, column } = place;
  const inMaps = (to) => Math.min(layer.maps - 1, Math.max(0, to));
  switch (key) {
    case "ArrowUp": return { map, row: Math.max(0, row - 1), column };
    case "ArrowDown": return { map, row: Math.min(layer.rows - 1, row + 1), column };
    case "ArrowLeft": return column > 0 ? { map, row, column: column - 1 } : map > 0 ? { map: map - 1, row, column: layer.columns - 1 } : place;
    case "ArrowRight": return column < layer.columns - 1 ? { map, row, column: column + 1 } : map < layer.maps - 1 ? { map: map + 1, row, column: 0 } : place;
    case "PageUp": return { map: inMaps(map - 1), row, column };
    case "PageDown": return { map: inMaps(map + 1), row, column };
    case "Home": return { map: 0, row: 0, column: 0 };
    case "End": return { map: layer.maps - 1, row: layer.rows - 1, column: layer.columns - 1 };
    default: return null;
  }
}
