"""TensorFlow.js' layers models, made by the real converter from models of Keras 2 (tf_keras) and Keras 3, with reference outputs.

Called as `tfjs_layers.py`; writes folders into tests/goldens/tfjs: model.json, shards of weights, expected.safetensors (x0.. inputs,
y0.. outputs).
"""

import os
import sys
import tempfile

from tfjs_shared import HERE, expect, folder, np, seed_weights, tf, tidy_json

import keras as keras3
import tf_keras as keras2
from tensorflowjs import read_weights
from tensorflowjs.converters import converter

RNG = np.random.default_rng(7)


def floats(*shape):
    return RNG.normal(size=shape).astype("float32")


def mlp(k):
    L = k.layers
    m = k.Sequential([L.InputLayer((5,)) if k is keras2 else k.Input((5,)), L.Dense(8, activation="relu", kernel_regularizer="l2"), L.Dropout(0.3),
                      L.LeakyReLU(), L.Dense(3, activation="softmax", name="out")], name="mlp")
    m.compile(k.optimizers.Adam(0.01), loss="categorical_crossentropy", metrics=["accuracy"])
    return m, [floats(4, 5)]


def cnn(k):
    L = k.layers
    m = k.Sequential([
        k.Input((12, 12, 3)), L.Conv2D(6, 3, padding="same", use_bias=False), L.BatchNormalization(), L.ReLU(6.0),
        L.SeparableConv2D(8, 3, strides=2, padding="same"), L.BatchNormalization(scale=False), L.Activation("relu"),
        L.DepthwiseConv2D(3, depth_multiplier=2, activation="relu6"), L.MaxPooling2D(2), L.Conv2DTranspose(4, 2, strides=2),
        L.ZeroPadding2D(1), L.AveragePooling2D(2), L.PReLU(shared_axes=[1, 2]), L.UpSampling2D(2), L.Cropping2D(1),
        L.GlobalAveragePooling2D(), L.Flatten(), L.Dense(5, activation="softmax")], name="cnn")
    return m, [floats(3, 12, 12, 3)]


def rnn(k):
    L = k.layers
    m = k.Sequential([k.Input((7, 4)), L.SimpleRNN(5, return_sequences=True), L.GRU(6, return_sequences=True),
                      L.GRU(4, reset_after=False, return_sequences=True), L.LSTM(5, return_sequences=True),
                      L.TimeDistributed(L.Dense(3)), L.LSTM(4)], name="rnn")
    return m, [floats(3, 7, 4)]


def bidirectional(k):
    L = k.layers
    m = k.Sequential([k.Input((6, 3)), L.Bidirectional(L.LSTM(4, return_sequences=True)),
                      L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="sum"),
                      L.RNN([L.LSTMCell(3), L.GRUCell(4)]), L.Dense(2)], name="bidirectional")
    return m, [floats(2, 6, 3)]


def functional(k):
    L = k.layers
    a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
    shared = L.Dense(6, activation="tanh", name="shared")
    inner_in = k.Input((6,))
    inner = k.Model(inner_in, L.Dense(5, name="inside")(L.LayerNormalization()(inner_in)), name="inner")
    stack = k.Sequential([k.Input((5,)), L.Dense(4, name="stacked", activation="elu")], name="stack")
    u, v = inner(shared(a)), inner(shared(b))
    both = L.Concatenate()([u, stack(v)])
    m = k.Model([a, b], [L.Dense(2, name="y")(both), L.Add(name="z")([u, v])], name="two")
    return m, [floats(3, 4), floats(3, 4)]


def embedding(k):
    L = k.layers
    i = k.Input((8,), name="words")
    e = L.Embedding(20, 5, mask_zero=True)(i)
    m = k.Model(i, L.Dense(2)(L.LSTM(6)(L.SpatialDropout1D(0.2)(e))), name="embedding")
    ids = RNG.integers(1, 20, size=(3, 8)).astype("float32")
    ids[0, 5:] = 0
    ids[1, 2:] = 0
    return m, [ids]


def masking(k):
    L = k.layers
    m = k.Sequential([k.Input((5, 3)), L.Masking(), L.GRU(4)], name="masking")
    x = floats(2, 5, 3)
    x[0, 3:] = 0
    return m, [x]


def attention(k):
    L = k.layers
    i = k.Input((6, 8))
    x = L.LayerNormalization()(i)
    y = L.MultiHeadAttention(2, 4)(x, x)
    x = L.Add()([i, y])
    x = L.Dense(8, activation="gelu")(x)
    m = k.Model(i, L.Dense(3)(L.GlobalAveragePooling1D()(x)), name="attention")
    return m, [floats(2, 6, 8)]


def mobilenet(k):
    m = k.applications.MobileNetV2(input_shape=(96, 96, 3), alpha=0.35, weights=None, classes=10)
    return m, [RNG.uniform(-1, 1, size=(1, 96, 96, 3)).astype("float32")]


def convert(name, k, make, form, **options):
    k.utils.set_random_seed(3)
    k.backend.clear_session()
    model, xs = make(k)
    model.set_weights(seed_weights(model.weights, 11))
    out = folder(name)
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, "m.keras" if form == "keras" else "m.h5")
        model.save(path)
        dispatch = (converter.dispatch_keras_keras_to_tfjs_layers_model_conversion if form == "keras"
                    else converter.dispatch_keras_h5_to_tfjs_layers_model_conversion)
        dispatch(path, out, **options)
    text = tidy_json(name)
    if options.get("quantization_dtype_map"):
        # What quantised weights stand for, in the order of the file; names lead to the model's weights.
        found = {w["name"]: w["data"] for w in read_weights.read_weights(text["weightsManifest"], out, flatten=True)}
        model.set_weights([found[(getattr(w, "path", None) or w.name).split(":")[0]] for w in model.weights])
    ys = model(xs if len(xs) > 1 else xs[0], training=False)
    ys = ys if isinstance(ys, (list, tuple)) else [ys]
    expect(name, **{f"x{i}": x for i, x in enumerate(xs)}, **{f"y{i}": np.asarray(y) for i, y in enumerate(ys)})


def main():
    all_ = [mlp, cnn, rnn, bidirectional, functional, embedding, masking]
    for make in all_:
        convert(f"k2_{make.__name__}", keras2, make, "h5")
        convert(f"k3_{make.__name__}", keras3, make, "keras")
        convert(f"k3h5_{make.__name__}", keras3, make, "h5")
    convert("k3_attention", keras3, attention, "keras")
    convert("k3h5_attention", keras3, attention, "h5")
    for dtype in ["uint8", "uint16", "float16"]:
        convert(f"k2_mlp_{dtype}", keras2, mlp, "h5", quantization_dtype_map={dtype: "*"})
    convert("k2_cnn_shards", keras2, cnn, "h5", weight_shard_size_bytes=700, split_weights_by_layer=True)
    convert("k2_mobilenet", keras2, mobilenet, "h5", quantization_dtype_map={"uint8": "*"})


if __name__ == "__main__":
    only = sys.argv[1:]
    if only:
        _convert = convert
        convert = lambda name, *a, **k: _convert(name, *a, **k) if name in only else None
    main()
