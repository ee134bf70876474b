"""The recipe `fast` in PyTorch: the whole step in one compiled function. See race.py."""

import time

import torch
import torch.nn.functional as F

import race
from lenet_torch import LeNet

args = race.arguments()
torch.set_num_threads(args.threads)
images, labels, test_images, test_labels = map(torch.from_numpy, race.data(args.folder))


def loss(parameters, frozen, images, labels):
    logits = torch.func.functional_call(net, {**parameters, **frozen}, (images,))
    return F.cross_entropy(logits, labels, label_smoothing=race.SMOOTHING)


@torch.compile(dynamic=False)
def step(parameters, frozen, first, second, images, labels, rate, correction):
    """One step of AdamW; rate [1], and correction [2] of the moments' bias, are tensors: numbers would be compiled in."""
    for name, gradient in torch.func.grad(loss)(parameters, frozen, images, labels).items():
        lr = rate * (race.CONV_FACTOR if name.startswith("conv") else 1)
        first[name].lerp_(gradient, 1 - race.BETAS[0])
        second[name].lerp_(gradient * gradient, 1 - race.BETAS[1])
        update = first[name] / correction[0] / ((second[name] / correction[1]).sqrt() + race.EPSILON)
        parameters[name].mul_(1 - lr * race.WEIGHT_DECAY).sub_(lr * update)


def train(count, seed):
    torch.manual_seed(seed)
    new = LeNet()
    parameters = {name: value.detach().clone() for name, value in new.named_parameters()}
    edges = race.edges(parameters["conv1.weight"][:, 0].numpy())
    parameters["conv1.weight"][:, 0] = torch.from_numpy(edges)
    first, second = ({name: torch.zeros_like(value) for name, value in parameters.items()} for _ in range(2))
    order = torch.from_numpy(race.batches(count, len(labels), seed))
    rates = torch.from_numpy(race.learning_rates(len(order)))
    powers = torch.arange(1, len(order) + 1)[:, None]
    corrections = 1 - torch.tensor(race.BETAS) ** powers
    frozen, conv1_ends = {}, race.frozen_after(len(order))
    began = time.perf_counter()
    for number, (indices, rate, correction) in enumerate(zip(order, rates, corrections)):
        if number == conv1_ends:
            frozen = {name: parameters.pop(name) for name in list(parameters) if name.startswith("conv1")}
        step(parameters, frozen, first, second, images[indices], labels[indices], rate, correction)
    return {**parameters, **frozen}, time.perf_counter() - began


def accuracy(parameters):
    with torch.inference_mode():
        logits = [torch.func.functional_call(net, parameters, (x,)) for x in test_images.split(250)]
    return (torch.cat(logits).argmax(1) == test_labels).float().mean().item()


net = LeNet()
race.run(args, train, accuracy)
