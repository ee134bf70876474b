// Starts the page: connects the drawing area, the views and the engine.

import { showAnswer } from "./answer.js";
import { call } from "./engine.js";
import { showCorrections } from "./correct.js";
import { showDetail } from "./detail.js";
import { showLayers, unselect } from "./layers.js";
import { makePad } from "./pad.js";
import { decode, receiveFiles, sortFiles } from "./picture-input.js";
import { markDrawing } from "./drawing-mark.js";
import { read, readAgain } from "./reader.js";
import { followRun } from "./run.js";
import { change, problem, state, watch } from "./state.js";
import { open, startTabs } from "./tabs.js";
import { showTour } from "./tour.js";
import { showTraining, useMnist } from "./train.js";
import { showWeights, useWeightsFile } from "./weights.js";
import { showWhy } from "./why.js";

const element = (id) => document.getElementById(id);
const drawing = element("drawing");
/** A synthetic seven. */
const EXAMPLE = 7;
let nextDigit = 0;

const pad = makePad(drawing, () => {
  const [ink, width, height] = [pad.ink(), drawing.width, drawing.height];
  read(() => call("readInk", ink, width, height));
});

element("undo").addEventListener("click", pad.undo);
element("clear").addEventListener("click", pad.clear);
element("sample").addEventListener("click", () => show(() => call("digit", nextDigit++)));
element("open").addEventListener("click", () => element("file").click());
element("file").addEventListener("change", ({ target }) => {
  receive(target.files);
  target.value = "";
});
receiveFiles(receive);

function receive(files) {
  sortFiles(files, { onPhoto, onWeights: useWeightsFile, onIdx: (idx) => { open("train"); useMnist(idx); } });
}

function onPhoto(file) {
  show(async () => {
    const { rgba, width, height } = await decode(file);
    return call("readPhoto", rgba, width, height);
  });
}

/** Reads an image that was not drawn, and shows it in the drawing area. */
function show(how, example = false) {
  read(async () => {
    const found = await how();
    pad.show(found.image, example);
    return { ...found, example };
  });
}

async function start() {
  showAnswer();
  showLayers(element("layers"), (selection) => {
    element("detail").classList.toggle("shown", Boolean(selection));
    showDetail(element("detail-title"), element("detail-body"), element("spoken"), selection);
    markDrawing(element("drawing-mark"), drawing, selection);
  });
  showDetail(element("detail-title"), element("detail-body"), element("spoken"), null);
  element("detail-close").addEventListener("click", unselect);
  watch((changed) => {
    if (changed.has("weights")) readAgain();
  });
  showCorrections(element("corrections"), element("corrected"));
  showWhy(element("why"));
  showTraining(element("train"));
  showTour(element("tour"));
  showWeights(element("weights"));
  followRun(element("run"), element("tab-run"));
  startTabs();
  try {
    change({ ...await call("start"), from: "the trained weights in the box" });
    document.body.dataset.ready = "";
    // Something to look at before the first stroke.
    if (pad.isUntouched()) show(() => call("digit", EXAMPLE), true);
  } catch (error) {
    problem(error);
  }
}

start();
