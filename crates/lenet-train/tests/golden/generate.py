"""Makes trajectories.safetensors and pytorch.json beside this file: what PyTorch computes, for the tests to compare with.

    python generate.py MNIST_DIR    needs torch, numpy, safetensors and the raw idx files of MNIST in MNIST_DIR

The files that are here came from PyTorch 2.15.0 on an x86-64 CPU.

trajectories.safetensors: what optimizers make of the LeNet of PyTorch's tutorial in 5 steps, in float64
    initial.<parameter>             float32, the same for all cases
    x [8, 1, 32, 32], y [8]         one batch of MNIST, used at every step, with cross-entropy
    <case>.step1.<parameter>        float64, after 1 step; of fc1.weight and fc2.weight the first ROWS rows
    <case>.step5.<parameter>        the same after 5 steps
    <case>.losses [5]               float64, the loss before each step
    <case>.gradient<n>.<parameter>  float32, the gradient before step n, the same rows; of adaptive optimizers only

pytorch.json: small things
    schedules                       by name, the learning rate of each step
    plateau                         losses of epochs, and the rate that ReduceLROnPlateau sets for each next one
    losses                          logits [6, 10] and labels [6]; by name, loss and gradient of the logits, float64
    distillation                    logits and teacher [6, 10]; by temperature, loss and gradient of the logits, float64
"""
import json
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import optim
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import lr_scheduler

ROWS = 8
PARAMETERS = [f"{layer}.{kind}" for layer in ("conv1", "conv2", "fc1", "fc2", "fc3") for kind in ("weight", "bias")]
HERE = os.path.dirname(os.path.abspath(__file__))

# The optimizers, with PyTorch's defaults for all that is not given, and what is done to the gradients before a step.
CASES = {
    "sgd_lr0.01": (lambda p: optim.SGD(p, lr=0.01), None),
    "sgd_lr0.01_mom0.9": (lambda p: optim.SGD(p, lr=0.01, momentum=0.9), None),
    "sgd_lr0.01_mom0.9_nesterov": (lambda p: optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True), None),
    "sgd_lr0.01_mom0.9_wd5e-4": (lambda p: optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=5e-4), None),
    "sgd_lr0.01_clip_norm0.5": (lambda p: optim.SGD(p, lr=0.01), lambda p: clip_grad_norm_(p, 0.5)),
    "sgd_lr0.01_clip_value0.01": (lambda p: optim.SGD(p, lr=0.01), lambda p: clip_grad_value_(p, 0.01)),
    "adam_lr1e-3": (lambda p: optim.Adam(p, lr=1e-3), None),
    "adamw_lr1e-3_wd1e-2": (lambda p: optim.AdamW(p, lr=1e-3, weight_decay=1e-2), None),
    "rmsprop_lr1e-3": (lambda p: optim.RMSprop(p, lr=1e-3), None),
    "rmsprop_lr1e-3_mom0.9_centered": (lambda p: optim.RMSprop(p, lr=1e-3, momentum=0.9, centered=True), None),
    "adagrad_lr1e-2": (lambda p: optim.Adagrad(p, lr=1e-2), None),
}

STEPS = 24
SCHEDULES = {
    "StepLR(step_size=5, gamma=0.3)": lambda o: lr_scheduler.StepLR(o, step_size=5, gamma=0.3),
    "ExponentialLR(gamma=0.9)": lambda o: lr_scheduler.ExponentialLR(o, gamma=0.9),
    "CosineAnnealingLR(T_max=24)": lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=STEPS),
    "CosineAnnealingLR(T_max=24, eta_min=0.001)":
        lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=STEPS, eta_min=0.001),
    "OneCycleLR(max_lr=0.1, total_steps=24)": lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=STEPS),
    "LinearLR(start_factor=1/6, total_iters=5)":
        lambda o: lr_scheduler.LinearLR(o, start_factor=1 / 6, total_iters=5),
    "ChainedScheduler([LinearLR(start_factor=1/6, total_iters=5), ExponentialLR(gamma=0.9)])":
        lambda o: lr_scheduler.ChainedScheduler([
            lr_scheduler.LinearLR(o, start_factor=1 / 6, total_iters=5),
            lr_scheduler.ExponentialLR(o, gamma=0.9),
        ]),
    "SequentialLR([LinearLR(start_factor=1/6, total_iters=5), LinearLR(1, 0, total_iters=18)], [6])":
        lambda o: lr_scheduler.SequentialLR(o, [
            lr_scheduler.LinearLR(o, start_factor=1 / 6, total_iters=5),
            lr_scheduler.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=18),
        ], milestones=[6]),
    "SequentialLR([LinearLR(start_factor=1/6, total_iters=5), CosineAnnealingLR(T_max=18)], [6])":
        lambda o: lr_scheduler.SequentialLR(o, [
            lr_scheduler.LinearLR(o, start_factor=1 / 6, total_iters=5),
            lr_scheduler.CosineAnnealingLR(o, T_max=18),
        ], milestones=[6]),
}

