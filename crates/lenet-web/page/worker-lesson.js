// The guided tour's one training step, in five calls.

import { Lesson } from "./lenet_web.js";
import { parametersOf } from "./worker-network.js";

let lesson = null;

function weights() {
  const net = lesson.network();
  const parameters = parametersOf(net);
  const about = net.about();
  net.free();
  return { about, weights: parameters };
}

export const calls = {
  lessonDefine(seed) {
    lesson?.free();
    lesson = new Lesson(seed);
    return weights();
  },
  lessonForward: (image) => lesson.forward(image),
  lessonLoss: (label, kind) => lesson.loss(label, kind),
  lessonBackward: () => lesson.backward(),
  lessonUpdate: (learningRate) => ({ ...lesson.update(learningRate), ...weights() }),
};
