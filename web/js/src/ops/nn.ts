/** Ops of neural networks: softmax, normalisation, dropout. */

import { alias, call, convertToTensor, op, scalarOf, toFloat } from '../engine/run';
import type { Rank, TensorLike } from '../types';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '../tensor/tensor';
import { assert, isInt } from '../util/util';
import { add, div, mul } from './binary';
import { randomUniform } from './random';
import { floor } from './unary';

function lastAxis(name: string, rank: number, axis: number): void {
  assert(
    axis === -1 || axis === rank - 1,
    () => `${name} along a non-last dimension is not yet supported. Logits was rank ${rank} and dim was ${axis}`,
  );
}

/** `exp(x)` over its sum along the last dimension. Throws for another dimension, and for integers. `tf.softmax([1, 2, 3]).print()`. */
export const softmax = op({
  softmax<T extends Tensor>(logits: T | TensorLike, dim = -1): T {
    const $logits = convertToTensor(logits, 'logits', 'softmax', 'float32');
    lastAxis('Softmax', $logits.rank, dim);
    return call('softmax', [$logits], { axis: -1 }) as T;
  },
});

/** The logarithm of softmax, along the last dimension. Throws for another dimension. */
export const logSoftmax = op({
  logSoftmax<T extends Tensor>(logits: T | TensorLike, axis = -1): T {
    const $logits = toFloat(convertToTensor(logits, 'logits', 'logSoftmax'));
    lastAxis('Log Softmax', $logits.rank, axis);
    return call('log_softmax', [$logits], { axis: -1 }) as T;
  },
});

/**
 * `(x - mean) / sqrt(variance + varianceEpsilon) * scale + offset`; the others have the rank of x or are vectors over its last dimension.
 *
 * Throws where their ranks differ from each other.
 */
export const batchNorm = op({
  batchNorm<R extends Rank>(
    x: Tensor<R> | TensorLike,
    mean: Tensor | TensorLike,
    variance: Tensor | TensorLike,
    offset?: Tensor | TensorLike | null,
    scale?: Tensor | TensorLike | null,
    varianceEpsilon = 0.001,
  ): Tensor<R> {
    const of = (t: Tensor | TensorLike, name: string): Tensor => convertToTensor(t, name, 'batchNorm');
    const $x = of(x as Tensor, 'x');
    const $mean = of(mean, 'mean');
    const $variance = of(variance, 'variance');
    const $offset = offset == null ? null : of(offset, 'offset');
    const $scale = scale == null ? null : of(scale, 'scale');
    for (const [name, t] of [['variance', $variance], ['offset', $offset], ['scale', $scale]] as const) {
      assert(
        t === null || t.rank === $mean.rank,
        () => `Batch normalization requires mean and ${name} to have equal ranks, but got ${$mean.rank} and ${t?.rank}.`,
      );
    }
    const inputs = [$x, $mean, $variance, $offset ?? scalarOf(0, $x.dtype), $scale ?? scalarOf(1, $x.dtype)];
    return call('batch_normalization', inputs, { variance_epsilon: varianceEpsilon }) as Tensor<R>;
  },
});

type Statistic<T extends Tensor> = T | Tensor1D | TensorLike;

function normRanked<T extends Tensor>(
  rank: number,
  x: T | TensorLike,
  mean: Tensor | TensorLike,
  variance: Tensor | TensorLike,
  offset?: Tensor | TensorLike | null,
  scale?: Tensor | TensorLike | null,
  varianceEpsilon?: number,
): T {
  const name = `batchNorm${rank}d`;
  const $x = convertToTensor(x, 'x', name);
  assert($x.rank === rank, () => `Error in ${name}: x must be rank ${rank} but got rank ${$x.rank}.`);
  const others = { mean, variance, offset, scale };
  const tensors = Object.entries(others).map(([key, t]) => {
    const $t = t == null ? null : convertToTensor(t, key, name);
    assert(
      $t === null || $t.rank === rank || $t.rank === 1,
      () => `Error in ${name}: ${key} must be rank ${rank} or rank 1 but got rank ${$t?.rank}.`,
    );
    return $t;
  });
  return batchNorm($x, tensors[0] as Tensor, tensors[1] as Tensor, tensors[2], tensors[3], varianceEpsilon) as T;
}

