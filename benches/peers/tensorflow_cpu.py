"""The rows of wgflow's benches that are compared with TensorFlow on the CPU and with numpy.

Stays resident and takes commands on standard input: `prepare ROW`, `run`, `drop`. Each answer is one JSON object in a line.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf

RUN, CALLS = 0.2, 50
CNN = [(3, 3, 1, 32), (32,), (3, 3, 32, 64), (64,), (1600, 128), (128,), (128, 10), (10,)]


def operand(shape, k, scale=1.0):
    """The numbers of tests/src/operands.rs."""
    h = np.arange(np.prod(shape), dtype=np.uint32) * np.uint32(2654435761) + np.uint32(k * 40503)
    h ^= h >> np.uint32(15)
    h *= np.uint32(2246822519)
    h ^= h >> np.uint32(13)
    return (((h >> np.uint32(8)).astype(np.float32) / np.float32(8388608) - np.float32(1)) * np.float32(scale)).reshape(shape)


def probes(n):
    return sorted({j * 2654435761 % n for j in range(256)} | {n - 1})


def cnn_weights():
    for k, shape in enumerate(CNN):
        if len(shape) == 1:
            yield np.zeros(shape, np.float32)
        else:
            yield operand(shape, k + 1, (6.0 / (np.prod(shape[:-2]) * (shape[-2] + shape[-1]))) ** 0.5)


def training(samples):
    """One training step a call, a function of TensorFlow's compiled as a whole, which gives its loss."""
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(10),
    ])
    model.set_weights(list(cnn_weights()))
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = keras.optimizers.Adam()
    adam.build(model.trainable_variables)
    x = tf.constant((operand((samples, 28, 28, 1), 0) + 1) / 2)
    y = tf.constant([i * 7 % 10 for i in range(samples)], tf.int32)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        grads = tape.gradient(loss, model.trainable_variables)
        adam.apply_gradients(zip(grads, model.trainable_variables))
        return loss

    return lambda: float(step())


def work(row):
    """A call's work, and what its first call is compared by."""
    kind, size = row.split()[0], int(row.split()[1])
    if kind == "matmul":
        a, b = tf.constant(operand((size, size), 0)), tf.constant(operand((size, size), 1))
        at = probes(size * size)
        return lambda: tf.matmul(a, b), lambda y: y.numpy().ravel()[at].tolist()
    if kind == "sum":
        x = operand(1 << size, 0, 0.5) + np.float32(0.5)
        halves = np.split(x, 2)
        pool = ThreadPoolExecutor(2)
        return lambda: sum(pool.map(np.sum, halves)), lambda y: [float(y)]
    if kind == "cnn":
        step = training(size)
        return step, lambda loss: [loss, step(), step()]
    raise KeyError(row)


def run(call, calls):
    start = time.perf_counter()
    held = [call() for _ in range(calls)]
    # The last result is there when all are: they are computed in order.
    np.asarray(held[-1])
    return (time.perf_counter() - start) / calls


def say(**fields):
    print(json.dumps(fields), flush=True)


def main():
    say(name="TensorFlow", version=tf.__version__, adapter="CPU", numpy=np.__version__)
    call = calls = None
    for line in sys.stdin:
        command, _, row = line.strip().partition(" ")
        if command == "prepare":
            try:
                call, compared = work(row)
            except KeyError:
                say(error=f"no row {row}")
                continue
            start = time.perf_counter()
            found = compared(call())
            first = time.perf_counter() - start
            calls = 1
            for _ in range(3):
                calls = max(1, min(CALLS, int(RUN / run(call, calls)) + 1))
            say(probes=found, first=first)
        elif command == "run":
            say(seconds=run(call, calls))
        else:
            call = None
            say(dropped=True)


main()
