/** Ops that reduce dimensions, and those that run along one. */

import { call, castTo, convertToTensor, op, toFloat } from '../engine/run';
import type { Tensor } from '../tensor/tensor';
import type { TensorLike } from '../types';
import { parseAxisParam } from '../util/util';
import { alias } from '../engine/run';
import { square, sqrt, castBool } from './unary';
import { sub } from './binary';

/** A reduction: over all dimensions, or over `axis`; reduced dimensions stay as 1 if `keepDims`. Throws for an axis out of range. */
export type Reduction = <T extends Tensor>(x: Tensor | TensorLike, axis?: number | number[] | null, keepDims?: boolean) => T;

function reduction(name: string, row: string, prepare: (x: Tensor) => Tensor, expected: 'numeric' | 'bool' = 'numeric'): Reduction {
  const f = (x: Tensor | TensorLike, axis: number | number[] | null = null, keepDims = false): Tensor => {
    const $x = convertToTensor(x, 'x', name, expected);
    const dtype = $x.dtype;
    const y = call(row, [prepare($x)], { axis: parseAxisParam(axis, $x.shape), keep_dims: keepDims });
    // The greatest of booleans is a boolean.
    return dtype === 'bool' && (row === 'Max' || row === 'Min') ? castTo(y, 'bool') : y;
  };
  return op({ [name]: f }) as Reduction;
}

const same = (x: Tensor): Tensor => x;

/** The sum. Booleans are counted in int32. `tf.sum([[1, 2], [3, 4]], 0).print()`. */
export const sum = /* @__PURE__ */ reduction('sum', 'Sum', castBool);
/** The mean, in floats. */
export const mean = /* @__PURE__ */ reduction('mean', 'Mean', toFloat);
/** The product. */
export const prod = /* @__PURE__ */ reduction('prod', 'Prod', castBool);
/** The greatest element. */
export const max = /* @__PURE__ */ reduction('max', 'Max', castBool);
/** The least element. */
export const min = /* @__PURE__ */ reduction('min', 'Min', castBool);
/** Whether all are true. Throws for other dtypes than bool. */
export const all = /* @__PURE__ */ reduction('all', 'All', same, 'bool');
/** Whether any is true. Throws for other dtypes than bool. */
export const any = /* @__PURE__ */ reduction('any', 'Any', same, 'bool');
/** The square root of the sum of squares. */
export const euclideanNorm = /* @__PURE__ */ reduction('euclideanNorm', 'EuclideanNorm', toFloat);

/** `log(sum(exp(x)))`, without overflow. */
export const logSumExp: Reduction = op({
  logSumExp<T extends Tensor>(x: Tensor | TensorLike, axis: number | number[] | null = null, keepDims = false): T {
    const $x = toFloat(convertToTensor(x, 'x', 'logSumExp'));
    return call('reduce_logsumexp', [$x], { axis: parseAxisParam(axis, $x.shape), keepdims: keepDims }) as T;
  },
});

/** An op that gives the place of an element along an axis. */
export type ArgReduction = <T extends Tensor>(x: Tensor | TensorLike, axis?: number) => T;

function place(name: string, row: string): ArgReduction {
  const f = (x: Tensor | TensorLike, axis = 0): Tensor => {
    const $x = convertToTensor(x, 'x', name);
    const dimension = parseAxisParam(axis, $x.shape)[0] as number;
    return call(row, [$x], { dimension, output_type: 'int32' });
  };
  return op({ [name]: f }) as ArgReduction;
}

/** Where the greatest element along an axis lies; int32. The first of equal ones. */
export const argMax = /* @__PURE__ */ place('argMax', 'ArgMax');
/** Where the least element along an axis lies; int32. The first of equal ones. */
export const argMin = /* @__PURE__ */ place('argMin', 'ArgMin');

/** A running sum or product along an axis. */
export type Cumulative = <T extends Tensor>(x: Tensor | TensorLike, axis?: number, exclusive?: boolean, reverse?: boolean) => T;

function cumulative(name: string, row: string): Cumulative {
  const f = (x: Tensor | TensorLike, axis = 0, exclusive = false, reverse = false): Tensor => {
    const $x = castBool(convertToTensor(x, 'x', name));
    return call(row, [$x], { axis: parseAxisParam(axis, $x.shape)[0] as number, exclusive, reverse });
  };
  return op({ [name]: f }) as Cumulative;
}

/** Running sums; without the element itself if `exclusive`, from the end if `reverse`. */
export const cumsum = /* @__PURE__ */ cumulative('cumsum', 'Cumsum');
/** Running products; without the element itself if `exclusive`, from the end if `reverse`. */
export const cumprod = /* @__PURE__ */ cumulative('cumprod', 'Cumprod');

/** Mean and variance over `axis`. */
export const moments = op({
  moments(x: Tensor | TensorLike, axis: number | number[] | null = null, keepDims = false): { mean: Tensor; variance: Tensor } {
    const $x = toFloat(convertToTensor(x, 'x', 'moments'));
    const axes = parseAxisParam(axis, $x.shape);
    const kept = mean($x, axes, true);
    const variance = mean(square(sub($x, kept)), axes, keepDims);
    return { mean: keepDims ? kept : alias(kept, variance.shape), variance };
  },
});

/**
 * A norm over all elements, along one axis (`ord` 1, 2, 'euclidean', Infinity, -Infinity), or of matrices in two axes (1, 'euclidean',
 * 'fro', Infinity, -Infinity).
 *
 * Throws for another `ord`, or more axes.
 */
export const norm = op({
  norm(
    x: Tensor | TensorLike,
    ord: number | 'euclidean' | 'fro' = 'euclidean',
    axis: number | number[] | null = null,
    keepDims = false,
  ): Tensor {
    const $x = convertToTensor(x, 'x', 'norm');
    if ($x.rank === 0) {
      return call('Abs', [$x]);
    }
    const axes = parseAxisParam(axis, $x.shape);
    const absolute = call('Abs', [$x]);
    if (axis === null || axes.length === 1) {
      switch (ord) {
        case 1:
          return sum(absolute, axes, keepDims);
        case Infinity:
          return max(absolute, axes, keepDims);
        case -Infinity:
          return min(absolute, axes, keepDims);
        case 2:
        case 'euclidean':
          return sqrt(sum(square(absolute), axes, keepDims));
        default:
          throw new Error(`Error in norm: invalid ord value: ${ord}`);
      }
    }
    if (axes.length !== 2) {
      throw new Error(`Error in norm: invalid axis: ${axis}`);
    }
    const [rows, columns] = axes as [number, number];
    let y: Tensor;
    switch (ord) {
      case 1:
        y = max(sum(absolute, rows, true), columns, true);
        break;
      case Infinity:
        y = max(sum(absolute, columns, true), rows, true);
        break;
      case -Infinity:
        y = min(sum(absolute, columns, true), rows, true);
        break;
      case 'fro':
      case 'euclidean':
        y = sqrt(sum(square($x), axes, true));
        break;
      default:
        throw new Error(`Error in norm: invalid ord value: ${ord}`);
    }
    return keepDims ? y : alias(y, y.shape.filter((_, i) => !axes.includes(i)));
  },
});
