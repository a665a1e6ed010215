"""What the scripts of TensorFlow.js' files have in common. It is imported before TensorFlow, which reads its settings then.

Wanted: tensorflow 2.21, keras 3.15, tf_keras 2.21, safetensors, and `pip install --no-deps tensorflowjs==4.22.0 tensorflow-hub==0.16.1`.
The converter imports decision forests and JAX, which it does not use here: empty modules stand for them.
"""

import importlib.machinery
import json
import os
import shutil
import sys
import types

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")


class _Absent(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self.__name__}.{name}")


for _name in ["tensorflow_decision_forests", "jax", "jax.experimental", "jax.experimental.jax2tf"]:
    _module = _Absent(_name)
    _module.__spec__, _module.__path__ = importlib.machinery.ModuleSpec(_name, None), []
    sys.modules[_name] = _module

import numpy as np
import tensorflow as tf
from safetensors.numpy import save

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tfjs")


def folder(name):
    """An empty folder for a model."""
    path = os.path.join(HERE, name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def expect(name, **arrays):
    """Inputs and reference outputs of a model, beside it."""
    arrays = {k: np.ascontiguousarray(v).reshape(np.shape(v)) for k, v in arrays.items()}
    with open(os.path.join(HERE, name, "expected.safetensors"), "wb") as f:
        f.write(save(arrays))


def tidy_json(name):
    """The model's text without spaces and without the date."""
    path = os.path.join(HERE, name, "model.json")
    with open(path, encoding="utf-8") as f:
        model = json.load(f)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(model, f, separators=(",", ":"))
    return model


def seed_weights(weights, seed):
    """Weights by a seeded generator, so that no initializer matters; moving variances are positive."""
    rng = np.random.default_rng(seed)
    out = []
    for w in weights:
        value = rng.normal(size=w.shape) * (0.5 / max(1, np.prod(w.shape[:-1])) ** 0.5 if len(w.shape) > 1 else 0.3)
        if "variance" in (getattr(w, "path", None) or w.name) or "gamma" in w.name:
            value = np.abs(value) + 0.5
        out.append(value.astype("float32"))
    return out
