"""Golden values of Keras' losses, metrics, optimizers and the like, computed by a real Keras.

Called by `cargo xtask goldens` as `keras_parts.py SEED OUTDIR`. Writes keras_parts.json, one case a line: class and configuration as
Keras serializes them, inputs, and what came out. Its digest is added to MANIFEST.json.
"""

import json
import sys
import zlib

from shared import note, number

import keras
import numpy as np
import tensorflow as tf

SEED = 0


def generator(*key):
    return np.random.default_rng([SEED, zlib.crc32(json.dumps(key).encode())])


def tensor(x):
    """An array as JSON; None stays None."""
    if x is None:
        return None
    a = np.asarray(keras.ops.convert_to_numpy(x))
    return {"dtype": a.dtype.name, "shape": list(a.shape), "values": [number(v) for v in a.ravel()]}


def f32(*values):
    return np.array(values, np.float32)


def softmax(x):
    e = np.exp(x)
    return (e / e.sum(-1, keepdims=True)).astype(np.float32)


class Inputs:
    """Labels and predictions of some kinds."""

    def __init__(self, *key):
        self.rng = generator(*key)

    def real(self, shape, lo=-2.0, hi=2.0):
        return self.rng.uniform(lo, hi, shape).astype(np.float32)

    def pair(self, kind, shape):
        rng = self.rng
        if kind == "real":
            return self.real(shape), self.real(shape)
        if kind == "positive":
            return self.real(shape, 0.05, 2.0), self.real(shape, 0.05, 2.0)
        if kind == "signs":
            return (rng.integers(0, 2, shape) * 2 - 1).astype(np.float32), self.real(shape)
        if kind == "bits":
            return rng.integers(0, 2, shape).astype(np.float32), self.real(shape)
        if kind == "binary":
            return rng.integers(0, 2, shape).astype(np.float32), self.real(shape, 0.02, 0.98)
        if kind == "binary logits":
            return rng.integers(0, 2, shape).astype(np.float32), self.real(shape, -4, 4)
        if kind in ("classes", "class logits"):
            hot = np.eye(shape[-1], dtype=np.float32)[rng.integers(0, shape[-1], shape[:-1])]
            p = self.real(shape)
            return hot, softmax(p) if kind == "classes" else p
        if kind in ("sparse", "sparse logits"):
            p = self.real(shape)
            return rng.integers(0, shape[-1], shape[:-1]).astype(np.int32), softmax(p) if kind == "sparse" else p
        if kind == "equal":
            return rng.integers(0, 3, shape).astype(np.float32), rng.integers(0, 3, shape).astype(np.float32)
        raise ValueError(kind)


def serialized(module, made):
    s = module.serialize(made)
    return {"class_name": s["class_name"], "config": s["config"]}


# Class, arguments and kind of inputs.
LOSSES = [
    ("MeanSquaredError", {}, "real"),
    ("MeanAbsoluteError", {}, "real"),
    ("MeanAbsolutePercentageError", {}, "real"),
    ("MeanSquaredLogarithmicError", {}, "positive"),
    ("MeanSquaredLogarithmicError", {}, "real"),
    ("CosineSimilarity", {}, "real"),
    ("CosineSimilarity", {"axis": 0}, "real"),
    ("Huber", {}, "real"),
    ("Huber", {"delta": 0.4}, "real"),
    ("LogCosh", {}, "real"),
    ("Hinge", {}, "signs"),
    ("Hinge", {}, "bits"),
    ("SquaredHinge", {}, "signs"),
    ("SquaredHinge", {}, "bits"),
    ("CategoricalHinge", {}, "class logits"),
    ("KLDivergence", {}, "positive"),
    ("Poisson", {}, "positive"),
    ("BinaryCrossentropy", {}, "binary"),
    ("BinaryCrossentropy", {"from_logits": True}, "binary logits"),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, "binary"),
    ("BinaryCrossentropy", {"label_smoothing": 0.3, "from_logits": True}, "binary logits"),
    ("BinaryCrossentropy", {"axis": 0}, "binary"),
    ("BinaryFocalCrossentropy", {}, "binary"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3, "gamma": 1.5}, "binary"),
    ("BinaryFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "binary logits"),
    ("CategoricalCrossentropy", {}, "classes"),
    ("CategoricalCrossentropy", {"from_logits": True}, "class logits"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.2}, "classes"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.2, "from_logits": True}, "class logits"),
    ("CategoricalFocalCrossentropy", {}, "classes"),
    ("CategoricalFocalCrossentropy", {"alpha": 0.5, "gamma": 1.5, "label_smoothing": 0.1}, "classes"),
    ("CategoricalFocalCrossentropy", {"from_logits": True}, "class logits"),
    ("SparseCategoricalCrossentropy", {}, "sparse"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "sparse logits"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "sparse"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 0, "from_logits": True}, "sparse logits"),
    ("Dice", {}, "binary"),
    ("Dice", {"axis": [1]}, "binary"),
    ("Tversky", {}, "binary"),
    ("Tversky", {"alpha": 0.3, "beta": 0.7}, "binary"),
]

