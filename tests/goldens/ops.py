"""Golden values of ops: computes exported cases with a real TensorFlow.

Called by `cargo xtask goldens` as `ops.py CASES.json OUTDIR`. Writes a safetensors file and a case list a family, and MANIFEST.json.
Tensors are named OP/CASE/x0 (inputs), y0 (results), g0 (cotangents of results), d0 (gradients in inputs). Those of strings stand in the
case list.
"""

import hashlib
import json
import os
import sys
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

WANTED = {"tensorflow": "2.21.", "keras": "3.15."}


def fail(message):
    sys.exit(f"ops.py: {message}")


try:
    import numpy as np
    import tensorflow as tf
    import keras
    import ml_dtypes
    from safetensors import safe_open
    from safetensors.numpy import save
    from tensorflow.python.framework import op_def_registry
except ImportError as e:
    fail(
        f"{e}. Install what is missing: python3 -m pip install 'tensorflow==2.21.*' 'keras==3.15.*' safetensors,"
        " or name an interpreter that has it in WGFLOW_PYTHON"
    )

for module in (tf, keras):
    if not module.__version__.startswith(WANTED[module.__name__]):
        fail(f"wanted {module.__name__} {WANTED[module.__name__]}*, found {module.__version__}")

FLOATS = {"float16", "bfloat16", "float32", "float64", "complex64"}


def np_dtype(name):
    return ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)


def numbers(values):
    return [float(v) if isinstance(v, str) else v for v in values]


def make_input(rng, sample):
    """A numpy array for an exported sample."""
    shape, dtype = sample["shape"], sample["dtype"]
    n = int(np.prod(shape, dtype=np.int64))
    if sample["fill"] == "strings":
        given = [s.encode() for s in sample["args"]]
        return np.array([given[k % len(given)] for k in range(n)], object).reshape(shape)
    args = numbers(sample["args"])
    exact = dtype not in FLOATS
    if dtype == "complex64":
        # Two numbers an element.
        pairs = make_input(rng, {**sample, "dtype": "float32", "shape": [*shape, 2]})
        return pairs.view(np.complex64).reshape(shape)
    if sample["fill"] == "uniform":
        lo, hi = args
        v = rng.integers(int(lo), int(hi), n) if exact else rng.uniform(lo, hi, n)
    elif sample["fill"] == "distinct":
        v = rng.permutation(np.linspace(args[0], args[1], n))
        v = np.round(v) if exact else v
    else:
        v = np.resize(np.array(args, np.float64), n)
    # Devices keep float64 in 32 bits: its inputs are float32 numbers.
    v = np.asarray(v).astype(np.float32) if dtype == "float64" else np.asarray(v)
    return v.astype(np_dtype(dtype)).reshape(shape)


def plain(attr):
    """The Python value of an exported attribute."""
    kind, value = attr["kind"], attr["value"]
    if kind == "float":
        return float(value)
    if kind == "floats":
        return numbers(value)
    if kind == "dtype":
        return tf.as_dtype(value)
    if kind == "tensor":
        v = np.array(numbers(value["values"]), np_dtype(value["dtype"]))
        return tf.constant(v.reshape(value["shape"]), value["dtype"])
    return value


def input_dtype(op_def, arg, given):
    """The dtype that a tensor argument must have beside arguments whose dtypes are given; None where it is free."""
    if arg.type:
        return tf.as_dtype(arg.type)
    for other in op_def.input_arg:
        if other.name in given and other.type_attr == arg.type_attr:
            return given[other.name]
    return None


def as_argument(op_def, name, attr, given):
    """An exported attribute as TensorFlow's op wants it: some are inputs there, which need a dtype."""
    value = plain(attr)
    arg = next((a for a in op_def.input_arg if a.name == name), None)
    if arg is None:
        spec = next((a for a in op_def.attr if a.name == name), None)
        if spec is not None and spec.type == "shape":
            return [None if d < 0 else d for d in value]
        return value
    if attr["kind"] == "tensor":
        return value
    dtype = input_dtype(op_def, arg, given)
    if attr["kind"] in ("int", "ints", "pairs"):
        value = np.array(value, np.int64)
        value = value.reshape(-1, 2) if attr["kind"] == "pairs" else value
        return tf.constant(value, dtype or tf.int32)
    if attr["kind"] in ("float", "floats"):
        return tf.constant(value, dtype or tf.float32)
    return value


def halves(names, tensors):
    """Two lists of equal length that are registered as one."""
    n = len(tensors) // 2
    return {names[0]: tensors[:n], names[1]: tensors[n:]}


