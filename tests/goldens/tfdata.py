"""Golden values of datasets: what pipelines of a real tf.data give.

    python tests/goldens/tfdata.py [OUT.json]

writes tests/goldens/data/tfdata.json: for each named pipeline its elements as text, its element_spec and cardinality, or the class of the
error. The pipelines of the same names in tests/suite/data/golden.rs must give the same.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

if not tf.__version__.startswith("2.21."):
    sys.exit(f"tfdata.py: wanted tensorflow 2.21.*, found {tf.__version__}")

D = tf.data.Dataset
LIMIT = 40


def slices(*shapes):
    """Arrays of counting floats of these shapes."""
    arrays = [np.arange(np.prod(s), dtype=np.float32).reshape(s) for s in shapes]
    return D.from_tensor_slices(tuple(arrays) if len(arrays) > 1 else arrays[0])


def ragged():
    return D.range(1, 5).map(lambda n: tf.fill([n], n))


def repeated(n):
    return D.from_tensors(n).repeat(n)


def generator(*values):
    return D.from_generator(lambda: values, output_signature=tf.TensorSpec([None], tf.int32))


PIPELINES = {
    "slices": lambda: slices((3, 2)),
    "slices of a tuple": lambda: slices((3, 2), (3,)),
    "slices of a map": lambda: D.from_tensor_slices({"b": [1, 2], "a": [[3.5], [4.5]]}),
    "slices of a nest": lambda: D.from_tensor_slices(({"x": [1, 2], "y": [3, 4]}, [True, False])),
    "slices of nothing": lambda: slices((0, 2)),
    "slices, uint8": lambda: D.from_tensor_slices(np.arange(6, dtype=np.uint8).reshape(3, 2)),
    "slices, unequal": lambda: slices((3, 2), (4,)),
    "slices of a scalar": lambda: D.from_tensor_slices(1.0),
    "tensors": lambda: D.from_tensors(([1, 2], 3.0)),
    "range": lambda: D.range(5),
    "range, steps": lambda: D.range(1, 8, 3),
    "range, down": lambda: D.range(5, -2, -2),
    "range, empty": lambda: D.range(5, 1, 1),
    "range, step 0": lambda: D.range(1, 5, 0),
    "batch": lambda: D.range(7).batch(3),
    "batch, whole": lambda: D.range(6).batch(3),
    "batch, drop_remainder": lambda: D.range(7).batch(3, drop_remainder=True),
    "batch of batches": lambda: D.range(7).batch(2).batch(2),
    "batch, drop_remainder, of batches": lambda: D.range(9).batch(2, drop_remainder=True).batch(3),
    "batch of slices": lambda: slices((5, 2), (5,)).batch(2),
    "batch of a map": lambda: D.from_tensor_slices({"b": [1, 2, 3], "a": [4, 5, 6]}).batch(2),
    "batch of nothing": lambda: slices((0, 2)).batch(2),
    "batch 0": lambda: D.range(7).batch(0),
    "batch of unequal shapes": lambda: ragged().batch(2),
    "unbatch": lambda: slices((2, 3, 2)).unbatch(),
    "unbatch of batches": lambda: D.range(7).batch(3).unbatch(),
    "unbatch of a tuple": lambda: D.from_tensors(([1, 2, 3], [[4], [5], [6]])).unbatch(),
    "unbatch of scalars": lambda: D.range(3).unbatch(),
    "unbatch, unequal": lambda: D.from_tensors(([1, 2, 3], [4, 5])).unbatch(),
    "padded_batch": lambda: ragged().padded_batch(3),
    "padded_batch, shapes": lambda: ragged().padded_batch(2, padded_shapes=[6]),
    "padded_batch, values": lambda: ragged().padded_batch(2, padded_shapes=[None], padding_values=np.int64(-1)),
    "padded_batch, drop_remainder": lambda: ragged().padded_batch(3, drop_remainder=True),
    "padded_batch, too small": lambda: ragged().padded_batch(2, padded_shapes=[2]),
    "padded_batch of two dimensions": lambda: D.range(1, 4).map(lambda n: tf.fill([n, 4 - n], n)).padded_batch(3),
    "padded_batch of a tuple": lambda: D.range(1, 4).map(lambda n: (n, tf.fill([n], 0.5))).padded_batch(
        2, padding_values=(np.int64(9), 7.0)
    ),
    "repeat": lambda: D.range(3).repeat(2),
    "repeat 0": lambda: D.range(3).repeat(0),
    "repeat, endless": lambda: D.range(3).repeat(),
    "repeat, endless, of nothing": lambda: D.range(0).repeat(),
    "repeat, then batch": lambda: D.range(3).repeat(2).batch(4),
    "batch, then repeat": lambda: D.range(3).batch(2).repeat(2),
    "take": lambda: D.range(5).take(2),
    "take more than there are": lambda: D.range(5).take(9),
    "take all": lambda: D.range(5).take(-1),
    "take of endless": lambda: D.range(3).repeat().take(7),
    "skip": lambda: D.range(5).skip(2),
    "skip more than there are": lambda: D.range(5).skip(9),
    "skip all": lambda: D.range(5).skip(-1),
    "shard": lambda: D.range(10).shard(3, 1),
    "shard, last": lambda: D.range(10).shard(3, 2),
    "shard, out of range": lambda: D.range(10).shard(3, 3),
    "shuffle, buffer 1": lambda: D.range(6).shuffle(1),
    "shuffle, buffer 0": lambda: D.range(6).shuffle(0),
    "shuffle and sort": lambda: D.range(9).shuffle(4, seed=3).batch(9).map(tf.sort),
    "map": lambda: D.range(4).map(lambda x: x * x),
    "map to a tuple": lambda: D.range(3).map(lambda x: (x, tf.cast(x, tf.float32) / 2)),
    "map to a map": lambda: D.range(2).map(lambda x: {"x": x, "y": x + 1}),
    "map of a tuple": lambda: slices((3, 2), (3,)).map(lambda x, y: tf.reduce_sum(x) + y),
    "map of batches": lambda: slices((5, 2), (5,)).batch(2).map(lambda x, y: (tf.reduce_sum(x, 1), y)),
    "map, parallel": lambda: D.range(30).map(lambda x: x * 2, num_parallel_calls=4),
    "map, parallel, AUTOTUNE": lambda: D.range(9).map(lambda x: x * 2, num_parallel_calls=tf.data.AUTOTUNE),
    "filter": lambda: D.range(9).filter(lambda x: x % 3 == 0),
    "filter by no bool": lambda: D.range(9).filter(lambda x: x),
    "filter by no scalar": lambda: D.range(9).batch(2).filter(lambda x: x > 2),
    "take_while": lambda: D.range(9).take_while(lambda x: x < 4),
    "zip": lambda: D.zip((D.range(3), slices((4, 2)))),
    "zip with endless": lambda: D.zip((D.range(3), D.range(2).repeat())),
    "zip of endless": lambda: D.zip((D.range(3).repeat(), D.range(2).repeat())),
    "enumerate": lambda: slices((3, 2)).enumerate(start=5),
    "concatenate": lambda: D.range(2).concatenate(D.range(7, 9)),
    "concatenate of different sizes": lambda: slices((2, 3)).concatenate(slices((1, 4))),
    "concatenate of different dtypes": lambda: D.range(2).concatenate(slices((2,))),
    "concatenate of different structures": lambda: slices((2,)).concatenate(slices((2,), (2,))),
    "concatenate with endless": lambda: D.range(2).concatenate(D.range(2).repeat()),
    "cache": lambda: D.range(4).cache().repeat(2),
    "prefetch": lambda: D.range(5).prefetch(2),
    "prefetch 0": lambda: D.range(5).prefetch(0),
    "prefetch, AUTOTUNE": lambda: D.range(5).batch(2).prefetch(tf.data.AUTOTUNE),
    "prefetch -2": lambda: D.range(5).prefetch(-2),
    "flat_map": lambda: D.range(4).flat_map(repeated),
    "flat_map of batches": lambda: slices((2, 3)).flat_map(D.from_tensor_slices),
    "interleave": lambda: D.range(1, 6).interleave(repeated, cycle_length=2, block_length=2),
    "interleave 3": lambda: D.range(0, 6).interleave(repeated, cycle_length=3, block_length=1),
    "interleave, wide": lambda: D.range(1, 4).interleave(repeated, cycle_length=9, block_length=4),
    "interleave, long": lambda: D.range(1, 9).interleave(repeated, cycle_length=3, block_length=2),
    "interleave, cycle_length 0": lambda: D.range(1, 4).interleave(repeated, cycle_length=0),
    "generator": lambda: generator([1], [2, 3], []),
    "generator of a tuple": lambda: D.from_generator(
        lambda: ((i, [i, i]) for i in range(3)),
        output_signature=(tf.TensorSpec([], tf.int64), tf.TensorSpec([2], tf.float32)),
    ),
    "generator of a wrong shape": lambda: generator([1], [[2]]),
    "generator, twice": lambda: generator([1], [2, 3]).repeat(2),
    "slices, shuffled whole, batched": lambda: slices((6,)).shuffle(1).batch(4).map(lambda x: x + 1),
}


def text(e):
    if isinstance(e, tuple):
        return "(" + ", ".join(map(text, e)) + (",)" if len(e) == 1 else ")")
    if isinstance(e, dict):
        return "{" + ", ".join(f"'{k}': {text(v)}" for k, v in e.items()) + "}"
    return str(np.asarray(e))


def spec_text(s):
    if isinstance(s, tf.TensorSpec):
        dims = ", ".join(str(d) for d in s.shape) + ("," if s.shape.rank == 1 else "")
        return f"TensorSpec(shape=({dims}), dtype={s.dtype.name})"
    if isinstance(s, dict):
        return "{" + ", ".join(f"'{k}': {spec_text(v)}" for k, v in s.items()) + "}"
    return "(" + ", ".join(map(spec_text, s)) + (",)" if len(s) == 1 else ")")


def run(make):
    elements = []
    try:
        dataset = make()
        spec, count = spec_text(dataset.element_spec), int(dataset.cardinality())
        for e in dataset.as_numpy_iterator():
            elements.append(text(e))
            if len(elements) == LIMIT:
                break
    except Exception as e:  # noqa: BLE001: its class is what is asked for
        return {"elements": elements, "error": type(e).__name__}
    return {"elements": elements, "spec": spec, "cardinality": count}


def main(out):
    goldens = {name: run(make) for name, make in PIPELINES.items()}
    with open(out, "w") as f:
        json.dump({"tensorflow": tf.__version__, "pipelines": goldens}, f, indent=1)
        f.write("\n")
    errors = {k: v["error"] for k, v in goldens.items() if "error" in v}
    print(f"{len(goldens)} pipelines, {len(errors)} of them errors, in {out}")
    for name, error in errors.items():
        print(f"  {name}: {error}")


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "data", "tfdata.json"))
