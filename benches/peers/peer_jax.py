"""JAX as a program of the comparison: many training steps in one `lax.scan`, convolutions as im2col.

    LENET_DATA_DIR=mnist python peer_jax.py --threads 2 train 64 2

XLA's own convolutions are slow on a CPU, especially backward; im2col and a matrix product were the fastest
variant. The scan avoids a call from Python in every step.
"""

import argparse
import os

import numpy as np

from protocol import LEARNING_RATE, MOMENTUM, digits, in_turn, orders, serve, timed

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("request", nargs="*", help="WORK BATCH SECONDS [default: lines on standard input]")
args = parser.parse_args()
if hasattr(os, "sched_setaffinity"):  # XLA has no setting for its threads: it starts one per usable core.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.threads])

import jax  # noqa: E402 (it counts the cores when it is imported)
import jax.numpy as jnp  # noqa: E402

IMAGES_PER_SCAN = 2048
# Inputs and outputs of each layer; 25 and 150 are the sizes of 5×5 patches of 1 and 6 channels.
LAYERS = {"conv1": (25, 6), "conv2": (150, 16), "fc1": (400, 120), "fc2": (120, 84), "fc3": (84, 10)}


def initial(seed=42):
    """Draws weights and biases uniformly within ±1/√inputs, as PyTorch does."""
    rng = np.random.default_rng(seed)

    def layer(inputs, outputs):
        draw = lambda *shape: jnp.asarray(rng.uniform(-1, 1, shape) / np.sqrt(inputs), jnp.float32)
        return draw(inputs, outputs), draw(outputs)

    return {name: layer(*sizes) for name, sizes in LAYERS.items()}


def conv_pool(x, layer):
    """Convolution, max-pool and ReLU: [b, h, w, c] to [b, (h-4)/2, (w-4)/2, outputs]."""
    weight, bias = layer
    b, height, width, _ = x.shape
    h, w = height - 4, width - 4
    patches = jnp.concatenate([x[:, i : i + h, j : j + w] for i in range(5) for j in range(5)], axis=3)
    y = (patches.reshape(b * h * w, -1) @ weight + bias).reshape(b, h // 2, 2, w // 2, 2, -1)
    return jax.nn.relu(y.max(axis=(2, 4)))


def forward(net, images):
    x = conv_pool(images, net["conv1"])
    x = conv_pool(x, net["conv2"]).reshape(len(images), 400)
    for name in ("fc1", "fc2"):
        x = jax.nn.relu(x @ net[name][0] + net[name][1])
    return x @ net["fc3"][0] + net["fc3"][1]


def loss_of(work, net, images, labels):
    logits = forward(net, images)
    if work == "train":
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1).mean()
    return ((logits - jax.nn.one_hot(labels, 10)) ** 2).mean()


def steps(work, images, labels):
    """Returns a compiled function from a state and indices [steps, batch] to the state after the steps."""
    momentum = MOMENTUM if work == "train" else 0.0

    def step(state, indices):
        net, velocity = state
        gradient = jax.grad(loss_of, 1)(work, net, images[indices], labels[indices])
        if momentum:
            gradient = velocity = jax.tree.map(lambda v, g: momentum * v + g, velocity, gradient)
        return (jax.tree.map(lambda p, g: p - LEARNING_RATE * g, net, gradient), velocity), None

    return jax.jit(lambda state, order: jax.lax.scan(step, state, order)[0], donate_argnums=0)


def main():
    images, labels = digits()
    images = images.reshape(-1, 32, 32, 1)
    on_device = jnp.asarray(images), jnp.asarray(labels, jnp.int32)
    ready = {}

    def prepare(work, batch):
        if work == "infer":
            net, infer = initial(), jax.jit(forward)
            batches = in_turn(images, batch)
            return (lambda: infer(net, next(batches)).block_until_ready()), batch
        count = max(1, IMAGES_PER_SCAN // batch)
        order, scan = orders(len(images), batch), steps(work, *on_device)
        net = initial()
        state = [(net, jax.tree.map(jnp.zeros_like, net))]

        def call():
            indices = np.stack([next(order) for _ in range(count)]).astype(np.int32)
            state[0] = jax.block_until_ready(scan(state[0], indices))

        return call, batch * count

    def measure(work, batch, seconds):
        call, images_per_call = ready.get((work, batch)) or ready.setdefault((work, batch), prepare(work, batch))
        answer = timed(call, images_per_call, seconds)
        return answer if work == "infer" else {"images_per_second": answer["images_per_second"]}

    serve(f"JAX {jax.__version__}", measure, args.request)


main()