/** As `batchNorm`, for matrices. */
export const batchNorm2d = op({
  batchNorm2d: (
    x: Tensor2D | TensorLike,
    mean: Statistic<Tensor2D>,
    variance: Statistic<Tensor2D>,
    offset?: Statistic<Tensor2D> | null,
    scale?: Statistic<Tensor2D> | null,
    varianceEpsilon?: number,
  ): Tensor2D => normRanked(2, x, mean, variance, offset, scale, varianceEpsilon),
});
/** As `batchNorm`, for three dimensions. */
export const batchNorm3d = op({
  batchNorm3d: (
    x: Tensor3D | TensorLike,
    mean: Statistic<Tensor3D>,
    variance: Statistic<Tensor3D>,
    offset?: Statistic<Tensor3D> | null,
    scale?: Statistic<Tensor3D> | null,
    varianceEpsilon?: number,
  ): Tensor3D => normRanked(3, x, mean, variance, offset, scale, varianceEpsilon),
});
/** As `batchNorm`, for four dimensions. */
export const batchNorm4d = op({
  batchNorm4d: (
    x: Tensor4D | TensorLike,
    mean: Statistic<Tensor4D>,
    variance: Statistic<Tensor4D>,
    offset?: Statistic<Tensor4D> | null,
    scale?: Statistic<Tensor4D> | null,
    varianceEpsilon?: number,
  ): Tensor4D => normRanked(4, x, mean, variance, offset, scale, varianceEpsilon),
});

/** Each element over a power of the squares of its neighbours in the channels. Throws for other ranks than 3 and 4. */
export const localResponseNormalization = op({
  localResponseNormalization<T extends Tensor3D | Tensor4D>(x: T | TensorLike, depthRadius = 5, bias = 1, alpha = 1, beta = 0.5): T {
    const $x = convertToTensor(x, 'x', 'localResponseNormalization');
    assert(
      $x.rank === 4 || $x.rank === 3,
      () => `Error in localResponseNormalization: x must be rank 3 or 4 but got rank ${$x.rank}.`,
    );
    assert(
      isInt(depthRadius),
      () => `Error in localResponseNormalization: depthRadius must be an integer but got depthRadius ${depthRadius}.`,
    );
    const x4 = $x.rank === 3 ? alias($x, [1, ...$x.shape]) : $x;
    const y = call('LRN', [x4], { depth_radius: depthRadius, bias, alpha, beta });
    return ($x.rank === 3 ? alias(y, $x.shape) : y) as T;
  },
});

/**
 * Elements set to 0 with the probability `rate`, the others scaled up for it.
 *
 * Throws for integers, and where the rate is not in [0, 1).
 */
export const dropout = op({
  dropout(x: Tensor | TensorLike, rate: number, noiseShape?: (number | null)[] | null, seed?: number | string): Tensor {
    const $x = convertToTensor(x, 'x', 'dropout');
    assert(
      $x.dtype === 'float32' || $x.dtype === 'float16',
      () => `x has to be a floating point tensor since it's going to be scaled, but got a ${$x.dtype} tensor instead.`,
    );
    assert(rate >= 0 && rate < 1, () => `rate must be a float in the range [0, 1), but got ${rate}.`);
    if (rate === 0) {
      return alias($x);
    }
    const shape = noiseShape == null ? $x.shape : noiseShape.map((d, i) => d ?? ($x.shape[i] as number));
    const kept = 1 - rate;
    return mul($x, div(floor(add(randomUniform(shape, 0, 1, 'float32', seed), kept)), kept));
  },
});