def ragged_gather_inputs(tensors):
    """Splits, values and indices, which are registered as one list."""
    *nested, values, indices = tensors
    return {"params_nested_splits": nested, "params_dense_values": values, "indices": indices}


# Ops whose inputs are not one list at the end.
SPECIAL_INPUTS = {
    "RaggedGather": ragged_gather_inputs,
    "DynamicStitch": lambda tensors: halves(["indices", "data"], tensors),
    "dot_product_attention": lambda tensors: dict(zip(["query", "key", "value", "mask"], tensors)),
}

# Ops that TensorFlow rewrites in graphs and has no kernels of.
GRAPH_ONLY = {"AccumulateNV2"}


# Ops whose results of 64 bits are words of 32 here, lowest first.
WORDS = {"StatelessRandomGetKeyCounter"}


def prelu(x, alpha):
    return tf.where(x >= 0, x, alpha * x)


def step(x, alpha):
    y = tf.where(x > 0, tf.ones_like(x), tf.cast(alpha, x.dtype))
    return tf.where(tf.math.is_nan(x), x, y) if x.dtype.is_floating else y


ACTIVATIONS = {
    "Relu": tf.nn.relu,
    "Relu6": tf.nn.relu6,
    "Elu": tf.nn.elu,
    "Sigmoid": tf.sigmoid,
    "Tanh": tf.tanh,
    "GeluExact": tf.nn.gelu,
    "GeluApproximate": lambda x: tf.nn.gelu(x, approximate=True),
}
OPERANDS = {"BiasAdd": 1, "Prelu": 1, "FusedBatchNorm": 4}


def followed(x, args, fused_ops, epsilon, leakyrelu_alpha):
    """What fused ops do with the result of the first."""
    args = list(args)
    for name in fused_ops:
        own = [args.pop(0) for _ in range(min(OPERANDS.get(name, 0), len(args)))]
        if len(own) < OPERANDS.get(name, 0):
            raise ValueError(f"{name} lacks operands")
        if name == "BiasAdd":
            x = tf.nn.bias_add(x, own[0])
        elif name == "Prelu":
            x = prelu(x, own[0])
        elif name == "LeakyRelu":
            x = tf.nn.leaky_relu(x, leakyrelu_alpha)
        elif name == "FusedBatchNorm":
            scale, offset, mean, variance = own
            x = tf.nn.batch_normalization(x, mean, variance, offset, scale, epsilon)
        elif name in ACTIVATIONS:
            x = ACTIVATIONS[name](x)
        else:
            raise ValueError(f"{name} is not known")
    if args:
        raise ValueError("operands are left over")
    return x


def fused(op, operands):
    def function(args=(), fused_ops=(), epsilon=1e-4, leakyrelu_alpha=0.2, **named):
        first = {theirs: named.pop(ours) for ours, theirs in operands.items()}
        return followed(op(**first, **named), args, fused_ops, epsilon, leakyrelu_alpha)

    return function


def rotate_with_offset(image, radians, fill_value, center):
    """A rotation as the projective map that it is; what lies outside is told by a map of ones."""
    _, height, width, channels = image.shape
    cx, cy = center[0] * width, center[-1] * height
    sin, cos = np.sin(radians), np.cos(radians)
    transform = [[cos, -sin, cx - cos * cx + sin * cy, sin, cos, cy - sin * cx - cos * cy, 0, 0]]
    if len(fill_value) != 1:
        fill_value = tf.reshape(list(fill_value) + [255.0] * (channels - 3), [channels])

    def seen(x):
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=x,
            transforms=tf.constant(transform, tf.float32),
            output_shape=[height, width],
            fill_value=0.0,
            interpolation="NEAREST",
        )

    if len(center) > 2:
        raise ValueError("a center of one or two numbers")
    return tf.where(seen(tf.ones_like(image)) > 0, seen(image), fill_value)


# Ops of TensorFlow.js that TensorFlow has none of: what they are in TensorFlow.
COMPOSED = {
    "Prelu": prelu,
    "Step": step,
    "_FusedConv2D": fused(tf.raw_ops.Conv2D, {"input": "input", "filter": "filter"}),
    "FusedDepthwiseConv2dNative": fused(tf.raw_ops.DepthwiseConv2dNative, {"input": "input", "filter": "filter"}),
    "_FusedMatMul": fused(tf.raw_ops.MatMul, {"a": "a", "b": "b"}),
    "RotateWithOffset": rotate_with_offset,
}


def named_inputs(row, tensors):
    if row["name"] in SPECIAL_INPUTS:
        return SPECIAL_INPUTS[row["name"]](tensors)
    names = row["inputs"]
    fixed = len(names) - 1 if row["variadic"] else len(names)
    named = dict(zip(names[:fixed], tensors))
    if row["variadic"]:
        named[names[-1]] = list(tensors[fixed:])
    return named


