"""TensorFlow.js' graph models, made by the real converter, with reference outputs by TensorFlow's own executor from the converted files.

Called as `tfjs_graphs.py`; writes folders into tests/goldens/tfjs: model.json, shards of weights, expected.safetensors (x:NAME inputs of a
call, y:NAME outputs; several calls are x0:NAME, x1:NAME and so on).
"""

import base64
import os
import sys
import tempfile

from tfjs_shared import HERE, folder, np, seed_weights, tf, tidy_json

import tf_keras as keras2
from google.protobuf import json_format
from safetensors.numpy import save
from tensorflow.core.framework import graph_pb2
from tensorflow.python.framework import tensor_util
from tensorflowjs import read_weights
from tensorflowjs.converters import tf_saved_model_conversion_v2 as conversion

RNG = np.random.default_rng(5)


def floats(*shape):
    return RNG.normal(size=shape).astype("float32")


def graph_of(text, weights):
    """The GraphDef of a converted model, with its weights, in ops that TensorFlow has."""
    graph = json_format.ParseDict(text["modelTopology"], graph_pb2.GraphDef(), ignore_unknown_fields=True)

    def fill(nodes):
        for n in nodes:
            if n.op == "Const" and n.name in weights:
                value, shape = weights[n.name], [d.size for d in n.attr["value"].tensor.tensor_shape.dim]
                wanted = tf.dtypes.as_dtype(n.attr["dtype"].type).as_numpy_dtype
                n.attr["value"].tensor.CopyFrom(tensor_util.make_tensor_proto(value.astype(wanted).reshape(shape)))

    fill(graph.node)
    # The functions of the model that was converted are known to this process by the same names.
    for f in graph.library.function:
        fill(f.node_def)
        f.signature.name += "_again"
    for nodes in [graph.node] + [f.node_def for f in graph.library.function]:
        for attr in (a for n in nodes for a in n.attr.values() if a.HasField("func")):
            attr.func.name += "_again"
    out = graph_pb2.GraphDef(versions=graph.versions, library=graph.library)
    for n in graph.node:
        if n.op == "Prelu":
            x, alpha = n.input
            for name, op, inputs in [("above", "Relu", [x]), ("minus", "Neg", [x]), ("below", "Relu", [n.name + "/minus"]),
                                     ("scaled", "Mul", [alpha, n.name + "/below"]), ("", "Sub", [n.name + "/above", n.name + "/scaled"])]:
                part = out.node.add(name=f"{n.name}/{name}".rstrip("/"), op=op, input=inputs)
                part.attr["T"].type = tf.float32.as_datatype_enum
            continue
        # TensorFlow has no fused depthwise convolution, and its fused product takes no matrix for a bias.
        plain = {"FusedDepthwiseConv2dNative": "DepthwiseConv2dNative", "_FusedMatMul": "MatMul"}.get(n.op)
        if plain is None:
            out.node.append(n)
            continue
        parts = [p.decode() for p in n.attr["fused_ops"].list.s]
        x = out.node.add(name=n.name + "/plain", op=plain, input=n.input[:2])
        for key in ["T", "strides", "padding", "data_format", "dilations", "explicit_paddings", "transpose_a", "transpose_b"]:
            if key in n.attr and not (plain == "MatMul" and key in ["data_format", "padding"]):
                x.attr[key].CopyFrom(n.attr[key])
        for i, part in enumerate(parts):
            y = out.node.add(name=n.name if i + 1 == len(parts) else f"{n.name}/{i}", op="AddV2" if part == "BiasAdd" else part)
            y.input.extend([x.name] + (list(n.input[2:3]) if part == "BiasAdd" else []))
            y.attr["T"].CopyFrom(n.attr["T"])
            x = y
    return out


def convert(name, make, calls, **options):
    """A function of named arguments becomes a model; each call is a dictionary of its arguments."""
    out = folder(name)
    with tempfile.TemporaryDirectory() as tmp:
        module = make()
        tf.saved_model.save(module, tmp, signatures=module.serve)
        conversion.convert_tf_saved_model(tmp, out, **options)
    text = tidy_json(name)
    weights = {w["name"]: w["data"] for w in read_weights.read_weights(text["weightsManifest"], out, flatten=True)}
    graph = graph_of(text, weights)
    signature = text["signature"]
    names = list(signature["outputs"])
    arrays = {}
    for i, call in enumerate(calls):
        def run():
            feeds = {v["name"]: tf.constant(call[k]) for k, v in signature["inputs"].items()}
            return tf.graph_util.import_graph_def(
                graph, input_map=feeds, return_elements=[signature["outputs"][k]["name"] for k in names], name="")
        wrapped = tf.compat.v1.wrap_function(run, [])
        for k, x in call.items():
            arrays[f"x{i}:{k}"] = np.ascontiguousarray(x).reshape(np.shape(x))
        for k, y in zip(names, wrapped()):
            arrays[f"y{i}:{k}"] = np.ascontiguousarray(y.numpy()).reshape(y.shape)
    with open(os.path.join(HERE, name, "expected.safetensors"), "wb") as f:
        f.write(save(arrays))


class Served(tf.Module):
    def __init__(self, f, *specs, keep=None):
        super().__init__()
        self.keep = keep
        self.serve = tf.function(f, input_signature=list(specs)) if specs else f


def spec(name, shape, dtype=tf.float32):
    return tf.TensorSpec(shape, dtype, name=name)


def keras_model(make, shape):
    def build():
        keras2.utils.set_random_seed(3)
        keras2.backend.clear_session()
        model = make()
        model.set_weights(seed_weights(model.weights, 11))
        return Served(lambda x: {"y": model(x, training=False)}, spec("x", shape), keep=model)
    return build


