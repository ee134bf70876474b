// Colours of numbers: ink for pixels, one blue for what is positive, orange for what is negative. They follow the theme.

const dark = matchMedia("(prefers-color-scheme: dark)");
let tables = makeTables();

/** Calls `changed` after the browser has changed between light and dark. */
export function onThemeChange(changed) {
  dark.addEventListener("change", () => {
    tables = makeTables();
    changed();
  });
}

/** Colour of `share`, −1…1, as packed RGBA; `scale` is `ink` (0…1) or `signed`. */
export function packed(scale, share) {
  const table = tables[scale];
  const bounded = Math.max(-1, Math.min(1, share)) || 0;
  return table[Math.round((bounded + 1) * 127.5)];
}

/** Draws numbers, row by row, into a canvas of their size. `full` is the magnitude that has the full colour. */
export function paint(canvas, values, full, scale = "signed") {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(picture.data.buffer);
  const factor = full > 0 ? 1 / full : 0;
  for (let at = 0; at < pixels.length; at++) pixels[at] = packed(scale, values[at] * factor);
  context.putImageData(picture, 0, 0);
}

/** Lays an image of ink, 0…255, over what the canvas shows, faintly. */
export function overlayInk(canvas, image) {
  const mask = new OffscreenCanvas(canvas.width, canvas.height);
  const picture = new ImageData(canvas.width, canvas.height);
  new Uint32Array(picture.data.buffer).fill(packed("ink", 1));
  image.forEach((ink, at) => { picture.data[4 * at + 3] = ink; });
  mask.getContext("2d").putImageData(picture, 0, 0);
  const context = canvas.getContext("2d");
  context.globalAlpha = 0.35;
  context.drawImage(mask, 0, 0);
  context.globalAlpha = 1;
}

/** Largest magnitude of some numbers. */
export function magnitude(values) {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}

function makeTables() {
  const variable = (name) => channels(getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  const [zero, ink, positive, negative] = ["--card", "--ink", "--series0", "--series1"].map(variable);
  const table = (low, high) => Uint32Array.from({ length: 256 }, (_, at) => {
    const share = at / 127.5 - 1;
    return mix(zero, share < 0 ? low : high, Math.abs(share));
  });
  return { ink: table(zero, ink), signed: table(negative, positive) };
}

function channels(hex) {
  const digits = hex.slice(1);
  const wide = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  return [0, 2, 4].map((at) => parseInt(wide.slice(at, at + 2), 16));
}

/** Canvas memory is RGBA by bytes: the alpha is the highest byte of a little-endian word. */
function mix(from, to, share) {
  const [red, green, blue] = from.map((one, at) => Math.round(one + (to[at] - one) * share));
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
