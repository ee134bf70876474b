// Training: in slices of a few milliseconds, so that calls of the page are answered in between.

import { Digits, Network, Training } from "./lenet_web.js";
import { network, replaceNetwork } from "./worker-network.js";

/** Milliseconds of training between two looks at the page's messages. */
const SLICE = 12;
/** Milliseconds between two reports to the page. */
const REPORT = 120;
/** Milliseconds between two validations; one at each epoch comes on top. */
const VALIDATE = 2000;
/** Digits held out for validation. */
const HELD_OUT = 1000;
/** Steps and milliseconds of a fine-tuning at most. */
const CORRECTION = { steps: 400, milliseconds: 5000 };

let train = null;
let valid = null;
let isUsers = false;
let current = null;
let running = false;

const { port1: wake, port2: next } = new MessageChannel();
wake.onmessage = () => running && slice();

let report = null;

function fresh() {
  return { loss: 0, accuracy: 0, steps: 0, milliseconds: 0, images: 0, at: performance.now() };
}

function slice() {
  try {
    const batch = current.training.advance(1_000_000, SLICE);
    current.last = batch;
    report.loss += batch.loss * batch.steps;
    report.accuracy += batch.accuracy * batch.steps;
    report.steps += batch.steps;
    report.milliseconds += batch.milliseconds;
    report.images += batch.imagesPerSecond * batch.milliseconds / 1000;
    const now = performance.now();
    if (Number.isNaN(batch.loss)) return end("The loss is not a number any more: try a smaller learning rate.", batch);
    if (now - report.at >= REPORT) send(batch, now);
    next.postMessage(null);
  } catch (error) {
    end(error.message);
  }
}

function send(batch, now, force = false) {
  const isDue = force || now - current.validatedAt >= VALIDATE || Math.floor(batch.epoch) > current.epoch;
  const validation = isDue ? current.training.validate() : null;
  if (isDue) Object.assign(current, { validatedAt: performance.now(), epoch: Math.floor(batch.epoch) });
  const net = replaceNetwork(current.training.network());
  const steps = Math.max(1, report.steps);
  self.postMessage({ event: "progress", value: {
    ...net, validation, step: batch.step, epoch: batch.epoch, seenImages: batch.seenImages,
    loss: report.loss / steps, accuracy: report.accuracy / steps,
    imagesPerSecond: report.milliseconds > 0 ? report.images / report.milliseconds * 1000 : 0,
  } });
  report = fresh();
}

function end(reason) {
  running = false;
  self.postMessage({ event: "ended", value: { reason } });
}

/** Stops a training whose network is replaced. */
export function halt() {
  if (running) end(null);
}

function useDigits(digits, users) {
  if (digits.length < 2) throw new Error("At least two digits are needed, to train and to validate.");
  train?.free();
  valid?.free();
  const held = Math.min(HELD_OUT, Math.ceil(digits.length / 10));
  valid = digits.splitOff(digits.length - held);
  train = digits;
  isUsers = users;
  return { train: train.length, valid: valid.length };
}

/** Digit `index` of the user's data set, or null while there is none. */
export function digit(index) {
  if (!isUsers) return null;
  const at = index % train.length;
  return { image: train.image(at), label: train.label(at) };
}

export const calls = {
  useSynthetic: (count) => useDigits(Digits.synthetic(1, 0, count), false),
  useIdx: (images, labels) => useDigits(Digits.fromIdx(images, labels), true),

  /** Starts a training of the network shown, or of initial weights. */
  trainStart({ initial, seed, ...options }) {
    current?.training.free();
    const start = initial ? Network.initial(seed) : network();
    current = { training: new Training(start, train, valid, { ...options, seed }), validatedAt: 0, epoch: 0 };
    if (initial) start.free();
    calls.trainGoOn();
  },
  trainGoOn() {
    report = fresh();
    running = true;
    next.postMessage(null);
  },
  trainStop() {
    if (!running) return;
    running = false;
    if (current.last) send(current.last, performance.now(), true);
  },

  /** Trains on corrections until the network reads the newest one right. */
  correct(images, labels, seed) {
    halt();
    const tuning = Training.fineTuning(network(), images, labels, seed);
    const newest = images.subarray(images.length - 1024);
    const label = labels[labels.length - 1];
    const started = performance.now();
    let steps = 0;
    let right = false;
    while (!right && steps < CORRECTION.steps && performance.now() - started < CORRECTION.milliseconds) {
      steps += tuning.advance(10, 50).steps;
      const net = tuning.network();
      right = net.read(newest).digit === label;
      net.free();
    }
    const net = replaceNetwork(tuning.network());
    tuning.free();
    return { ...net, right, steps, milliseconds: performance.now() - started };
  },
};
