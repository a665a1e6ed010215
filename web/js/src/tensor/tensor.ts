/** `tf.Tensor`. */

import { type DataId, type Held, register, release, state } from '../engine/state';
import type { ArrayMap, DataType, DataTypeMap, NumericDataType, Rank, ShapeMap, TypedArray } from '../types';
import { computeStrides, encodeString, sizeFromShape, toNestedArray } from '../util/util';
import { wasm } from '../wasm';
import { TensorBuffer } from './buffer';
import { tensorToString } from './format';
import { narrow, numbers } from './values';

/** Bytes of an element, where they are not 4. */
const BYTES: Record<string, number> = { bool: 1, uint8: 1, int8: 1, float16: 2, complex64: 8 };

/**
 * An immutable array of numbers, booleans or strings on the device.
 *
 * Every op is a method as well: `x.add(y)` is `tf.add(x, y)`.
 *
 * ```js
 * const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
 * x.square().sum().print();
 * ```
 */
export class Tensor<R extends Rank = Rank> {
  /** A number that no other tensor has. */
  readonly id: number;
  /** Sizes of the dimensions. */
  readonly shape: ShapeMap[R];
  /** Number of elements. */
  readonly size: number;
  /** Type of the elements. */
  readonly dtype: DataType;
  /** The rank as a name. */
  readonly rankType: R;
  /** Elements from one index of a dimension to the next, but the last. */
  readonly strides: number[];
  /** Whether `tf.keep` holds it. */
  kept = false;
  /** The scope that disposes it. */
  scopeId = -1;
  /** The mask that layers pass along with it. */
  kerasMask?: Tensor;
  /** @internal */
  protected readonly held: Held;
  private disposed = false;

  /** @internal Made by ops; programs call `tf.tensor`. */
  constructor(handle: number, data?: DataId, shape?: readonly number[], dtype?: DataType) {
    this.id = state.nextTensorId++;
    this.shape = (shape ? shape.slice() : Array.from(wasm().tensorShape(handle))) as ShapeMap[R];
    this.dtype = dtype ?? (wasm().tensorDtype(handle) as DataType);
    this.size = sizeFromShape(this.shape);
    this.strides = computeStrides(this.shape);
    this.rankType = (this.rank < 5 ? String(this.rank) : 'higher') as R;
    const string = this.dtype === 'string';
    data ??= { refs: 0, bytes: string ? 0 : this.size * (BYTES[this.dtype] ?? 4) };
    this.held = { handle, data, string, released: false };
    register(this, this.held, this.scoped);
  }

  /** @internal Whether scopes dispose it. */
  protected get scoped(): boolean {
    return true;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** What identifies the value; tensors that share it are views of one another. */
  get dataId(): object {
    return this.held.data;
  }

  /** @internal The module's handle. Throws where the tensor is disposed. */
  get handle(): number {
    this.throwIfDisposed();
    return this.held.handle;
  }

  /** The values, once the device has them: a typed array, strings for dtype string. */
  async data<D extends DataType = NumericDataType>(): Promise<DataTypeMap[D]> {
    const h = this.handle;
    if (this.dtype === 'string') {
      return wasm().tensorStringsOf(h) as DataTypeMap[D];
    }
    return numbers(await wasm().tensorData(h), this.dtype) as DataTypeMap[D];
  }

  /** The values at once. Throws where the device cannot be waited for, as a GPU in Node; `data()` always works. */
  dataSync<D extends DataType = NumericDataType>(): DataTypeMap[D] {
    const h = this.handle;
    if (this.dtype === 'string') {
      return wasm().tensorStringsOf(h) as DataTypeMap[D];
    }
    return numbers(wasm().tensorDataSync(h), this.dtype) as DataTypeMap[D];
  }

  /** The values as nested arrays; a number (boolean as 0 or 1, string) for a scalar. */
  async array(): Promise<ArrayMap[R]> {
    return this.nest(await this.data());
  }

  /** As `array()`, at once; throws where `dataSync()` does. */
  arraySync(): ArrayMap[R] {
    return this.nest(this.dataSync());
  }

  /** The values as a buffer that can be changed. */
  async buffer<D extends DataType = 'float32'>(): Promise<TensorBuffer<R, D>> {
    return new TensorBuffer<R, D>(this.shape, this.dtype as D, (await this.data()) as unknown as DataTypeMap[D]);
  }

  /** As `buffer()`, at once; throws where `dataSync()` does. */
  bufferSync<D extends DataType = 'float32'>(): TensorBuffer<R, D> {
    return new TensorBuffer<R, D>(this.shape, this.dtype as D, this.dataSync() as unknown as DataTypeMap[D]);
  }

  /** The bytes of the values; for strings those of each, as utf-8. */
  async bytes(): Promise<Uint8Array[] | Uint8Array> {
    const data = await this.data<DataType>();
    if (this.dtype === 'string') {
      return (data as unknown as string[]).map((s) => encodeString(s));
    }
    const bytes = narrow(data as TypedArray, this.dtype);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Gives the memory back. The tensor cannot be used after it; a second call does nothing. */
  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
    this.kerasMask?.dispose();
    release(this.held);
  }

  /** Whether `dispose` was called. */
  get isDisposed(): boolean {
    return this.disposed;
  }

  /** Throws where the tensor is disposed. */
  throwIfDisposed(): void {
    if (this.disposed) {
      throw new Error(`Tensor is disposed: wanted a tensor that is alive, received one of shape [${this.shape}] disposed before.`);
    }
  }

  /** The values as text; with dtype, rank and shape if `verbose`. */
  toString(verbose = false): string {
    return tensorToString(this.dataSync<DataType>() as TypedArray | string[], this.shape, this.dtype, verbose);
  }

  private nest(values: unknown): ArrayMap[R] {
    return toNestedArray(this.shape, values as ArrayLike<unknown>, this.dtype === 'complex64') as ArrayMap[R];
  }
}

/** A tensor without dimensions. */
export type Scalar = Tensor<Rank.R0>;
/** A vector. */
export type Tensor1D = Tensor<Rank.R1>;
/** A matrix. */
export type Tensor2D = Tensor<Rank.R2>;
/** A tensor of three dimensions. */
export type Tensor3D = Tensor<Rank.R3>;
/** A tensor of four dimensions. */
export type Tensor4D = Tensor<Rank.R4>;
/** A tensor of five dimensions. */
export type Tensor5D = Tensor<Rank.R5>;
/** A tensor of six dimensions. */
export type Tensor6D = Tensor<Rank.R6>;