REDUCTIONS = ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"]


def loss_case(name, config, y_true, y_pred, weight):
    loss = getattr(keras.losses, name)(**config)
    p = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(p)
        value = loss(tf.constant(y_true), p, None if weight is None else tf.constant(weight))
    return {
        "kind": "loss",
        **serialized(keras.losses, loss),
        "given": config,
        "y_true": tensor(y_true),
        "y_pred": tensor(y_pred),
        "sample_weight": tensor(weight),
        "value": tensor(value),
        "gradient": tensor(tape.gradient(value, p)),
    }


def losses():
    for i, (name, config, kind) in enumerate(LOSSES):
        make = Inputs("loss", i)
        y_true, y_pred = make.pair(kind, (5, 3))
        yield loss_case(name, config, y_true, y_pred, None)
        whole = name in ("Dice", "Tversky")
        for reduction in REDUCTIONS:
            n = 3 if config.get("axis") == 0 else 5
            weights = [None, make.real((n,), 0, 2), make.real((n, 1), 0, 2), np.zeros((n,), np.float32)]
            for weight in weights[:1] if whole else weights:
                yield loss_case(name, {**config, "reduction": reduction}, y_true, y_pred, weight)
    for i, (name, kind, shapes) in enumerate([
        ("MeanSquaredError", "real", [(4, 1), (4,)]),
        ("MeanSquaredError", "real", [(4,), (4, 1)]),
        ("MeanAbsoluteError", "real", [(2, 3, 2), (2, 3, 2)]),
        ("MeanSquaredError", "real", [(4,), (4,)]),
        ("MeanSquaredError", "real", [(0, 3), (0, 3)]),
        ("BinaryCrossentropy", "binary", [(4,), (4, 1)]),
        ("BinaryCrossentropy", "binary", [(2, 3, 2), (2, 3, 2)]),
        ("CategoricalCrossentropy", "classes", [(2, 3, 4), (2, 3, 4)]),
        ("CategoricalCrossentropy", "classes", [(0, 3), (0, 3)]),
        ("SparseCategoricalCrossentropy", "sparse", [(4, 1), (4, 3)]),
        ("SparseCategoricalCrossentropy", "sparse", [(2, 3), (2, 3, 4)]),
        ("SparseCategoricalCrossentropy", "sparse", [(0,), (0, 3)]),
    ]):
        make = Inputs("loss shapes", i)
        y_true, y_pred = make.pair(kind, shapes[1])
        yield loss_case(name, {}, np.reshape(y_true, shapes[0]), y_pred, None)
        yield loss_case(name, {}, np.reshape(y_true, shapes[0]), y_pred, make.real(shapes[1][: max(1, len(shapes[1]) - 1)], 0, 2))
    half = f32([0.5, 0.5], [0.5, 0.5])
    yield loss_case("CategoricalCrossentropy", {}, f32([0, 1], [1, 0]), half, None)
    yield loss_case("SparseCategoricalCrossentropy", {}, np.array([0, 1], np.int32), half, None)
    yield loss_case("MeanSquaredError", {}, f32([1, 2]), f32([2, 4]), None)
    yield loss_case("MeanSquaredError", {}, f32([1, np.nan]), f32([2, 4]), None)
    yield loss_case("BinaryCrossentropy", {}, f32([0, 1, 0, 1]), f32([0, 1, 1, 0]), None)
    yield loss_case("MeanAbsoluteError", {}, f32([1, 2]), f32([1, 3]), None)
    yield loss_case("Hinge", {}, f32([1, -1]), f32([1, -1]), None)


