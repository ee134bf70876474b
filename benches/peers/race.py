"""The recipe `fast` of lenet-train for the Python programs of the race, and their digits.

    python race_torch.py FOLDER --threads 2 --seeds 5 5000 40000

FOLDER has the four files of MNIST. For each number of images and each seed a program trains a new network, whose
learning rate falls to zero at the last image, and prints a line of JSON: images, seed, seconds of training, test
accuracy. What is compiled is compiled before the clock starts.
"""

import argparse
import json
import os

import numpy as np

from protocol import load

# crates/lenet-train/recipes/fast.toml
BATCH_SIZE = 64
SMOOTHING = 0.1
LR = 0.007
BETAS = (0.9, 0.95)
WEIGHT_DECAY = 0.01
CONV_FACTOR = 2
WARM_UP = 0.05
FREEZE_CONV1 = 0.4

EPSILON = 1e-8
VALID = 5000  # Held out, as lenet-train does.


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("images", type=int, nargs="+")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seeds", type=int, default=5)
    return parser.parse_args()


def data(folder):
    """Images [n, 1, 32, 32] and labels [n] to train on, and to test on."""
    images, labels = load(folder, "train")
    return images[:-VALID], labels[:-VALID], *load(folder, "t10k")


def batches(images, count, seed):
    """Indices [steps, batch] of `images` images out of `count`, every epoch in another order; no batch is short."""
    rng = np.random.default_rng(seed)
    steps = images // BATCH_SIZE
    epochs = -(-steps * BATCH_SIZE // count)
    order = np.concatenate([rng.permutation(count) for _ in range(epochs)])
    return order[: steps * BATCH_SIZE].reshape(steps, BATCH_SIZE)


def learning_rates(steps):
    """Linear warm-up over a share of the steps, then linear to zero."""
    warm = max(1, round(WARM_UP * steps))
    step = np.arange(steps)
    rise, fall = (step + 1) / warm, (steps - step) / (steps - warm + 1)
    return (LR * np.where(step < warm, rise, fall)).astype(np.float32)


def frozen_after(steps):
    """The number of steps that train conv1."""
    return round(FREEZE_CONV1 * steps)


def edges(random):
    """Filters [6, 5, 5] that are edge detectors with some noise: the formula of `StateDict::random_with_edges`."""
    y, x = np.mgrid[-2:3, -2:3]
    angle = np.radians(60 * np.arange(6))[:, None, None]
    wave = np.exp(-(x**2 + y**2) / 4) * (np.cos(angle) * x + np.sin(angle) * y)
    return (0.3 * random + 0.25 * wave).astype(np.float32)


def run(args, train, accuracy):
    """Trains with `train(images, seed)`, which returns a network and seconds, for all budgets and seeds."""
    for images in args.images:
        train(images, 0)  # Compiles.
        for seed in range(1, args.seeds + 1):
            net, seconds = train(images, seed)
            line = {"images": images, "seed": seed, "seconds": seconds, "accuracy": accuracy(net)}
            print(json.dumps(line), flush=True)
