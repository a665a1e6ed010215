/** Pools: the greatest or the mean of windows. */

import { call, callAll, convertToTensor, op } from '../engine/run';
import type { Tensor, Tensor3D, Tensor4D, Tensor5D } from '../tensor/tensor';
import type { NamedTensorMap, TensorLike } from '../types';
import { assert } from '../util/util';
import { batchToSpaceND, spaceToBatchND } from './array';
import { batched, checkSteps, each, type Pad, padAttrs, type Rounding, spatial, spread, unbatched } from './windows';

type Pair = [number, number];
type Triple = [number, number, number];

/** Means over what lies inside of the input: sums over the padded input by the number of elements that are not padding. */
function average(row: string, x: Tensor, attrs: Record<string, number[] | string>, explicit: number[]): Tensor {
  const paddings = x.shape.map((_, i) => [explicit[2 * i] as number, explicit[2 * i + 1] as number]);
  const mean = (t: Tensor): Tensor => call(row, [call('Pad', [t], { paddings })], { ...attrs, padding: 'VALID' });
  return call('RealDiv', [mean(x), mean(call('OnesLike', [x]))]);
}

function pooled(
  name: string,
  row: string,
  x: Tensor | TensorLike,
  dims: number,
  filterSize: number | number[],
  strides: number | number[],
  pad: Pad,
  rounding: Rounding | undefined,
  format: string,
): [Tensor, boolean] {
  const [$x, single] = batched(x, name, dims + 2);
  const [f, s] = [each(filterSize, dims), each(strides, dims)];
  checkSteps(name, s, s.map(() => 1));
  const attrs = { ksize: spread(f, format), strides: spread(s, format), data_format: format };
  const edges = padAttrs(name, pad, rounding, spatial($x.shape, format), f, s, format);
  const explicit = edges['explicit_paddings'] as number[] | undefined;
  if (explicit !== undefined && row !== 'MaxPool') {
    assert(row !== 'MaxPool3D' || explicit.every((p) => p === 0), () => `Error in ${name}: pad must be 'same', 'valid' or 0, but got ${pad}.`);
    return [row === 'MaxPool3D' ? call(row, [$x], { ...attrs, padding: 'VALID' }) : average(row, $x, attrs, explicit), single];
  }
  return [call(row, [$x], { ...attrs, ...edges }), single];
}

/** The mean of each window of images `[batch, height, width, channels]`; padding does not count. */
export const avgPool = op({
  avgPool<T extends Tensor3D | Tensor4D>(
    x: T | TensorLike,
    filterSize: Pair | number,
    strides: Pair | number,
    pad: Pad,
    dimRoundingMode?: Rounding,
  ): T {
    return unbatched(...pooled('avgPool', 'AvgPool', x, 2, filterSize, strides, pad, dimRoundingMode, 'NHWC'));
  },
});

/** The greatest element of each window of images `[batch, height, width, channels]`. */
export const maxPool = op({
  maxPool<T extends Tensor3D | Tensor4D>(
    x: T | TensorLike,
    filterSize: Pair | number,
    strides: Pair | number,
    pad: Pad,
    dimRoundingMode?: Rounding,
  ): T {
    return unbatched(...pooled('maxPool', 'MaxPool', x, 2, filterSize, strides, pad, dimRoundingMode, 'NHWC'));
  },
});

function volumeFormat(name: string, dataFormat: string): void {
  assert(dataFormat === 'NDHWC', () => `Error in ${name}: Only NDHWC is currently supported, but got dataFormat of ${dataFormat}`);
}

/** The mean of each window of volumes `[batch, depth, height, width, channels]`. */
export const avgPool3d = op({
  avgPool3d<T extends Tensor4D | Tensor5D>(
    x: T | TensorLike,
    filterSize: Triple | number,
    strides: Triple | number,
    pad: 'valid' | 'same' | number,
    dimRoundingMode?: Rounding,
    dataFormat: 'NDHWC' | 'NCDHW' = 'NDHWC',
  ): T {
    volumeFormat('avgPool3d', dataFormat);
    return unbatched(...pooled('avgPool3d', 'AvgPool3D', x, 3, filterSize, strides, pad, dimRoundingMode, dataFormat));
  },
});

