"""Makes trajectories.safetensors: what PyTorch's optimizers make of the LeNet of its tutorial in 5 steps, in float64.

    python generate.py torch MNIST_DIR    computes them; needs torch, numpy, safetensors and MNIST's raw idx files
    python generate.py cut FOLDER         cuts them from whole trajectories: lenet.safetensors (initial weights),
                                          inputs.safetensors (mnist_x, mnist_y), optim_f64.safetensors

In the result:
    initial.<parameter>                   float32, the same for all optimizers
    x [8, 1, 32, 32], y [8]               one batch of MNIST, used at every step, with cross-entropy
    <optimizer>.step1.<parameter>         float64, after 1 step; of fc1.weight and fc2.weight the first ROWS rows
    <optimizer>.step5.<parameter>         the same after 5 steps
    <optimizer>.losses [5]                float64, the loss before each step
"""
import os
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

ROWS = 8
PARAMETERS = [f"{layer}.{kind}" for layer in ("conv1", "conv2", "fc1", "fc2", "fc3") for kind in ("weight", "bias")]
HERE = os.path.dirname(os.path.abspath(__file__))


def trajectories(torch):
    """The optimizers by name, with PyTorch's defaults for all that is not given."""
    optim = torch.optim
    return {
        "sgd_lr0.01": lambda p: optim.SGD(p, lr=0.01),
        "sgd_lr0.01_mom0.9": lambda p: optim.SGD(p, lr=0.01, momentum=0.9),
        "sgd_lr0.01_mom0.9_nesterov": lambda p: optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
        "sgd_lr0.01_mom0.9_wd5e-4": lambda p: optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=5e-4),
        "adam_lr1e-3": lambda p: optim.Adam(p, lr=1e-3),
        "adamw_lr1e-3_wd1e-2": lambda p: optim.AdamW(p, lr=1e-3, weight_decay=1e-2),
        "rmsprop_lr1e-3": lambda p: optim.RMSprop(p, lr=1e-3),
        "rmsprop_lr1e-3_mom0.9_centered": lambda p: optim.RMSprop(p, lr=1e-3, momentum=0.9, centered=True),
        "adagrad_lr1e-2": lambda p: optim.Adagrad(p, lr=1e-2),
    }


def compute(mnist):
    """The whole trajectories, from PyTorch."""
    import torch
    import torch.nn.functional as F

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

    def idx(name, offset):
        with open(os.path.join(mnist, name), "rb") as file:
            return np.frombuffer(file.read(), np.uint8, offset=offset)

    torch.set_num_threads(1)
    torch.manual_seed(20240101)
    initial = {name: tensor.clone() for name, tensor in LeNet().state_dict().items()}
    pixels = idx("train-images-idx3-ubyte", 16)[: 8 * 784].reshape(8, 28, 28)
    x = np.zeros((8, 1, 32, 32), np.float32)
    x[:, 0, 2:30, 2:30] = pixels.astype(np.float32) / np.float32(255)
    x = (x - np.float32(0.1307)) / np.float32(0.3081)
    y = idx("train-labels-idx1-ubyte", 8)[:8].astype(np.int64)

    whole = {}
    for name, optimizer in trajectories(torch).items():
        net = LeNet()
        net.load_state_dict(initial)
        net = net.double()
        optimizer, losses = optimizer(net.parameters()), []
        for step in range(1, 6):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(torch.from_numpy(x).double()), torch.from_numpy(y))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            for parameter, tensor in net.named_parameters():
                whole[f"{name}.step{step}.{parameter}"] = tensor.detach().numpy().copy()
        whole[f"{name}.losses"] = np.array(losses)
    return {name: tensor.numpy() for name, tensor in initial.items()}, x, y, whole


def read(folder):
    """The whole trajectories, from files."""
    initial, inputs, whole = (
        load_file(os.path.join(folder, name + ".safetensors")) for name in ("lenet", "inputs", "optim_f64")
    )
    whole = {name.replace("_rows0_16", ""): tensor for name, tensor in whole.items()}
    return initial, inputs["mnist_x"], inputs["mnist_y"], whole


def main(mode, folder):
    initial, x, y, whole = {"torch": compute, "cut": read}[mode](folder)
    result = {f"initial.{name}": initial[name] for name in PARAMETERS} | {"x": x, "y": y}
    for optimizer in sorted({name.rsplit(".losses")[0] for name in whole if name.endswith(".losses")}):
        result[f"{optimizer}.losses"] = whole[f"{optimizer}.losses"]
        for step in ("step1", "step5"):
            for name in PARAMETERS:
                tensor = whole[f"{optimizer}.{step}.{name}"]
                cut = name in ("fc1.weight", "fc2.weight")
                result[f"{optimizer}.{step}.{name}"] = np.ascontiguousarray(tensor[:ROWS] if cut else tensor)
    save_file(result, os.path.join(HERE, "trajectories.safetensors"))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("torch", "cut"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