def call(row, tensors, attrs):
    """Results of the case as a flat list."""
    named = named_inputs(row, tensors)
    if row["truth"] == "raw":
        op_def = op_def_registry.get(row["name"])
        if op_def is None:
            fail(f"TensorFlow has no raw op {row['name']}")
        first = {k: v[0] if isinstance(v, list) and v else v for k, v in named.items()}
        given = {k: v.dtype for k, v in first.items() if hasattr(v, "dtype")}
        named.update({k: as_argument(op_def, k, a, given) for k, a in attrs.items()})
        function = getattr(tf.raw_ops, row["name"])
        result = tf.function(lambda: function(**named))() if row["name"] in GRAPH_ONLY else function(**named)
    elif row["name"] in COMPOSED:
        result = COMPOSED[row["name"]](**named, **{k: plain(a) for k, a in attrs.items()})
    else:
        module, *path = row["api"].split(".")
        function = {"tf": tf, "keras": keras}[module]
        for part in path:
            function = getattr(function, part)
        named.update({k: plain(a) for k, a in attrs.items()})
        result = function(**named)
    results = [tf.convert_to_tensor(t) for t in tf.nest.flatten(result)]
    if row["name"] in WORDS:
        results = [tf.reshape(tf.bitcast(t, tf.uint32), [-1]) for t in results]
    return results


def batch_norm_unset(attrs, x):
    """Results that the CPU kernel leaves as they are in memory; the others give this."""
    unset = {5: np.zeros([0], np.float32)}
    if not plain(attrs["is_training"]):
        unset.update({3: x[3].numpy(), 4: x[4].numpy()})
    return unset


# Ops some of whose results are not written: what stands for them.
UNSET = {
    "FusedBatchNorm": lambda attrs, x: {k: v for k, v in batch_norm_unset(attrs, x).items() if k < 5},
    "FusedBatchNormV2": lambda attrs, x: {k: v for k, v in batch_norm_unset(attrs, x).items() if k < 5},
    "FusedBatchNormV3": batch_norm_unset,
}


def is_float(t):
    return t.dtype.name in FLOATS


def seed_of(rng, y):
    """The cotangent of a result."""
    shape, dtype = y.shape.as_list(), y.numpy().dtype
    if dtype == np.complex64:
        return rng.uniform(-1, 1, [*shape, 2]).astype(np.float32).view(np.complex64).reshape(shape)
    return rng.uniform(-1, 1, shape).astype(np.float32).astype(dtype)


def run_case(row, case, rng, put):
    """Runs a case, gives its tensors to `put`, returns its entry in the manifest."""
    arrays = [make_input(rng, s) for s in case["inputs"]]
    x = [tf.constant(a, s["dtype"]) for a, s in zip(arrays, case["inputs"])]
    with tf.GradientTape() as tape:
        tape.watch([t for t in x if is_float(t)])
        y = call(row, x, case["attrs"])
    strings = {}

    def keep(key, t, value=None):
        if t.dtype == tf.string:
            # Bytes as the characters of the same numbers.
            values = [v.decode("latin-1") for v in np.ravel(t.numpy()).tolist()]
            strings[key] = {"shape": t.shape.as_list(), "values": values}
        else:
            put(key, t.numpy() if value is None else value)

    for i, t in enumerate(x):
        keep(f"x{i}", t)
    unset = UNSET[row["name"]](case["attrs"], x) if row["name"] in UNSET else {}
    for i, t in enumerate(y):
        keep(f"y{i}", t, unset.get(i))
    entry = {"case": case["text"], "inputs": len(x), "outputs": len(y)}
    if strings:
        entry["strings"] = strings
    differentiable = [i for i, t in enumerate(y) if is_float(t) and i not in unset]
    if not case["gradient"] or not differentiable or not any(map(is_float, x)):
        return entry
    seeds = []
    for i in differentiable:
        g = seed_of(rng, y[i])
        put(f"g{i}", g)
        seeds.append(tf.constant(g, y[i].dtype))
    sources = [t for t in x if is_float(t)]
    try:
        found = iter(tape.gradient([y[i] for i in differentiable], sources, seeds))
    except LookupError:
        # TensorFlow has no derivative of this op.
        entry["gradient"] = "undefined"
        return entry
    connected = []
    for i, t in enumerate(x):
        d = next(found) if is_float(t) else None
        if d is not None:
            put(f"d{i}", tf.convert_to_tensor(d).numpy())
        connected.append(d is not None)
    entry["gradient"] = connected
    return entry


