"""Golden values of Keras' recurrent layers, by a real Keras.

Called by `cargo xtask goldens` as `keras_rnn.py SEED OUTDIR`. Writes keras_rnn.json and keras_rnn.safetensors and notes them in MANIFEST.json.
Tensors are named CASE/x0 (inputs, first states behind the sequence), CASE/w0 (weights), CASE/y0 (outputs in inference), CASE/t0 (in training),
CASE/g0 (cotangents of the outputs), CASE/dx0 and CASE/dw0 (gradients); of stateful layers CASE/s0 is the output of the first call, and so on; of
fits CASE/y0 are the labels, CASE/n0 the weights at the end, CASE/p0 the predictions.
"""

import json
import sys

from shared import history, put, put_all, summary, write

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

SEQ = (3, 5, 4)


def masked(layer, inside=None):
    """The layer behind one that masks steps, or behind integers of which 0 is masked."""
    return keras.Sequential([inside or L.Masking(), layer])


def cases():
    """Layers, and the shapes of their inputs: the sequence, then first states."""
    for name in ["SimpleRNN", "GRU", "LSTM"]:
        rnn = getattr(L, name)
        states = [(3, 2)] * (2 if name == "LSTM" else 1)
        yield rnn(2), [SEQ]
        yield rnn(3, return_sequences=True, return_state=True), [SEQ]
        yield rnn(2, go_backwards=True, return_sequences=True), [SEQ]
        yield rnn(2, go_backwards=True, return_state=True, activation="relu", use_bias=False), [SEQ]
        yield rnn(2, unroll=True, return_sequences=True, return_state=True), [SEQ]
        yield rnn(2, return_state=True), [SEQ, *states]
        yield rnn(2, return_sequences=True, go_backwards=True), [SEQ, *states]
        yield masked(rnn(2)), [SEQ]
        yield masked(rnn(2, return_sequences=True)), [SEQ]
        yield masked(rnn(2, go_backwards=True, return_sequences=True)), [SEQ]
        yield masked(rnn(2, zero_output_for_mask=True, return_sequences=True)), [SEQ]
        yield masked(rnn(2, unroll=True, return_sequences=True)), [SEQ]
        yield masked(rnn(2, unroll=True, zero_output_for_mask=True, go_backwards=True)), [SEQ]
        yield masked(rnn(2, return_sequences=True), L.Embedding(5, 4, mask_zero=True)), [(3, 6)]
        yield rnn(2, kernel_regularizer="l2", recurrent_initializer="glorot_uniform", bias_constraint="non_neg", dropout=0.0), [SEQ]
    yield L.LSTM(2, unit_forget_bias=False, recurrent_activation="hard_sigmoid"), [SEQ]
    yield L.LSTM(3, return_sequences=True), [(2, 7, 3)]
    yield L.LSTM(2), [(1, 1, 3)]
    yield L.LSTM(8), [(4, 20, 8)]
    yield L.GRU(2, reset_after=False), [SEQ]
    yield L.GRU(2, reset_after=False, return_sequences=True, use_bias=False), [SEQ]
    yield L.GRU(3, use_bias=False, return_sequences=True), [SEQ]
    yield masked(L.GRU(2, reset_after=False, return_sequences=True)), [SEQ]
    yield L.RNN(L.LSTMCell(2)), [SEQ]
    yield L.RNN(L.GRUCell(2), return_sequences=True, go_backwards=True), [SEQ]
    yield L.RNN(L.SimpleRNNCell(2), return_state=True), [SEQ]
    yield L.RNN([L.LSTMCell(2), L.LSTMCell(3)]), [SEQ]
    yield L.RNN([L.GRUCell(2), L.SimpleRNNCell(3), L.GRUCell(2)], return_sequences=True), [SEQ]
    yield L.RNN([L.SimpleRNNCell(2), L.GRUCell(3)], unroll=True), [SEQ]
    yield masked(L.RNN([L.GRUCell(2), L.SimpleRNNCell(3)], return_sequences=True)), [SEQ]
    for mode in ["concat", "sum", "mul", "ave"]:
        yield L.Bidirectional(L.LSTM(2), merge_mode=mode), [SEQ]
        yield L.Bidirectional(L.GRU(2, return_sequences=True), merge_mode=mode), [SEQ]
    yield L.Bidirectional(L.SimpleRNN(2, return_sequences=True), merge_mode=None), [SEQ]
    yield L.Bidirectional(L.LSTM(2, return_sequences=True, return_state=True)), [SEQ]
    yield L.Bidirectional(L.LSTM(2), backward_layer=L.GRU(3, go_backwards=True)), [SEQ]
    yield L.Bidirectional(L.RNN(L.LSTMCell(2), return_sequences=True)), [SEQ]
    yield masked(L.Bidirectional(L.LSTM(2, return_sequences=True), merge_mode="sum")), [SEQ]
    yield masked(L.Bidirectional(L.GRU(2))), [SEQ]
    yield L.TimeDistributed(L.Dense(3, activation="relu")), [SEQ]
    yield L.TimeDistributed(L.Conv2D(2, 3)), [(2, 3, 5, 6, 2)]
    yield L.TimeDistributed(L.LSTM(2)), [(2, 3, 4, 3)]
    yield L.TimeDistributed(L.BatchNormalization()), [SEQ]
    yield masked(L.TimeDistributed(L.Dense(2))), [SEQ]
    yield keras.Sequential([L.LSTM(3, return_sequences=True), L.GRU(2)]), [SEQ]
    yield keras.Sequential([L.Masking(mask_value=-1.0), L.LSTM(3, return_sequences=True), L.Dropout(0.0), L.GRU(2)]), [SEQ]
    yield keras.Sequential([L.Embedding(5, 4, mask_zero=True), L.LSTM(3, return_sequences=True), L.GlobalAveragePooling1D()]), [(3, 6)]


