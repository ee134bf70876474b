"""The work of `lenet-train` in PyTorch: one epoch at batch 64, validation, test.

    python train.py FOLDER [--threads N]

FOLDER has the four files of MNIST. The data set is one tensor and batches are made by indexing it, which is
several times faster than a DataLoader.
"""

import argparse
import os

import torch
import torch.nn.functional as F
from torch import nn

from protocol import load

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--threads", type=int, default=os.cpu_count())
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(42)

net = nn.Sequential(
    *(nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.ReLU()),
    *(nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten()),
    *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
)


def accuracy(images, labels):
    with torch.inference_mode():
        right = sum((net(x).argmax(1) == y).sum() for x, y in zip(images.split(250), labels.split(250)))
    return 100 * right.item() / len(labels)


images, labels = map(torch.from_numpy, load(args.folder, "train"))
train, valid = len(labels) - 5000, slice(len(labels) - 5000, None)
steps = -(-train // 64)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, fused=True)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.05, total_steps=steps, cycle_momentum=False)
for indices in torch.randperm(train).split(64):
    optimizer.zero_grad()
    F.cross_entropy(net(images[indices]), labels[indices]).backward()
    optimizer.step()
    schedule.step()

print(f"valid accuracy {accuracy(images[valid], labels[valid]):.2f} %")
test_images, test_labels = map(torch.from_numpy, load(args.folder, "t10k"))
print(f"test accuracy {accuracy(test_images, test_labels):.2f} %")
torch.save(net.state_dict(), os.devnull)
