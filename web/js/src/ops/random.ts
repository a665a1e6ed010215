/** Random numbers: Philox's, the same for a seed on every device. */

import { call, castTo, convertToTensor, op, scalarOf } from '../engine/run';
import { makeTensor } from '../engine/make';
import type { Tensor, Tensor1D, Tensor2D } from '../tensor/tensor';
import type { DataType, Rank, ShapeMap, TensorLike } from '../types';
import { alias } from '../engine/run';
import { assert, assertNonNegativeIntegerDimensions, sizeFromShape, toTypedArray } from '../util/util';
import { log } from './unary';

/** The two numbers that an op starts from: of the seed given, or new ones. A string's characters count, a fraction counts all its digits. */
function seedOf(seed: number | string | null | undefined): Tensor {
  const words = new Int32Array(2);
  if (seed == null) {
    crypto.getRandomValues(words);
  } else if (typeof seed === 'string' || !Number.isInteger(seed)) {
    const text = String(seed);
    for (let i = 0; i < text.length; i++) {
      words[i % 2] = Math.imul(words[i % 2] as number, 31) + text.charCodeAt(i);
    }
  } else {
    words[0] = seed;
    words[1] = Math.floor(seed / 2 ** 32);
  }
  return makeTensor(words, [2], 'int32');
}

/** `values * scale + offset`, in the dtype. */
function moved(x: Tensor, scale: number, offset: number, dtype: DataType): Tensor {
  const scaled = scale === 1 ? x : call('Mul', [x, scalarOf(scale, 'float32')]);
  return castTo(offset === 0 ? scaled : call('AddV2', [scaled, scalarOf(offset, 'float32')]), dtype);
}

function checkDtype(name: string, dtype: string, bool = false): void {
  const fits = dtype === 'float32' || dtype === 'int32' || dtype === 'float16' || (bool && dtype === 'bool');
  assert(fits, () => `Unsupported data type ${dtype} in ${name}: wanted float32, float16${bool ? ', bool' : ''} or int32.`);
}

/** Numbers of a function of the program, called once an element. */
export const rand = op({
  rand<R extends Rank>(shape: ShapeMap[R], randFunction: () => number, dtype: DataType = 'float32'): Tensor<R> {
    assertNonNegativeIntegerDimensions(shape);
    const values = Array.from({ length: sizeFromShape(shape) }, () => randFunction());
    return makeTensor(toTypedArray(values, dtype), shape, dtype) as Tensor<R>;
  },
});

/** Numbers between `minval` and `maxval`, which is not among them. `tf.randomUniform([2, 2]).print()`. */
export const randomUniform = op({
  randomUniform<R extends Rank>(
    shape: ShapeMap[R],
    minval = 0,
    maxval = 1,
    dtype: DataType = 'float32',
    seed?: number | string | null,
  ): Tensor<R> {
    assertNonNegativeIntegerDimensions(shape);
    checkDtype('randomUniform', dtype, true);
    const unit = call('StatelessRandomUniform', [seedOf(seed)], { shape, dtype: 'float32' });
    return moved(unit, maxval - minval, minval, dtype) as Tensor<R>;
  },
});

/** Whole numbers from `minval` up to `maxval`, which is not among them; int32. */
export const randomUniformInt = op({
  randomUniformInt<R extends Rank>(shape: ShapeMap[R], minval: number, maxval: number, seed?: number | string | null): Tensor<R> {
    assertNonNegativeIntegerDimensions(shape);
    const bounds = [scalarOf(minval, 'int32'), scalarOf(maxval, 'int32')];
    return call('StatelessRandomUniformInt', [seedOf(seed), ...bounds], { shape }) as Tensor<R>;
  },
});

type RandomDtype = 'float32' | 'int32' | 'float16';

/** Numbers of a normal distribution. */
export const randomNormal = op({
  randomNormal<R extends Rank>(
    shape: ShapeMap[R],
    mean = 0,
    stdDev = 1,
    dtype: RandomDtype = 'float32',
    seed?: number | null,
  ): Tensor<R> {
    assertNonNegativeIntegerDimensions(shape);
    checkDtype('randomNormal', dtype);
    return moved(call('StatelessRandomNormal', [seedOf(seed)], { shape, dtype: 'float32' }), stdDev, mean, dtype) as Tensor<R>;
  },
});

/** Numbers of the normal distribution with mean 0 and deviation 1. */
export const randomStandardNormal = op({
  randomStandardNormal: <R extends Rank>(shape: ShapeMap[R], dtype?: RandomDtype, seed?: number | null): Tensor<R> =>
    randomNormal<R>(shape, 0, 1, dtype, seed),
});

/** Numbers of a normal distribution, none further from the mean than two deviations. */
export const truncatedNormal = op({
  truncatedNormal<R extends Rank>(
    shape: ShapeMap[R],
    mean = 0,
    stdDev = 1,
    dtype: RandomDtype = 'float32',
    seed?: number | null,
  ): Tensor<R> {
    assertNonNegativeIntegerDimensions(shape);
    checkDtype('truncatedNormal', dtype);
    return moved(call('StatelessTruncatedNormal', [seedOf(seed)], { shape, dtype: 'float32' }), stdDev, mean, dtype) as Tensor<R>;
  },
});

/** Numbers of a gamma distribution, of shape `alpha` and rate `beta`. */
export const randomGamma = op({
  randomGamma<R extends Rank>(
    shape: ShapeMap[R],
    alpha: number,
    beta = 1,
    dtype: RandomDtype = 'float32',
    seed?: number | null,
  ): Tensor<R> {
    assertNonNegativeIntegerDimensions(shape);
    checkDtype('randomGamma', dtype);
    const drawn = call('StatelessRandomGammaV2', [seedOf(seed), scalarOf(alpha, 'float32')], { shape });
    return moved(drawn, 1 / (beta ?? 1), 0, dtype) as Tensor<R>;
  },
});

/**
 * Outcomes drawn by their logits, or by their probabilities if `normalized`; int32 `[numSamples]`, or `[batch, numSamples]`.
 *
 * Throws for fewer than two outcomes, and for more than two dimensions.
 */
export const multinomial = op({
  multinomial(
    logits: Tensor1D | Tensor2D | TensorLike,
    numSamples: number,
    seed?: number | null,
    normalized = false,
  ): Tensor1D | Tensor2D {
    const $logits = convertToTensor(logits, 'logits', 'multinomial');
    assert($logits.size >= 2, () => `Error in multinomial: you need at least 2 outcomes, but got ${$logits.size}.`);
    assert($logits.rank <= 2, () => `Rank of probabilities must be 1 or 2, but is ${$logits.rank}`);
    const rows = alias($logits, $logits.rank === 2 ? $logits.shape : [1, $logits.size]);
    const drawn = call('StatelessMultinomial', [normalized ? log(rows) : rows, seedOf(seed)], {
      num_samples: numSamples,
      output_dtype: 'int32',
    });
    return ($logits.rank === 2 ? drawn : alias(drawn, [numSamples])) as Tensor1D | Tensor2D;
  },
});
