// Curves over the steps of a training, as SVG with axes.

const [WIDTH, HEIGHT] = [420, 190];
const AREA = { left: 44, right: 10, top: 10, bottom: 26 };
/** Points of a curve that are drawn; longer ones are thinned. */
const MOST_POINTS = 600;

/**
 * Draws into `svg` the `curves` `{name, colour (0…7), points: [[x, y], …]}`. `range` fixes the vertical axis as [low, high]; `text`
 * formats its numbers.
 */
export function drawChart(svg, curves, { range, text = String } = {}) {
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  const points = curves.flatMap((curve) => curve.points).filter(([, y]) => Number.isFinite(y));
  const largest = Math.max(1, ...points.map(([x]) => x));
  const [low, high] = range ?? [0, points.length > 0 ? niceAbove(Math.max(1e-9, ...points.map(([, y]) => y))) : 1];
  const x = (value) => AREA.left + value / largest * (WIDTH - AREA.left - AREA.right);
  const y = (value) => HEIGHT - AREA.bottom - (Math.min(high, Math.max(low, value)) - low) / (high - low) * (HEIGHT - AREA.top - AREA.bottom);
  const parts = [0, 0.25, 0.5, 0.75, 1].map((share) => low + share * (high - low)).flatMap((value) => [
    shape("line", { class: "grid", x1: AREA.left, x2: WIDTH - AREA.right, y1: y(value), y2: y(value) }),
    label(AREA.left - 6, y(value) + 4, "end", text(value)),
  ]);
  parts.push(label(AREA.left, HEIGHT - 8, "start", "step 0"), label(WIDTH - AREA.right, HEIGHT - 8, "end", Math.round(largest).toLocaleString("en")));
  for (const { colour, points } of curves) {
    const drawn = thinned(points.filter(([, y]) => Number.isFinite(y)));
    if (drawn.length === 0) continue;
    const line = drawn.map(([px, py], at) => `${at ? "L" : "M"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join("");
    parts.push(shape("path", { class: `series${colour}`, d: line }));
    const [px, py] = drawn.at(-1);
    parts.push(shape("circle", { class: `fill series${colour}`, cx: x(px), cy: y(py), r: 2.6 }));
  }
  svg.replaceChildren(...parts);
}

function thinned(points) {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, at) => at % every === 0 || at === points.length - 1);
}

/** 1, 2, 2.5 or 5 times a power of ten, not below `value`. */
function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].find((factor) => factor * power >= value) * power;
}

function label(x, y, anchor, text) {
  const element = shape("text", { x, y, class: anchor === "end" ? "end" : "" });
  element.textContent = text;
  return element;
}

function shape(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
