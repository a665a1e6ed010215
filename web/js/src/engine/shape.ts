/** Shapes of nested arrays. */

import type { DataType } from '../types';
import { assert, isTypedArray } from '../util/util';

/** The shape that nested arrays have. Throws where rows differ. */
export function inferShape(val: unknown, dtype?: DataType): number[] {
  if (isTypedArray(val)) {
    return dtype === 'string' ? [] : [val.length];
  }
  const shape: number[] = [];
  for (let v = val; Array.isArray(v) || (isTypedArray(v) && dtype !== 'string'); v = v[0]) {
    shape.push(v.length);
  }
  if (Array.isArray(val)) {
    checkRows(val, shape, [], dtype);
  }
  return shape;
}

function checkRows(val: unknown, shape: number[], at: number[], dtype?: DataType): void {
  const place = `Element arr[${at.join('][')}]`;
  const list = Array.isArray(val) || (isTypedArray(val) && dtype !== 'string');
  if (!list) {
    assert(shape.length === 0, () => `${place} is a primitive, but should be an array/TypedArray of ${shape[0]} elements`);
    return;
  }
  const { length } = val as ArrayLike<unknown>;
  assert(shape.length > 0, () => `${place} should be a primitive, but is an array of ${length} elements`);
  assert(length === shape[0], () => `${place} should have ${shape[0]} elements, but has ${length} elements`);
  if (Array.isArray(val)) {
    val.forEach((v: unknown, i) => checkRows(v, shape.slice(1), [...at, i], dtype));
  } else {
    assert(shape.length === 1, () => `${place} holds numbers, but should hold arrays of ${shape[1]} elements`);
  }
}
