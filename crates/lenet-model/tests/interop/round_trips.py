"""Sends weights to and fro between lenet-train and PyTorch, safetensors, ONNX and ONNX Runtime, and compares.

    pip install numpy onnx onnxruntime safetensors torch
    cargo build -p lenet-train
    python crates/lenet-model/tests/interop/round_trips.py target/debug/lenet-train

Weights are compared bit for bit. Logits of ONNX Runtime are held against PyTorch's in f64, within what the roundings of
f32 may add up to (lenet.py). A line for each way; the exit code is 0 if all of them agree, 1 if not, 77 if a
package is missing.
"""

import importlib
import os
import pickle
import subprocess
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path

PACKAGES = ("numpy", "onnx", "onnxruntime", "safetensors", "torch")


def missing_packages():
    def is_missing(package):
        try:
            importlib.import_module(package)
        except ImportError:
            return True

    return [package for package in PACKAGES if is_missing(package)]


if absent := missing_packages():
    print(f"missing Python packages: {' '.join(absent)} (pip install {' '.join(absent)})", file=sys.stderr)
    sys.exit(77)

import onnx
import onnxruntime
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from lenet import LeNet, exact_logits, images

PROGRAM = Path(sys.argv[1] if len(sys.argv) > 1 else "target/debug/lenet-train").resolve()


class Wrong(Exception):
    pass


def check(holds, message):
    if not holds:
        raise Wrong(message)


def convert(source, target):
    """What `lenet-train convert` ends with: its exit code and its one line."""
    ended = subprocess.run([PROGRAM, "convert", source, target], capture_output=True, text=True)
    return ended.returncode, (ended.stdout + ended.stderr).strip()


def converted(source, target):
    code, line = convert(source, target)
    check(code == 0, line)
    return target


def refused(source, target, *words):
    code, line = convert(source, target)
    check(code == 1 and not target.exists(), f"not refused: {line}")
    check(line.startswith("error: ") and "\n" not in line, line)
    for word in words:
        check(word in line, f"no {word} in: {line}")


def check_bits(state, other):
    bits = lambda tensor: tensor.contiguous().view(torch.int32)
    check(state.keys() == other.keys(), f"{list(state)} and {list(other)}")
    for name, tensor in state.items():
        check(tensor.dtype == other[name].dtype, f"{name}: {tensor.dtype} and {other[name].dtype}")
        check(torch.equal(bits(tensor), bits(other[name])), f"{name} differs")


def checkpoints(net):
    """What people save: a name, what `torch.save` gets, its options, and the weights that are in it."""
    state = net.state_dict()
    optimizer = torch.optim.Adam(net.parameters())
    net(images(2)).sum().backward()
    optimizer.step()
    state = OrderedDict((name, tensor.clone()) for name, tensor in net.state_dict().items())
    whole = {
        "epoch": 7,
        "model_state_dict": state,
        "optimizer_state_dict": optimizer.state_dict(),
        "scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 5).state_dict(),
        "losses": [torch.tensor(0.5), 0.25, None],
        "arguments": {"lr": 0.1, "name": "lenet", "device": torch.device("cpu"), "dtype": torch.float32},
        "rng": torch.get_rng_state(),
    }
    prefixed = lambda prefix: {f"{prefix}{name}": tensor for name, tensor in state.items()}
    flat = torch.cat([tensor.flatten() for tensor in state.values()])
    parts = flat.split([tensor.numel() for tensor in state.values()])
    views = {name: part.view(tensor.shape) for (name, tensor), part in zip(state.items(), parts)}
    transposed = {name: tensor.mT.contiguous().mT if tensor.dim() > 1 else tensor for name, tensor in state.items()}
    yield "a state_dict", state, {}, state
    for key in ("state_dict", "model_state_dict", "model"):
        yield f"one under '{key}'", {key: state}, {}, state
    yield "a checkpoint with an optimizer", whole, {}, state
    yield "a whole model", net, {}, state
    yield "DataParallel", nn.DataParallel(net).state_dict(), {}, state
    yield "torch.compile", prefixed("_orig_mod."), {}, state
    yield "Lightning", {"state_dict": prefixed("net."), "pytorch-lightning_version": "2"}, {}, state
    yield "views of one storage", views, {}, state
    yield "transposed strides", transposed, {}, state
    yield "before PyTorch 1.6", state, {"_use_new_zipfile_serialization": False}, state
    yield "a checkpoint before 1.6", whole, {"_use_new_zipfile_serialization": False}, state
    yield "pickle protocol 4", state, {"pickle_protocol": 4}, state
    for name, dtype in (("half precision", torch.float16), ("bfloat16", torch.bfloat16)):
        narrow = {name: tensor.to(dtype) for name, tensor in state.items()}
        yield name, narrow, {}, {name: tensor.float() for name, tensor in narrow.items()}


