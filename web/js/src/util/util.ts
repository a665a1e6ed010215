/** `tf.util`: small helpers about shapes, dtypes and arrays of the host. */

import type { DataType, DataTypeMap, FlatVector, NumericDataType, RecursiveArray, TensorLike, TypedArray } from '../types';

/** Throws an error with `msg()` unless `expr` holds. */
export function assert(expr: boolean, msg: () => string): asserts expr {
  if (!expr) {
    throw new Error(msg());
  }
}

/** Throws where the shapes differ. */
export function assertShapesMatch(shapeA: number[], shapeB: number[], errorMessagePrefix = ''): void {
  assert(arraysEqual(shapeA, shapeB), () => `${errorMessagePrefix} Shapes ${shapeA} and ${shapeB} must match`.trim());
}

/** Throws for null and undefined. */
export function assertNonNull(a: TensorLike): void {
  assert(a != null, () => 'The input to the tensor constructor must be a non-null value.');
}

/** Throws where a dimension is negative or no whole number. */
export function assertNonNegativeIntegerDimensions(shape: number[]): void {
  shape.forEach((d) =>
    assert(Number.isInteger(d) && d >= 0, () => `Tensor must have a shape comprised of positive integers but got shape [${shape}].`),
  );
}

/** The number of elements of a shape. */
export function sizeFromShape(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Whether the shape is that of a scalar. */
export function isScalarShape(shape: number[]): boolean {
  return shape.length === 0;
}

/** Whether both lists hold the same; a null stands for anything. */
export function arraysEqualWithNull(n1: (number | null)[] | null, n2: (number | null)[] | null): boolean {
  if (n1 === n2) {
    return true;
  }
  if (n1 == null || n2 == null || n1.length !== n2.length) {
    return false;
  }
  return n1.every((v, i) => v === null || n2[i] === null || v === n2[i]);
}

/** Whether both lists hold the same. */
export function arraysEqual(n1: FlatVector | null | undefined, n2: FlatVector | null | undefined): boolean {
  if (n1 === n2) {
    return true;
  }
  if (n1 == null || n2 == null || n1.length !== n2.length) {
    return false;
  }
  for (let i = 0; i < n1.length; i++) {
    if (n1[i] !== n2[i]) {
      return false;
    }
  }
  return true;
}

/** Whether `a` is a whole number. */
export function isInt(a: number): boolean {
  return a % 1 === 0;
}

/** The hyperbolic tangent. */
export function tanh(x: number): number {
  return Math.tanh(x);
}

/** Two numbers, about square, whose product holds `size`. */
export function sizeToSquarishShape(size: number): [number, number] {
  const width = Math.ceil(Math.sqrt(size));
  return [width, Math.ceil(size / width)];
}

/** 0 .. n-1 in random order. */
export function createShuffledIndices(n: number): Uint32Array {
  const indices = Uint32Array.from({ length: n }, (_, i) => i);
  shuffle(indices);
  return indices;
}

/** `a` with spaces up to `size` characters. */
export function rightPad(a: string, size: number): string {
  return a.padEnd(size);
}

/** Calls `checkFn` until it says true: resolves; rejects after `maxCounter` tries. */
export function repeatedTry(
  checkFn: () => boolean,
  delayFn: (counter: number) => number = () => 0,
  maxCounter?: number,
  scheduleFn: (functionRef: () => void, delay: number) => void = setTimeout,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let tries = 0;
    const attempt = (): void => {
      if (checkFn()) {
        resolve();
        return;
      }
      tries++;
      if (maxCounter != null && tries >= maxCounter) {
        reject(new Error(`No success after ${tries} tries.`));
        return;
      }
      scheduleFn(attempt, delayFn(tries));
    };
    attempt();
  });
}

/** `shape` with its one unknown dimension, -1, filled in. Throws where the size does not fit. */
export function inferFromImplicitShape(shape: number[], size: number): number[] {
  const unknown = shape.indexOf(-1);
  assert(shape.every((d, i) => d >= 0 || (d === -1 && i === unknown)), () => {
    return shape.filter((d) => d === -1).length > 1
      ? `Shapes can only have 1 implicit size. Found more than one -1 in [${shape}].`
      : `Shapes can not be < 0. Found [${shape}].`;
  });
  const known = sizeFromShape(shape.filter((d) => d !== -1));
  if (unknown < 0) {
    assert(size === known, () => `Size(${size}) must match the product of shape ${shape}`);
    return shape;
  }
  assert(known > 0, () => `Cannot infer the missing size in [${shape}] when there are 0 elements`);
  assert(size % known === 0, () => `The implicit shape can't be a fractional number. Got ${size} / ${known}`);
  return shape.map((d) => (d === -1 ? size / known : d));
}

