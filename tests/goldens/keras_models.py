"""Golden values of Keras' layers and models, by a real Keras.

Called by `cargo xtask goldens` as `keras_models.py SEED OUTDIR`. Writes keras_models.json and keras_models.safetensors and notes them in
MANIFEST.json. Tensors are named CASE/x0 (inputs), CASE/w0 (weights), CASE/y0 (inference), CASE/t0 (training), CASE/g0 (cotangent of the
first result), CASE/dx0 and CASE/dw0 (gradients), CASE/n0 (weights after the training call).
"""

import json
import sys

from shared import TENSORS, history, put, put_all, summary, write

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

SAMPLE_WEIGHTS = []


def layer_cases():
    """Layers, the shapes of their inputs, and how their inputs are made."""
    img, seq, vol = (2, 8, 7, 3), (2, 9, 4), (2, 5, 6, 4, 2)
    yield L.Dense(5), [(3, 4)]
    yield L.Dense(5, activation="relu", use_bias=False, kernel_regularizer="l2"), [(3, 2, 4)]
    for name in ["relu", "relu6", "elu", "selu", "gelu", "silu", "softplus", "softsign", "tanh", "sigmoid", "hard_sigmoid", "hard_silu",
                 "exponential", "linear", "softmax", "log_softmax", "mish", "leaky_relu", "celu", "glu", "log_sigmoid", "hard_tanh",
                 "tanh_shrink", "soft_shrink", "hard_shrink", "squareplus", "sparse_plus", "sparse_sigmoid"]:
        yield L.Activation(name), [(3, 6)]
    yield L.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2), [(3, 6)]
    yield L.ReLU(), [(3, 6)]
    yield L.LeakyReLU(negative_slope=0.2), [(3, 6)]
    yield L.PReLU(alpha_initializer="uniform"), [(3, 6)]
    yield L.PReLU(alpha_initializer="uniform", shared_axes=[1, 2]), [img]
    yield L.ELU(alpha=0.7), [(3, 6)]
    yield L.Softmax(axis=1), [(3, 6, 2)]
    yield L.Flatten(), [img]
    yield L.Flatten(data_format="channels_first"), [img]
    yield L.Reshape((-1, 6)), [(2, 3, 4)]
    yield L.Permute((2, 1)), [(2, 3, 4)]
    yield L.RepeatVector(3), [(2, 4)]
    yield L.Identity(), [(2, 4)]
    yield L.Rescaling(0.5, offset=1.0), [(2, 4)]
    yield L.Dropout(0.5), [(3, 6)]
    yield L.SpatialDropout1D(0.5), [seq]
    yield L.GaussianNoise(0.5), [(3, 6)]
    yield L.GaussianDropout(0.5), [(3, 6)]
    for merge in [L.Add, L.Multiply, L.Average, L.Maximum, L.Minimum]:
        yield merge(), [(3, 4), (3, 4), (3, 1)]
    yield L.Subtract(), [(3, 4), (3, 4)]
    yield L.Concatenate(), [(3, 4), (3, 2)]
    yield L.Concatenate(axis=1), [(3, 4, 2), (3, 1, 2)]
    yield L.Dot(axes=1), [(3, 4), (3, 4)]
    yield L.Dot(axes=(2, 1), normalize=True), [(3, 2, 4), (3, 4, 5)]
    yield L.ZeroPadding1D((1, 2)), [seq]
    yield L.ZeroPadding2D(((1, 0), (2, 1))), [img]
    yield L.ZeroPadding3D(1), [vol]
    yield L.Cropping1D((1, 2)), [seq]
    yield L.Cropping2D(((1, 0), (2, 1))), [img]
    yield L.Cropping3D(1), [vol]
    yield L.UpSampling1D(3), [seq]
    yield L.UpSampling2D((2, 3)), [img]
    yield L.UpSampling2D(2, interpolation="bilinear"), [img]
    yield L.UpSampling3D(2), [vol]
    yield L.Conv1D(5, 3), [seq]
    yield L.Conv1D(5, 3, padding="causal", dilation_rate=2, activation="relu"), [seq]
    yield L.Conv2D(5, 3), [img]
    yield L.Conv2D(4, (3, 2), strides=2, padding="same", activation="tanh"), [img]
    yield L.Conv2D(6, 3, groups=3, use_bias=False, dilation_rate=(2, 1)), [img]
    yield L.Conv3D(3, 2, padding="same", strides=(2, 1, 1)), [vol]
    yield L.DepthwiseConv1D(3, depth_multiplier=2), [seq]
    yield L.DepthwiseConv2D(3, padding="same", depth_multiplier=2), [img]
    yield L.SeparableConv1D(5, 3, padding="same"), [seq]
    yield L.SeparableConv2D(5, 3, strides=2, depth_multiplier=2), [img]
    yield L.Conv1DTranspose(4, 3, strides=2, padding="same"), [seq]
    yield L.Conv2DTranspose(4, 3, strides=2), [img]
    yield L.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1), [img]
    yield L.Conv3DTranspose(2, 2, strides=2), [(1, 3, 2, 3, 2)]
    yield L.MaxPooling1D(2), [seq]
    yield L.MaxPooling2D(), [img]
    yield L.MaxPooling2D(3, strides=2, padding="same"), [img]
    yield L.MaxPooling3D(2), [vol]
    yield L.AveragePooling1D(2, padding="same"), [seq]
    yield L.AveragePooling2D(3, strides=2, padding="same"), [img]
    yield L.AveragePooling3D(2), [vol]
    for rank, shape in [(1, seq), (2, img), (3, vol)]:
        yield getattr(L, f"GlobalMaxPooling{rank}D")(), [shape]
        yield getattr(L, f"GlobalAveragePooling{rank}D")(keepdims=rank == 2), [shape]
    yield L.BatchNormalization(), [img]
    yield L.BatchNormalization(axis=1, momentum=0.7, epsilon=0.01, scale=False), [(4, 3, 5)]
    yield L.BatchNormalization(center=False), [(6, 3)]
    yield L.LayerNormalization(), [(3, 6)]
    yield L.LayerNormalization(axis=[1, 2], epsilon=0.1, center=False), [(3, 4, 2)]
    yield L.UnitNormalization(), [(3, 6)]
    yield L.RMSNormalization(), [(3, 6)]
    yield L.Embedding(7, 4), [(3, 5)]
    yield L.Embedding(7, 4, mask_zero=True), [(3, 5)]


