/** Ops that make tensors. */

import { alias, call, castTo, convertToTensor, op, scalarOf } from '../engine/run';
import { engine } from '../engine/engine';
import { makeTensor } from '../engine/make';
import { inferShape } from '../engine/shape';
import { TensorBuffer, onToTensor } from '../tensor/buffer';
import {
  type Scalar,
  Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
  type Tensor6D,
} from '../tensor/tensor';
import type { Variable } from '../tensor/variable';
import type {
  DataType,
  DataTypeMap,
  Rank,
  ScalarLike,
  ShapeMap,
  TensorLike,
  TensorLike1D,
  TensorLike2D,
  TensorLike3D,
  TensorLike4D,
  TensorLike5D,
  TensorLike6D,
} from '../types';
import {
  arraysEqual,
  assert,
  assertNonNegativeIntegerDimensions,
  assertNonNull,
  flatten,
  inferDtype,
  isTypedArray,
  sizeFromShape,
  toTypedArray,
} from '../util/util';

/**
 * A tensor of values: a number, nested arrays, or a flat array with a shape. The dtype is float32 for numbers, int32 for integer arrays, bool
 * and string, unless given.
 *
 * Throws where values and shape do not fit, and for complex64, which `tf.complex` makes.
 *
 * ```js
 * tf.tensor([[1, 2], [3, 4]]).print();
 * tf.tensor([1, 2, 3, 4], [2, 2], 'int32').print();
 * ```
 */
export function tensor<R extends Rank>(values: TensorLike, shape?: ShapeMap[R] | null, dtype?: DataType): Tensor<R> {
  return fromValues(values, shape, inferShape(values, dtype), dtype) as Tensor<R>;
}

function fromValues(values: unknown, shape: number[] | null | undefined, inferred: number[], dtype?: DataType): Tensor {
  assertNonNull(values as TensorLike);
  dtype ??= inferDtype(values);
  if (dtype === 'complex64') {
    throw new Error('Cannot construct a complex64 tensor directly. Please use tf.complex(real, imag).');
  }
  const list = Array.isArray(values) || isTypedArray(values);
  if (!list && !['number', 'boolean', 'string'].includes(typeof values)) {
    throw new Error('values passed to tensor(values) must be a number/boolean/string or an array of numbers/booleans/strings, or a TypedArray');
  }
  if (shape != null) {
    assertNonNegativeIntegerDimensions(shape);
    const [wanted, given] = [sizeFromShape(shape), sizeFromShape(inferred)];
    assert(wanted === given, () => `Based on the provided shape, [${shape}], the tensor should have ${wanted} values but has ${given}`);
    const flat = inferred.length <= 1;
    const fits = flat || inferred.every((d, i) => d === shape[i] || (i === inferred.length - 1 && d === sizeFromShape(shape.slice(i))));
    assert(fits, () => `Error creating a new Tensor. Inferred shape (${inferred}) does not match the provided shape (${shape}). `);
  }
  const flat = list ? values : [values];
  const made = dtype === 'string' ? flatten(flat, [], true) : toTypedArray(flat as TensorLike, dtype);
  return makeTensor(made, shape ?? inferred, dtype);
}

onToTensor((values, shape, dtype) => fromValues(values, shape, inferShape(values, dtype), dtype));

/** A tensor of one rank: from nested arrays of that depth, or from a flat array with a shape. */
function ranked(rank: number, values: unknown, shape: number[] | null | undefined, dtype?: DataType): Tensor {
  assertNonNull(values as TensorLike);
  const name = `tensor${rank}d()`;
  assert(shape == null || shape.length === rank, () => `${name} requires shape to have ${rank} numbers, but got [${shape}]`);
  const inferred = inferShape(values, dtype);
  const flat = inferred.length === 1;
  assert(
    flat || inferred.length === rank,
    () => `${name} requires values to be ${'number' + '[]'.repeat(rank)} or a flat array, but got ${inferred.length} dimensions`,
  );
  assert(rank === 1 || !flat || shape != null, () => `${name} requires shape to be provided when \`values\` are a flat array`);
  return fromValues(values, shape, inferred, dtype);
}

