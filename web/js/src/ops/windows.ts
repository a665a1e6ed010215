/** What windows of convolutions and pools have in common: sizes as lists, padding, data formats. */

import { alias, convertToTensor } from '../engine/run';
import type { Tensor } from '../tensor/tensor';
import type { TensorLike } from '../types';
import { assert, isInt } from '../util/util';
import type { Attrs } from '../wasm';

/** `[before, after]` for each dimension. */
export type ExplicitPadding = [[number, number], [number, number], [number, number], [number, number]];
/** How windows meet the edges. */
export type Pad = 'valid' | 'same' | number | ExplicitPadding;
/** How a fractional number of windows is rounded, with padding in numbers. */
export type Rounding = 'floor' | 'round' | 'ceil';

/** One number for all dimensions, or one each. */
export function each(value: number | readonly number[], count: number): number[] {
  if (typeof value === 'number') {
    return new Array<number>(count).fill(value);
  }
  return value.length === 1 ? new Array<number>(count).fill(value[0] as number) : value.slice(0, count);
}

/** Throws unless strides or dilations are all 1, and all are above 0. */
export function checkSteps(name: string, strides: number[], dilations: number[]): void {
  assert(
    strides.every((s) => s === 1) || dilations.every((d) => d === 1),
    () => `Error in ${name}: Either strides or dilations must be 1. Got strides ${strides} and dilations '${dilations}'`,
  );
  assert([...strides, ...dilations].every((v) => v > 0), () => `Error in ${name}: Strides and dilations should be larger than 0.`);
}

/** Numbers of the spatial dimensions as a list over all dimensions of the format, 1 elsewhere. */
export function spread(values: number[], format: string): number[] {
  return format.startsWith('NC') ? [1, 1, ...values] : [1, ...values, 1];
}

/** The spatial dimensions of a shape. */
export function spatial(shape: readonly number[], format: string): number[] {
  return format.startsWith('NC') ? shape.slice(2) : shape.slice(1, -1);
}

/** The padding of windows, as attributes of an op. `sizes` are those of the input, `filter` those of the window with its dilation. */
export function padAttrs(
  name: string,
  pad: Pad,
  rounding: Rounding | undefined,
  sizes: number[],
  filter: number[],
  strides: number[],
  format: string,
): Attrs {
  if (typeof pad === 'string') {
    assert(pad === 'same' || pad === 'valid', () => `Unknown padding parameter: ${pad}`);
    assert(
      rounding == null,
      () => `Error in ${name}: pad must be an integer when using dimRoundingMode ${rounding} but got pad ${pad}.`,
    );
    return { padding: pad.toUpperCase() };
  }
  const given = Array.isArray(pad) ? spatial(pad as unknown as number[], format) as unknown as [number, number][] : sizes.map(() => [pad, pad] as const);
  assert(
    given.flat().every((p) => isInt(p) && p >= 0),
    () => `Error in ${name}: pad must be an integer of 0 or more, but got pad ${pad}.`,
  );
  const round = Math[rounding ?? 'floor'];
  const pairs = sizes.map((size, i) => {
    const [before, after] = given[i] as readonly [number, number];
    const [f, s] = [filter[i] as number, strides[i] as number];
    const windows = round((size - f + before + after) / s) + 1;
    return [before, Math.max(after, (windows - 1) * s + f - size - before)];
  });
  const all = format.startsWith('NC') ? [[0, 0], [0, 0], ...pairs] : [[0, 0], ...pairs, [0, 0]];
  return { padding: 'EXPLICIT', explicit_paddings: all.flat() };
}

/** The argument with a batch in front, and whether it had none. Throws for another rank. */
export function batched(x: Tensor | TensorLike, name: string, rank: number, arg = 'x'): [Tensor, boolean] {
  const $x = convertToTensor(x, arg, name, 'float32');
  assert(
    $x.rank === rank || $x.rank === rank - 1,
    () => `Error in ${name}: ${arg} must be rank ${rank - 1} or rank ${rank} but got rank ${$x.rank}.`,
  );
  return $x.rank === rank ? [$x, false] : [alias($x, [1, ...$x.shape]), true];
}

/** The result without the batch that was put in front. */
export function unbatched<T extends Tensor>(y: Tensor, single: boolean): T {
  return (single ? alias(y, y.shape.slice(1)) : y) as T;
}
