// Marks the receptive field of the chosen number in the drawing.

import { receptiveField } from "./trace.js";
import { state } from "./state.js";

/** Moves the mark to the pixels of the drawing that the chosen number depends on, or hides it. */
export function markDrawing(mark, canvas, selection) {
  mark.hidden = !selection || !state.image;
  if (mark.hidden) return;
  const { row, column, side } = receptiveField(selection.layers[selection.index].key, selection.place);
  const [x, width] = along(column, side, inkExtent((at) => at % 32), state.box && [state.box[0], state.box[2]], canvas.width);
  const [y, height] = along(row, side, inkExtent((at) => Math.floor(at / 32)), state.box && [state.box[1], state.box[3]], canvas.height);
  mark.style.left = `${x * 100}%`;
  mark.style.top = `${y * 100}%`;
  mark.style.width = `${width * 100}%`;
  mark.style.height = `${height * 100}%`;
}

/** First and last coordinate with ink in the image that the network reads. */
function inkExtent(coordinate) {
  let [first, last] = [31, 0];
  state.image.forEach((ink, at) => {
    if (ink < 32) return;
    first = Math.min(first, coordinate(at));
    last = Math.max(last, coordinate(at));
  });
  return [first, last + 1];
}

/** Start and length of a range of image pixels, as shares of the canvas. A drawing was scaled so that its box fills the ink's extent. */
function along(from, length, [first, end], box, size) {
  const place = (at) => (box && end > first ? (box[0] + (at - first) / (end - first) * box[1]) / size : at / 32);
  const [start, stop] = [place(from), place(from + length)].map((at) => Math.max(0, Math.min(1, at)));
  return [start, stop - start];
}
