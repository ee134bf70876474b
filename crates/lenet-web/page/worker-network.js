// The network that the page shows and reads with.

const PARAMETERS = ["conv1", "conv2", "fc1", "fc2", "fc3"].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]);

let current = null;

export const network = () => current;

/** Takes over `next` and describes it. */
export function replaceNetwork(next) {
  current?.free();
  current = next;
  return shown();
}

/** Facts and weights of the network, as plain values. */
export function shown() {
  return { about: current.about(), weights: parametersOf(current) };
}

/** The parameters by name. */
export function parametersOf(net) {
  return Object.fromEntries(PARAMETERS.map((name) => [name, net.parameter(name)]));
}
