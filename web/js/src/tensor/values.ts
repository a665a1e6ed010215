/** Bytes of the device and typed arrays of the host. */

import type { DataType, TypedArray } from '../types';

/** The bytes of `dtype` as the array that the host works with; float16 is widened. */
export function numbers(bytes: Uint8Array, dtype: DataType): TypedArray {
  if (dtype === 'bool') {
    return bytes;
  }
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = aligned;
  switch (dtype) {
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), widen);
    case 'int32':
      return new Int32Array(buffer, byteOffset, byteLength / 4);
    case 'float32':
    case 'complex64':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    default:
      throw new Error(`The values of a tensor of dtype ${dtype} cannot be read by a program; cast it first.`);
  }
}

/** Values of the host as they are stored for `dtype`. */
export function narrow(values: TypedArray | Uint8ClampedArray, dtype: DataType): TypedArray | Uint16Array | Uint8ClampedArray {
  return dtype === 'float16' ? Uint16Array.from(values, halve) : values;
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The number whose 16-bit float has these bits. */
export function widen(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) {
    return fraction ? NaN : sign * Infinity;
  }
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** The bits of the 16-bit float nearest to `value`, ties to even. */
export function halve(value: number): number {
  float[0] = value;
  const bits = word[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) {
    return sign | 0x7e00;
  }
  if (magnitude >= 0x477ff000) {
    return sign | 0x7c00;
  }
  if (magnitude < 0x38800000) {
    // Below the least normal number: in units of 2^-24, rounded to even.
    const units = Math.abs(value) * 2 ** 24;
    const down = Math.floor(units);
    const rest = units - down;
    return sign | (down + (rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? 1 : 0));
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}