/** The greatest element of each window of volumes `[batch, depth, height, width, channels]`. */
export const maxPool3d = op({
  maxPool3d<T extends Tensor4D | Tensor5D>(
    x: T | TensorLike,
    filterSize: Triple | number = [1, 1, 1],
    strides: Triple | number,
    pad: 'valid' | 'same' | number,
    dimRoundingMode?: Rounding,
    dataFormat: 'NDHWC' | 'NCDHW' = 'NDHWC',
  ): T {
    volumeFormat('maxPool3d', dataFormat);
    return unbatched(...pooled('maxPool3d', 'MaxPool3D', x, 3, filterSize, strides, pad, dimRoundingMode, dataFormat));
  },
});

/** The greatest element of each window, and its place in the flat input (of its image, or of the batch if `includeBatchInIndex`). */
export const maxPoolWithArgmax = op({
  maxPoolWithArgmax<T extends Tensor4D>(
    x: T | TensorLike,
    filterSize: Pair | number,
    strides: Pair | number,
    pad: 'valid' | 'same' | number,
    includeBatchInIndex = false,
  ): NamedTensorMap {
    const $x = convertToTensor(x, 'x', 'maxPoolWithArgmax');
    const [f, s] = [each(filterSize, 2), each(strides, 2)];
    const edges = padAttrs('maxPoolWithArgmax', pad, undefined, spatial($x.shape, 'NHWC'), f, s, 'NHWC');
    const [result, indexes] = callAll('MaxPoolWithArgmax', [$x], {
      ksize: spread(f, 'NHWC'),
      strides: spread(s, 'NHWC'),
      padding: edges['padding'] === 'EXPLICIT' && pad === 0 ? 'VALID' : edges['padding'],
      Targmax: 'int32',
      include_batch_in_index: includeBatchInIndex,
    }) as [Tensor, Tensor];
    return { result, indexes };
  },
});

/** A pool by its name, 'avg' or 'max', with windows that may be dilated. */
export const pool = op({
  pool<T extends Tensor3D | Tensor4D>(
    input: T | TensorLike,
    windowShape: Pair | number,
    poolingType: 'avg' | 'max',
    pad: Pad,
    dilations?: Pair | number,
    strides?: Pair | number,
    dimRoundingMode?: Rounding,
  ): T {
    const [d, s] = [each(dilations ?? 1, 2) as Pair, each(strides ?? 1, 2) as Pair];
    if (d.every((v) => v === 1)) {
      return (poolingType === 'avg' ? avgPool : maxPool)(input, windowShape, s, pad, dimRoundingMode);
    }
    const [$x, single] = batched(input, 'pool', 4);
    checkSteps('pool', s, d);
    assert(typeof pad === 'string', () => `Error in pool: pad must be 'same' or 'valid' with dilations, but got ${pad}.`);
    // Elements that are a dilation apart become neighbours in images of their own.
    const edges = each(windowShape, 2).map((f, i) => {
      const around = pad === 'same' ? (f - 1) * (d[i] as number) : 0;
      const before = Math.floor(around / 2);
      const size = ($x.shape[i + 1] as number) + around;
      const extra = ((d[i] as number) - (size % (d[i] as number))) % (d[i] as number);
      return { paddings: [before, around - before + extra], crops: [0, extra] };
    });
    const parts = spaceToBatchND($x as Tensor4D, d, edges.map((e) => e.paddings));
    const y = (poolingType === 'avg' ? avgPool : maxPool)(parts, windowShape, s, 'valid');
    return unbatched(batchToSpaceND(y, d, edges.map((e) => e.crops)), single);
  },
});