# Class, arguments, kind of inputs, shape of predictions.
METRICS = [
    ("Accuracy", {}, "equal", (6, 1)),
    ("BinaryAccuracy", {}, "binary", (6, 1)),
    ("BinaryAccuracy", {"threshold": 0.3}, "binary", (6, 2)),
    ("CategoricalAccuracy", {}, "classes", (6, 3)),
    ("SparseCategoricalAccuracy", {}, "sparse", (6, 3)),
    ("TopKCategoricalAccuracy", {"k": 2}, "classes", (6, 4)),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, "sparse", (6, 4)),
    ("BinaryCrossentropy", {}, "binary", (6, 2)),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "binary logits", (6, 2)),
    ("CategoricalCrossentropy", {}, "classes", (6, 3)),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "class logits", (6, 3)),
    ("SparseCategoricalCrossentropy", {}, "sparse", (6, 3)),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "sparse logits", (6, 3)),
    ("KLDivergence", {}, "positive", (6, 3)),
    ("Poisson", {}, "positive", (6, 3)),
    ("Hinge", {}, "signs", (6, 3)),
    ("SquaredHinge", {}, "bits", (6, 3)),
    ("CategoricalHinge", {}, "class logits", (6, 3)),
    ("MeanSquaredError", {}, "real", (6, 3)),
    ("MeanSquaredError", {}, "real", (2, 3, 2)),
    ("RootMeanSquaredError", {}, "real", (6, 3)),
    ("MeanAbsoluteError", {}, "real", (6, 3)),
    ("MeanAbsolutePercentageError", {}, "real", (6, 3)),
    ("MeanSquaredLogarithmicError", {}, "positive", (6, 3)),
    ("CosineSimilarity", {}, "real", (6, 3)),
    ("LogCoshError", {}, "real", (6, 3)),
    ("PearsonCorrelation", {}, "real", (6, 4)),
    ("ConcordanceCorrelation", {}, "real", (6, 4)),
    ("R2Score", {}, "real", (6, 2)),
    ("R2Score", {"class_aggregation": None}, "real", (6, 2)),
    ("R2Score", {"class_aggregation": "variance_weighted_average", "num_regressors": 2}, "real", (6, 2)),
    ("TruePositives", {}, "binary", (6, 2)),
    ("FalsePositives", {"thresholds": 0.3}, "binary", (6, 2)),
    ("TrueNegatives", {"thresholds": [0.2, 0.8]}, "binary", (6, 2)),
    ("FalseNegatives", {"thresholds": [0.0, 0.5, 1.0]}, "binary", (6, 1)),
    ("Precision", {}, "binary", (6, 2)),
    ("Precision", {"thresholds": [0.25, 0.5, 0.6]}, "binary", (6, 2)),
    ("Precision", {"top_k": 2}, "classes", (6, 4)),
    ("Precision", {"top_k": 2, "class_id": 1}, "classes", (6, 4)),
    ("Recall", {}, "binary", (6, 2)),
    ("Recall", {"class_id": 0}, "binary", (6, 3)),
    ("Recall", {"top_k": 1, "thresholds": 0.4}, "classes", (6, 4)),
    ("SensitivityAtSpecificity", {"specificity": 0.4}, "binary", (8, 1)),
    ("SpecificityAtSensitivity", {"sensitivity": 0.6, "num_thresholds": 20}, "binary", (8, 1)),
    ("PrecisionAtRecall", {"recall": 0.5}, "binary", (8, 1)),
    ("RecallAtPrecision", {"precision": 0.6, "num_thresholds": 1}, "binary", (8, 1)),
    ("AUC", {}, "binary", (8, 1)),
    ("AUC", {"num_thresholds": 7}, "binary", (8, 1)),
    ("AUC", {"curve": "PR"}, "binary", (8, 1)),
    ("AUC", {"curve": "PR", "summation_method": "majoring", "num_thresholds": 11}, "binary", (8, 1)),
    ("AUC", {"curve": "PRGAIN", "num_thresholds": 11}, "binary", (8, 1)),
    ("AUC", {"summation_method": "minoring", "thresholds": [0.7, 0.2, 0.4]}, "binary", (8, 1)),
    ("AUC", {"thresholds": [0.25, 0.5, 0.75]}, "binary", (8, 1)),
    ("AUC", {"from_logits": True, "num_thresholds": 20}, "binary logits", (8, 1)),
    ("AUC", {"multi_label": True, "num_thresholds": 9}, "binary", (8, 3)),
    ("AUC", {"multi_label": True, "num_labels": 3, "label_weights": [0.2, 0.5, 0.3], "curve": "PR"}, "binary", (8, 3)),
    ("AUC", {"label_weights": [0.2, 0.5, 0.3], "num_thresholds": 9}, "binary", (8, 3)),
    ("F1Score", {}, "classes", (8, 3)),
    ("F1Score", {"average": "micro", "threshold": 0.4}, "binary", (8, 3)),
    ("FBetaScore", {"beta": 2.0, "average": "macro"}, "classes", (8, 3)),
    ("FBetaScore", {"beta": 0.5, "average": "weighted", "threshold": 0.5}, "binary", (8, 3)),
    ("MeanIoU", {"num_classes": 3}, "equal", (8,)),
    ("MeanIoU", {"num_classes": 3, "ignore_class": 1}, "equal", (4, 2)),
    ("MeanIoU", {"num_classes": 3, "sparse_y_pred": False}, "sparse", (8, 3)),
    ("IoU", {"num_classes": 3, "target_class_ids": [0, 2]}, "equal", (8,)),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [1]}, "classes", (8, 3)),
    ("OneHotMeanIoU", {"num_classes": 3}, "classes", (8, 3)),
    ("BinaryIoU", {"threshold": 0.6}, "binary", (8, 1)),
]


