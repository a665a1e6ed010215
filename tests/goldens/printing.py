"""Golden values of printing: arrays with what TensorFlow's str() and repr() say of them.

Called by `cargo xtask goldens` as `printing.py SEED OUTDIR`. Writes printing.json: dtype, shape, values, str, repr and tf.print's text, one array a line.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import ml_dtypes
import numpy as np
import tensorflow as tf

DTYPES = ["float32", "float64", "float16", "bfloat16", "int32", "int64", "uint8", "int8", "bool"]
SHAPES = [(), (1,), (3,), (7,), (30,), (0,), (2, 3), (3, 1), (0, 3), (4, 20), (2, 2, 3), (1, 2, 1, 2), (2, 0, 2)]


def np_dtype(name):
    return ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)


def numbers(rng, kind, n):
    """Floats of many sizes: plain ones, wide ranges, whole numbers, tiny and huge ones, with and without NaN and infinities."""
    if kind == "unit":
        return rng.uniform(-1, 1, n)
    if kind == "whole":
        return np.round(rng.uniform(-50, 50, n))
    if kind == "quarters":
        return np.round(rng.uniform(-50, 50, n)) / 4
    if kind == "wide":
        return rng.choice([-1, 1], n) * 10.0 ** rng.uniform(-9, 9, n)
    if kind == "large":
        return rng.uniform(1e5, 3e6, n)
    if kind == "small":
        return rng.uniform(1e-5, 1e-3, n)
    if kind == "powers":
        return 10.0 ** rng.integers(-8, 9, n)
    v = rng.uniform(-100, 100, n)
    v[rng.random(n) < 0.3] = np.nan
    v[rng.random(n) < 0.3] = np.inf if kind == "holes" else -np.inf
    return v


KINDS = ["unit", "whole", "quarters", "wide", "large", "small", "powers", "holes", "negative holes"]


def array(rng, dtype, shape, kind):
    n = int(np.prod(shape))
    if dtype == "bool":
        v = rng.integers(0, 2, n)
    elif "int" in dtype:
        info = np.iinfo(np.int32 if dtype == "int64" else dtype)
        bound = int(rng.choice([5, 100, info.max]))
        v = rng.integers(max(info.min, -bound), min(info.max, bound), n)
    else:
        # Devices keep float64 in 32 bits.
        with np.errstate(over="ignore"):
            v = np.asarray(numbers(rng, kind, n)).astype(np.float32)
            return v.astype(np_dtype(dtype)).reshape(shape)
    return v.astype(np_dtype(dtype)).reshape(shape)


def main(seed, out):
    rng = np.random.default_rng(int(seed))
    arrays = []
    for dtype in DTYPES:
        floats = dtype in ("float32", "float64", "float16", "bfloat16")
        for shape in SHAPES:
            for kind in KINDS if floats else ["whole"]:
                arrays.append(array(rng, dtype, shape, kind))
    # Summaries, from numbers that the reader can make itself: i / 8, as the dtype.
    for dtype in ("float32", "int32", "bfloat16", "bool"):
        for shape in ((1001,), (1000,), (40, 30), (3, 400), (2, 7, 100), (7, 1, 200), (1, 1, 1200)):
            n = int(np.prod(shape))
            arrays.append((np.arange(n) / 8).astype(np_dtype(dtype)).reshape(shape))
    lines = []
    for a in arrays:
        t = tf.constant(a)
        made = a.size >= 1000
        values = None if made else [
            v if isinstance(v, (bool, int)) else (float(v) if np.isfinite(v) else str(float(v)))
            for v in (x.item() for x in a.astype(np.float64 if a.dtype == ml_dtypes.bfloat16 else a.dtype).ravel())
        ]
        entry = {"dtype": t.dtype.name, "shape": list(a.shape), "values": values, "str": str(t), "repr": repr(t),
                 "print": tf.strings.format("{}", t, summarize=3).numpy().decode()}
        lines.append(" " + json.dumps(entry))
    with open(os.path.join(out, "printing.json"), "w") as f:
        f.write("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{len(lines)} printed arrays of seed {seed} in {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
