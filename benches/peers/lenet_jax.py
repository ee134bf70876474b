"""The network in JAX, with convolutions as im2col: XLA's own ones are slow on a CPU, especially backward."""

import jax
import jax.numpy as jnp
import numpy as np

# Inputs and outputs of each layer; 25 and 150 are the sizes of 5×5 patches of 1 and 6 channels.
LAYERS = {"conv1": (25, 6), "conv2": (150, 16), "fc1": (400, 120), "fc2": (120, 84), "fc3": (84, 10)}


def initial(seed=42):
    """Draws weights and biases uniformly within ±1/√inputs, as PyTorch does."""
    rng = np.random.default_rng(seed)

    def layer(inputs, outputs):
        draw = lambda *shape: jnp.asarray(rng.uniform(-1, 1, shape) / np.sqrt(inputs), jnp.float32)
        return draw(inputs, outputs), draw(outputs)

    return {name: layer(*sizes) for name, sizes in LAYERS.items()}


def conv_pool(x, layer):
    """Convolution, max-pool and ReLU: [b, h, w, c] to [b, (h-4)/2, (w-4)/2, outputs]."""
    weight, bias = layer
    b, height, width, _ = x.shape
    h, w = height - 4, width - 4
    patches = jnp.concatenate([x[:, i : i + h, j : j + w] for i in range(5) for j in range(5)], axis=3)
    y = (patches.reshape(b * h * w, -1) @ weight + bias).reshape(b, h // 2, 2, w // 2, 2, -1)
    return jax.nn.relu(y.max(axis=(2, 4)))


def forward(net, images):
    x = conv_pool(images, net["conv1"])
    x = conv_pool(x, net["conv2"]).reshape(len(images), 400)
    for name in ("fc1", "fc2"):
        x = jax.nn.relu(x @ net[name][0] + net[name][1])
    return x @ net["fc3"][0] + net["fc3"][1]
