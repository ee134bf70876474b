"""PyTorch as a program of the comparison: eager, with the whole step compiled, or traced and frozen.

    LENET_DATA_DIR=mnist python peer_torch.py --mode compiled --threads 2 train 64 2

PyTorch is fastest with tcmalloc preloaded; `cargo xtask bench-peers` preloads it if it is installed. Two more
optimizations are used: the fused optimizer, and ReLU after the pool, which gives the same numbers for a quarter
of the work.
"""

import argparse
import os

import torch
import torch.nn.functional as F

from lenet_torch import LeNet
from protocol import LEARNING_RATE, MOMENTUM, Unsupported, digits, in_turn, orders, serve, timed


def loss_of(work, logits, labels):
    if work == "train":
        return F.cross_entropy(logits, labels)
    return F.mse_loss(logits, F.one_hot(labels, 10).float())


def eager_step(work, momentum):
    """A training step in eager mode."""
    net = LeNet()
    optimizer = torch.optim.SGD(net.parameters(), LEARNING_RATE, momentum, fused=True)

    def step(images, labels):
        optimizer.zero_grad()
        loss_of(work, net(images), labels).backward()
        optimizer.step()

    return step


def compiled_step(work, momentum):
    """Forward, loss, backward and update in one compiled function."""
    net = LeNet()
    parameters = {name: value.detach() for name, value in net.named_parameters()}
    velocity = {name: torch.zeros_like(value) for name, value in parameters.items()}

    def loss(parameters, images, labels):
        return loss_of(work, torch.func.functional_call(net, parameters, (images,)), labels)

    @torch.compile(dynamic=False)
    def step(parameters, velocity, images, labels):
        for name, gradient in torch.func.grad(loss)(parameters, images, labels).items():
            if momentum:
                gradient = velocity[name].mul_(momentum).add_(gradient)
            parameters[name].sub_(LEARNING_RATE * gradient)

    return lambda images, labels: step(parameters, velocity, images, labels)


def forward(mode, example):
    """Images to logits, without autodiff."""
    net = LeNet().eval()
    if mode == "eager":
        return net
    if mode == "compiled":
        torch._inductor.config.freezing = True
        return torch.compile(net, dynamic=False)
    return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(net, example)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["eager", "compiled", "traced"], default="eager")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("request", nargs="*", help="WORK BATCH SECONDS [default: lines on standard input]")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch._dynamo.config.cache_size_limit = 64  # One entry per kind of work and batch size.
    images, labels = map(torch.from_numpy, digits())
    ready = {}

    def prepare(work, batch):
        torch.manual_seed(42)
        if work == "infer":
            batches = in_turn(images, batch)
            net = forward(args.mode, images[:batch])
            return lambda: net(next(batches))
        if args.mode == "traced":
            raise Unsupported("for inference only")
        step = (eager_step if args.mode == "eager" else compiled_step)(work, MOMENTUM if work == "train" else 0)
        order = map(torch.from_numpy, orders(len(images), batch))

        def gather_and_step():
            indices = next(order)
            step(images[indices], labels[indices])

        return gather_and_step

    def measure(work, batch, seconds):
        with torch.inference_mode(work == "infer"):
            call = ready.get((work, batch)) or ready.setdefault((work, batch), prepare(work, batch))
            return timed(call, batch, seconds)

    serve(f"PyTorch {torch.__version__}", measure, args.request)


main()