def conv_cases():
    """As `cases`, of layers whose products are convolutions."""
    line, image = (2, 4, 6, 3), (2, 3, 5, 6, 2)
    yield L.ConvLSTM1D(3, 3), [line]
    yield L.ConvLSTM1D(2, 2, padding="same", return_sequences=True, return_state=True), [line]
    yield L.ConvLSTM1D(2, 3, strides=2, padding="same", go_backwards=True, return_sequences=True), [line]
    yield L.ConvLSTM1D(2, 3, strides=2), [line]
    yield L.ConvLSTM1D(2, 2, dilation_rate=2, use_bias=False, activation="relu"), [line]
    yield L.ConvLSTM1D(2, 3, padding="same", return_state=True), [line, (2, 6, 2), (2, 6, 2)]
    yield L.ConvLSTM2D(4, 3, padding="same", return_sequences=True), [image]
    yield L.ConvLSTM2D(2, (2, 3), strides=(2, 1), unit_forget_bias=False, recurrent_activation="hard_sigmoid"), [image]
    yield L.ConvLSTM2D(2, (3, 1), return_sequences=True, return_state=True, unroll=True), [image]
    yield L.ConvLSTM2D(2, 2, kernel_regularizer="l2", recurrent_initializer="glorot_uniform", bias_constraint="non_neg"), [image]
    yield L.ConvLSTM3D(2, 2), [(1, 3, 3, 4, 3, 2)]
    yield L.ConvLSTM3D(2, (1, 2, 3), padding="same", return_sequences=True), [(1, 2, 3, 4, 3, 2)]
    yield L.Bidirectional(L.ConvLSTM1D(2, 3, padding="same", return_sequences=True)), [line]
    yield keras.Sequential([L.ConvLSTM2D(2, 3, padding="same", return_sequences=True), L.ConvLSTM2D(3, 2), L.Flatten(), L.Dense(2)]), [image]


def inputs_of(rng, layer, shapes):
    first = layer.layers[0] if isinstance(layer, keras.Sequential) else layer
    if isinstance(first, L.Embedding):
        return [rng.integers(0, first.input_dim, s).astype(np.int32) for s in shapes]
    x = [rng.normal(0, 1, s).astype(np.float32) for s in shapes]
    if isinstance(first, L.Masking):
        x[0][rng.uniform(0, 1, x[0].shape[:2]) < 0.4] = first.mask_value
        # All of a sample, its first steps, its last.
        x[0][0, :] = first.mask_value if rng.uniform() < 0.3 else x[0][0, :]
        x[0][1, :2] = first.mask_value
        x[0][2, -1] = first.mask_value
    return x


