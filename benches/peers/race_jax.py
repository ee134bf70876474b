"""The recipe `fast` in JAX: a `lax.scan` with conv1 and one without it, convolutions as im2col. See race.py."""

import os
import time
from functools import partial

import numpy as np

import race

args = race.arguments()
if hasattr(os, "sched_setaffinity"):  # XLA has no setting for its threads: it starts one per usable core.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.threads])

import jax  # noqa: E402 (it counts the cores when it is imported)
import jax.numpy as jnp  # noqa: E402

from lenet_jax import forward, initial  # noqa: E402

images, labels, test_images, test_labels = race.data(args.folder)
images, test_images = (jnp.asarray(x.reshape(-1, 32, 32, 1)) for x in (images, test_images))
labels = jnp.asarray(labels, jnp.int32)


def loss(net, frozen, images, labels):
    targets = (1 - race.SMOOTHING) * jax.nn.one_hot(labels, 10) + race.SMOOTHING / 10
    return -(targets * jax.nn.log_softmax(forward(net | frozen, images))).sum(1).mean()


def step(frozen, state, batch):
    """One step of AdamW for the layers that are not frozen."""
    net, first, second, count = state
    indices, rate = batch
    gradient = jax.grad(loss)(net, frozen, images[indices], labels[indices])
    count += 1
    mean = lambda beta: lambda old, new: beta * old + (1 - beta) * new
    first = jax.tree.map(mean(race.BETAS[0]), first, gradient)
    second = jax.tree.map(mean(race.BETAS[1]), second, jax.tree.map(jnp.square, gradient))
    corrections = [1 - beta**count for beta in race.BETAS]

    def update(name):
        lr = rate * (race.CONV_FACTOR if name.startswith("conv") else 1)

        def one(value, first, second):
            update = first / corrections[0] / (jnp.sqrt(second / corrections[1]) + race.EPSILON)
            return value * (1 - lr * race.WEIGHT_DECAY) - lr * update

        return jax.tree.map(one, net[name], first[name], second[name])

    return ({name: update(name) for name in net}, first, second, count), None


scan = jax.jit(lambda frozen, state, order, rates: jax.lax.scan(partial(step, frozen), state, (order, rates))[0])
predict = jax.jit(lambda net, images: forward(net, images).argmax(1))


def train(count, seed):
    net = initial(seed)
    weight, bias = net["conv1"]
    edges = race.edges(np.asarray(weight).T.reshape(6, 5, 5))
    net["conv1"] = jnp.asarray(edges.reshape(6, 25).T), bias
    zeros = jax.tree.map(jnp.zeros_like, net)
    order = jnp.asarray(race.batches(count, len(labels), seed), jnp.int32)
    rates = jnp.asarray(race.learning_rates(len(order)))
    conv1_ends = race.frozen_after(len(order))
    with_conv1, without = (order[:conv1_ends], rates[:conv1_ends]), (order[conv1_ends:], rates[conv1_ends:])
    began = time.perf_counter()
    *trees, count = scan({}, (net, zeros, zeros, jnp.int32(0)), *with_conv1)
    frozen = {"conv1": trees[0]["conv1"]}
    trees = [{name: tree[name] for name in tree if name != "conv1"} for tree in trees]
    net = jax.block_until_ready(scan(frozen, (*trees, count), *without))[0]
    return net | frozen, time.perf_counter() - began


def accuracy(net):
    answers = [predict(net, test_images[at : at + 250]) for at in range(0, len(test_images), 250)]
    return float((np.concatenate(answers) == test_labels).mean())


race.run(args, train, accuracy)
