"""Golden values of control flow: what small programs of branches, loops and arrays of a real TensorFlow give.

    python tests/goldens/control.py [OUT.json]

writes tests/goldens/data/control.json: for each named program its result, its gradients in x and w, the gradient of the squared first
gradient in x, the variable afterwards, and what it printed; of some functions of a number the first three derivatives. The programs of the same names in tests/suite/control/golden.rs must give
the same, op by op and traced.
"""

import json
import os
import sys
import tempfile

from shared import note

import tensorflow as tf

if not tf.__version__.startswith("2.21."):
    sys.exit(f"control.py: wanted tensorflow 2.21.*, found {tf.__version__}")

PRINTS = None


def say(*parts):
    tf.print(*parts, output_stream=f"file://{PRINTS}")


def grow(h, w, bound, limit=None):
    """Grows h until its sum reaches bound."""
    return tf.while_loop(
        lambda h: tf.reduce_sum(h) < bound, lambda h: (h * 1.5 + tf.sin(w * h),), (h,), maximum_iterations=limit
    )[0]


def cond_taken(x, w, v):
    return tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * w, lambda: x - w * w)


def cond_not_taken(x, w, v):
    return tf.cond(tf.reduce_sum(x) < 0.0, lambda: x * w, lambda: x - w * w)


def cond_nested(x, w, v):
    def inner():
        return tf.cond(w[0] > 10.0, lambda: tf.exp(x), lambda: tf.tanh(x * w))

    return tf.cond(x[0] < 5.0, inner, lambda: x) * x


def cond_effects(x, w, v):
    def yes():
        say("yes", tf.reduce_sum(v))
        v.assign(v + x)
        return x * v

    def no():
        say("no")
        v.assign(v * 100.0)
        return x

    a = tf.cond(x[0] > 0.0, yes, no)
    b = tf.cond(x[0] < 0.0, yes, no)
    say("after", a, b)
    return a + b * v


def switch_index(x, w, v):
    index = tf.cast(tf.reduce_sum(x), tf.int32) - 1
    return tf.switch_case(index, [lambda: x, lambda: x * x * w, lambda: tf.sin(x)])


def switch_default(x, w, v):
    index = tf.cast(tf.reduce_sum(x), tf.int32) - 20
    y = tf.switch_case(index, {1: lambda: x, 0: lambda: x * x}, default=lambda: x * w * w)
    return y + tf.switch_case(index, {1: lambda: x * x * x, 0: lambda: x})


def case_first(x, w, v):
    s = tf.reduce_sum(x)
    y = tf.case([(s < 0.0, lambda: x), (s > 0.0, lambda: x * x * w), (s > 1.0, lambda: x * 7.0)])
    return y + tf.case([(s < 0.0, lambda: x)], default=lambda: tf.cos(x))


def while_values(x, w, v):
    return grow(x, w, 20.0)


def while_limit(x, w, v):
    return grow(x, w, 1e9, 3)


def while_no_trips(x, w, v):
    return grow(x, w, -100.0) * w


def while_counter(x, w, v):
    i, h, s = tf.while_loop(
        lambda i, h, s: i < 4, lambda i, h, s: (i + 1, tf.tanh(h * w), s + tf.cast(i, tf.float32) * h * h), (0, x, x)
    )
    return h + s


def while_nested(x, w, v):
    def body(i, h):
        h = grow(h, w, 8.0)
        return i + 1, tf.tanh(h * 0.2) * x

    return tf.while_loop(lambda i, h: i < 3, body, (0, x))[1]


def while_nested_values(x, w, v):
    def body(h):
        return (grow(h * 0.1, w, 6.0) * 1.3,)

    return tf.while_loop(lambda h: tf.reduce_sum(h * h) < 60.0, body, (x,), maximum_iterations=4)[0]


def while_in_cond(x, w, v):
    return tf.cond(x[0] > 0.0, lambda: grow(x, w, 15.0), lambda: grow(x, w, 1e30))


def cond_in_while(x, w, v):
    def body(i, h):
        return i + 1, tf.cond(tf.reduce_sum(h) > 5.0, lambda: h * 0.5, lambda: h + w * x)

    return tf.while_loop(lambda i, h: i < tf.cast(tf.reduce_sum(x * 2.0), tf.int32), body, (0, x))[1]


def while_effects(x, w, v):
    def body(h):
        v.assign(v * 1.25)
        say("h =", tf.reduce_sum(h))
        return (h * v,)

    h = tf.while_loop(lambda h: tf.reduce_sum(h) < 20.0, body, (x,))[0]
    say("v =", v)
    return h * v


def while_reads_variable(x, w, v):
    return tf.while_loop(lambda h: tf.reduce_sum(h) < tf.reduce_sum(v) * 5.0, lambda h: (h * v + w,), (x,))[0]


def map_plain(x, w, v):
    return tf.map_fn(lambda e: e * e + e * w[0], x)


