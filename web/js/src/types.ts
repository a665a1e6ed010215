/** Element types, ranks, and what stands for a tensor in arguments. */

import type { Tensor } from './tensor/tensor';
import type { Variable } from './tensor/variable';

/** Number of dimensions, as a name. */
export enum Rank {
  R0 = 'R0',
  R1 = 'R1',
  R2 = 'R2',
  R3 = 'R3',
  R4 = 'R4',
  R5 = 'R5',
  R6 = 'R6',
}

/** Shapes by rank. */
export interface ShapeMap {
  R0: number[];
  R1: [number];
  R2: [number, number];
  R3: [number, number, number];
  R4: [number, number, number, number];
  R5: [number, number, number, number, number];
  R6: [number, number, number, number, number, number];
}

/** Nested arrays by rank. */
export interface ArrayMap {
  R0: number;
  R1: number[];
  R2: number[][];
  R3: number[][][];
  R4: number[][][][];
  R5: number[][][][][];
  R6: number[][][][][][];
}

/** What the host holds of each dtype. complex64 is pairs; float16 is widened. */
export interface DataTypeMap {
  float32: Float32Array;
  int32: Int32Array;
  bool: Uint8Array;
  complex64: Float32Array;
  string: string[];
  float16: Float32Array;
}

/** One element of each dtype. */
export interface SingleValueMap {
  bool: boolean;
  int32: number;
  float32: number;
  complex64: number;
  string: string;
  float16: number;
}

/** Element types. float16 is wgflow's own addition to TensorFlow.js's. */
export type DataType = keyof DataTypeMap;
/** Element types that are numbers. */
export type NumericDataType = Exclude<DataType, 'string'>;
/** Arrays of numbers with a fixed element. */
export type TypedArray = Float32Array | Int32Array | Uint8Array;
/** Values of a tensor on the host. */
export type DataValues = DataTypeMap[DataType];
/** A flat list of numbers. */
export type FlatVector = boolean[] | number[] | TypedArray;
/** Arrays nested to any depth. */
export interface RecursiveArray<T> {
  [index: number]: T | RecursiveArray<T>;
}
/** What an op takes in place of a tensor. */
export type TensorLike =
  | TypedArray
  | Uint8ClampedArray
  | number
  | boolean
  | string
  | RecursiveArray<number | number[] | TypedArray>
  | RecursiveArray<boolean>
  | RecursiveArray<string>
  | Uint8Array[];
/** What stands for a scalar. */
export type ScalarLike = number | boolean | string | Uint8Array;
/** What stands for a vector. */
export type TensorLike1D = TypedArray | Uint8ClampedArray | number[] | boolean[] | string[] | Uint8Array[];
/** What stands for a matrix. */
export type TensorLike2D = TensorLike1D | number[][] | boolean[][] | string[][] | Uint8Array[][];
/** What stands for three dimensions. */
export type TensorLike3D = TensorLike1D | number[][][] | boolean[][][] | string[][][] | Uint8Array[][][];
/** What stands for four dimensions. */
export type TensorLike4D = TensorLike1D | number[][][][] | boolean[][][][] | string[][][][] | Uint8Array[][][][];
/** What stands for five dimensions. */
export type TensorLike5D = TensorLike1D | number[][][][][] | boolean[][][][][] | string[][][][][] | Uint8Array[][][][][];
/** What stands for six dimensions. */
export type TensorLike6D =
  | TensorLike1D
  | number[][][][][][]
  | boolean[][][][][][]
  | string[][][][][][]
  | Uint8Array[][][][][][];

/** Tensors in a structure. */
export type TensorContainer =
  | void
  | Tensor
  | string
  | number
  | boolean
  | null
  | TensorContainerObject
  | TensorContainerArray
  | Float32Array
  | Int32Array
  | Uint8Array;
/** Tensors by key. */
export interface TensorContainerObject {
  [x: string]: TensorContainer;
}
/** A list of tensors. */
export interface TensorContainerArray extends Array<TensorContainer> {}
/** Tensors by name. */
export type NamedTensorMap = { [name: string]: Tensor };
/** Variables by name. */
export type NamedVariableMap = { [name: string]: Variable };
/** A tensor with its name. */
export interface NamedTensor {
  name: string;
  tensor: Tensor;
}
/** Keeps tensors for `gradFunc` of a custom gradient. */
export type GradSaveFunc = (save: Tensor[]) => void;

/** Raw pixels: four bytes each. */
export interface PixelData {
  width: number;
  height: number;
  data: Uint8Array;
}

const ORDER: NumericDataType[] = ['bool', 'int32', 'float16', 'float32', 'complex64'];

/**
 * The dtype that two dtypes meet in: bool, int32, float16, float32, complex64 in this order. Strings meet strings alone.
 *
 * Throws for a string with a number.
 */
export function upcastType(typeA: DataType, typeB: DataType): DataType {
  if (typeA === 'string' || typeB === 'string') {
    if (typeA === typeB) {
      return 'string';
    }
    throw new Error(`Can not upcast ${typeA} with ${typeB}`);
  }
  return ORDER[Math.max(ORDER.indexOf(typeA), ORDER.indexOf(typeB))] as DataType;
}

/** The dtype of sums: that of the summands, and int32 for bool. */
export function sumOutType(type: DataType): DataType {
  return upcastType(type, 'int32');
}