/** A vector. Throws for nested arrays. `tf.tensor1d([1, 2, 3]).print()`. */
export function tensor1d(values: TensorLike1D, dtype?: DataType): Tensor1D {
  return ranked(1, values, null, dtype) as Tensor1D;
}
/** A matrix. Throws where values and shape do not fit. `tf.tensor2d([1, 2, 3, 4], [2, 2]).print()`. */
export function tensor2d(values: TensorLike2D, shape?: [number, number] | null, dtype?: DataType): Tensor2D {
  return ranked(2, values, shape, dtype) as Tensor2D;
}
/** A tensor of three dimensions. Throws where values and shape do not fit. */
export function tensor3d(values: TensorLike3D, shape?: ShapeMap['R3'] | null, dtype?: DataType): Tensor3D {
  return ranked(3, values, shape, dtype) as Tensor3D;
}
/** A tensor of four dimensions. Throws where values and shape do not fit. */
export function tensor4d(values: TensorLike4D, shape?: ShapeMap['R4'] | null, dtype?: DataType): Tensor4D {
  return ranked(4, values, shape, dtype) as Tensor4D;
}
/** A tensor of five dimensions. Throws where values and shape do not fit. */
export function tensor5d(values: TensorLike5D, shape?: ShapeMap['R5'] | null, dtype?: DataType): Tensor5D {
  return ranked(5, values, shape, dtype) as Tensor5D;
}
/** A tensor of six dimensions. Throws where values and shape do not fit. */
export function tensor6d(values: TensorLike6D, shape?: ShapeMap['R6'] | null, dtype?: DataType): Tensor6D {
  return ranked(6, values, shape, dtype) as Tensor6D;
}

/** A tensor without dimensions. Throws where the value is an array. `tf.scalar(3.14).print()`. */
export function scalar(value: ScalarLike, dtype?: DataType): Scalar {
  const bytes = value instanceof Uint8Array;
  if ((isTypedArray(value) && !(bytes && dtype === 'string')) || Array.isArray(value)) {
    if (dtype === 'string' && !Array.isArray(value)) {
      throw new Error('When making a scalar from encoded string, the value must be `Uint8Array`.');
    }
    throw new Error('Error creating a new Scalar: value must be a primitive (number|boolean|string)');
  }
  return fromValues(bytes ? [value] : value, [], [], dtype) as Scalar;
}

/** Values of the host that can be set one by one; `toTensor()` makes a tensor of them. */
export function buffer<R extends Rank, D extends DataType = 'float32'>(
  shape: ShapeMap[R],
  dtype: D = 'float32' as D,
  values?: DataTypeMap[D],
): TensorBuffer<R, D> {
  assertNonNegativeIntegerDimensions(shape);
  return new TensorBuffer<R, D>(shape, dtype ?? ('float32' as D), values);
}

/** A copy, which shares the value; gradients pass through it. */
export const clone = op({
  clone<T extends Tensor>(x: T | TensorLike): T {
    return alias(convertToTensor(x, 'x', 'clone', 'string_or_numeric')) as T;
  },
});

/** A tensor of complex64 from real and imaginary parts. Throws where their shapes differ. */
export const complex = op({
  complex<T extends Tensor>(real: T | TensorLike, imag: T | TensorLike): T {
    const $real = castTo(convertToTensor(real, 'real', 'complex'), 'float32');
    const $imag = castTo(convertToTensor(imag, 'imag', 'complex'), 'float32');
    assert(
      arraysEqual($real.shape, $imag.shape),
      () => `real and imag shapes, [${$real.shape}] and [${$imag.shape}], must match in call to tf.complex().`,
    );
    return call('Complex', [$real, $imag]) as T;
  },
});

/** The real parts, in float32. */
export const real = op({
  real<T extends Tensor>(input: T | TensorLike): T {
    const $input = convertToTensor(input, 'input', 'real');
    return ($input.dtype === 'complex64' ? call('Real', [$input]) : alias($input)) as T;
  },
});

/** The imaginary parts, in float32; zeros for real numbers. */
export const imag = op({
  imag<T extends Tensor>(input: T | TensorLike): T {
    const $input = convertToTensor(input, 'input', 'imag');
    return ($input.dtype === 'complex64' ? call('Imag', [$input]) : call('ZerosLike', [$input])) as T;
  },
});

/** A tensor with the elements on the diagonal of twice as many dimensions, zeros elsewhere. */
export const diag = op({
  diag(x: Tensor): Tensor {
    return call('Diag', [convertToTensor(x, 'x', 'diag')]);
  },
});

/** Ones on the diagonal, zeros elsewhere; repeated in `batchShape`. */
export const eye = op({
  eye(numRows: number, numColumns?: number | null, batchShape?: number[] | null, dtype: DataType = 'float32'): Tensor2D {
    return call('eye', [], { num_rows: numRows, num_columns: numColumns ?? null, batch_shape: batchShape ?? null, dtype }) as Tensor2D;
  },
});

/** A tensor of one value. Throws where a dimension is negative. `tf.fill([2, 2], 4).print()`. */
export function fill<R extends Rank>(shape: ShapeMap[R], value: number | string, dtype?: DataType): Tensor<R> {
  assertNonNegativeIntegerDimensions(shape);
  return filled(shape, value, dtype ?? inferDtype(value)) as Tensor<R>;
}

const filled = op({
  fill(shape: number[], value: number | string, dtype: DataType): Tensor {
    if (dtype === 'string') {
      return makeTensor(new Array(sizeFromShape(shape)).fill(value), shape, dtype);
    }
    return call('Fill', [scalarOf(Number(value), dtype)], { dims: shape });
  },
});

