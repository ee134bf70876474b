// The drawing area: strokes by mouse, pen or finger, with undo. The alpha of the canvas is the ink.

const PEN = 20;
const UNDO_STEPS = 30;

/** Connects the canvas; `changed` is called after each movement of the pen, at most once per frame. */
export function makePad(canvas, changed) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const before = [];
  let pen = null;
  let frame = 0;
  /** Whether the picture is one that the first stroke replaces. */
  let isExample = false;

  const report = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      changed();
    });
  };
  const remember = () => {
    before.push(context.getImageData(0, 0, canvas.width, canvas.height));
    if (before.length > UNDO_STEPS) before.shift();
  };
  const place = (event) => {
    const area = canvas.getBoundingClientRect();
    return [(event.clientX - area.left) / area.width * canvas.width, (event.clientY - area.top) / area.height * canvas.height];
  };
  const line = ([x, y]) => {
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...pen);
    context.lineTo(x, y);
    context.stroke();
    pen = [x, y];
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || pen) return;
    canvas.setPointerCapture(event.pointerId);
    remember();
    if (isExample) context.clearRect(0, 0, canvas.width, canvas.height);
    isExample = false;
    pen = place(event);
    line(pen);
    report();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pen) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length > 0 ? moves : [event]) line(place(move));
    report();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(end, () => { pen = null; });
  }

  return {
    /** The ink, row by row: 0 clean … 255. */
    ink() {
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const ink = new Uint8Array(data.length / 4);
      for (let at = 0; at < ink.length; at++) ink[at] = data[4 * at + 3];
      return ink;
    },
    clear() {
      remember();
      isExample = false;
      context.clearRect(0, 0, canvas.width, canvas.height);
      changed();
    },
    undo() {
      const last = before.pop();
      if (last) context.putImageData(last, 0, 0);
      isExample = false;
      changed();
    },
    /** Whether nothing has been drawn or shown yet. */
    isUntouched: () => before.length === 0,
    /** Shows an image of 32×32 pixels in place of the strokes; the first stroke replaces an example. */
    show(image, asExample = false) {
      remember();
      isExample = asExample;
      const small = new OffscreenCanvas(32, 32);
      const picture = new ImageData(32, 32);
      image.forEach((ink, at) => { picture.data[4 * at + 3] = ink; });
      small.getContext("2d").putImageData(picture, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(small, 0, 0, canvas.width, canvas.height);
    },
  };
}
