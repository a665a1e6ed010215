"""Golden values of Keras' applications, by a real Keras.

Called by `cargo xtask goldens` as `applications.py OUTDIR`. Writes applications.json and notes it in MANIFEST.json. Images and weights are
those of a formula (tests/src/operands.rs), so that no weights need be stored: weight number k is operand number k + 1, images are operand 0.
"""

import json
import sys

from shared import note

import keras
import numpy as np


def operand(shape, k):
    n = int(np.prod(shape))
    h = np.arange(n, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(k * 40503)
    h ^= h >> np.uint32(15)
    h *= np.uint32(2246822519)
    h ^= h >> np.uint32(13)
    return ((h >> np.uint32(8)).astype(np.float32) / np.float32(8388608) - np.float32(1)).reshape(shape)


def weight(path, shape, k):
    """Weights at which activations neither vanish nor grow from layer to layer."""
    u = operand(shape, k + 1)
    name = path.split("/")[-1]
    if name == "kernel":
        # A depthwise kernel sums over its window alone.
        terms = shape[0] * shape[1] if "depthwise" in path else np.prod(shape[:-1])
        return u * np.float32((6.0 / terms) ** 0.5)
    if name in ("gamma", "moving_variance"):
        return np.float32(1) + np.float32(0.25) * u
    return np.float32(0.25) * u


def case(shape, arguments):
    keras.utils.clear_session()
    model = keras.applications.MobileNetV2(weights=None, **arguments)
    model.set_weights([weight(w.path, tuple(w.shape), k) for k, w in enumerate(model.weights)])
    y = model(operand(shape, 0)).numpy()
    return {
        "images": shape,
        "arguments": arguments,
        "name": model.name,
        "layers": [[layer.name, type(layer).__name__] for layer in model.layers],
        "weights": [[w.path, list(w.shape)] for w in model.weights],
        "output_shape": list(model.output_shape),
        "shape": list(y.shape),
        "values": [float(v) for v in y.ravel()[:: max(1, y.size // 64)]],
    }


def main(out):
    found = {
        "MobileNetV2": [
            case([2, 96, 96, 3], dict(input_shape=[96, 96, 3], alpha=0.35, classes=10, classifier_activation=None)),
            case([1, 33, 50, 1], dict(input_shape=[33, 50, 1], alpha=1.3, classes=7)),
            case([2, 64, 32, 3], dict(include_top=False, pooling="max", alpha=0.5)),
        ]
    }
    note(out, "applications.json", (json.dumps(found) + "\n").encode())


main(sys.argv[1])
