// Every layer of the network as the tutorial's figure names them, number by number, for the image that is shown.

import { magnitude, onThemeChange, paint } from "./colours.js";
import { make, number, percent } from "./dom.js";
import { layersOf, move, offset, placeOf, shapeText } from "./shapes.js";
import { receptiveField, source } from "./trace.js";
import { state, watch } from "./state.js";

let layers = [];
let rows = [];
let selected = null;
let tell = () => {};

/** Builds the layers in `parent`. `select(selection)` is called when a number is chosen: `{layers, index, place}` or null. */
export function showLayers(parent, select) {
  tell = select;
  watch((changed) => {
    if (changed.has("about") && layers.at(-1)?.rows !== state.about.classes) build(parent);
    if (changed.has("reading") || changed.has("about")) refresh();
  });
  onThemeChange(refresh);
}

/** Removes the choice. */
export function unselect() {
  selected = null;
  mark();
  tell(null);
}

/** Largest magnitude in each layer, which has the full colour. */
export const fullColour = (layer) => magnitude(state.reading[layer.values]);

function build(parent) {
  layers = layersOf(state.about.classes);
  selected = null;
  rows = layers.map((layer, index) => (layer.key === "output" ? outputRow(layer, index) : mapsRow(layer, index)));
  parent.replaceChildren(make("div", { class: "first" }, rows[0].element, legend()), ...rows.slice(1).map((row) => row.element));
}

function frame(layer, index, content) {
  const scale = make("span", { class: "scale" });
  const element = make("div", {
    class: `layer ${layer.key}`, role: "application", tabindex: 0,
    "aria-label": `${layer.name}, ${shapeText(layer)}: ${layer.how}. Arrow keys move between its numbers.`,
    onkeydown: (event) => pressed(event, index),
    onfocus: () => selected?.index === index || choose(index, { map: 0, row: Math.floor(layer.rows / 2), column: Math.floor(layer.columns / 2) }),
  }, make("p", { class: "name" }, make("b", { text: layer.name }), ` ${shapeText(layer)} `, make("span", { class: "muted", text: layer.how }), scale), content);
  return { element, scale };
}

function mapsRow(layer, index) {
  const maps = Array.from({ length: layer.maps }, (_, map) => {
    const canvas = make("canvas", { width: layer.columns, height: layer.rows });
    const marks = [make("i", { class: "mark from", hidden: true }), make("i", { class: "mark", hidden: true })];
    const point = (event) => {
      const area = canvas.getBoundingClientRect();
      const row = Math.floor((event.clientY - area.top) / area.height * layer.rows);
      const column = Math.floor((event.clientX - area.left) / area.width * layer.columns);
      if (row >= 0 && column >= 0 && row < layer.rows && column < layer.columns) choose(index, { map, row, column });
    };
    const element = make("div", { class: "map", onpointermove: point, onpointerdown: point }, canvas, ...marks);
    return { element, canvas, marks };
  });
  const row = frame(layer, index, make("div", { class: "maps" }, ...maps.map((map) => map.element)));
  return { ...row, maps, paint: () => paintMaps(layer, maps, row.scale) };
}

function paintMaps(layer, maps, scale) {
  const values = state.reading?.[layer.values];
  const size = layer.rows * layer.columns;
  const isInput = layer.key === "input";
  const full = !values ? 1 : isInput ? 255 : magnitude(values);
  scale.textContent = values && !isInput ? `full colour ${number(full)}` : "";
  const shown = isInput ? state.image : values;
  for (const [map, { canvas }] of maps.entries()) {
    paint(canvas, shown ? shown.subarray(map * size, (map + 1) * size) : new Float32Array(size), full, isInput ? "ink" : "signed");
  }
}

function outputRow(layer, index) {
  const bars = state.about.classNames.map((name, at) => {
    const [bar, share] = [make("i"), make("span", { class: "share-text" })];
    const choice = { map: 0, row: at, column: 0 };
    const element = make("div", { class: "bar", onpointermove: () => choose(index, choice), onpointerdown: () => choose(index, choice) },
      make("b", { text: name }), make("span", { class: "track" }, bar), share);
    return { element, bar, share };
  });
  const row = frame(layer, index, make("div", { class: "bars" }, ...bars.map((bar) => bar.element)));
  const paintBars = () => bars.forEach(({ element, bar, share }, at) => {
    const probability = state.reading?.probabilities[at] ?? 0;
    bar.style.width = `${probability * 100}%`;
    share.textContent = state.reading ? percent(probability) : "";
    element.classList.toggle("best", state.reading?.digit === at);
  });
  return { ...row, bars, paint: paintBars };
}

function legend() {
  const item = (name, text) => make("li", {}, make("i", { class: `swatch ${name}` }), text);
  return make("ul", { class: "legend", "aria-label": "Colours" },
    item("positive", "positive: full colour is the largest magnitude of the layer"), item("zero", "zero"), item("negative", "negative"),
    item("here", "the number chosen"), item("source", "what it is computed from"));
}

function refresh() {
  if (rows.length === 0) return;
  for (const row of rows) row.paint();
  mark();
  if (selected) tell({ layers, ...selected });
}

function choose(index, place) {
  if (!state.reading) return;
  if (selected?.index === index && offset(layers[index], place) === offset(layers[index], selected.place)) return;
  selected = { index, place };
  mark();
  tell({ layers, index, place });
}

function pressed(event, index) {
  if (event.key === "Escape") return unselect();
  const layer = layers[index];
  const place = selected?.index === index ? selected.place : placeOf(layer, 0);
  const next = move(layer, place, event.key);
  if (!next) return;
  event.preventDefault();
  choose(index, next);
}

/** Marks the chosen number, its source in the layer before, and its receptive field in the image. */
function mark() {
  const areas = rows.map(() => []);
  if (selected && state.reading) {
    const { index, place } = selected;
    const from = source(layers, index, place);
    const field = receptiveField(layers[index].key, place);
    areas[0].push({ maps: [0], row: field.row, column: field.column, height: field.side, width: field.side, from: true });
    if (from && index > 1) areas[index - 1].push({ ...from, from: true });
    areas[index].push({ maps: [place.map], ...place, height: 1, width: 1, from: false });
  }
  rows.forEach((row, index) => markRow(row, layers[index], areas[index]));
}

function markRow({ maps, bars }, layer, areas) {
  const here = areas.find((area) => !area.from);
  bars?.forEach(({ element }, at) => element.classList.toggle("chosen", here?.row === at));
  maps?.forEach(({ marks }, map) => marks.forEach((element, kind) => {
    const area = areas.find((area) => area.from === (kind === 0) && area.maps.includes(map));
    element.hidden = !area;
    if (area) place(element, area, layer);
  }));
}

function place(element, area, { rows: height, columns: width }) {
  element.style.left = `${area.column / width * 100}%`;
  element.style.top = `${area.row / height * 100}%`;
  element.style.width = `${area.width / width * 100}%`;
  element.style.height = `${area.height / height * 100}%`;
}
