/** `tf.metrics`: values of single samples. */

import { add, div, equal, greater, maximum, mul, squaredDifference, sub } from '../ops/binary';
import { scalar } from '../ops/creation';
import { argMax, mean, sum } from '../ops/reduce';
import { reshape } from '../ops/array';
import { abs, cast, clipByValue, log, neg, sqrt, square } from '../ops/unary';
import { convertToTensor } from '../engine/run';
import { op } from '../engine/run';
import type { Tensor } from '../tensor/tensor';
import type { TensorLike } from '../types';

type In = Tensor | TensorLike;
const EPSILON = 1e-7;

/** A function of labels and predictions. */
export type LossOrMetricFn = (yTrue: Tensor, yPred: Tensor) => Tensor;

function pair(yTrue: In, yPred: In): [Tensor, Tensor] {
  return [convertToTensor(yTrue, 'yTrue', 'metrics'), convertToTensor(yPred, 'yPred', 'metrics')];
}

const binaryAccuracy = op({
  binaryAccuracy_(yTrue: In, yPred: In): Tensor {
    const [t, p] = pair(yTrue, yPred);
    return mean(cast(equal(t, cast(greater(p, 0.5), t.dtype)), 'float32'), -1);
  },
});

const categoricalAccuracy = op({
  categoricalAccuracy_(yTrue: In, yPred: In): Tensor {
    const [t, p] = pair(yTrue, yPred);
    return cast(equal(argMax(t, -1), argMax(p, -1)), 'float32');
  },
});

const sparseCategoricalAccuracy = op({
  sparseCategoricalAccuracy_(yTrue: In, yPred: In): Tensor {
    const [t, p] = pair(yTrue, yPred);
    const labels = t.rank === p.rank ? reshape(t, t.shape.slice(0, -1)) : t;
    return cast(equal(cast(labels, 'int32'), cast(argMax(p, -1), 'int32')), 'float32');
  },
});

const binaryCrossentropy = op({
  binaryCrossentropy_(yTrue: In, yPred: In): Tensor {
    const [t, p] = pair(yTrue, yPred);
    const y = clipByValue(p, EPSILON, 1 - EPSILON);
    const all = add(mul(t, log(y)), mul(sub(1, t), log(sub(1, y))));
    return mean(neg(all), -1);
  },
});

const categoricalCrossentropy = op({
  categoricalCrossentropy_(yTrue: In, yPred: In): Tensor {
    const [t, p] = pair(yTrue, yPred);
    const y = clipByValue(div(p, sum(p, -1, true)), EPSILON, 1 - EPSILON);
    return neg(sum(mul(cast(t, 'float32'), log(y)), -1));
  },
});

const meanSquaredError = op({
  meanSquaredError_: (yTrue: In, yPred: In): Tensor => mean(squaredDifference(...pair(yTrue, yPred)), -1),
});
const meanAbsoluteError = op({
  meanAbsoluteError_: (yTrue: In, yPred: In): Tensor => mean(abs(sub(...pair(yTrue, yPred))), -1),
});
const meanAbsolutePercentageError = op({
  meanAbsolutePercentageError_(yTrue: In, yPred: In): Tensor {
    const [t, p] = pair(yTrue, yPred);
    const least = clipByValue(abs(t), EPSILON, Number.MAX_VALUE);
    return mul(100, mean(abs(div(sub(t, p), least)), -1));
  },
});

function l2(x: Tensor): Tensor {
  return div(x, sqrt(maximum(sum(square(x), -1, true), EPSILON)));
}
const cosineProximity = op({
  cosineProximity_(yTrue: In, yPred: In): Tensor {
    const [t, p] = pair(yTrue, yPred);
    return neg(sum(mul(l2(t), l2(p)), -1));
  },
});

/** How many of the samples are true as said, and predicted as said. */
function count(t: Tensor, p: Tensor, label: number, predicted: number): Tensor {
  return cast(sum(mul(cast(equal(t, label), 'float32'), cast(equal(p, predicted), 'float32'))), 'float32');
}
function rate(yTrue: In, yPred: In, label: number, predicted: number): Tensor {
  const [t, p] = pair(yTrue, yPred);
  const hits = count(t, p, 1, 1);
  const all = add(hits, count(t, p, label, predicted));
  return cast(div(hits, maximum(all, cast(equal(all, 0), 'float32'))), 'float32');
}
const precision = op({ precision_: (yTrue: In, yPred: In): Tensor => rate(yTrue, yPred, 0, 1) });
const recall = op({ recall_: (yTrue: In, yPred: In): Tensor => rate(yTrue, yPred, 1, 0) });

const r2Score = op({
  r2Score_(yTrue: In, yPred: In): Tensor {
    const [t, p] = pair(yTrue, yPred);
    const residuals = sum(squaredDifference(t, p));
    return sub(scalar(1), div(residuals, sum(squaredDifference(t, mean(t)))));
  },
});

/** Metrics by name. */
export const metrics = {
  binaryAccuracy,
  binaryCrossentropy,
  sparseCategoricalAccuracy,
  categoricalAccuracy,
  categoricalCrossentropy,
  precision,
  recall,
  cosineProximity,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  MAPE: meanAbsolutePercentageError,
  mape: meanAbsolutePercentageError,
  meanSquaredError,
  MSE: meanSquaredError,
  mse: meanSquaredError,
  r2Score,
};
