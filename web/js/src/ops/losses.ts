/** `tf.losses`. */

import { call, castTo, convertToTensor, op, scalarOf, toFloat } from '../engine/run';
import type { Tensor } from '../tensor/tensor';
import type { TensorLike } from '../types';
import { assertShapesMatch } from '../util/util';
import { broadcastTo } from './array';
import { add, div, minimum, mul, notEqual, squaredDifference, sub } from './binary';
import { mean, sum } from './reduce';
import { abs, log, neg, relu, square } from './unary';

/** How losses of elements become one: not at all, their mean, their sum, or their sum by the number of weights that are not 0. */
export enum Reduction {
  NONE,
  MEAN,
  SUM,
  SUM_BY_NONZERO_WEIGHTS,
}

type Input = Tensor | TensorLike;
type Weights = Tensor | TensorLike | null | undefined;

/** Losses times weights, reduced. */
export const computeWeightedLoss = op({
  computeWeightedLoss<O extends Tensor>(losses: Input, weights?: Weights, reduction = Reduction.SUM_BY_NONZERO_WEIGHTS): O {
    const $losses = convertToTensor(losses, 'losses', 'computeWeightedLoss');
    const $weights = weights == null ? null : convertToTensor(weights, 'weights', 'computeWeightedLoss');
    const weighted = $weights === null ? $losses : mul($losses, $weights);
    switch (reduction) {
      case Reduction.NONE:
        return weighted as O;
      case Reduction.SUM:
        return sum(weighted);
      case Reduction.MEAN: {
        if ($weights === null) {
          return mean(weighted);
        }
        const times = $losses.size / $weights.size;
        const each = div(sum(weighted), sum($weights));
        return (times > 1 ? div(each, times) : each) as O;
      }
      case Reduction.SUM_BY_NONZERO_WEIGHTS: {
        if ($weights === null) {
          return div(sum(weighted), scalarOf($losses.size, 'float32'));
        }
        const set = notEqual(broadcastTo($weights, $losses.shape), scalarOf(0, $weights.dtype));
        return div(sum(weighted), castTo(sum(set), 'float32'));
      }
      default:
        throw new Error(`Unknown reduction: ${String(reduction)}`);
    }
  },
});

/** Labels and predictions as tensors of one shape. */
function pair(labels: Input, predictions: Input, name: string, names = ['labels', 'predictions']): [Tensor, Tensor] {
  const $labels = convertToTensor(labels, names[0] as string, name);
  const $predictions = convertToTensor(predictions, names[1] as string, name);
  assertShapesMatch($labels.shape, $predictions.shape, `Error in ${name}: `);
  return [$labels, $predictions];
}

/** `|labels - predictions|`. Throws where shapes differ. */
export const absoluteDifference = op({
  absoluteDifference<O extends Tensor>(labels: Input, predictions: Input, weights?: Weights, reduction?: Reduction): O {
    return computeWeightedLoss(abs(sub(...pair(labels, predictions, 'absoluteDifference'))), weights, reduction);
  },
});

/** 1 less the sum of products along an axis, of vectors of length 1. Throws where shapes differ. */
export const cosineDistance = op({
  cosineDistance<O extends Tensor>(labels: Input, predictions: Input, axis: number, weights?: Weights, reduction?: Reduction): O {
    const products = mul(...pair(labels, predictions, 'cosineDistance'));
    return computeWeightedLoss(sub(1, sum(products, axis, true)), weights, reduction);
  },
});

/** `max(0, 1 - labels * predictions)`, for labels of 0 and 1 taken as -1 and 1. Throws where shapes differ. */
export const hingeLoss = op({
  hingeLoss<O extends Tensor>(labels: Input, predictions: Input, weights?: Weights, reduction?: Reduction): O {
    const [$labels, $predictions] = pair(labels, predictions, 'hingeLoss');
    const signs = sub(mul(2, $labels), 1);
    return computeWeightedLoss(relu(sub(1, mul(signs, $predictions))), weights, reduction);
  },
});

/** Squared for differences up to `delta`, linear beyond. Throws where shapes differ. */
export const huberLoss = op({
  huberLoss<O extends Tensor>(labels: Input, predictions: Input, weights?: Weights, delta = 1, reduction?: Reduction): O {
    const [$labels, $predictions] = pair(labels, predictions, 'huberLoss');
    const error = abs(sub($predictions, $labels));
    const near = minimum(error, delta);
    return computeWeightedLoss(add(mul(0.5, square(near)), mul(delta, sub(error, near))), weights, reduction);
  },
});

/** The logarithmic loss of probabilities. Throws where shapes differ. */
export const logLoss = op({
  logLoss<O extends Tensor>(labels: Input, predictions: Input, weights?: Weights, epsilon = 1e-7, reduction?: Reduction): O {
    const [$labels, $predictions] = pair(labels, predictions, 'logLoss');
    const yes = neg(mul($labels, log(add($predictions, epsilon))));
    const no = mul(sub(1, $labels), log(add(sub(1, $predictions), epsilon)));
    return computeWeightedLoss(sub(yes, no), weights, reduction);
  },
});

/** `(labels - predictions)` squared. Throws where shapes differ. */
export const meanSquaredError = op({
  meanSquaredError<O extends Tensor>(labels: Input, predictions: Input, weights?: Weights, reduction?: Reduction): O {
    return computeWeightedLoss(squaredDifference(...pair(labels, predictions, 'meanSquaredError')), weights, reduction);
  },
});

/** The cross entropy of classes that do not exclude each other, from logits. Throws where shapes differ. */
export const sigmoidCrossEntropy = op({
  sigmoidCrossEntropy<O extends Tensor>(
    multiClassLabels: Input,
    logits: Input,
    weights?: Weights,
    labelSmoothing = 0,
    reduction?: Reduction,
  ): O {
    let [$labels, $logits] = pair(multiClassLabels, logits, 'sigmoidCrossEntropy', ['multiClassLabels', 'logits']);
    if (labelSmoothing > 0) {
      $labels = add(mul($labels, 1 - labelSmoothing), 0.5 * labelSmoothing);
    }
    return computeWeightedLoss(call('sigmoid_cross_entropy_with_logits', [toFloat($labels), $logits]), weights, reduction);
  },
});

/** The cross entropy of classes that exclude each other, the last dimension, from logits. Throws where shapes differ. */
export const softmaxCrossEntropy = op({
  softmaxCrossEntropy<O extends Tensor>(
    onehotLabels: Input,
    logits: Input,
    weights?: Weights,
    labelSmoothing = 0,
    reduction?: Reduction,
  ): O {
    let [$labels, $logits] = pair(onehotLabels, logits, 'softmaxCrossEntropy', ['onehotLabels', 'logits']);
    if (labelSmoothing > 0) {
      $labels = add(mul($labels, 1 - labelSmoothing), labelSmoothing / ($labels.shape[1] as number));
    }
    const losses = call('softmax_cross_entropy_with_logits', [toFloat($labels), toFloat($logits)], { axis: -1 });
    return computeWeightedLoss(losses, weights, reduction);
  },
});

/** `tf.losses`. */
export const losses = {
  absoluteDifference,
  computeWeightedLoss,
  cosineDistance,
  hingeLoss,
  huberLoss,
  logLoss,
  meanSquaredError,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
};