def metric_case(name, config, updates):
    metric = getattr(keras.metrics, name)(**config)
    states = []
    for y_true, y_pred, weight in updates:
        metric.update_state(y_true, y_pred, sample_weight=weight)
        states.append({
            "y_true": tensor(y_true),
            "y_pred": tensor(y_pred),
            "sample_weight": tensor(weight),
            "result": tensor(metric.result()),
        })
    variables = [tensor(v) for v in metric.variables]
    metric.reset_state()
    return {
        "kind": "metric",
        **serialized(keras.metrics, metric),
        "given": config,
        "updates": states,
        "variables": variables,
        "reset": tensor(metric.result()),
    }


def metrics():
    for i, (name, config, kind, shape) in enumerate(METRICS):
        make = Inputs("metric", i)
        n = shape[0]
        counts = "IoU" in name
        yield metric_case(name, config, [(*make.pair(kind, shape), None) for _ in range(2)])
        weights = [None, make.real((n,), 0, 2), np.zeros((n,), np.float32), make.real((n,), 0, 2)]
        if counts:
            size = int(np.prod(make.pair(kind, shape)[0].shape[: 2 if kind == "equal" else 1]))
            weights = [None, make.rng.integers(0, 3, (size,))]
        yield metric_case(name, config, [(*make.pair(kind, shape), w) for w in weights])
    # Columns where only predictions, or only labels, have two dimensions.
    for name, kind, true_shape, pred_shape in [
        ("BinaryAccuracy", "binary", (5,), (5, 1)),
        ("MeanSquaredError", "real", (5, 1), (5,)),
        ("SparseCategoricalAccuracy", "sparse", (5, 1), (5, 3)),
        ("SparseCategoricalAccuracy", "sparse", (2, 3), (2, 3, 4)),
        ("CategoricalAccuracy", "classes", (2, 3, 4), (2, 3, 4)),
        ("AUC", "binary", (5,), (5, 1)),
        ("Precision", "binary", (5,), (5,)),
    ]:
        make = Inputs("metric shapes", name, true_shape)
        y_true, y_pred = make.pair(kind, pred_shape)
        y_true = np.reshape(y_true, true_shape)
        yield metric_case(name, {}, [(y_true, y_pred, None), (y_true, y_pred, make.real(true_shape[:1], 0, 2))])
    # Nothing, ties, values at thresholds, NaN.
    nothing = np.zeros((0, 3), np.float32)
    yield metric_case("MeanSquaredError", {}, [(nothing, nothing, None)])
    yield metric_case("CategoricalAccuracy", {}, [(f32([0, 1], [1, 0]), f32([0.5, 0.5], [0.5, 0.5]), None)])
    edges = f32(0.0, 0.25, 0.5, 0.75, 1.0)
    labels = f32(1, 0, 1, 0, 1)
    for name, config in [
        ("BinaryAccuracy", {}),
        ("Precision", {}),
        ("Recall", {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}),
        ("TruePositives", {"thresholds": [0.25, 0.5]}),
        ("AUC", {"num_thresholds": 5}),
        ("AUC", {"thresholds": [0.25, 0.5]}),
        ("SensitivityAtSpecificity", {"specificity": 0.5, "num_thresholds": 5}),
    ]:
        yield metric_case(name, config, [(labels, edges, None)])
    yield metric_case("TopKCategoricalAccuracy", {"k": 1}, [(f32([0, 1, 0], [1, 0, 0]), f32([0.4, 0.4, 0.2], [0.4, 0.4, 0.2]), None)])
    yield metric_case("MeanSquaredError", {}, [(f32([1, 2]), f32([np.nan, 2]), None)])
    yield metric_case("MeanSquaredError", {"name": "mine"}, [(f32([1, 2]), f32([1, 4]), None)])
    for name in ("Mean", "Sum"):
        make = Inputs("values", name)
        metric = getattr(keras.metrics, name)()
        states = []
        for shape, weight in [((4,), None), ((), None), ((3, 2), make.real((3,), 0, 2)), ((3, 2), make.real((3, 2), 0, 2)), ((0,), None)]:
            values = make.real(shape)
            metric.update_state(values, sample_weight=weight)
            states.append({"values": tensor(values), "sample_weight": tensor(weight), "result": tensor(metric.result())})
        yield {"kind": "values", **serialized(keras.metrics, metric), "updates": states}


