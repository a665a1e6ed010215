/** Ops that count, look up, sort and select. */

import { alias, call, callAll, castTo, convertToTensor, op } from '../engine/run';
import type { Tensor, Tensor1D, Tensor2D } from '../tensor/tensor';
import type { TensorLike } from '../types';
import { arraysEqual, assert, isInt } from '../util/util';
import { oneHot } from './creation';
import { matMul } from './matrix';
import { castBool } from './unary';

function counts(name: string, row: string, x: Tensor | TensorLike, weights: Tensor | TensorLike, size: number, binary?: boolean): Tensor {
  const $x = convertToTensor(x, 'x', name);
  const $weights = convertToTensor(weights, 'weights', name);
  assert($x.dtype === 'int32', () => `Error in ${name}: input dtype must be int32, but got ${$x.dtype}`);
  assert(size >= 0, () => `size must be non-negative, but got ${size}.`);
  assert(
    $weights.size === $x.size || $weights.size === 0,
    () => `Error in ${name}: weights must have the same size as input or 0-length, but got input shape: ${$x.shape}, weights shape: ${$weights.shape}.`,
  );
  return call(row, [$x, $weights], binary === undefined ? { size } : { size, binary_output: binary });
}

/** How often each of the numbers below `size` occurs, or the sum of their weights. Throws for other dtypes than int32. */
export const bincount = op({
  bincount: <T extends Tensor1D>(x: Tensor | TensorLike, weights: Tensor | TensorLike, size: number): T =>
    counts('bincount', 'Bincount', x, weights, size) as T,
});

/** As `bincount`, for each row of a matrix; whether the numbers occur if `binaryOutput`. */
export const denseBincount = op({
  denseBincount<T extends Tensor1D | Tensor2D>(x: T | TensorLike, weights: T | TensorLike, size: number, binaryOutput = false): T {
    const $x = convertToTensor(x, 'x', 'denseBincount');
    assert($x.rank <= 2, () => `Error in denseBincount: input must be at most rank 2, but got rank ${$x.rank}.`);
    return counts('denseBincount', 'DenseBincount', $x, weights, size, binaryOutput) as T;
  },
});

/** Sums of parts along the first dimension, by segment ids. Throws where an id is not below `numSegments`. */
export const unsortedSegmentSum = op({
  unsortedSegmentSum<T extends Tensor>(x: T | TensorLike, segmentIds: Tensor1D | TensorLike, numSegments: number): T {
    const $x = convertToTensor(x, 'x', 'unsortedSegmentSum');
    const $ids = convertToTensor(segmentIds, 'segmentIds', 'unsortedSegmentSum', 'int32');
    assert(isInt(numSegments), () => `numSegments must be of dtype int, but got ${numSegments}`);
    return call('UnsortedSegmentSum', [$x, $ids], { num_segments: numSegments }) as T;
  },
});

/** Where values belong in sorted rows: before equal elements ('left') or after them ('right'); int32. */
export const searchSorted = op({
  searchSorted(sortedSequence: Tensor | TensorLike, values: Tensor | TensorLike, side: 'left' | 'right' = 'left'): Tensor {
    const $sorted = convertToTensor(sortedSequence, 'sortedSequence', 'searchSorted');
    const $values = convertToTensor(values, 'values', 'searchSorted');
    const rows = (t: Tensor): Tensor => {
      assert(t.rank > 0, () => 'Sorted input argument must be at least 1-dimensional');
      const width = t.shape.at(-1) as number;
      return alias(t, [width === 0 ? 0 : t.size / width, width]);
    };
    const [s, v] = [rows($sorted), rows($values)];
    assert(
      s.shape[0] === v.shape[0],
      () => `Leading dimension of 'sortedSequence' and 'values' must match, but got [${$sorted.shape}] and [${$values.shape}].`,
    );
    return call(side === 'left' ? 'LowerBound' : 'UpperBound', [s, v], { out_type: 'int32' });
  },
});
/** `searchSorted` before equal elements. */
export function lowerBound(sortedSequence: Tensor | TensorLike, values: Tensor | TensorLike): Tensor {
  return searchSorted(sortedSequence, values, 'left');
}
/** `searchSorted` after equal elements. */
export function upperBound(sortedSequence: Tensor | TensorLike, values: Tensor | TensorLike): Tensor {
  return searchSorted(sortedSequence, values, 'right');
}

