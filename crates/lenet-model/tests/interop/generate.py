"""Writes the files beside it: the same weights by the hand of PyTorch and of ONNX, which the tests of weights read.

    pip install numpy onnx safetensors torch
    python generate.py

The weights are a formula, so that the tests know each of them: number i of a tensor is ((7919 i) mod 251 - 125) / 1024,
which f32, f16 and bf16 hold exactly. All files come out the same each time but legacy_half.pth, which has addresses in it.
"""

from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

from lenet import LeNet, exact_logits, images

FOLDER = Path(__file__).parent


def formula_weights():
    state = LeNet().state_dict()
    for tensor in state.values():
        numbers = (torch.arange(tensor.numel()) * 7919 % 251 - 125) / 1024
        tensor.copy_(numbers.reshape(tensor.shape))
    return state


def write_pytorch(state):
    """A checkpoint as training scripts write it, the layout before PyTorch 1.6, and a plain state_dict."""
    net = LeNet()
    optimizer = torch.optim.SGD(net.conv1.parameters(), lr=0.01, momentum=0.9)
    net.conv1(torch.ones(1, 1, 5, 5)).sum().backward()
    optimizer.step()
    checkpoint = {
        "epoch": 3,
        "model_state_dict": {f"module.{name}": tensor for name, tensor in state.items()},
        "optimizer_state_dict": optimizer.state_dict(),
        "losses": [0.5, 0.25],
        "rng": torch.get_rng_state()[:16].clone(),
    }
    torch.save(checkpoint, FOLDER / "checkpoint.pt")
    half = {name: tensor.half() for name, tensor in state.items()}
    torch.save(half, FOLDER / "legacy_half.pth", _use_new_zipfile_serialization=False)
    torch.save({name: tensor.bfloat16() for name, tensor in state.items()}, FOLDER / "bfloat16.pt")


def write_logits(state):
    """What the weights make of three images, in f64, and how far f32 may be from it."""
    logits, bounds = exact_logits(state, images(3))
    save_file({"logits": logits, "bounds": bounds}, FOLDER / "logits.safetensors")


def write_onnx(state):
    """The graph that lenet-model writes, built with ONNX' own helpers; only the version of lenet-model is not in it."""
    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    chain = [
        ("Conv", "images", "conv1", {}),
        ("Relu", "conv1", "c1", {}),
        ("MaxPool", "c1", "s2", pool),
        ("Conv", "s2", "conv2", {}),
        ("Relu", "conv2", "c3", {}),
        ("MaxPool", "c3", "s4", pool),
        ("Flatten", "s4", "flat", {}),
        ("Gemm", "flat", "fc1", {"transB": 1}),
        ("Relu", "fc1", "f5", {}),
        ("Gemm", "f5", "fc2", {"transB": 1}),
        ("Relu", "fc2", "f6", {}),
        ("Gemm", "f6", "fc3", {"transB": 1}),
    ]
    nodes = []
    for operator, source, name, attributes in chain:
        weights = [f"{name}.weight", f"{name}.bias"] if f"{name}.weight" in state else []
        output = "logits" if name == "fc3" else name
        nodes.append(helper.make_node(operator, [source, *weights], [output], name=name, **attributes))
    tensors = [numpy_helper.from_array(tensor.numpy(), name) for name, tensor in state.items()]
    of_f32 = lambda name, *sizes: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *sizes])
    graph = helper.make_graph(nodes, "LeNet", [of_f32("images", 1, 32, 32)], [of_f32("logits", 10)], tensors)
    opset = onnx.OperatorSetIdProto()
    opset.version = 17
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    model.producer_name = "lenet-model"
    onnx.checker.check_model(model, full_check=True)
    (FOLDER / "lenet.onnx").write_bytes(model.SerializeToString())


torch.manual_seed(1)
write_pytorch(formula_weights())
write_logits(formula_weights())
write_onnx(formula_weights())
print(f"written with torch {torch.__version__} and onnx {onnx.__version__}")