def run_error(row, case, rng):
    """The exception class with which TensorFlow refuses a case."""
    arrays = [make_input(rng, s) for s in case["inputs"]]
    try:
        x = [tf.constant(a, s["dtype"]) for a, s in zip(arrays, case["inputs"])]
        call(row, x, case["attrs"])
    except Exception as e:  # noqa: BLE001: whatever it is, it is the answer
        return {"case": case["text"], "error": type(e).__name__}
    return None


def old_tensors(path):
    if not os.path.exists(path):
        return {}
    with safe_open(path, "np") as f:
        return {k: f.get_tensor(k) for k in f.keys()}


def load_json(path, default):
    if not os.path.exists(path):
        return default
    with open(path) as f:
        return json.load(f)


def case_list(ops):
    """The text of a family's case list: one line a case, so that differences are small."""
    parts = []
    for name, entry in sorted(ops.items()):
        lists = []
        for key in ("cases", "errors"):
            body = ",\n".join("   " + json.dumps(c) for c in entry[key])
            lists.append(f'  "{key}": ' + (f"[\n{body}\n  ]" if body else "[]"))
        parts.append(f" {json.dumps(name)}: {{\n" + ",\n".join(lists) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def run_row(row, seed, tensors, problems):
    """Runs all cases of an op; its entry in the case list."""
    name = row["name"]
    generator = lambda k: np.random.default_rng([seed, zlib.crc32(name.encode()), k])
    entry = {"cases": [], "errors": []}
    for k, case in enumerate(row["cases"]):
        put = lambda key, v: tensors.__setitem__(f"{name}/{k}/{key}", np.ascontiguousarray(v).reshape(v.shape))
        try:
            entry["cases"].append(run_case(row, case, generator(k), put))
        except Exception as e:  # noqa: BLE001: reported with all others
            problems.append(f"{name} [{case['text']}]: {type(e).__name__}: {str(e)[:400]}")
    for k, case in enumerate(row["errors"]):
        refused = run_error(row, case, generator(k))
        if refused is None:
            problems.append(f"{name} [{case['text']}]: TensorFlow accepts what should be an error")
        else:
            entry["errors"].append(refused)
    return entry


def main(cases_path, out):
    with open(cases_path) as f:
        exported = json.load(f)
    seed, rows = exported["seed"], exported["rows"]
    manifest_path = os.path.join(out, "MANIFEST.json")
    old = load_json(manifest_path, {"files": {}})
    partial = not all(r["wanted"] for r in rows)
    if partial and old.get("seed") != seed:
        fail(f"{out} holds goldens of seed {old.get('seed')}; make all of seed {seed} first")
    problems, made, totals = [], {}, [0, 0, 0, 0]
    for family in sorted({r["family"] for r in rows}):
        own = [r for r in rows if r["family"] == family]
        data_path, list_path = (os.path.join(out, f"{family}.{e}") for e in ("safetensors", "json"))
        anew = any(r["wanted"] for r in own)
        kept = old_tensors(data_path) if anew and partial else {}
        before = load_json(list_path, {}) if partial else {}
        ops, tensors = {}, {}
        for row in own:
            name = row["name"]
            if row["wanted"]:
                ops[name] = run_row(row, seed, tensors, problems)
            elif name in before:
                ops[name] = before[name]
                tensors.update({k: v for k, v in kept.items() if k.startswith(name + "/")})
        if anew:
            made[family] = (save(dict(sorted(tensors.items()))), case_list(ops))
        cases = [c for e in ops.values() for c in e["cases"]]
        gradients = sum(isinstance(c.get("gradient"), list) for c in cases)
        counts = [len(ops), len(cases), gradients, sum(len(e["errors"]) for e in ops.values())]
        totals = [a + b for a, b in zip(totals, counts)]
    if problems:
        fail("\n  ".join([f"nothing written: {len(problems)} cases cannot be computed:"] + problems))
    files = {k: v for k, v in old["files"].items() if partial}
    for family, (data, listed) in made.items():
        for ending, content in (("safetensors", data), ("json", listed.encode())):
            name = f"{family}.{ending}"
            with open(os.path.join(out, name), "wb") as f:
                f.write(content)
            files[name] = hashlib.sha256(content).hexdigest()
    versions = {m.__name__: m.__version__ for m in (tf, keras, np)}
    with open(manifest_path, "w") as f:
        json.dump({**versions, "seed": seed, "files": dict(sorted(files.items()))}, f, indent=1)
        f.write("\n")
    print("{} ops: {} forward, {} gradient and {} error goldens of seed {} in {}".format(*totals, seed, out))


if __name__ == "__main__":
    main(*sys.argv[1:])