STATELESS_IN_TRAINING = (L.Dropout, L.SpatialDropout1D, L.GaussianNoise, L.GaussianDropout)


def layer_case(rng, index, layer, shapes):
    name = f"layer{index}"
    if isinstance(layer, L.Embedding):
        x = [rng.integers(0, layer.input_dim, s).astype(np.int32) for s in shapes]
    else:
        x = [rng.normal(0, 1, s).astype(np.float32) for s in shapes]
    one = lambda v: v[0] if len(v) == 1 else v
    layer(one([tf.constant(v) for v in x]))
    for w in layer.weights:
        low = 0.5 if "variance" in w.name or "gamma" in w.name else -0.6
        w.assign(rng.uniform(low, 1.2, w.shape).astype(np.float32))
    weights = [w.numpy() for w in layer.weights]
    put_all(f"{name}/x", x)
    put_all(f"{name}/w", weights)
    put(f"{name}/y0", layer(one([tf.constant(v) for v in x]), training=False).numpy())
    case = {"name": name, "class": layer.__class__.__name__, "layer": keras.saving.serialize_keras_object(layer), "inputs": len(x),
            "weights": [w.path for w in layer.weights], "trainable": [bool(w.trainable) for w in layer.weights],
            "output_shape": [None, *TENSORS[f"{name}/y0"].shape[1:]]}
    if isinstance(layer, STATELESS_IN_TRAINING):
        return case | {"training": False}
    with tf.GradientTape() as tape:
        inputs = [tf.constant(v) for v in x]
        for v in inputs:
            tape.watch(v) if v.dtype.is_floating else None
        y = layer(one(inputs), training=True)
        g = tf.constant(rng.normal(0, 1, y.shape).astype(np.float32))
        loss = tf.reduce_sum(y * g)
    floats = [v for v in inputs if v.dtype.is_floating]
    trained = [w.value for w in layer.trainable_weights]
    grads = tape.gradient(loss, floats + trained)
    put(f"{name}/t0", y.numpy())
    put(f"{name}/g0", g.numpy())
    dense = lambda d: tf.convert_to_tensor(d).numpy()
    for i, d in enumerate(grads[: len(floats)]):
        put(f"{name}/dx{i}", dense(d))
    for i, d in enumerate(grads[len(floats):]):
        put(f"{name}/dw{i}", dense(d))
    put_all(f"{name}/n", [w.numpy() for w in layer.weights])
    return case | {"training": True}


def cnn():
    return keras.Sequential([keras.Input((28, 28, 1)), L.Conv2D(32, 5, padding="same", activation="relu"), L.MaxPooling2D(),
                             L.Conv2D(64, 5, padding="same", activation="relu"), L.MaxPooling2D(), L.Flatten(),
                             L.Dense(1024, activation="relu"), L.Dropout(0.4), L.Dense(10)])


