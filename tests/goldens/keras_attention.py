"""Golden values of Keras' attention layers, by a real Keras.

Called by `cargo xtask goldens` as `keras_attention.py SEED OUTDIR`. Writes keras_attention.json and keras_attention.safetensors and notes
them in MANIFEST.json. Tensors are named CASE/x0 (inputs), CASE/a_NAME (arguments by name), CASE/w0 (weights), CASE/y0, y1 (results),
CASE/g0 (cotangents of results), CASE/dx0 and CASE/dw0 (gradients), CASE/p0 (predictions), CASE/n0 (weights after training).
"""

import json
import sys

from shared import history, put, put_all, summary, write

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

def bools(rng, *shape):
    return rng.uniform(0, 1, shape) < 0.6


def layer_cases(rng):
    """Layers, the shapes of their inputs, and arguments by name."""
    yield L.EinsumDense("ab,bc->ac", 5, bias_axes="c"), [(3, 4)], {}
    yield L.EinsumDense("abc,cde->abde", (None, 2, 6), bias_axes="de", activation="relu"), [(3, 5, 4)], {}
    yield L.EinsumDense("abc,cde->abde", (None, 2, 6), bias_axes="d"), [(3, 5, 4)], {}
    yield L.EinsumDense("...x,xy->...y", 6, bias_axes="y"), [(3, 5, 4)], {}
    yield L.EinsumDense("...x,xy->...y", 6), [(3, 2, 5, 4)], {}
    yield L.EinsumDense("ab...,bc->ac...", 6, bias_axes="c"), [(3, 4, 5)], {}
    heads = [(2, 4, 6), (2, 5, 6)]
    yield L.MultiHeadAttention(2, 3), heads, {}
    yield L.MultiHeadAttention(3, 4, value_dim=5, use_bias=False, output_shape=7), heads, {}
    yield L.MultiHeadAttention(2, 3, output_shape=(2, 3)), [(2, 4, 6), (2, 5, 6), (2, 5, 3)], {}
    yield L.MultiHeadAttention(2, 3, use_gate=True, bias_initializer="uniform"), heads, {}
    yield L.MultiHeadAttention(2, 8), [(2, 9, 6), (2, 9, 6)], {"use_causal_mask": True}
    yield L.MultiHeadAttention(2, 3), heads, {"use_causal_mask": True, "return_attention_scores": True}
    yield L.MultiHeadAttention(2, 3), heads, {"attention_mask": bools(rng, 2, 4, 5)}
    yield L.MultiHeadAttention(2, 3), heads, {"attention_mask": bools(rng, 2, 4, 5), "return_attention_scores": True}
    yield L.MultiHeadAttention(2, 3), heads, {"attention_mask": np.array([[[True], [False], [True], [True]]]), "use_causal_mask": True}
    yield L.MultiHeadAttention(2, 3), heads, {"value_mask": bools(rng, 2, 5), "use_causal_mask": True}
    yield L.MultiHeadAttention(2, 3), heads + [(2, 5, 6)], {"key_mask": bools(rng, 2, 5), "value_mask": bools(rng, 2, 5)}
    yield L.MultiHeadAttention(2, 3, sliding_window=2), [(2, 6, 6), (2, 6, 6)], {}
    yield L.MultiHeadAttention(2, 3, sliding_window=3), [(2, 6, 6), (2, 6, 6)], {"use_causal_mask": True, "return_attention_scores": True}
    yield L.MultiHeadAttention(2, 3, dropout=0.3), heads, {}
    yield L.MultiHeadAttention(2, 3, attention_axes=(2,)), [(2, 3, 4, 6), (2, 3, 4, 6)], {}
    yield L.MultiHeadAttention(2, 3), [(2, 3, 2, 6), (2, 3, 2, 6)], {"return_attention_scores": True}
    yield L.MultiHeadAttention(2, 3, kernel_regularizer="l2"), heads, {}
    yield L.GroupQueryAttention(3, 4, 2), heads, {}
    yield L.GroupQueryAttention(4, 4, 1, use_bias=False), heads, {"use_causal_mask": True}
    yield L.GroupQueryAttention(3, 4, 2, use_gate=True), heads, {"attention_mask": bools(rng, 2, 4, 5), "return_attention_scores": True}
    yield L.GroupQueryAttention(3, 2, 2, sliding_window=2), heads, {"query_mask": bools(rng, 2, 4)}
    three = [(2, 4, 6), (2, 5, 3), (2, 5, 6)]
    yield L.Attention(), [(2, 4, 6), (2, 5, 6)], {}
    yield L.Attention(use_scale=True), three, {"use_causal_mask": True}
    yield L.Attention(score_mode="concat", use_scale=True), three, {"return_attention_scores": True}
    yield L.Attention(score_mode="concat"), three, {}
    yield L.AdditiveAttention(), three, {}
    yield L.AdditiveAttention(use_scale=False), three, {"use_causal_mask": True, "return_attention_scores": True}


LISTS = (L.Attention,)