def map_pairs(x, w, v):
    a, b = tf.map_fn(
        lambda e: (e[0] * e[1], e[0] - e[1]), (x, w), fn_output_signature=(tf.float32, tf.float32)
    )
    return a * b


def map_while(x, w, v):
    # Square roots by Newton's method, each as long as it takes.
    def root(a):
        return tf.while_loop(lambda r: tf.abs(r * r - a) > 1e-3, lambda r: ((r + a / r) * 0.5,), (a + 1.0,))[0]

    return tf.map_fn(root, x * x + w * w)


def scan_plain(x, w, v):
    return tf.scan(lambda a, e: a * e + w[1], x)


def scan_initializer(x, w, v):
    return tf.scan(lambda a, e: tf.tanh(a * w + e), x, initializer=w)[2]


def scan_reverse(x, w, v):
    return tf.scan(lambda a, e: a * 0.5 + e * e, x * w, initializer=tf.constant(1.0), reverse=True)


def scan_reverse_plain(x, w, v):
    return tf.scan(lambda a, e: a * e + w[1], x, reverse=True)


def folds(x, w, v):
    left = tf.foldl(lambda a, e: a * w[0] + e * e, x)
    right = tf.foldr(lambda a, e: a * w[1] + e * e, x, initializer=tf.constant(0.5))
    return x * left + w * right


def scan_effects(x, w, v):
    def step(a, e):
        v.assign(v + e)
        say("e", e)
        return a + v * e

    return tf.scan(step, x, initializer=w)[1] * v


def array_while(x, w, v):
    def body(i, h, ta):
        return i + 1, tf.tanh(h * w), ta.write(i, h * h)

    ta = tf.TensorArray(tf.float32, size=4)
    _, h, ta = tf.while_loop(lambda i, h, ta: i < 4, body, (0, x, ta))
    return h + tf.reduce_sum(ta.stack() * tf.constant([[1.0], [2.0], [3.0], [4.0]]), 0)


def array_dynamic(x, w, v):
    def body(i, h, ta):
        return i + 1, h * w, ta.write(i, tf.sin(h))

    ta = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    _, h, ta = tf.while_loop(lambda i, h, ta: i < 3, body, (0, x, ta))
    return tf.reduce_prod(ta.stack(), 0) * tf.cast(ta.size(), tf.float32)


def array_reads(x, w, v):
    ta = tf.TensorArray(tf.float32, size=3, clear_after_read=False).unstack(x)

    def body(i, s):
        return i + 1, s * w + ta.read(2 - i)

    _, s = tf.while_loop(lambda i, s: i < 3, body, (0, x))
    return s + tf.reduce_sum(ta.gather([2, 0]))


def array_values(x, w, v):
    # As long as values say, in an array of fixed size.
    def body(i, h, ta):
        return i + 1, h * 1.5 + w, ta.write(i, h)

    ta = tf.TensorArray(tf.float32, size=8, element_shape=[3])
    i, h, ta = tf.while_loop(lambda i, h, ta: tf.reduce_sum(h) < 25.0, body, (0, x, ta))
    return h * ta.read(i - 1) + ta.read(0)


def array_parts(x, w, v):
    ta = tf.TensorArray(tf.float32, size=2, infer_shape=False).split(tf.concat([x, w], 0), [2, 4])
    a, b = ta.read(0), ta.read(1)
    tb = tf.TensorArray(tf.float32, size=3).scatter([2, 0, 1], tf.stack([x, w, x * w]))
    flat = tb.concat()
    return flat[0:3] * flat[3:6] + flat[6:9] * tf.reduce_sum(a) + b[1:4]


def functions(x, w, v):
    @tf.function
    def inner(a, b):
        return tf.sin(a) * b

    @tf.function
    def outer(a):
        return inner(a, w) + inner(inner(a, a), w)

    return outer(x) * inner(w, x)


PROGRAMS = [
    cond_taken, cond_not_taken, cond_nested, cond_effects, switch_index, switch_default, case_first, while_values,
    while_limit, while_no_trips, while_counter, while_nested, while_nested_values, while_in_cond, cond_in_while,
    while_effects, while_reads_variable, map_plain, map_pairs, map_while, scan_plain, scan_initializer, scan_reverse,
    scan_reverse_plain, folds, scan_effects, array_while, array_dynamic, array_reads, array_values, array_parts,
    functions,
]  # fmt: skip


def numbers(t):
    return None if t is None else [float(e) for e in tf.reshape(t, [-1])]