OPTIMIZERS = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.05}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.3}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.2}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.3}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2}),
    ("SGD", {"learning_rate": 0.1, "loss_scale_factor": 8.0}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.5, "gradient_accumulation_steps": 2, "weight_decay": 0.01}),
    ("SGD", {"learning_rate": ("ExponentialDecay", [0.1, 2, 0.5])}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.05, "amsgrad": True, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    ("Adam", {"learning_rate": 0.05, "weight_decay": 0.1, "clipnorm": 0.5}),
    ("Adam", {"learning_rate": ("CosineDecay", [0.1, 4])}),
    ("Adam", {"learning_rate": 0.05, "gradient_accumulation_steps": 2, "use_ema": True}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.05, "weight_decay": 0.2, "amsgrad": True}),
    ("Adamax", {"learning_rate": 0.05}),
    ("Nadam", {"learning_rate": 0.05}),
    ("Nadam", {"learning_rate": 0.05, "gradient_accumulation_steps": 2}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.05, "momentum": 0.9, "rho": 0.8}),
    ("RMSprop", {"learning_rate": 0.05, "centered": True}),
    ("RMSprop", {"learning_rate": 0.05, "centered": True, "momentum": 0.5}),
    ("Adagrad", {"learning_rate": 0.05}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Ftrl", {"learning_rate": 0.05}),
    ("Ftrl", {
        "learning_rate": 0.05, "learning_rate_power": -0.7, "l1_regularization_strength": 0.01,
        "l2_regularization_strength": 0.02, "l2_shrinkage_regularization_strength": 0.03, "beta": 0.1,
    }),
    ("Lion", {"learning_rate": 0.05}),
    ("Lamb", {"learning_rate": 0.05}),
    ("Adafactor", {"learning_rate": 0.05}),
    ("Adafactor", {"learning_rate": 0.05, "relative_step": False, "clip_threshold": 0.5}),
]


def optimizer_case(name, config, exclude):
    make = Inputs("model")
    x, y = make.real((4, 2)), make.real((4, 3))
    kernel = keras.Variable(make.real((2, 3)), name="kernel")
    bias = keras.Variable(make.real((3,)), name="bias")
    start = {"x": tensor(x), "y": tensor(y), "kernel": tensor(kernel), "bias": tensor(bias)}
    if isinstance(config.get("learning_rate"), tuple):
        schedule, args = config["learning_rate"]
        config = {**config, "learning_rate": getattr(keras.optimizers.schedules, schedule)(*args)}
    optimizer = getattr(keras.optimizers, name)(**config)
    described = serialized(keras.optimizers, optimizer)
    if exclude:
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    steps = []
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.matmul(x, kernel) + bias - y))
            scaled = optimizer.scale_loss(loss)
        grads = tape.gradient(scaled, [kernel.value, bias.value])
        optimizer.apply_gradients(zip(grads, [kernel, bias]))
        steps.append({"loss": tensor(loss), "kernel": tensor(kernel), "bias": tensor(bias)})
    variables = [{"name": v.path.split("/")[-1], "value": tensor(v)} for v in optimizer.variables]
    optimizer.finalize_variable_values([kernel, bias])
    return {
        "kind": "optimizer",
        **described,
        "exclude": exclude,
        **start,
        "steps": steps,
        "variables": variables,
        "final": {"kernel": tensor(kernel), "bias": tensor(bias)},
    }