/** Axes as a list of numbers from 0: all of them for null, negative ones counted from the end. Throws where one is out of range. */
export function parseAxisParam(axis: number | number[] | null | undefined, shape: number[]): number[] {
  const rank = shape.length;
  const axes = axis == null ? shape.map((_, i) => i) : Array.isArray(axis) ? axis : [axis];
  assert(
    axes.every((a) => a >= -rank && a < rank),
    () => `All values in axis param must be in range [-${rank}, ${rank}) but got axis ${axes}`,
  );
  assert(axes.every(isInt), () => `All values in axis param must be integers but got axis ${axes}`);
  return axes.map((a) => (a < 0 ? rank + a : a));
}

/** The shape without dimensions of 1 (those of `axis`, if given), and which dimensions remain. */
export function squeezeShape(shape: number[], axis?: number[]): { newShape: number[]; keptDims: number[] } {
  const axes = axis == null || axis.length === 0 ? null : parseAxisParam(axis, shape);
  axes?.forEach((a) => assert(shape[a] === 1, () => `Can't squeeze axis ${a} since its dim '${shape[a]}' is not 1`));
  const keptDims = shape.map((_, i) => i).filter((i) => (axes ? !axes.includes(i) : shape[i] !== 1));
  return { newShape: keptDims.map((i) => shape[i] as number), keptDims };
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, complex64: Float32Array, float16: Float32Array };

/** A typed array of `size` zeros for a dtype of numbers. */
export function getTypedArrayFromDType<D extends NumericDataType>(dtype: D, size: number): DataTypeMap[D] {
  const made = (ARRAYS as Partial<typeof ARRAYS>)[dtype];
  assert(made !== undefined, () => `Unknown data type ${dtype}`);
  return new made(size) as DataTypeMap[D];
}

/** As `getTypedArrayFromDType`; a list for strings. */
export function getArrayFromDType<D extends DataType>(dtype: D, size: number): DataTypeMap[D] {
  return (dtype === 'string' ? new Array<string>(size) : getTypedArrayFromDType(dtype as NumericDataType, size)) as DataTypeMap[D];
}

/** Throws where a value is NaN or infinite. */
export function checkConversionForErrors<D extends DataType>(vals: DataTypeMap[D] | number[], dtype: D): void {
  (vals as number[]).forEach((v) => {
    assert(Number.isFinite(v), () => `A tensor of type ${dtype} being uploaded contains ${v}.`);
  });
}

/** Whether `dtype` names an element type. */
export function isValidDtype(dtype: DataType): boolean {
  return dtype === 'string' || dtype in ARRAYS;
}

const WIDTH: Record<string, number> = { bool: 0, int32: 1, float16: 1, float32: 2, complex64: 3 };

/** Whether values of `oldType` may not survive as `newType`. */
export function hasEncodingLoss(oldType: DataType, newType: DataType): boolean {
  return (WIDTH[newType] ?? 0) < (WIDTH[oldType] ?? 0);
}

/** Bytes of one element. Throws for strings. */
export function bytesPerElement(dtype: DataType): number {
  const bytes = { float32: 4, int32: 4, complex64: 8, bool: 1, float16: 2 }[dtype as NumericDataType] as number | undefined;
  assert(bytes !== undefined, () => `Unknown dtype ${dtype}`);
  return bytes;
}

/** All bytes of a list of encoded strings. */
export function bytesFromStringArray(arr: Uint8Array[] | null): number {
  return (arr ?? []).reduce((n, s) => n + s.length, 0);
}

/** Whether the value is a string. */
export function isString(value: unknown): value is string {
  return typeof value === 'string' || value instanceof String;
}

/** Whether the value is a boolean. */
export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** Whether the value is a number. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/** Whether the value is a function. */
export function isFunction(f: unknown): boolean {
  return typeof f === 'function';
}

