// Files that are opened, dropped or pasted: photographs, weights, and MNIST's files.

/** Largest side of a photograph that is given to the engine. */
const LARGEST_SIDE = 1600;
const WEIGHTS = /\.(safetensors|pt|pth|bin|ckpt|bpk|onnx)$/i;
const IDX = /(idx[13]-ubyte|idx[13]_ubyte)(\.gz)?$/i;

/** Sorts files by what they are and hands them to `onPhoto(file)`, `onWeights(file)` or `onIdx(files)`. */
export function sortFiles(files, { onPhoto, onWeights, onIdx }) {
  const all = [...files];
  const idx = all.filter((file) => IDX.test(file.name));
  if (idx.length > 0) onIdx(idx);
  for (const file of all) {
    if (IDX.test(file.name)) continue;
    if (WEIGHTS.test(file.name)) onWeights(file);
    else onPhoto(file);
  }
}

/** Receives files that are dropped on the page or pasted. */
export function receiveFiles(receive) {
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  for (const end of ["dragleave", "drop"]) document.addEventListener(end, () => document.body.classList.remove("dropping"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length > 0) receive(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length > 0) receive(event.clipboardData.files);
  });
}

/** The pixels of an image file, scaled down if it is large: `{rgba, width, height}`. */
export async function decode(file) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name}: not an image that the browser can show, nor a file of weights (.safetensors, .pt) or of MNIST.`);
  });
  const scale = Math.min(1, LARGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.fillStyle = "#fff"; // paper, where the image is transparent
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return { rgba: context.getImageData(0, 0, width, height).data, width, height };
}

/** Offers bytes as a file to save. */
export function save(bytes, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