def optimizers():
    for name, config in OPTIMIZERS:
        yield optimizer_case(name, config, False)
    yield optimizer_case("AdamW", {"learning_rate": 0.05, "weight_decay": 0.2}, True)


SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [5, 20], "values": [1.0, 0.5, 0.1]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "end_learning_rate": 0.01, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "power": 0.5, "cycle": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 20, "warmup_target": 0.1, "warmup_steps": 10}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 1.0, "m_mul": 0.8, "alpha": 0.1}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 7, "t_mul": 1.5, "m_mul": 0.9}),
]


def schedules():
    steps = [0, 1, 2, 4, 5, 6, 9, 10, 11, 13, 19, 20, 21, 29, 30, 31, 40, 55, 70, 100]
    for name, config in SCHEDULES:
        schedule = getattr(keras.optimizers.schedules, name)(**config)
        values = [float(schedule(tf.constant(s, tf.int64))) for s in steps]
        yield {"kind": "schedule", **serialized(keras.optimizers.schedules, schedule), "steps": steps, "values": values}


def penalties():
    w = Inputs("weight").real((4, 3))
    square = Inputs("square").real((3, 3))
    for name, config, x in [
        ("L1", {}, w), ("L1", {"l1": 0.3}, w), ("L2", {}, w), ("L2", {"l2": 0.3}, w),
        ("L1L2", {"l1": 0.1, "l2": 0.2}, w), ("L1L2", {}, w),
        ("OrthogonalRegularizer", {}, w), ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}, square),
    ]:
        regularizer = getattr(keras.regularizers, name)(**config)
        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.convert_to_tensor(regularizer(x))
        gradient = tape.gradient(value, x)
        yield {
            "kind": "regularizer", **serialized(keras.regularizers, regularizer), "w": tensor(x),
            "value": tensor(value), "gradient": tensor(gradient),
        }
    conv = Inputs("kernel").real((2, 2, 3, 2))
    for name, config, x in [
        ("MaxNorm", {}, w), ("MaxNorm", {"max_value": 1.0, "axis": 1}, w), ("MaxNorm", {"max_value": 1.0, "axis": [0, 1, 2]}, conv),
        ("NonNeg", {}, w), ("UnitNorm", {}, w), ("UnitNorm", {"axis": 1}, w), ("UnitNorm", {}, np.zeros_like(w)),
        ("MinMaxNorm", {}, w), ("MinMaxNorm", {"min_value": 0.5, "max_value": 1.5, "rate": 0.7, "axis": 1}, w),
    ]:
        constraint = getattr(keras.constraints, name)(**config)
        yield {"kind": "constraint", **serialized(keras.constraints, constraint), "w": tensor(x), "value": tensor(constraint(tf.constant(x)))}


def initializers():
    """Moments of many values; the values of one seed are another library's own."""
    for name, config in [
        ("Zeros", {}), ("Ones", {}), ("Constant", {"value": 0.3}), ("Identity", {}), ("Identity", {"gain": 2.0}),
        ("RandomNormal", {"seed": 1}), ("RandomNormal", {"mean": 1.0, "stddev": 2.0, "seed": 1}),
        ("RandomUniform", {"seed": 1}), ("RandomUniform", {"minval": 1.0, "maxval": 3.0, "seed": 1}),
        ("TruncatedNormal", {"seed": 1}), ("TruncatedNormal", {"mean": 1.0, "stddev": 2.0, "seed": 1}),
        ("VarianceScaling", {"seed": 1}),
        ("VarianceScaling", {"scale": 2.0, "mode": "fan_out", "distribution": "uniform", "seed": 1}),
        ("VarianceScaling", {"mode": "fan_avg", "distribution": "untruncated_normal", "seed": 1}),
        ("GlorotUniform", {"seed": 1}), ("GlorotNormal", {"seed": 1}), ("HeUniform", {"seed": 1}), ("HeNormal", {"seed": 1}),
        ("LecunUniform", {"seed": 1}), ("LecunNormal", {"seed": 1}), ("Orthogonal", {"seed": 1}), ("Orthogonal", {"gain": 2.0, "seed": 1}),
    ]:
        initializer = getattr(keras.initializers, name)(**config)
        for shape in [(100, 400), (40, 30, 5, 10)]:
            if name == "Identity" and len(shape) > 2:
                continue
            v = np.asarray(initializer(shape), np.float64)
            yield {
                "kind": "initializer", **serialized(keras.initializers, initializer), "given": config, "shape": list(shape),
                "mean": v.mean(), "std": v.std(), "min": v.min(), "max": v.max(),
            }


