"""What the scripts of golden values have in common. It is imported before TensorFlow, which reads its settings then."""

import hashlib
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
# The width of summaries.
os.environ["COLUMNS"] = "200"

try:
    import keras
    import numpy as np
    from safetensors.numpy import save
except ImportError as e:
    sys.exit(f"{e}; name an interpreter that has tensorflow 2.21, keras 3.15 and safetensors in WGFLOW_PYTHON")

if not keras.__version__.startswith("3.15."):
    sys.exit(f"wanted keras 3.15.*, found {keras.__version__}")

TENSORS = {}


def put(name, value):
    """A tensor of the file of tensors."""
    TENSORS[name] = np.ascontiguousarray(value).reshape(np.shape(value))


def put_all(prefix, values):
    """Tensors PREFIX0, PREFIX1 and so on."""
    for i, v in enumerate(values):
        put(f"{prefix}{i}", v)


def number(v):
    """A number as JSON has it; what it has not, as text."""
    if isinstance(v, (bool, np.bool_)):
        return bool(v)
    if isinstance(v, (int, np.integer)):
        return int(v)
    return float(v) if np.isfinite(v) else str(float(v))


def history(h):
    """What a fit says of its epochs."""
    return {k: [float(v) for v in vs] for k, vs in h.history.items()}


def summary(model, **options):
    lines = []
    model.summary(print_fn=lines.append, **options)
    return "\n".join(lines)


def note(out, name, content):
    """Writes a file, and its digest into MANIFEST.json."""
    with open(os.path.join(out, name), "wb") as f:
        f.write(content)
    path = os.path.join(out, "MANIFEST.json")
    with open(path) as f:
        manifest = json.load(f)
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    manifest["files"] = dict(sorted(manifest["files"].items()))
    with open(path, "w") as f:
        json.dump(manifest, f, indent=1)
        f.write("\n")


def write(out, name, found):
    """Writes what was found as NAME.json, and tensors, where there are any, as NAME.safetensors."""
    note(out, f"{name}.json", (json.dumps(found, indent=1) + "\n").encode())
    if TENSORS:
        note(out, f"{name}.safetensors", save(TENSORS))