def call(layer, x, training):
    """All outputs as a list."""
    y = layer(x[0], initial_state=x[1:], training=training) if len(x) > 1 else layer(x[0], training=training)
    return list(y) if isinstance(y, (list, tuple)) else [y]


def redrawn(rng, layer):
    for w in layer.weights:
        low = 0.5 if "variance" in w.name or "gamma" in w.name else -0.6
        w.assign(rng.uniform(low, 0.9, w.shape).astype(np.float32))


def case(rng, index, layer, shapes):
    name = f"case{index}"
    x = inputs_of(rng, layer, shapes)
    call(layer, [tf.constant(v) for v in x], False)
    redrawn(rng, layer)
    put_all(f"{name}/x", x)
    put_all(f"{name}/w", [w.numpy() for w in layer.weights])
    ys = call(layer, [tf.constant(v) for v in x], False)
    put_all(f"{name}/y", [y.numpy() for y in ys])
    found = {"name": name, "class": layer.__class__.__name__, "layer": keras.saving.serialize_keras_object(layer),
             "weights": [w.path for w in layer.weights], "output_shapes": [[None, *y.shape[1:]] for y in ys]}
    with tf.GradientTape() as tape:
        inputs = [tf.constant(v) for v in x]
        for v in inputs:
            tape.watch(v) if v.dtype.is_floating else None
        ts = call(layer, inputs, True)
        gs = [tf.constant(rng.normal(0, 1, t.shape).astype(np.float32)) for t in ts]
        loss = tf.add_n([tf.reduce_sum(t * g) for t, g in zip(ts, gs)])
    floats = [v for v in inputs if v.dtype.is_floating]
    trained = [w.value for w in layer.trainable_weights]
    grads = tape.gradient(loss, floats + trained)
    for i, (t, g) in enumerate(zip(ts, gs)):
        put(f"{name}/t{i}", t.numpy())
        put(f"{name}/g{i}", g.numpy())
    for i, d in enumerate(grads[: len(floats)]):
        put(f"{name}/dx{i}", tf.convert_to_tensor(d).numpy())
    for i, d in enumerate(grads[len(floats):]):
        put(f"{name}/dw{i}", tf.convert_to_tensor(d).numpy())
    return found


def reset(layer):
    """Zeros for the states; Keras' own way does not know nested ones."""
    for l in [layer.forward_layer, layer.backward_layer] if isinstance(layer, L.Bidirectional) else [layer]:
        for v in tf.nest.flatten(l.states):
            v.assign(keras.ops.zeros_like(v))


def stateful(rng, of_conv=None):
    """Layers that keep their states: three calls, a reset, one call more."""
    sequences = [L.SimpleRNN(2, stateful=True), L.GRU(2, stateful=True, return_sequences=True), L.LSTM(2, stateful=True, return_state=True),
              L.Bidirectional(L.LSTM(2, stateful=True)), L.RNN([L.GRUCell(2), L.LSTMCell(3)], stateful=True)]
    for k, layer in enumerate(sequences if of_conv is None else of_conv):
        name = f"stateful{k}" if of_conv is None else f"conv_stateful{k}"
        x = [rng.normal(0, 1, SEQ if of_conv is None else (3, 2, 4, 2)).astype(np.float32) for _ in range(4)]
        layer(tf.constant(x[0]))
        redrawn(rng, layer)
        reset(layer)
        for i, w in enumerate(layer.weights):
            put(f"{name}/w{i}", w.numpy())
        for i, v in enumerate(x):
            put(f"{name}/x{i}", v)
            if i == 3:
                reset(layer)
            y = layer(tf.constant(v))
            put(f"{name}/s{i}", (y[0] if isinstance(y, (list, tuple)) else y).numpy())
        yield {"name": name, "layer": keras.saving.serialize_keras_object(layer)}