/** A tensor of ones. `tf.ones([2, 2]).print()`. */
export function ones<R extends Rank>(shape: ShapeMap[R], dtype: DataType = 'float32'): Tensor<R> {
  return fill<R>(shape, 1, dtype);
}

/** A tensor of zeros. `tf.zeros([2, 2]).print()`. */
export function zeros<R extends Rank>(shape: ShapeMap[R], dtype: DataType = 'float32'): Tensor<R> {
  return fill<R>(shape, 0, dtype);
}

/** Ones in shape and dtype of x. */
export const onesLike = op({
  onesLike<T extends Tensor>(x: T | TensorLike): T {
    return call('OnesLike', [convertToTensor(x, 'x', 'onesLike')]) as T;
  },
});

/** Zeros in shape and dtype of x. */
export const zerosLike = op({
  zerosLike<T extends Tensor>(x: T | TensorLike): T {
    return call('ZerosLike', [convertToTensor(x, 'x', 'zerosLike')]) as T;
  },
});

/** `num` numbers from `start` to `stop`, equally far apart. Throws where `num` is not above 0. */
export function linspace(start: number, stop: number, num: number): Tensor1D {
  assert(num > 0, () => `The number of values should be positive, but got ${num}.`);
  return spaced(start, stop, num);
}

const spaced = op({
  linspace(start: number, stop: number, num: number): Tensor1D {
    return call('LinSpace', [scalarOf(start, 'float32'), scalarOf(stop, 'float32')], { num }) as Tensor1D;
  },
});

/**
 * Numbers from `start` up or down to `stop`, which is not among them. The step goes down by itself where `stop` is below and no step is given.
 *
 * Throws for a step of 0. `tf.range(0, 9, 2).print()`.
 */
export function range(start: number, stop: number, step = 1, dtype: 'float32' | 'int32' = 'float32'): Tensor1D {
  assert(step !== 0, () => 'Cannot have a step of zero');
  if (stop < start && step === 1) {
    step = -1;
  }
  const size = start === stop || start < stop !== step > 0 ? 0 : Math.ceil((stop - start) / step);
  const values = Array.from({ length: Math.abs(size) }, (_, i) => start + i * step);
  return makeTensor(toTypedArray(values, dtype), [values.length], dtype) as Tensor1D;
}

/** A vector for each index: `onValue` at the index, `offValue` elsewhere. Throws for a depth below 2. */
export const oneHot = op({
  oneHot(indices: Tensor | TensorLike, depth: number, onValue = 1, offValue = 0, dtype: DataType = 'int32'): Tensor {
    assert(depth >= 2, () => `Error in oneHot: depth must be >=2, but it is ${depth}`);
    const $indices = convertToTensor(indices, 'indices', 'oneHot', 'int32');
    return call('OneHot', [$indices, scalarOf(onValue, dtype), scalarOf(offValue, dtype)], { depth, axis: -1 });
  },
});

/** Prints a tensor with `console.log`; with dtype, rank and shape if `verbose`. */
export function print<T extends Tensor>(x: T, verbose = false): void {
  console.log(x.toString(verbose));
}

/**
 * A variable that starts at a value.
 *
 * Throws where a variable of that name is alive.
 */
export function variable<R extends Rank>(initialValue: Tensor<R>, trainable = true, name?: string, dtype?: DataType): Variable<R> {
  const cast = dtype != null && dtype !== initialValue.dtype ? castTo(initialValue, dtype) : undefined;
  const made = engine().makeVariable(cast ?? (initialValue as Tensor), trainable, name);
  cast?.dispose();
  return made as Variable<R>;
}

/**
 * Grids of two vectors: x along rows, y along columns (`indexing` 'xy'), or the other way round ('ij').
 *
 * Throws for another `indexing`.
 */
export function meshgrid<T extends Tensor>(
  x?: T | TensorLike,
  y?: T | TensorLike,
  { indexing = 'xy' }: { indexing?: string } = {},
): Tensor[] {
  if (indexing !== 'xy' && indexing !== 'ij') {
    throw new TypeError(`${indexing} is not a valid third argument to meshgrid`);
  }
  return x === undefined ? [] : grids(x, y, indexing);
}

const grids = op({
  meshgrid(x: Tensor | TensorLike, y: Tensor | TensorLike | undefined, indexing: string): Tensor[] {
    const $x = convertToTensor(x, 'x', 'meshgrid', x instanceof Tensor ? x.dtype : 'float32');
    if (y === undefined) {
      return [$x];
    }
    const $y = convertToTensor(y, 'y', 'meshgrid', y instanceof Tensor ? y.dtype : 'float32');
    const [w, h] = [$x.size, $y.size];
    const xy = indexing === 'xy';
    const shape = xy ? [h, w] : [w, h];
    const spread = (v: Tensor, row: boolean): Tensor =>
      call('BroadcastTo', [alias(v, row ? [1, v.size] : [v.size, 1])], { shape });
    return [spread($x, xy), spread($y, !xy)];
  },
});