def from_pytorch(folder, net):
    for number, (what, saved, options, state) in enumerate(checkpoints(net)):
        source = folder / f"{number}.pt"
        torch.save(saved, source, **options)
        loaded = load_file(converted(source, folder / f"{number}.safetensors"))
        LeNet().load_state_dict(loaded, strict=True)
        check_bits(loaded, state)
        yield f"torch.save ({what}) → .safetensors → load_state_dict: the same bits"


def through_burn(folder, net):
    save_file(net.state_dict(), folder / "torch.safetensors")
    converted(folder / "torch.safetensors", folder / "burn.bpk")
    check_bits(load_file(converted(folder / "burn.bpk", folder / "back.safetensors")), net.state_dict())
    yield "safetensors.torch.save_file → .bpk → .safetensors → load_file: the same bits"


def to_onnx(folder, net):
    torch.save(net.state_dict(), folder / "net.pt")
    path = converted(folder / "net.pt", folder / "net.onnx")
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    opset, ir = model.opset_import[0].version, model.ir_version
    yield f"torch.save → .onnx: onnx.checker takes it (opset {opset}, format {ir}, {model.producer_name})"
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for batch in (1, 3, 64):
        expected, bound = exact_logits(net.state_dict(), images(batch))
        runtimes = torch.tensor(session.run(["logits"], {"images": images(batch).numpy()})[0])
        for name, logits in (("ONNX Runtime", runtimes), ("PyTorch in f32", net(images(batch)).detach())):
            error = (logits.double() - expected).abs()
            check(logits.shape == (batch, 10) and (error <= bound).all(), f"{name}: off by {error.max():.1e}")
            line = f"logits of {name}, batch {batch}: off by {error.max():.1e} at most of {expected.abs().max():.2f}"
            yield f"{line}, bound {bound.min():.1e}"


class Malicious:
    """Python runs `touch FILE` when it loads this."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return os.system, (f"touch {self.file}",)


def refusals(folder, net):
    target, trace = folder / "refused.safetensors", folder / "trace"
    double = {name: tensor.double() for name, tensor in net.state_dict().items()}
    torch.save(double, folder / "double.pt")
    refused(folder / "double.pt", target, "double.pt", "conv1.bias", "F64")
    yield "f64 weights are refused"
    torch.save({"model": net.state_dict(), "ema": net.state_dict()}, folder / "two.pt")
    refused(folder / "two.pt", target, "`ema.` and `model.`")
    yield "two networks in a file are refused"
    refused(folder / "net.pt", folder / "out.pt", "only read here")
    yield "writing .pt is refused"
    torch.save(Malicious(trace), folder / "program.pt")
    (folder / "program.pth").write_bytes(pickle.dumps(Malicious(trace)))
    refused(folder / "program.pt", target)
    refused(folder / "program.pth", target)
    torch.save({**net.state_dict(), "x": Malicious(trace)}, folder / "both.pt")
    check_bits(load_file(converted(folder / "both.pt", folder / "both.safetensors")), net.state_dict())
    check(not trace.exists(), "a program in a .pt was run")
    yield "programs in a .pt are not run: alone they are refused, beside weights passed over"


def main():
    versions = ", ".join(f"{module.__name__} {module.__version__}" for module in (torch, onnx, onnxruntime))
    print(f"{versions}, {PROGRAM.name}")
    torch.manual_seed(1)
    net = LeNet()
    with tempfile.TemporaryDirectory() as folder:
        for ways in (from_pytorch, through_burn, to_onnx, refusals):
            for line in ways(Path(folder), net):
                print(f"ok    {line}", flush=True)
    print("every way agrees")


try:
    main()
except Wrong as error:
    print(f"WRONG {error}")
    sys.exit(1)