/** Whether the value can be awaited. */
export function isPromise(object: unknown): object is Promise<unknown> {
  return typeof (object as { then?: unknown } | null)?.then === 'function';
}

/** Whether the value is an array of floats, 32-bit integers or bytes. */
export function isTypedArray(a: unknown): a is Float32Array | Int32Array | Uint8Array | Uint8ClampedArray {
  return a instanceof Float32Array || a instanceof Int32Array || a instanceof Uint8Array || a instanceof Uint8ClampedArray;
}

/** The dtype that values of the host mean: float32 for numbers, bool, string, int32 for integer arrays. */
export function inferDtype(values: unknown): DataType {
  if (Array.isArray(values)) {
    return inferDtype(values[0]);
  }
  if (values instanceof Float32Array) {
    return 'float32';
  }
  if (isTypedArray(values)) {
    return 'int32';
  }
  return isString(values) ? 'string' : isBoolean(values) ? 'bool' : 'float32';
}

/** The divisor of `size` at `start` or the next above it. */
export function nearestDivisor(size: number, start: number): number {
  for (let i = start; i < size; ++i) {
    if (size % i === 0) {
      return i;
    }
  }
  return size;
}

/** Elements from one index of a dimension to the next; none for the last dimension. */
export function computeStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  for (let i = shape.length - 1, s = 1; i > 0; i--) {
    s *= shape[i] as number;
    strides.unshift(s);
  }
  return strides;
}

/** A flat list as arrays nested to the shape; innermost rows of complex numbers are flat pairs. Throws where sizes differ. */
export function toNestedArray(shape: number[], a: ArrayLike<unknown>, isComplex = false): unknown {
  const width = isComplex ? 2 : 1;
  if (shape.length === 0) {
    return a[0];
  }
  const size = sizeFromShape(shape) * width;
  if (size === 0) {
    return [];
  }
  assert(size === a.length, () => `[${shape}] does not match the input size ${a.length}${isComplex ? ' for a complex tensor' : ''}.`);
  if (isComplex) {
    shape = [...shape.slice(0, -1), (shape[shape.length - 1] as number) * 2];
  }
  let at = 0;
  const nest = (level: number): unknown => {
    const next = (): unknown => (level === shape.length - 1 ? a[at++] : nest(level + 1));
    return Array.from({ length: shape[level] as number }, next);
  };
  return nest(0);
}

/** A typed array over the bytes, read as `dtype`. */
export function convertBackendValuesAndArrayBuffer(
  data: TypedArray | Uint8Array[] | ArrayBuffer,
  dtype: DataType,
): TypedArray | Uint8Array[] {
  if (Array.isArray(data)) {
    return data;
  }
  const buffer = data instanceof ArrayBuffer ? data : data.buffer;
  assert(dtype !== 'string', () => `Unknown dtype ${dtype}`);
  return new ARRAYS[dtype](buffer as ArrayBuffer);
}

/** `size` ones. */
export function makeOnesTypedArray<D extends DataType>(size: number, dtype: D): DataTypeMap[D] {
  const array = makeZerosTypedArray(size, dtype) as TypedArray;
  return array.fill(1) as unknown as DataTypeMap[D];
}

/** `size` zeros. */
export function makeZerosTypedArray<D extends DataType>(size: number, dtype: D): DataTypeMap[D] {
  return getTypedArrayFromDType((dtype ?? 'float32') as NumericDataType, size) as unknown as DataTypeMap[D];
}

/** Zeros nested to the shape. */
export function makeZerosNestedTypedArray<D extends DataType>(shape: number[], dtype: D): unknown {
  if (shape.length === 0) {
    return 0;
  }
  const last = shape[shape.length - 1] as number;
  if (shape.length === 1) {
    return makeZerosTypedArray(last, dtype);
  }
  return Array.from({ length: shape[0] as number }, () => makeZerosNestedTypedArray(shape.slice(1), dtype));
}

/** Where the element at `locs` lies in a flat list. */
export function locToIndex(locs: number[], rank: number, strides: number[]): number {
  if (rank === 0) {
    return 0;
  }
  return locs.reduce((at, loc, i) => at + loc * (i < rank - 1 ? (strides[i] as number) : 1), 0);
}

/** The indices of the element at `index` of a flat list. */
export function indexToLoc(index: number, rank: number, strides: number[]): number[] {
  if (rank === 0) {
    return [];
  }
  const loc: number[] = [];
  for (const s of strides.slice(0, rank - 1)) {
    loc.push(Math.floor(index / s));
    index %= s;
  }
  return [...loc, index];
}

