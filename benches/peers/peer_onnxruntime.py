"""ONNX Runtime as a program of the comparison; inference only.

    LENET_DATA_DIR=mnist python peer_onnxruntime.py --threads 1 infer 64 2
"""

import argparse
import os

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from protocol import Unsupported, digits, in_turn, serve, timed


def lenet(batch, seed=42):
    """Returns the network as ONNX bytes, with weights drawn uniformly within ±1/√inputs, as PyTorch does."""
    rng = np.random.default_rng(seed)
    nodes, weights = [], []

    def add(operation, inputs, output, **attributes):
        nodes.append(helper.make_node(operation, inputs, [output], **attributes))

    def parameters(name, *shape):
        for suffix, size in (("weight", shape), ("bias", shape[:1])):
            values = rng.uniform(-1, 1, size) / np.sqrt(np.prod(shape[1:]))
            weights.append(numpy_helper.from_array(values.astype(np.float32), f"{name}.{suffix}"))
        return [f"{name}.weight", f"{name}.bias"]

    add("Conv", ["images", *parameters("conv1", 6, 1, 5, 5)], "c1")
    add("Relu", ["c1"], "c1r")
    add("MaxPool", ["c1r"], "s2", kernel_shape=[2, 2], strides=[2, 2])
    add("Conv", ["s2", *parameters("conv2", 16, 6, 5, 5)], "c3")
    add("Relu", ["c3"], "c3r")
    add("MaxPool", ["c3r"], "s4", kernel_shape=[2, 2], strides=[2, 2])
    add("Flatten", ["s4"], "flat")
    add("Gemm", ["flat", *parameters("fc1", 120, 400)], "f5", transB=1)
    add("Relu", ["f5"], "f5r")
    add("Gemm", ["f5r", *parameters("fc2", 84, 120)], "f6", transB=1)
    add("Relu", ["f6"], "f6r")
    add("Gemm", ["f6r", *parameters("fc3", 10, 84)], "logits", transB=1)
    of_f32 = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    inputs, outputs = [of_f32("images", batch, 1, 32, 32)], [of_f32("logits", batch, 10)]
    graph = helper.make_graph(nodes, "LeNet", inputs, outputs, weights)
    opset = helper.make_opsetid("", 17)
    return helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("request", nargs="*", help="infer BATCH SECONDS [default: lines on standard input]")
    args = parser.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    images, _ = digits()
    sessions = {}

    def measure(work, batch, seconds):
        if work != "infer":
            raise Unsupported("for inference only")
        if batch not in sessions:
            providers = ["CPUExecutionProvider"]
            sessions[batch] = onnxruntime.InferenceSession(lenet(batch), options, providers=providers)
        session, batches = sessions[batch], in_turn(images, batch)
        return timed(lambda: session.run(None, {"images": next(batches)}), batch, seconds)

    serve(f"ONNX Runtime {onnxruntime.__version__}", measure, args.request)


main()