LOSSES = {
    "cross_entropy": {},
    "cross_entropy, label_smoothing=0.1": {"label_smoothing": 0.1},
    "cross_entropy, weight": {"weight": True},
    "cross_entropy, weight, label_smoothing=0.1": {"weight": True, "label_smoothing": 0.1},
}


class LeNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = torch.nn.Conv2d(1, 6, 5), torch.nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2 = torch.nn.Linear(400, 120), torch.nn.Linear(120, 84)
        self.fc3 = torch.nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc2(F.relu(self.fc1(torch.flatten(x, 1)))))
        return self.fc3(x)


def batch(mnist):
    """The first 8 images of MNIST to train on, padded and normalised, and their labels."""

    def idx(name, offset):
        with open(os.path.join(mnist, name), "rb") as file:
            return np.frombuffer(file.read(), np.uint8, offset=offset)

    pixels = idx("train-images-idx3-ubyte", 16)[: 8 * 784].reshape(8, 28, 28)
    x = np.zeros((8, 1, 32, 32), np.float32)
    x[:, 0, 2:30, 2:30] = pixels.astype(np.float32) / np.float32(255)
    x = (x - np.float32(0.1307)) / np.float32(0.3081)
    return x, idx("train-labels-idx1-ubyte", 8)[:8].astype(np.int64)


def rows(parameter):
    """How many rows of a parameter the file holds: None for all."""
    return ROWS if parameter in ("fc1.weight", "fc2.weight") else None


def trajectories(mnist):
    torch.manual_seed(20240101)
    initial = {name: tensor.clone() for name, tensor in LeNet().state_dict().items()}
    x, y = batch(mnist)
    result = {f"initial.{name}": initial[name].numpy() for name in PARAMETERS} | {"x": x, "y": y}
    for name, (make, clip) in sorted(CASES.items()):
        net = LeNet()
        net.load_state_dict(initial)
        net = net.double()
        optimizer, losses = make(net.parameters()), []
        for step in range(1, 6):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(torch.from_numpy(x).double()), torch.from_numpy(y))
            loss.backward()
            if clip:
                clip(net.parameters())
            for parameter, tensor in net.named_parameters():
                if not name.startswith("sgd"):
                    gradient = tensor.grad.numpy()[: rows(parameter)].astype(np.float32)
                    result[f"{name}.gradient{step}.{parameter}"] = gradient
            optimizer.step()
            losses.append(loss.item())
            if step in (1, 5):
                for parameter, tensor in net.named_parameters():
                    result[f"{name}.step{step}.{parameter}"] = tensor.detach().numpy()[: rows(parameter)].copy()
        result[f"{name}.losses"] = np.array(losses)
    return result


def rates(make):
    """The learning rate of each step, at a base rate of 0.1."""
    optimizer = optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler, found = make(optimizer), []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(found) < STEPS:
            scheduler.step()
    return found


def plateau():
    losses = [1.0, 0.9, 0.89999, 0.95, 0.9, 0.8, 0.8, 0.8, 0.8, 0.79999, 0.7, 0.71, 0.72, 0.73, 0.74]
    optimizer = optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler, found = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2), []
    for loss in losses:
        optimizer.step()
        scheduler.step(loss)
        found.append(optimizer.param_groups[0]["lr"])
    return {"base": 0.1, "factor": 0.5, "patience": 2, "losses": losses, "rates": found}


def losses():
    generator = torch.Generator().manual_seed(7)
    logits = (4 * torch.randn(6, 10, generator=generator)).float()
    labels, weight = torch.tensor([3, 0, 9, 3, 5, 1]), torch.linspace(0.25, 2.5, 10)
    result = {"logits": logits.tolist(), "labels": labels.tolist(), "weight": weight.tolist(), "cases": {}}
    for name, options in LOSSES.items():
        if "weight" in options:
            options = options | {"weight": weight.double()}
        at = logits.double().requires_grad_()
        loss = F.cross_entropy(at, labels, **options)
        loss.backward()
        result["cases"][name] = {"loss": loss.item(), "gradient": at.grad.tolist()}
    return result


def distillation():
    generator = torch.Generator().manual_seed(8)
    logits, teacher = (4 * torch.randn(2, 6, 10, generator=generator)).float()
    result = {"logits": logits.tolist(), "teacher": teacher.tolist(), "cases": {}}
    for temperature in (0.5, 1.0, 2.0, 4.0):
        at = logits.double().requires_grad_()
        target = F.softmax(teacher.double() / temperature, 1)
        loss = temperature**2 * F.kl_div(F.log_softmax(at / temperature, 1), target, reduction="batchmean")
        loss.backward()
        result["cases"][str(temperature)] = {"loss": loss.item(), "gradient": at.grad.tolist()}
    return result


def main(mnist):
    torch.set_num_threads(1)
    save_file(trajectories(mnist), os.path.join(HERE, "trajectories.safetensors"))
    small = {
        "schedules": {name: rates(make) for name, make in SCHEDULES.items()},
        "plateau": plateau(),
        "losses": losses(),
        "distillation": distillation(),
    }
    with open(os.path.join(HERE, "pytorch.json"), "w") as file:
        json.dump(small, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