# What Keras refuses: kind, class, arguments.
REFUSED = [
    ("optimizer", "SGD", {"momentum": 2.0}),
    ("optimizer", "SGD", {"clipnorm": 1.0, "clipvalue": 1.0}),
    ("optimizer", "Adam", {"gradient_accumulation_steps": 1}),
    ("optimizer", "Adam", {"use_ema": True, "ema_momentum": 2.0}),
    ("optimizer", "Adam", {"use_ema": True, "ema_overwrite_frequency": -1}),
    ("optimizer", "Ftrl", {"learning_rate_power": 0.5}),
    ("optimizer", "Ftrl", {"initial_accumulator_value": -0.5}),
    ("optimizer", "Lion", {"beta_1": 0.0}),
    ("optimizer", "Adam", {"decay_of_all": 1.0}),
    ("optimizer", "NoSuch", {}),
    ("loss", "MeanSquaredError", {"reduction": "median"}),
    ("loss", "NoSuch", {}),
    ("metric", "Precision", {"thresholds": [0.5, 1.5]}),
    ("metric", "AUC", {"num_thresholds": 1}),
    ("metric", "AUC", {"curve": "XYZ"}),
    ("metric", "AUC", {"num_labels": 3}),
    ("metric", "R2Score", {"num_regressors": -1}),
    ("metric", "R2Score", {"class_aggregation": "median"}),
    ("metric", "FBetaScore", {"beta": -1.0}),
    ("metric", "FBetaScore", {"threshold": 1.5}),
    ("metric", "F1Score", {"average": "median"}),
    ("metric", "PrecisionAtRecall", {"recall": 1.5}),
    ("metric", "SensitivityAtSpecificity", {"specificity": 0.5, "num_thresholds": 0}),
    ("metric", "IoU", {"num_classes": 2, "target_class_ids": [2]}),
    ("metric", "NoSuch", {}),
    ("schedule", "ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 0, "decay_rate": 0.9}),
    ("schedule", "PiecewiseConstantDecay", {"boundaries": [1, 2], "values": [1.0]}),
    ("regularizer", "OrthogonalRegularizer", {"mode": "diagonals"}),
    ("regularizer", "NoSuch", {}),
    ("constraint", "NoSuch", {}),
    ("initializer", "VarianceScaling", {"scale": -1.0}),
    ("initializer", "VarianceScaling", {"mode": "fan"}),
    ("initializer", "NoSuch", {}),
]

MODULES = {
    "optimizer": keras.optimizers,
    "loss": keras.losses,
    "metric": keras.metrics,
    "schedule": keras.optimizers.schedules,
    "regularizer": keras.regularizers,
    "constraint": keras.constraints,
    "initializer": keras.initializers,
}


def refused():
    for kind, name, config in REFUSED:
        full = {"module": "keras." + {"optimizer": "optimizers", "loss": "losses", "metric": "metrics", "schedule": "optimizers.schedules"}.get(kind, kind + "s"),
                "class_name": name, "config": config, "registered_name": None}
        try:
            module = MODULES[kind]
            made = module.get(name) if name == "NoSuch" else module.deserialize(full)
            if kind == "loss":
                made(f32([1]), f32([1]))
        except Exception as e:  # noqa: BLE001: whatever it is, it is the answer
            yield {"kind": "refused", "of": kind, "class_name": name, "config": config, "error": type(e).__name__}
        else:
            sys.exit(f"keras_parts.py: Keras accepts {kind} {name} {config}: {made}")


def main(seed, out):
    global SEED
    SEED = int(seed)
    keras.utils.set_random_seed(SEED)
    cases = []
    for make in (losses, metrics, optimizers, schedules, penalties, initializers, refused):
        cases += make()
    content = ("[\n" + ",\n".join(" " + json.dumps(c) for c in cases) + "\n]\n").encode()
    note(out, "keras_parts.json", content)
    print(f"{len(cases)} cases of Keras' parts of seed {seed} in {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
