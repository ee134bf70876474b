// The engine's thread: answers calls of engine.js with the compiled libraries, one after another. The page never waits for it.

import init, { frameRgba, frameStrokes, Network, sample, simd, version } from "./lenet_web.js";
import * as lesson from "./worker-lesson.js";
import * as training from "./worker-training.js";
import { network, replaceNetwork, shown } from "./worker-network.js";

const calls = {
  about: () => ({ version: version(), simd: simd() }),
  usePretrained: () => use(Network.pretrained()),
  useInitial: (seed) => use(Network.initial(seed)),
  useFile: (name, bytes) => use(Network.fromBytes(name, bytes)),
  exportWeights: () => network().toSafetensors(),

  readImage: (image) => ({ image, box: null, reading: network().read(image) }),
  readInk(ink, width, height) {
    const framed = frameStrokes(ink, width, height);
    return framed && { ...framed, reading: network().read(framed.image) };
  },
  readPhoto(rgba, width, height) {
    const { image } = frameRgba(rgba, width, height);
    return { image, box: null, reading: network().read(image) };
  },
  digit(index) {
    const { image, label } = training.digit(index) ?? sample(2026, index);
    return { image, label, box: null, reading: network().read(image) };
  },

  why: (image, digit, side) => ({
    gradient: network().inputGradient(image, digit),
    occlusion: network().occlusion(image, digit, side),
  }),
  towards: (image, digit, steps) => network().towards(image, digit, steps),

  ...training.calls,
  ...lesson.calls,
};

function use(net) {
  training.halt();
  return replaceNetwork(net);
}

const ready = init().then(() => replaceNetwork(Network.pretrained()));

self.addEventListener("message", async ({ data: { id, name, args } }) => {
  try {
    await ready;
    const value = name === "start" ? shown() : await calls[name](...args);
    self.postMessage({ id, value });
  } catch (error) {
    self.postMessage({ id, error: error.message || String(error) });
  }
});