/** The k greatest elements of the last dimension and their places; int32. Throws where k is out of range. */
export const topk = op({
  topk<T extends Tensor>(x: T | TensorLike, k = 1, sorted = true): { values: T; indices: T } {
    const $x = castBool(convertToTensor(x, 'x', 'topk'));
    assert($x.rank > 0, () => 'topk() expects the input to be of rank 1 or higher');
    const last = $x.shape.at(-1) as number;
    assert(k >= 0, () => `'k' passed to topk() must be >= 0 but got ${k}`);
    assert(k <= last, () => `'k' passed to topk() must be <= the last dimension (${last}) but got ${k}`);
    const [values, indices] = callAll('TopKV2', [$x], { k, sorted, index_type: 'int32' }) as [T, T];
    return { values, indices };
  },
});

/** The parts along an axis that differ, in order of appearance, and for each part the place of its like; int32. */
export const unique = op({
  unique<T extends Tensor>(x: T | TensorLike, axis = 0): { values: T; indices: Tensor1D } {
    const $x = convertToTensor(x, 'x', 'unique', 'string_or_numeric');
    assert($x.rank > 0, () => 'The input tensor must be at least 1D');
    const [values, indices] = ($x.rank === 1
      ? callAll('Unique', [$x], { out_idx: 'int32' })
      : callAll('UniqueV2', [$x], { axis: [axis < 0 ? axis + $x.rank : axis], out_idx: 'int32' })) as [T, Tensor1D];
    return { values, indices };
  },
});

/** Runs `f` with arguments as tensors and disposes those that it made of values of the host. */
function lent<T>(given: readonly unknown[], tensors: readonly Tensor[], f: () => T): T {
  try {
    return f();
  } finally {
    tensors.forEach((t, i) => {
      if (t !== given[i]) {
        t.dispose();
      }
    });
  }
}

const selected = op({
  where: (condition: Tensor): Tensor2D => castTo(call('Where', [condition]), 'int32') as Tensor2D,
});

/** Index vectors of what is true, one row each; int32. */
export async function whereAsync(condition: Tensor | TensorLike): Promise<Tensor2D> {
  const $condition = convertToTensor(condition, 'condition', 'whereAsync', 'bool');
  return lent([condition], [$condition], () => selected($condition));
}

const masked = op({
  boolMask: (tensor: Tensor, mask: Tensor, axis: number): Tensor => call('boolean_mask', [tensor, mask], { axis }),
});

/** Parts where a mask over dimensions from `axis` on is true. Throws where shapes do not fit, and for a mask without dimensions. */
export async function booleanMaskAsync(tensor: Tensor | TensorLike, mask: Tensor | TensorLike, axis?: number): Promise<Tensor> {
  const $tensor = convertToTensor(tensor, 'tensor', 'boolMask');
  const $mask = convertToTensor(mask, 'mask', 'boolMask', 'bool');
  return lent([tensor, mask], [$tensor, $mask], () => {
    const at = axis ?? 0;
    assert($mask.rank > 0, () => 'mask cannot be scalar');
    const part = $tensor.shape.slice(at, at + $mask.rank);
    assert(
      arraysEqual(part, $mask.shape),
      () => `mask's shape must match the first K dimensions of tensor's shape, Shapes ${part} and ${$mask.shape} must match`,
    );
    return masked($tensor, $mask, at);
  });
}