def fit(rng, name, model, x, y, loss, optimizer, metrics=()):
    for w in model.weights:
        w.assign((rng.normal(0, 1, w.shape) / np.sqrt(np.prod(w.shape[:-1]) + 1)).astype(np.float32))
    for kind, all_of in [("w", [w.numpy() for w in model.weights]), ("x", x), ("y", [y])]:
        for i, v in enumerate(all_of):
            put(f"{name}/{kind}{i}", v)
    config = json.loads(model.to_json())
    model.compile(optimizer=optimizer, loss=loss, metrics=list(metrics))
    one = x[0] if len(x) == 1 else x
    h = model.fit(one, y, verbose=0, shuffle=False, epochs=3, batch_size=8)
    put_all(f"{name}/n", [w.numpy() for w in model.weights])
    put(f"{name}/p0", model.predict(one, verbose=0, batch_size=8))
    return {"name": name, "config": config, "weights": [w.path for w in model.weights],
            "history": history(h)}


def fits(rng):
    """Three epochs from given weights, without shuffling."""
    keras.utils.clear_session()
    x, y = rng.normal(0, 1, (24, 20, 8)).astype(np.float32), rng.normal(0, 1, (24, 1)).astype(np.float32)
    model = keras.Sequential([keras.Input((20, 8)), L.LSTM(32), L.Dense(1)])
    yield fit(rng, "regression", model, [x], y, "mse", keras.optimizers.Adam(0.01), ["mae"])
    keras.utils.clear_session()
    x, y = rng.integers(0, 10, (24, 7)).astype(np.int32), rng.integers(0, 3, (24, 7)).astype(np.int32)
    model = keras.Sequential([keras.Input((7,), dtype="int32"), L.Embedding(10, 6, mask_zero=True), L.Bidirectional(L.GRU(5, return_sequences=True)),
                              L.TimeDistributed(L.Dense(3, activation="softmax"))])
    yield fit(rng, "tagging", model, [x], y, "sparse_categorical_crossentropy", keras.optimizers.SGD(0.1), ["accuracy"])
    keras.utils.clear_session()
    a, b = keras.Input((5, 3), name="a"), keras.Input((4, 2), name="b")
    _, h, c = L.LSTM(6, return_state=True, name="encoder")(a)
    decoded = L.LSTM(6, return_sequences=True, name="decoder")(b, initial_state=[h, c])
    model = keras.Model([a, b], L.TimeDistributed(L.Dense(2), name="out")(decoded))
    x = [rng.normal(0, 1, (16, 5, 3)).astype(np.float32), rng.normal(0, 1, (16, 4, 2)).astype(np.float32)]
    yield fit(rng, "encoder_decoder", model, x, rng.normal(0, 1, (16, 4, 2)).astype(np.float32), "mse", keras.optimizers.SGD(0.05))


def conv_fit(rng):
    keras.utils.clear_session()
    x, y = rng.normal(0, 1, (16, 4, 6, 5, 2)).astype(np.float32), rng.normal(0, 1, (16, 4, 6, 5, 1)).astype(np.float32)
    model = keras.Sequential([keras.Input((4, 6, 5, 2)), L.ConvLSTM2D(4, 3, padding="same", return_sequences=True), L.TimeDistributed(L.Conv2D(1, 1))])
    return fit(rng, "next_images", model, [x], y, "mse", keras.optimizers.SGD(0.05))


def summarised():
    keras.utils.clear_session()
    model = keras.Sequential([keras.Input((None,)), L.Embedding(50, 8, mask_zero=True), L.Bidirectional(L.LSTM(4, return_sequences=True)),
                              L.GRU(6), L.Dense(1)])
    return summary(model)


def main():
    seed, out = int(sys.argv[1]), sys.argv[2]
    rng = np.random.default_rng([seed, 7])
    keras.utils.set_random_seed(seed)
    found = {"keras": keras.__version__, "cases": []}
    for i, (layer, shapes) in enumerate(cases()):
        keras.utils.clear_session()
        found["cases"].append(case(rng, i, layer, shapes))
    found["stateful"] = list(stateful(rng))
    found["fits"] = list(fits(rng))
    found["summary"] = summarised()
    # Numbers of their own, so that those above stay.
    rng = np.random.default_rng([seed, 8])
    for i, (layer, shapes) in enumerate(conv_cases(), len(found["cases"])):
        keras.utils.clear_session()
        found["cases"].append(case(rng, i, layer, shapes))
    found["stateful"] += list(stateful(rng, [L.ConvLSTM1D(2, 3, stateful=True, padding="same")]))
    found["fits"].append(conv_fit(rng))
    write(out, "keras_rnn", found)


main()