def layer_case(rng, index, layer, shapes, args):
    name = f"layer{index}"
    x = [rng.normal(0, 1, s).astype(np.float32) for s in shapes]
    call = {k: tf.constant(v) if isinstance(v, np.ndarray) else v for k, v in args.items()}

    def run(inputs, **more):
        y = layer(inputs, **call, **more) if isinstance(layer, LISTS) else layer(*inputs, **call, **more)
        return list(y) if isinstance(y, tuple) else [y]

    run([tf.constant(v) for v in x])
    for w in layer.weights:
        w.assign(rng.uniform(-0.9, 0.9, w.shape).astype(np.float32))
    put_all(f"{name}/x", x)
    for k, v in args.items():
        if isinstance(v, np.ndarray):
            put(f"{name}/a_{k}", v)
    put_all(f"{name}/w", [w.numpy() for w in layer.weights])
    with tf.GradientTape() as tape:
        inputs = [tf.constant(v) for v in x]
        for v in inputs:
            tape.watch(v)
        ys = run(inputs, training=False)
        gs = [tf.constant(rng.normal(0, 1, y.shape).astype(np.float32)) for y in ys]
        loss = tf.add_n([tf.reduce_sum(y * g) for y, g in zip(ys, gs)])
    trained = [w.value for w in layer.trainable_weights]
    grads = tape.gradient(loss, inputs + trained)
    for i, (y, g) in enumerate(zip(ys, gs)):
        put(f"{name}/y{i}", y.numpy())
        put(f"{name}/g{i}", g.numpy())
    for i, d in enumerate(grads):
        at = f"dx{i}" if i < len(x) else f"dw{i - len(x)}"
        put(f"{name}/{at}", tf.convert_to_tensor(d).numpy())
    return {"name": name, "layer": keras.saving.serialize_keras_object(layer), "weights": [w.path for w in layer.weights],
            "args": {k: v for k, v in args.items() if not isinstance(v, np.ndarray)}}


def block(x, attention, units, **args):
    """A block of a transformer."""
    h = L.LayerNormalization()(x)
    x = L.Add()([x, attention(h, h, **args)])
    h = L.LayerNormalization()(x)
    h = L.Dense(units, activation="gelu")(h)
    return L.Add()([x, L.Dense(x.shape[-1])(h)])


def models(rng):
    """Models, and what they are trained on."""
    i = keras.Input((6,), dtype="int32")
    x = L.Embedding(9, 8, mask_zero=True)(i)
    x = block(x, L.MultiHeadAttention(2, 4), 12)
    model = keras.Model(i, L.Dense(3, activation="softmax")(L.GlobalAveragePooling1D()(x)))
    tokens = rng.integers(1, 9, (10, 6)) * (np.arange(6)[None] < rng.integers(1, 7, (10, 1)))
    yield "masked_block", model, [tokens.astype(np.int32)], rng.integers(0, 3, 10).astype(np.int32), "sparse_categorical_crossentropy"
    keras.utils.clear_session()
    i = keras.Input((5, 8))
    x = block(i, L.GroupQueryAttention(4, 4, 2), 12, use_causal_mask=True)
    x = block(x, L.MultiHeadAttention(2, 4, use_bias=False), 6, use_causal_mask=True)
    model = keras.Model(i, L.Dense(2)(x))
    yield "causal_blocks", model, [rng.normal(0, 1, (10, 5, 8)).astype(np.float32)], rng.normal(0, 1, (10, 5, 2)).astype(np.float32), "mse"
    keras.utils.clear_session()
    i, m = keras.Input((4, 6)), keras.Input((4, 4), dtype="bool")
    y, s = L.MultiHeadAttention(2, 3, name="heads")(i, i, attention_mask=m, return_attention_scores=True)
    y = L.Concatenate()([L.Flatten()(y), L.Flatten()(s), L.Flatten()(L.AdditiveAttention()([i, i], use_causal_mask=True))])
    model = keras.Model([i, m], L.Dense(1)(y))
    yield "scores", model, [rng.normal(0, 1, (10, 4, 6)).astype(np.float32), bools(rng, 10, 4, 4)], rng.normal(0, 1, (10, 1)).astype(np.float32), "mse"
    keras.utils.clear_session()


def model_case(rng, name, model, x, y, loss):
    """Three steps of gradient descent from given weights."""
    for w in model.weights:
        if "gamma" not in w.path:
            w.assign((rng.normal(0, 1, w.shape) / np.sqrt(np.prod(w.shape[:-1]) + 1)).astype(np.float32))
    put_all(f"{name}/w", [w.numpy() for w in model.weights])
    put_all(f"{name}/x", x)
    put(f"{name}/t0", y)
    config = json.loads(model.to_json())
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss)
    one = x[0] if len(x) == 1 else x
    put(f"{name}/p0", model.predict(one, verbose=0))
    h = model.fit(one, y, verbose=0, shuffle=False, epochs=3, batch_size=10)
    put_all(f"{name}/n", [w.numpy() for w in model.weights])
    return {"name": name, "config": config, "loss": loss, "weights": [w.path for w in model.weights],
            "history": history(h)["loss"], "summary": summary(model, line_length=110)}


def main(seed, out):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    layers = [layer_case(rng, i, *case) for i, case in enumerate(layer_cases(rng))]
    keras.utils.clear_session()
    found = {"layers": layers, "models": [model_case(rng, *case) for case in models(rng)]}
    write(out, "keras_attention", found)


main(int(sys.argv[1]), sys.argv[2])