def run(program):
    global PRINTS
    PRINTS = tempfile.mktemp()
    v = tf.Variable([1.5, 0.5, 1.25])
    f = tf.function(lambda x, w: program(x, w, v))
    x, w = tf.constant([0.5, 1.25, 0.75]), tf.constant([0.9, 1.1, 0.4])
    y = f(x, w)
    printed = open(PRINTS).read() if os.path.exists(PRINTS) else ""
    after = numbers(v)
    v.assign([1.5, 0.5, 1.25])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch([x, w])
            inner.watch(v)
            loss = f(x, w)
        dx, dw, dv = inner.gradient(loss, [x, w, v])
        square = tf.reduce_sum(dx * dx)
    ddx = outer.gradient(square, x)
    return {
        "y": numbers(y), "dx": numbers(dx), "dw": numbers(dw), "dv": numbers(dv), "ddx": numbers(ddx), "v": after,
        "printed": printed,
    }  # fmt: skip


def regression():
    """A line through points, as programs of TensorFlow 1 found it."""
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [None], name="x")
        y = v1.placeholder(tf.float32, [None], name="y")
        w = v1.get_variable("w", [], initializer=v1.zeros_initializer())
        b = v1.Variable(0.5, name="b")
        loss = tf.reduce_mean(tf.square(x * w + b - y))
        dw, dx = v1.gradients(loss, [w, x])
        train = v1.train.GradientDescentOptimizer(0.05).minimize(loss)
        init = v1.global_variables_initializer()
        losses = []
        with v1.Session() as session:
            session.run(init)
            first = session.run([dw, dx], {x: [1.0, 2.0], y: [3.0, 5.0]})
            for step in range(40):
                points = [0.5, 1.0, 2.5] if step % 2 else [1.0, 2.0]
                feed = {x: points, y: [2.0 * p + 1.0 for p in points]}
                losses.append(float(session.run([train, loss], feed)[1]))
            return {
                "dw": float(first[0]), "dx": [float(e) for e in first[1]], "losses": losses,
                "w": float(session.run(w)), "b": float(session.run(b)),
            }  # fmt: skip


def modules():
    """Names and order of variables of modules inside of modules."""

    class Dense(tf.Module):
        def __init__(self, name):
            super().__init__(name=name)
            with self.name_scope:
                self.w = tf.Variable([1.0], name="w")
                self.b = tf.Variable([0.0], name="b")
                self.count = tf.Variable(0.0, name="count", trainable=False)

    class Model(tf.Module):
        def __init__(self):
            super().__init__(name="model")
            with self.name_scope:
                self.second = Dense("second")
                self.first = Dense("first")
                self.again = self.first
            self.scale = tf.Variable(2.0, name="scale")

    m = Model()
    return {
        "variables": [v.name for v in m.variables],
        "trainable": [v.name for v in m.trainable_variables],
        "submodules": [s.name for s in m.submodules],
        "scope": m.first.name_scope.name,
    }


def h_grow(x):
    """A loop whose trips depend on values."""
    return tf.while_loop(lambda h: h < 20.0, lambda h: (h * 1.5 + tf.sin(h * x),), (x,))[0]


def h_nested(x):
    """A loop whose trips depend on values inside of another."""

    def outer(h):
        inner = tf.while_loop(lambda t: t < h + 4.0, lambda t: (t * 1.25 + tf.cos(t) * x * 0.25,), (h,))[0]
        return (tf.math.sqrt(inner) + h,)

    return tf.while_loop(lambda h: h < 9.0, outer, (x,))[0]


def h_cases(x):
    """Branches of a loop's trips."""

    def body(i, h):
        cases = [lambda: h * h * 0.5, lambda: tf.sin(h) + h * x, lambda: tf.exp(h * 0.25) * x]
        return i + 1, tf.switch_case(i % 3, cases)

    return tf.while_loop(lambda i, h: i < 5, body, (0, x))[1]


def h_conds(x):
    """A branch by values in a loop whose trips depend on values."""
    body = lambda h: (tf.cond(h < 3.0, lambda: h * h * 0.5 + h, lambda: h + 1.5 + tf.sin(h) * x * 0.5),)
    return tf.while_loop(lambda h: h < 8.0, body, (x,))[0]


def derivatives(f):
    """A function of a number and its first three derivatives, in double precision."""
    x = tf.constant(1.25, tf.float64)
    with tf.GradientTape() as third:
        third.watch(x)
        with tf.GradientTape() as second:
            second.watch(x)
            with tf.GradientTape() as first:
                first.watch(x)
                y = tf.function(f)(x)
            d1 = first.gradient(y, x)
        d2 = second.gradient(d1, x)
    return [float(v) for v in (y, d1, d2, third.gradient(d2, x))]


def main(out):
    goldens = {p.__name__: run(p) for p in PROGRAMS}
    higher = {f.__name__: derivatives(f) for f in (h_grow, h_nested, h_cases, h_conds)}
    found = {"tensorflow": tf.__version__, "programs": goldens, "v1": regression(), "modules": modules(), "derivatives": higher}
    note(os.path.dirname(os.path.abspath(out)), os.path.basename(out), (json.dumps(found, indent=1) + "\n").encode())
    print(f"{len(goldens)} programs in {out}")


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "data", "control.json"))
