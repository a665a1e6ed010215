/** `tf.TensorBuffer`: values of the host that can be changed. */

import type { DataType, DataTypeMap, Rank, ShapeMap, SingleValueMap } from '../types';
import { assert, computeStrides, getArrayFromDType, indexToLoc, locToIndex, sizeFromShape } from '../util/util';
import type { Tensor } from './tensor';

type Make = (values: unknown, shape: number[], dtype: DataType) => Tensor;
let make: Make;

/** @internal The creation of tensors, which itself needs this class. */
export function onToTensor(f: Make): void {
  make = f;
}

/**
 * Values of the host with a shape: set them one by one, then make a tensor of them.
 *
 * ```js
 * const b = tf.buffer([2, 2]);
 * b.set(3, 0, 1);
 * b.toTensor().print();
 * ```
 */
export class TensorBuffer<R extends Rank, D extends DataType = 'float32'> {
  /** Number of elements. */
  size: number;
  /** Sizes of the dimensions. */
  shape: ShapeMap[R];
  /** Elements from one index of a dimension to the next, but the last. */
  strides: number[];
  /** The values, row by row. */
  values: DataTypeMap[D];

  /** Throws where the number of values is not that of the shape, and for complex64. */
  constructor(
    shape: ShapeMap[R],
    public dtype: D,
    values?: DataTypeMap[D],
  ) {
    this.shape = shape.slice() as ShapeMap[R];
    this.size = sizeFromShape(shape);
    if (values != null) {
      const n = values.length;
      assert(n === this.size, () => `Length of values '${n}' does not match the size inferred by the shape '${this.size}'.`);
    }
    if (dtype === 'complex64') {
      throw new Error('A TensorBuffer of complex64 is not supported: make one of the real and one of the imaginary parts, and call tf.complex.');
    }
    this.values = values ?? getArrayFromDType(dtype, this.size);
    this.strides = computeStrides(shape);
  }

  /** Sets one value. Throws where the number of coordinates is not the rank. */
  set(value: SingleValueMap[D], ...locs: number[]): void {
    if (locs.length === 0) {
      locs = [0];
    }
    const rank = Math.max(this.rank, 1);
    assert(locs.length === rank, () => `The number of provided coordinates (${locs.length}) must match the rank (${this.rank})`);
    (this.values as unknown[])[this.locToIndex(locs)] = value;
  }

  /** One value. Throws where a coordinate is out of range. */
  get(...locs: number[]): SingleValueMap[D] {
    if (locs.length === 0) {
      locs = [0];
    }
    locs.forEach((loc, i) => {
      assert(loc >= 0 && loc < (this.shape[i] ?? 1), () => `Requested out of range element at ${locs}. Buffer shape=${this.shape}`);
    });
    return this.values[this.locToIndex(locs)] as SingleValueMap[D];
  }

  /** Where the element lies among the values. */
  locToIndex(locs: number[]): number {
    return locToIndex(locs, this.rank, this.strides);
  }

  /** The coordinates of the value at `index`. */
  indexToLoc(index: number): number[] {
    return indexToLoc(index, this.rank, this.strides);
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** A tensor of the values as they are now. */
  toTensor(): Tensor<R> {
    return make(this.values.slice(), this.shape, this.dtype) as Tensor<R>;
  }
}