def mobilenet():
    return keras2.applications.MobileNetV2(input_shape=(96, 96, 3), alpha=0.35, weights=None, classes=10)


def cnn():
    L = keras2.layers
    return keras2.Sequential([
        keras2.Input((12, 12, 3)), L.Conv2D(6, 3, padding="same", activation="relu"), L.BatchNormalization(), L.PReLU(shared_axes=[1, 2]),
        L.SeparableConv2D(8, 3, strides=2, padding="same", activation="elu"), L.Conv2DTranspose(4, 3, strides=2, padding="same"),
        L.LeakyReLU(), L.MaxPooling2D(2), L.UpSampling2D(2), L.Dropout(0.5), L.GlobalAveragePooling2D(), L.Dense(5, activation="softmax")])


def lstm():
    L = keras2.layers
    return keras2.Sequential([keras2.Input((6, 3)), L.LSTM(4, return_sequences=True), L.GRU(3), L.Dense(2)])


def branches():
    def f(x, p):
        def yes():
            return x * 2.0 + 1.0

        def no():
            return tf.cond(tf.reduce_sum(x) > 0.0, lambda: tf.exp(x), lambda: x - 3.0)

        return {"y": tf.cond(p, yes, no), "z": x + 1.0}

    return Served(f, spec("x", [None, 3]), spec("p", [], tf.bool))


def loops():
    def f(x, n):
        def body(i, y, s):
            inner = tf.while_loop(lambda j, t: j < i, lambda j, t: (j + 1, t + tf.sin(y)), (0, tf.zeros_like(y)))
            return i + 1, y * 0.5 + inner[1], s + tf.reduce_sum(y)

        i, y, s = tf.while_loop(lambda i, y, s: i < n, body, (0, x, 0.0))
        return {"i": i, "y": y, "s": s}

    return Served(f, spec("x", [2, 2]), spec("n", [], tf.int32))


def arrays():
    def f(x, n):
        a = tf.TensorArray(tf.float32, size=n, dynamic_size=True, element_shape=[3])
        _, a, _ = tf.while_loop(lambda i, a, v: i < n, lambda i, a, v: (i + 1, a.write(i, v), v * x[i % 2]), (0, a, tf.ones([3])))
        rows = tf.map_fn(lambda r: tf.reduce_sum(r) + r, x)
        return {"stacked": a.stack(), "rows": rows, "size": a.size()}

    return Served(f, spec("x", [2, 3]), spec("n", [], tf.int32))


def assorted():
    table = tf.constant(RNG.normal(size=(7, 3)), tf.float32)

    def f(x, ids):
        n = tf.shape(x)[0]
        flat = tf.reshape(x, [n, -1])
        values, places = tf.math.top_k(flat, 3)
        parts = tf.split(flat, [2, -1, 3], axis=1)
        picked = tf.gather(table, ids)
        return {
            "flat": flat, "values": values, "places": places, "parts": tf.concat(parts[::-1], 1), "picked": picked,
            "padded": tf.pad(flat, [[1, 0], [0, 2]], constant_values=2.0), "turned": tf.transpose(x, [0, 2, 1, 3])[:, ::2, tf.newaxis, 1:],
            "sized": tf.image.resize(x, [6, 7]), "hot": tf.one_hot(ids, n + 2), "cum": tf.cumsum(flat, 1, reverse=True),
            "mean": tf.reduce_mean(x, [1, 2], keepdims=True), "argmax": tf.argmax(flat, 1, output_type=tf.int32),
            "ids": tf.cast(ids, tf.float32) / 3.0, "product": tf.matmul(flat, flat, transpose_b=True), "tiled": tf.tile(flat, [1, 2]),
            "stack": tf.stack([flat, flat * 2.0], 1), "range": tf.range(n), "filled": tf.fill([n, 2], 3.0), "erfc": tf.math.erfc(flat),
            "where": tf.where(flat > 0.0, flat, tf.zeros_like(flat)), "einsum": tf.einsum("ij,kj->ik", picked, picked),
            "positive": tf.boolean_mask(flat, tf.reduce_sum(flat, 1) > 0.0), "indices": tf.cast(tf.where(flat > 0.5), tf.int32),
        }

    return Served(f, spec("x", [None, 3, 2, 2]), spec("ids", [4], tf.int32))


def main():
    image = floats(2, 12, 12, 3)
    convert("g_cnn", keras_model(cnn, [None, 12, 12, 3]), [{"x": image}])
    convert("g_mobilenet", keras_model(mobilenet, [None, 96, 96, 3]), [{"x": RNG.uniform(-1, 1, size=(1, 96, 96, 3)).astype("float32")}],
            quantization_dtype_map={"uint8": "*"})
    x = floats(2, 3)
    for v2 in [False, True]:
        form = "v2" if v2 else "v1"
        convert(f"g_lstm_{form}", keras_model(lstm, [None, 6, 3]), [{"x": floats(2, 6, 3)}], control_flow_v2=v2)
        convert(f"g_branches_{form}", branches, [{"x": v, "p": np.array(p)} for v in [x, abs(x), -abs(x)] for p in [True, False]],
                control_flow_v2=v2)
        convert(f"g_loops_{form}", loops, [{"x": x[:, :2], "n": np.array(n, "int32")} for n in [0, 1, 4]], control_flow_v2=v2)
        convert(f"g_arrays_{form}", arrays, [{"x": x, "n": np.array(n, "int32")} for n in [1, 5]], control_flow_v2=v2)
    convert("g_assorted", assorted, [{"x": floats(2, 3, 2, 2), "ids": np.array([1, 0, 6, 2], "int32")}], skip_op_check=True)


if __name__ == "__main__":
    only = sys.argv[1:]
    if only:
        _convert = convert
        convert = lambda name, *a, **k: _convert(name, *a, **k) if name in only else None
    main()