const difference = op({
  setdiff1d: (x: Tensor, y: Tensor): [Tensor, Tensor] => callAll('ListDiff', [x, y], { out_idx: 'int32' }) as [Tensor, Tensor],
});

/** The elements of x that are not in y, and their places; int32. Throws for other ranks than 1, and dtypes that differ. */
export async function setdiff1dAsync(x: Tensor | TensorLike, y: Tensor | TensorLike): Promise<[Tensor, Tensor]> {
  const $x = convertToTensor(x, 'x', 'setdiff1d');
  const $y = convertToTensor(y, 'y', 'setdiff1d');
  return lent([x, y], [$x, $y], () => {
    assert($x.dtype === $y.dtype, () => `x and y should have the same dtype, but got x (${$x.dtype}) and y (${$y.dtype}).`);
    assert($x.rank === 1, () => `x should be 1D tensor, but got x (${$x.shape}).`);
    assert($y.rank === 1, () => `y should be 1D tensor, but got y (${$y.shape}).`);
    return difference($x, $y);
  });
}

const amongBest = op({
  inTopK(predictions: Tensor, targets: Tensor, k: number): Tensor {
    const classes = predictions.shape.at(-1) as number;
    const rows = alias(castTo(predictions, 'float32'), [targets.size, classes]);
    return alias(call('InTopKV2', [rows, alias(castTo(targets, 'int32'), [targets.size])], { k }), targets.shape);
  },
});

/** Whether targets are among the k best predictions; bool. Throws where shapes do not fit, and k is out of range. */
export async function inTopKAsync<T extends Tensor, U extends Tensor>(
  predictions: T | TensorLike,
  targets: U | TensorLike,
  k = 1,
): Promise<U> {
  const $predictions = convertToTensor(predictions, 'predictions', 'inTopK');
  const $targets = convertToTensor(targets, 'targets', 'inTopK');
  return lent([predictions, targets], [$predictions, $targets], () => {
    const [p, t] = [$predictions, $targets];
    assert(p.rank > 1, () => `inTopK() expects the predictions to be of rank 2 or higher, but got ${p.rank}`);
    assert(
      p.rank - 1 === t.rank,
      () => `predictions rank should be 1 larger than targets rank, but got predictions rank ${p.rank} and targets rank ${t.rank}`,
    );
    assert(
      arraysEqual(p.shape.slice(0, -1), t.shape),
      () => `predictions's shape should be align with the targets' shape, except the last dimension. Shapes ${p.shape} and ${t.shape} must match`,
    );
    const last = p.shape.at(-1) as number;
    assert(k > 0 && k <= last, () => `'k' passed to inTopK() must be > 0 && <= the predictions last dimension (${last}), but got ${k}`);
    return amongBest(p, t, k) as U;
  });
}

/** How often each class (row) was taken for each class (column); int32. Throws where lengths differ. */
export const confusionMatrix = op({
  confusionMatrix(labels: Tensor1D | TensorLike, predictions: Tensor1D | TensorLike, numClasses: number): Tensor2D {
    const $labels = convertToTensor(labels, 'labels', 'confusionMatrix');
    const $predictions = convertToTensor(predictions, 'predictions', 'confusionMatrix');
    assert(numClasses > 0 && isInt(numClasses), () => `numClasses is required to be a positive integer, but got ${numClasses}`);
    assert($labels.rank === 1, () => `Expected the rank of labels to be 1, but got ${$labels.rank}`);
    assert($predictions.rank === 1, () => `Expected the rank of predictions to be 1, but got ${$predictions.rank}`);
    assert(
      $labels.size === $predictions.size,
      () =>
        `Mismatch in the number of examples: ${$labels.size} vs. ${$predictions.size}. Labels and predictions should have the same number of elements.`,
    );
    const classes = (t: Tensor): Tensor => oneHot(castTo(t, 'int32'), numClasses);
    return matMul(classes($labels), classes($predictions), true) as Tensor2D;
  },
});

/** `tf.math`. */
export const math = { confusionMatrix };