def branches():
    a, b = keras.Input((4,), name="a"), keras.Input((2,))
    c = L.Concatenate()([a, b])
    d = L.Dense(3, name="a_rather_long_name_for_a_dense_layer_that_wraps")(c)
    f = L.Add()([d, L.Dense(3)(c)])
    shared = L.Dense(1)
    return keras.Model([a, b], [shared(f), shared(d)])


def summaries():
    """Texts of summaries; the tests build the same models."""
    out = {}
    keras.utils.clear_session()
    model = cnn()
    out["cnn"] = summary(model)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    model.layers[0].trainable = False
    out["cnn_compiled"] = summary(model, show_trainable=True)
    keras.utils.clear_session()
    model = branches()
    out["branches"] = summary(model)
    out["branches_narrow"] = summary(model, line_length=70)
    keras.utils.clear_session()
    model = keras.Sequential([L.Dense(3), L.BatchNormalization(), keras.Sequential([L.Dense(2)])])
    out["unbuilt"] = summary(model)
    model.build((None, 5))
    out["nested"] = summary(model, expand_nested=True)
    keras.utils.clear_session()
    x = keras.Input((5,))
    inner = keras.Model(x, L.Dense(2)(x), name="inner")
    y = keras.Input((5,))
    out["model_in_model"] = summary(keras.Model(y, L.Add()([inner(y), L.Dense(2)(y)])), expand_nested=True)
    keras.utils.clear_session()
    x = keras.Input((5,))
    out["chain"] = summary(keras.Model(x, L.Dense(2)(L.Dense(7)(x))))
    keras.utils.clear_session()
    return out


def trace(rng, name, model, x, y, compile_args, fit_args, weights=None):
    """A fit from given weights, without shuffling: the history, and the weights at its end."""
    for w in model.weights:
        if w.trainable:
            w.assign((rng.normal(0, 1, w.shape) / np.sqrt(np.prod(w.shape[:-1]) + 1)).astype(np.float32))
    put_all(f"{name}/w", [w.numpy() for w in model.weights])
    put_all(f"{name}/x", x)
    put_all(f"{name}/y", y)
    config = json.loads(model.to_json())
    model.compile(**compile_args)
    one = lambda v: v[0] if len(v) == 1 else v
    if "sample_weight" in fit_args:
        SAMPLE_WEIGHTS.append(fit_args["sample_weight"])
    h = model.fit(one(x), one(y), verbose=0, shuffle=False, **fit_args)
    put_all(f"{name}/n", [w.numpy() for w in model.weights])
    put(f"{name}/p0", np.asarray(model.predict(one(x)[:5] if len(x) == 1 else [v[:5] for v in x], verbose=0)
                                 if len(y) == 1 else model.predict([v[:5] for v in x], verbose=0)[0]))
    evaluated = model.evaluate(one(x), one(y), verbose=0, return_dict=True, batch_size=fit_args["batch_size"])
    return {"name": name, "config": config, "inputs": len(x), "outputs": len(y), "weights": [w.path for w in model.weights],
            "history": {k: [float(v) for v in vs] for k, vs in h.history.items()}, "evaluate": {k: float(v) for k, v in evaluated.items()}}


