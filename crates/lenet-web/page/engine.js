// The engine: a promise for each call into the worker that holds the network.

const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const waiting = new Map();
const listeners = new Map();
let last = 0;

worker.addEventListener("message", ({ data }) => {
  if (data.event) return listeners.get(data.event)?.(data.value);
  const { resolve, reject } = waiting.get(data.id);
  waiting.delete(data.id);
  if (data.error === undefined) resolve(data.value);
  else reject(new Error(data.error));
});

worker.addEventListener("error", () => {
  for (const { reject } of waiting.values()) reject(new Error("The engine did not start. Reload the page; it needs a browser with WebAssembly."));
  waiting.clear();
});

/** Calls a function of worker.js. */
export function call(name, ...args) {
  const id = ++last;
  worker.postMessage({ id, name, args });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

/** Receives an event of the worker, such as the progress of a training. */
export function on(event, listener) {
  listeners.set(event, listener);
}
