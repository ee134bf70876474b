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

from lenet_jax import forward, initial  # noqa: E402

IMAGES_PER_SCAN = 2048


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
