"""The network in PyTorch, and what its logits are: exactly, and how far f32 may be from that."""

import torch
from torch import nn
from torch.nn.functional import conv2d, linear, max_pool2d, relu

CONVOLUTIONS, LINEARS = ("conv1", "conv2"), ("fc1", "fc2", "fc3")


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = max_pool2d(relu(self.conv1(x)), 2)
        x = max_pool2d(relu(self.conv2(x)), 2)
        x = relu(self.fc1(x.flatten(1)))
        return self.fc3(relu(self.fc2(x)))


def images(batch):
    """`[batch, 1, 32, 32]`: some numbers from -1 to 1."""
    numbers = torch.arange(batch * 32 * 32) * 7919 % 2003
    return (numbers.float() / 1001 - 1).reshape(batch, 1, 32, 32)


def exact_logits(state, x):
    """The logits in f64, and a bound on the error of f32 arithmetic that adds in whatever order.

    A rounding is off by a random u = 2^-24 at most. So a sum of n products and a bias is off by at most
    γ (|w|·|x| + |b|) with γ = λ √(n + 1) u, but for a chance of 2 exp(-λ²/2): Higham and Mary, "A new approach to
    probabilistic rounding error analysis", SIAM J. Sci. Comput. 41, 2019, theorem 3.1. What the inputs are off by, e,
    adds √(w²·e²), for these errors are as independent. ReLU makes no error larger, and a maximum none larger than the
    largest of its window. With λ = 6 the chance is 3e-8 a number.
    """
    state = {name: tensor.double() for name, tensor in state.items()}
    x, error = x.double(), torch.zeros_like(x, dtype=torch.float64)
    for name in (*CONVOLUTIONS, *LINEARS):
        weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
        if name == "fc1":
            x, error = x.flatten(1), error.flatten(1)
        multiply = conv2d if name in CONVOLUTIONS else linear
        gamma = 6 * (weight[0].numel() + 1) ** 0.5 * 2.0**-24
        error = multiply(error**2, weight**2).sqrt() + gamma * multiply(x.abs(), weight.abs(), bias.abs())
        x = multiply(x, weight, bias)
        if name != "fc3":
            x = relu(x)
        if name in CONVOLUTIONS:
            x, error = max_pool2d(x, 2), max_pool2d(error, 2)
    return x, error
