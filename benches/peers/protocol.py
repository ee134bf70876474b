"""Digits, timing and protocol of the Python programs (see benches/src/protocol.rs)."""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

LEARNING_RATE = 0.001  # as in benches/peers/lenet.rs
MOMENTUM = 0.9
IMAGES_TO_INFER = 4096
SIDE, MEAN, STD = 32, 0.1307, 0.3081


class Unsupported(Exception):
    """A measurement that a program does not support."""


def read_idx(folder, name):
    """Reads the array in an uncompressed IDX file."""
    data = (Path(folder) / name).read_bytes()
    sizes = np.frombuffer(data, ">u4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(sizes)


def load(folder, split):
    """Reads images [n, 1, 32, 32] f32, padded and normalised, and labels [n] i64; split is train or t10k."""
    images = read_idx(folder, f"{split}-images-idx3-ubyte")
    around = (SIDE - images.shape[1]) // 2
    images = np.pad(images, ((0, 0), (around, around), (around, around)))
    images = (images[:, None].astype(np.float32) / np.float32(255) - np.float32(MEAN)) / np.float32(STD)
    return images, read_idx(folder, f"{split}-labels-idx1-ubyte").astype(np.int64)


def digits():
    """Reads the training digits in the folder that LENET_DATA_DIR names."""
    return load(os.environ["LENET_DATA_DIR"], "train")


def orders(count, batch, seed=7):
    """Yields index arrays [batch] without end: a new permutation every epoch, short batches omitted."""
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(count)
        for start in range(0, count - batch + 1, batch):
            yield order[start : start + batch]


def in_turn(images, batch):
    """Yields slices [batch, ...] of the first images without end."""
    count = min(max(IMAGES_TO_INFER, batch), len(images))
    while True:
        for start in range(0, count - batch + 1, batch):
            yield images[start : start + batch]


def timed(call, images_per_call, seconds):
    """Repeats `call` for `seconds`, after a warm-up of a tenth of the time, and returns the answer."""
    call()
    end = time.perf_counter() + 0.1 * seconds
    while time.perf_counter() < end:
        call()
    calls = []
    start = last = time.perf_counter()
    while last - start < seconds:
        call()
        now = time.perf_counter()
        calls.append(now - last)
        last = now
    p50, p99 = np.percentile(calls, [50, 99], method="inverted_cdf") * 1e6
    return {"images_per_second": len(calls) * images_per_call / (last - start), "p50_us": p50, "p99_us": p99}


def serve(version, measure, requests=()):
    """Answers the requests, or the lines of standard input, each of them `WORK BATCH SECONDS`."""
    print(json.dumps({"version": version}), flush=True)
    for line in [" ".join(requests)] if requests else sys.stdin:
        try:
            work, batch, seconds = line.split()
            answer = measure(work, int(batch), float(seconds))
        except Unsupported as reason:
            answer = {"error": str(reason)}
        except Exception as error:  # A failed measurement is an answer; the others go on.
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
        print(json.dumps(answer), flush=True)
