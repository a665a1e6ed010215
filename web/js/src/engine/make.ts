/** Tensors of values of the host. */

import { Tensor } from '../tensor/tensor';
import { narrow } from '../tensor/values';
import type { DataType, TypedArray } from '../types';
import { decodeString } from '../util/util';
import { wasm } from '../wasm';

/** A tensor of flat values: a typed array of the dtype's kind, or strings. */
export function makeTensor(values: unknown, shape: readonly number[], dtype: DataType): Tensor {
  const dims = Uint32Array.from(shape);
  if (dtype === 'string') {
    const strings = (values as (string | Uint8Array)[]).map((s) => (typeof s === 'string' ? s : decodeString(s)));
    const bytes = strings.reduce((n, s) => n + 2 * s.length, 0);
    return new Tensor(wasm().tensorStrings(strings, dims), { refs: 0, bytes }, shape, dtype);
  }
  const stored = narrow(values as TypedArray, dtype);
  const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  return new Tensor(wasm().tensorNew(bytes, dims, dtype), undefined, shape, dtype);
}
