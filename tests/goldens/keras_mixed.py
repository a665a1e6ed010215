"""Golden values of Keras' mixed precision, by a real Keras.

Called by `cargo xtask goldens` as `keras_mixed.py SEED OUTDIR`. Writes keras_mixed.json and notes it in MANIFEST.json.
"""

import json
import sys

from shared import number, write

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L


def listed(v):
    return np.asarray(v, np.float64).tolist()


def scaling(name, optimizer, gradients):
    """Values of a variable, the scale and the counters after each of some gradients."""
    v = keras.Variable(np.array([1.0, -2.0], np.float32))
    optimizer.build([v])
    steps = []
    for g in gradients:
        optimizer.apply([tf.constant(np.array(g, np.float32))], [v])
        steps.append({"gradient": [number(float(x)) for x in g], "value": listed(v.numpy()), "scale": float(optimizer.dynamic_scale.numpy()),
                      "counter": int(optimizer.step_counter.numpy()), "iterations": int(optimizer.iterations.numpy()),
                      "loss": float(optimizer.scale_loss(tf.constant(3.0)))})
    return {"name": name, "optimizer": keras.saving.serialize_keras_object(optimizer), "steps": steps,
            "variables": [w.path for w in optimizer.variables]}


def scalings(rng):
    make = keras.optimizers.LossScaleOptimizer
    inf, nan = float("inf"), float("nan")
    gradients = [[1, 2], [3, 4], [inf, 1], [1, nan], [8, 8], [2, -1], [-inf, nan], [5, 0.25]]
    yield scaling("sgd", make(keras.optimizers.SGD(0.5), initial_scale=8.0, dynamic_growth_steps=2), gradients)
    keras.utils.clear_session()
    yield scaling("adam", make(keras.optimizers.Adam(0.1), initial_scale=4.0, dynamic_growth_steps=3), gradients)
    keras.utils.clear_session()
    yield scaling("momentum", make(keras.optimizers.SGD(0.1, momentum=0.9, clipnorm=1.0)), rng.normal(0, 40000, (5, 2)).tolist())


def trained(rng):
    """Four steps of a small network under mixed_float16 with a last layer in float32."""
    keras.utils.clear_session()
    keras.config.set_dtype_policy("mixed_float16")
    model = keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(4, 3, activation="relu"), L.BatchNormalization(), L.Flatten(), L.Dense(8, activation="gelu"),
                              L.LayerNormalization(), L.Dense(3, activation="softmax", dtype="float32")])
    keras.config.set_dtype_policy("float32")
    for w in model.trainable_weights:
        w.assign(rng.normal(0, 0.4, w.shape).astype(np.float32))
    before = [listed(w.numpy()) for w in model.weights]
    x, y = rng.uniform(0, 1, (8, 6, 6, 1)).astype(np.float32), rng.integers(0, 3, 8).astype(np.int32)
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    p = model.predict(x, verbose=0)
    losses = model.fit(x, y, verbose=0, shuffle=False, epochs=4, batch_size=8).history["loss"]
    return {"config": json.loads(model.to_json()), "weights": before, "x": listed(x), "y": y.tolist(), "predictions": listed(p), "losses": [float(v) for v in losses],
            "after": [listed(w.numpy()) for w in model.weights], "optimizer": model.optimizer.name, "scale": float(model.optimizer.dynamic_scale.numpy()),
            "hidden": str(model.layers[2].output.dtype), "output": str(p.dtype)}


def main(seed, out):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    write(out, "keras_mixed", {"scaling": list(scalings(rng)), "trained": trained(rng)})


main(int(sys.argv[1]), sys.argv[2])