def traces(rng):
    keras.utils.clear_session()
    x, y = rng.uniform(0, 1, (40, 8, 8, 1)).astype(np.float32), rng.integers(0, 3, 40).astype(np.int32)
    model = keras.Sequential([keras.Input((8, 8, 1)), L.Conv2D(4, 3, padding="same", activation="relu"), L.MaxPooling2D(), L.Conv2D(6, 3, activation="relu"),
                              L.Flatten(), L.Dense(12, activation="relu"), L.Dense(3, activation="softmax")])
    yield trace(rng, "cnn", model, [x], [y], dict(optimizer=keras.optimizers.SGD(0.05), loss="sparse_categorical_crossentropy", metrics=["accuracy"]),
                dict(epochs=3, batch_size=16, validation_split=0.25))
    keras.utils.clear_session()
    model = keras.Sequential([keras.Input((8, 8, 1)), L.Conv2D(4, 3, use_bias=False), L.BatchNormalization(momentum=0.8), L.ReLU(), L.GlobalAveragePooling2D(), L.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    yield trace(rng, "batch_norm", model, [x], [y], dict(optimizer="adam", loss=loss, metrics=["accuracy"]), dict(epochs=3, batch_size=8))
    keras.utils.clear_session()
    a, b = keras.Input((4,), name="a"), keras.Input((2,), name="b")
    shared = L.Dense(5, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01), name="shared")
    h = L.Concatenate()([shared(a), L.Dense(3)(b), shared(L.Dense(4)(b))])
    model = keras.Model([a, b], [L.Dense(1, name="value")(h), L.Dense(3, activation="softmax", name="kind")(h)])
    xs = [rng.normal(0, 1, (24, 4)).astype(np.float32), rng.normal(0, 1, (24, 2)).astype(np.float32)]
    ys = [rng.normal(0, 1, (24, 1)).astype(np.float32), np.eye(3, dtype=np.float32)[rng.integers(0, 3, 24)]]
    yield trace(rng, "two_ends", model, xs, ys, dict(optimizer="rmsprop", loss={"value": "mse", "kind": "categorical_crossentropy"}, loss_weights={"value": 0.5, "kind": 2.0},
                                                    metrics={"value": ["mae"], "kind": ["accuracy"]}), dict(epochs=3, batch_size=10))
    keras.utils.clear_session()
    i = keras.Input((4,))
    inner = keras.Model(i, L.Add()([L.Dense(4, activation="tanh")(i), i]), name="inner")
    chain = keras.Sequential([keras.Input((4,)), L.Dense(5, activation="gelu"), L.LayerNormalization()], name="chain")
    i = keras.Input((4,))
    model = keras.Model(i, L.Dense(2)(chain(inner(inner(i)))), name="outer")
    x, y = rng.normal(0, 1, (20, 4)).astype(np.float32), rng.normal(0, 1, (20, 2)).astype(np.float32)
    yield trace(rng, "nested", model, [x], [y], dict(optimizer=keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), loss="huber", metrics=["mse", "mae"]),
                dict(epochs=3, batch_size=8, sample_weight=rng.uniform(0, 2, 20).astype(np.float32)))
    put("nested/s0", SAMPLE_WEIGHTS.pop())
    keras.utils.clear_session()
    x, y = rng.integers(0, 5, (21, 6)).astype(np.int32), rng.normal(0, 1, (21, 2)).astype(np.float32)
    model = keras.Sequential([keras.Input((6,), dtype="int32"), L.Embedding(5, 4, mask_zero=True), L.GlobalAveragePooling1D(), L.Dense(2)])
    # Adam and its kin square the parts of an embedding's gradient one by one under TensorFlow, so they are no measure here.
    yield trace(rng, "masked", model, [x], [y], dict(optimizer=keras.optimizers.SGD(0.1), loss="mae", metrics=["mse"]), dict(epochs=3, batch_size=8))
    keras.utils.clear_session()
    y = rng.integers(0, 3, (21, 6)).astype(np.int32)
    model = keras.Sequential([keras.Input((6,), dtype="int32"), L.Embedding(5, 4, mask_zero=True), L.Dense(3, activation="softmax")])
    yield trace(rng, "masked_steps", model, [x], [y], dict(optimizer=keras.optimizers.SGD(0.05), loss="sparse_categorical_crossentropy"), dict(epochs=3, batch_size=8))
    keras.utils.clear_session()
    x, y = rng.normal(0, 1, (30, 4)).astype(np.float32), rng.normal(0, 1, (30, 1)).astype(np.float32)
    model = keras.Sequential([keras.Input((4,)), L.Dense(6, activation="relu", kernel_constraint="non_neg", bias_regularizer=keras.regularizers.L1(0.02), activity_regularizer=keras.regularizers.L2(0.03)),
                              L.Dense(1, kernel_constraint=keras.constraints.MaxNorm(0.5), kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02))])
    yield trace(rng, "constrained", model, [x], [y], dict(optimizer=keras.optimizers.SGD(0.05), loss="mse", metrics=["mae"]), dict(epochs=3, batch_size=8))
    keras.utils.clear_session()
    model = keras.Sequential([keras.Input((4,)), L.Dense(6, activation="relu"), L.Dense(1, activation="sigmoid")])
    x, y = rng.normal(0, 1, (30, 4)).astype(np.float32), rng.integers(0, 2, (30, 1)).astype(np.float32)
    yield trace(rng, "weighted", model, [x], [y], dict(optimizer="sgd", loss="binary_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy"]),
                dict(epochs=3, batch_size=8, class_weight={0: 0.5, 1: 3.0}))
    keras.utils.clear_session()
    x, y = rng.normal(0, 1, (32, 4)).astype(np.float32), rng.normal(0, 1, (32, 2)).astype(np.float32)
    model = keras.Sequential([keras.Input((4,)), L.Dense(5, activation="tanh"), L.Dense(2)])
    yield trace(rng, "averaged", model, [x], [y], dict(optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.8), loss="mse"),
                dict(epochs=3, batch_size=8, validation_split=0.25, callbacks=[keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]))


def main(seed, out):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    layers = [layer_case(rng, i, layer, shapes) for i, (layer, shapes) in enumerate(layer_cases())]
    found = {"layers": layers, "traces": list(traces(rng)), "summaries": summaries()}
    write(out, "keras_models", found)


main(int(sys.argv[1]), sys.argv[2])