/** Shuffles in place. */
export function shuffle(array: unknown[] | Uint32Array | Int32Array | Float32Array): void {
  for (let i = array.length - 1; i > 0; i--) {
    swap(array as { [index: number]: unknown }, i, Math.floor(Math.random() * (i + 1)));
  }
}

/** Shuffles two lists alike, in place. Throws where their lengths differ. */
export function shuffleCombo(
  array: unknown[] | Uint32Array | Int32Array | Float32Array,
  array2: unknown[] | Uint32Array | Int32Array | Float32Array,
): void {
  assert(
    array.length === array2.length,
    () => `Array sizes must match to be shuffled together. First array length was ${array.length}. Second array length was ${array2.length}`,
  );
  for (let i = array.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    swap(array as { [index: number]: unknown }, i, j);
    swap(array2 as { [index: number]: unknown }, i, j);
  }
}

/** `x`, or the bound it is beyond. */
export function clamp(min: number, x: number, max: number): number {
  return Math.max(min, Math.min(x, max));
}

/** `val`, or the even number above it. */
export function nearestLargerEven(val: number): number {
  return val % 2 === 0 ? val : val + 1;
}

/** Exchanges two elements. */
export function swap<T>(object: { [index: number]: T }, left: number, right: number): void {
  const kept = object[left] as T;
  object[left] = object[right] as T;
  object[right] = kept;
}

/** The sum of a list. */
export function sum(arr: number[]): number {
  return arr.reduce((a, b) => a + b, 0);
}

/** A random number between the two. */
export function randUniform(a: number, b: number): number {
  return a + Math.random() * (b - a);
}

/** The squared distance of two vectors. */
export function distSquared(a: FlatVector, b: FlatVector): number {
  let d = 0;
  for (let i = 0; i < a.length; i++) {
    d += (Number(a[i]) - Number(b[i])) ** 2;
  }
  return d;
}

/** One value of a dtype, as an array. */
export function createScalarValue(value: unknown, dtype: DataType): TypedArray | Uint8Array[] {
  return dtype === 'string' ? [encodeString(String(value))] : toTypedArray([value] as number[], dtype);
}

/** Values of the host as the typed array of a dtype. Throws for strings. */
export function toTypedArray(a: TensorLike, dtype: DataType): TypedArray {
  assert(dtype !== 'string', () => 'Cannot convert a string[] to a TypedArray');
  const flat = Array.isArray(a) ? flatten(a as RecursiveArray<number>) : (a as number[]);
  const made = ARRAYS[dtype];
  if (flat instanceof made) {
    return flat;
  }
  if (dtype === 'bool') {
    return Uint8Array.from(flat, (v) => (Math.round(v) !== 0 ? 1 : 0));
  }
  return new made(flat);
}

/** Milliseconds from some moment on. */
export function now(): number {
  return performance.now();
}

/** The platform's `fetch`. */
export function fetch(path: string, requestInits?: RequestInit): Promise<Response> {
  return globalThis.fetch(path, requestInits);
}

/** The bytes of a string. */
export function encodeString(s: string, encoding = 'utf-8'): Uint8Array {
  assert(/^utf-?8$/i.test(encoding), () => `Strings are encoded as utf-8, but got encoding ${encoding}`);
  return new TextEncoder().encode(s);
}

/** The string of bytes. */
export function decodeString(bytes: Uint8Array, encoding = 'utf-8'): string {
  return new TextDecoder(encoding).decode(bytes);
}

/** A nested list as a flat one. Typed arrays count as lists unless `skipTypedArray`. */
export function flatten<T>(arr: T | RecursiveArray<T>, result: T[] = [], skipTypedArray = false): T[] {
  if (Array.isArray(arr) || (isTypedArray(arr) && !skipTypedArray)) {
    const list = arr as ArrayLike<T | RecursiveArray<T>>;
    for (let i = 0; i < list.length; i++) {
      const v = list[i] as T | RecursiveArray<T>;
      if (typeof v === 'object') {
        flatten(v, result, skipTypedArray);
      } else {
        result.push(v as T);
      }
    }
  } else {
    result.push(arr as T);
  }
  return result;
}
