"""Opens models that wgflow wrote with tf_keras through TensorFlow.js' converter, and compares their outputs with those of the originals.

Called as `tfjs_check.py FOLDER`, where FOLDER is what the test io::saving::written_models_read_the_same left in WGFLOW_TFJS_OUT.
"""

import os
import sys

from tfjs_shared import HERE, np

from safetensors.numpy import load_file
import tf_keras as keras2
from tensorflowjs.converters import keras_tfjs_loader

wrong = []
names = sorted(os.listdir(sys.argv[1]))
for name in names:
    keras2.backend.clear_session()
    expected = load_file(os.path.join(HERE, name, "expected.safetensors"))
    numbered = lambda kind: [expected[k] for k in sorted(expected) if k.startswith(kind) and k[1:].isdigit()]
    try:
        model = keras_tfjs_loader.load_keras_model(os.path.join(sys.argv[1], name, "model.json"))
        xs = numbered("x")
        ys = model(xs if len(xs) > 1 else xs[0], training=False)
        ys = ys if isinstance(ys, (list, tuple)) else [ys]
        off = max(float(np.max(np.abs(np.asarray(y) - w))) for y, w in zip(ys, numbered("y"), strict=True))
        if not off < 1e-5:
            wrong.append(f"{name}: off by {off}")
    except Exception as e:  # All that is wrong is told.
        wrong.append(f"{name}: {type(e).__name__}: {str(e)[:400]}")
print(f"{len(names) - len(wrong)} of {len(names)} models are the same", *wrong, sep="\n")
sys.exit(bool(wrong))
