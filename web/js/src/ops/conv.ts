/** Convolutions. */

import { alias, call, convertToTensor, makeTypesMatch, op } from '../engine/run';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D, Tensor5D } from '../tensor/tensor';
import type { TensorLike } from '../types';
import { assert } from '../util/util';
import { batched, checkSteps, each, type ExplicitPadding, type Pad, padAttrs, type Rounding, spatial, spread, unbatched } from './windows';

type Pair = [number, number];
type Triple = [number, number, number];

function rank(t: Tensor, wanted: number, name: string, arg = 'filter'): void {
  assert(t.rank === wanted, () => `Error in ${name}: ${arg} must be rank ${wanted}, but got rank ${t.rank}.`);
}

function dilated(sizes: number[], dilations: number[]): number[] {
  return sizes.map((f, i) => (f - 1) * (dilations[i] as number) + 1);
}

/**
 * A convolution of images `[batch, height, width, channels]` (batch may be missing) with a filter `[height, width, inChannels, outChannels]`.
 *
 * Throws where ranks or channels do not fit, and where neither strides nor dilations are 1.
 *
 * ```js
 * tf.conv2d(tf.ones([1, 4, 4, 1]), tf.ones([3, 3, 1, 1]), 1, 'same').print();
 * ```
 */
export const conv2d = op({
  conv2d<T extends Tensor3D | Tensor4D>(
    x: T | TensorLike,
    filter: Tensor4D | TensorLike,
    strides: Pair | number,
    pad: Pad,
    dataFormat: 'NHWC' | 'NCHW' = 'NHWC',
    dilations: Pair | number = [1, 1],
    dimRoundingMode?: Rounding,
  ): T {
    const [$x, single] = batched(x, 'conv2d', 4);
    const $filter = convertToTensor(filter, 'filter', 'conv2d', 'float32');
    rank($filter, 4, 'conv2d');
    const channels = dataFormat === 'NHWC' ? $x.shape[3] : $x.shape[1];
    assert(
      channels === $filter.shape[2],
      () => `Error in conv2d: depth of input (${channels}) must match input depth for filter ${$filter.shape[2]}.`,
    );
    const [s, d] = [each(strides, 2), each(dilations, 2)];
    checkSteps('conv2D', s, d);
    const window = dilated($filter.shape.slice(0, 2), d);
    const y = call('Conv2D', makeTypesMatch($x, $filter), {
      strides: spread(s, dataFormat),
      dilations: spread(d, dataFormat),
      data_format: dataFormat,
      ...padAttrs('conv2d', pad, dimRoundingMode, spatial($x.shape, dataFormat), window, s, dataFormat),
    });
    return unbatched(y, single);
  },
});

/** A convolution of sequences `[batch, width, channels]` (batch may be missing) with a filter `[width, inChannels, outChannels]`. */
export const conv1d = op({
  conv1d<T extends Tensor2D | Tensor3D>(
    x: T | TensorLike,
    filter: Tensor3D | TensorLike,
    stride: number,
    pad: Pad,
    dataFormat: 'NWC' | 'NCW' = 'NWC',
    dilation = 1,
    dimRoundingMode?: Rounding,
  ): T {
    const [$x, single] = batched(x, 'conv1d', 3);
    const $filter = convertToTensor(filter, 'filter', 'conv1d');
    rank($filter, 3, 'conv1d');
    assert(
      $x.shape[2] === $filter.shape[1],
      () => `Error in conv1d: depth of input (${$x.shape[2]}) must match input depth for filter ${$filter.shape[1]}.`,
    );
    assert(dataFormat === 'NWC', () => `Error in conv1d: got dataFormat of ${dataFormat} but only NWC is currently supported.`);
    const window = dilated([1, $filter.shape[0] as number], [1, dilation]);
    const flat: Pad = typeof pad === 'number' ? [[0, 0], [0, 0], [pad, pad], [0, 0]] : pad;
    const x4 = alias<Tensor4D>($x, [$x.shape[0] as number, 1, $x.shape[1] as number, $x.shape[2] as number]);
    checkSteps('conv1D', [stride], [dilation]);
    const y = call('Conv2D', makeTypesMatch(x4, alias($filter, [1, ...$filter.shape])), {
      strides: [1, 1, stride, 1],
      dilations: [1, 1, dilation, 1],
      data_format: 'NHWC',
      ...padAttrs('conv1d', flat, dimRoundingMode, [1, $x.shape[1] as number], window, [1, stride], 'NHWC'),
    });
    return unbatched(alias(y, [y.shape[0] as number, y.shape[2] as number, y.shape[3] as number]), single);
  },
});

/** The transpose (the derivative) of a convolution: of images `outputShape` that `x` would come from. */
export const conv2dTranspose = op({
  conv2dTranspose<T extends Tensor3D | Tensor4D>(
    x: T | TensorLike,
    filter: Tensor4D | TensorLike,
    outputShape: [number, number, number, number] | Triple,
    strides: Pair | number,
    pad: 'valid' | 'same' | number | ExplicitPadding,
    dimRoundingMode?: Rounding,
  ): T {
    const [$x, single] = batched(x, 'conv2dTranspose', 4);
    const $filter = convertToTensor(filter, 'filter', 'conv2dTranspose', 'float32');
    rank($filter, 4, 'conv2dTranspose');
    const sizes = single ? [1, ...outputShape] : [...outputShape];
    assert(
      sizes.length === 4,
      () => `Error in conv2dTranspose: outputShape must be of length ${single ? 3 : 4}, but got [${outputShape}].`,
    );
    assert(
      $x.shape[3] === $filter.shape[3] && sizes[3] === $filter.shape[2],
      () =>
        `Error in conv2dTranspose: depth of input (${$x.shape[3]}) and of output (${sizes[3]}) must match those of the filter, ${$filter.shape[3]} and ${$filter.shape[2]}.`,
    );
    const s = each(strides, 2);
    const y = call('Conv2DBackpropInput', [$filter, $x], {
      input_sizes: sizes,
      strides: spread(s, 'NHWC'),
      ...padAttrs('conv2dTranspose', pad, dimRoundingMode, sizes.slice(1, 3), $filter.shape.slice(0, 2), s, 'NHWC'),
    });
    return unbatched(y, single);
  },
});

/** A convolution of volumes `[batch, depth, height, width, channels]` with a filter `[depth, height, width, inChannels, outChannels]`. */
export const conv3d = op({
  conv3d<T extends Tensor4D | Tensor5D>(
    x: T | TensorLike,
    filter: Tensor5D | TensorLike,
    strides: Triple | number,
    pad: 'valid' | 'same',
    dataFormat: 'NDHWC' | 'NCDHW' = 'NDHWC',
    dilations: Triple | number = [1, 1, 1],
  ): T {
    const [$x, single] = batched(x, 'conv3d', 5);
    const $filter = convertToTensor(filter, 'filter', 'conv3d', 'float32');
    rank($filter, 5, 'conv3d');
    assert(dataFormat === 'NDHWC', () => `Error in conv3d: got dataFormat of ${dataFormat} but only NDHWC is currently supported.`);
    assert(
      $x.shape[4] === $filter.shape[3],
      () => `Error in conv3d: depth of input (${$x.shape[4]}) must match input depth for filter ${$filter.shape[3]}.`,
    );
    const [s, d] = [each(strides, 3), each(dilations, 3)];
    checkSteps('conv3D', s, d);
    const attrs = { strides: spread(s, dataFormat), dilations: spread(d, dataFormat), data_format: dataFormat };
    const y = call('Conv3D', makeTypesMatch($x, $filter), { ...attrs, ...padAttrs('conv3d', pad, undefined, [], [], s, dataFormat) });
    return unbatched(y, single);
  },
});

/** The transpose of a convolution of volumes. */
export const conv3dTranspose = op({
  conv3dTranspose<T extends Tensor4D | Tensor5D>(
    x: T | TensorLike,
    filter: Tensor5D | TensorLike,
    outputShape: [number, number, number, number, number] | [number, number, number, number],
    strides: Triple | number,
    pad: 'valid' | 'same',
  ): T {
    const [$x, single] = batched(x, 'conv3dTranspose', 5);
    const $filter = convertToTensor(filter, 'filter', 'conv3dTranspose', 'float32');
    rank($filter, 5, 'conv3dTranspose');
    const sizes = single ? [1, ...outputShape] : [...outputShape];
    const y = call('Conv3DBackpropInputV2', [$filter, $x], {
      input_sizes: sizes,
      strides: spread(each(strides, 3), 'NDHWC'),
      ...padAttrs('conv3dTranspose', pad, undefined, [], [], [], 'NDHWC'),
    });
    return unbatched(y, single);
  },
});

/** A convolution of each channel by itself, with a filter `[height, width, inChannels, channelMultiplier]`. */
export const depthwiseConv2d = op({
  depthwiseConv2d<T extends Tensor3D | Tensor4D>(
    x: T | TensorLike,
    filter: Tensor4D | TensorLike,
    strides: Pair | number,
    pad: Pad,
    dataFormat: 'NHWC' | 'NCHW' = 'NHWC',
    dilations: Pair | number = [1, 1],
    dimRoundingMode?: Rounding,
  ): T {
    const [$x, single] = batched(x, 'depthwiseConv2d', 4);
    const $filter = convertToTensor(filter, 'filter', 'depthwiseConv2d', 'float32');
    rank($filter, 4, 'depthwiseConv2d');
    const channels = dataFormat === 'NHWC' ? $x.shape[3] : $x.shape[1];
    assert(
      channels === $filter.shape[2],
      () =>
        `Error in depthwiseConv2d: number of input channels (${channels}) must match the inChannels dimension in filter ${$filter.shape[2]}.`,
    );
    const [s, d] = [each(strides, 2), each(dilations ?? 1, 2)];
    checkSteps('depthwiseConv2d', s, d);
    const window = dilated($filter.shape.slice(0, 2), d);
    const y = call('DepthwiseConv2dNative', makeTypesMatch($x, $filter), {
      strides: spread(s, dataFormat),
      dilations: spread(d, dataFormat),
      data_format: dataFormat,
      ...padAttrs('depthwiseConv2d', pad, dimRoundingMode, spatial($x.shape, dataFormat), window, s, dataFormat),
    });
    return unbatched(y, single);
  },
});

/** A depthwise convolution, and one of single pixels that mixes its channels. */
export const separableConv2d = op({
  separableConv2d<T extends Tensor3D | Tensor4D>(
    x: T | TensorLike,
    depthwiseFilter: Tensor4D | TensorLike,
    pointwiseFilter: Tensor4D | TensorLike,
    strides: Pair | number,
    pad: 'valid' | 'same',
    dilation: Pair | number = [1, 1],
    dataFormat: 'NHWC' | 'NCHW' = 'NHWC',
  ): T {
    const [$x, single] = batched(x, 'separableConv2d', 4);
    const $depth = convertToTensor<Tensor4D>(depthwiseFilter, 'depthwiseFilter', 'separableConv2d');
    const $point = convertToTensor<Tensor4D>(pointwiseFilter, 'pointwiseFilter', 'separableConv2d');
    assert(dataFormat === 'NHWC', () => 'separableConv2d currently does not support dataFormat NCHW; only NHWC is supported');
    rank($depth, 4, 'separableConv2d', 'depthwise filter');
    rank($point, 4, 'separableConv2d', 'pointwise filter');
    assert(
      $point.shape[0] === 1 && $point.shape[1] === 1,
      () => `Error in separableConv2d: the first two dimensions of pointwise filter must be 1, but got ${$point.shape[0]} and ${$point.shape[1]}.`,
    );
    const channels = $depth.shape[2] * $depth.shape[3];
    assert(
      $point.shape[2] === channels,
      () => `Error in separableConv2d: the third dimension of pointwise filter must be ${channels}, but got ${$point.shape[2]}.`,
    );
    const mixed = depthwiseConv2d($x as Tensor4D, $depth, strides, pad, dataFormat, dilation);
    return unbatched(conv2d(mixed, $point, 1, 'valid', dataFormat), single);
  },
});

/** Grayscale dilation: the greatest of input plus filter `[height, width, channels]` in each window. */
export const dilation2d = op({
  dilation2d<T extends Tensor3D | Tensor4D>(
    x: T | TensorLike,
    filter: Tensor3D | TensorLike,
    strides: Pair | number,
    pad: 'valid' | 'same',
    dilations: Pair | number = [1, 1],
    dataFormat: 'NHWC' = 'NHWC',
  ): T {
    const [$x, single] = batched(x, 'dilation2d', 4);
    const $filter = convertToTensor(filter, 'filter', 'dilation2d');
    rank($filter, 3, 'dilation2d');
    assert(dataFormat === 'NHWC', () => `Error in dilation2d: Only NHWC is currently supported, but got dataFormat of ${dataFormat}`);
    assert(
      $x.shape[3] === $filter.shape[2],
      () => `Error in dilation2d:  input and filter must have the same depth: ${$x.shape[3]} vs ${$filter.shape[2]}`,
    );
    const y = call('Dilation2D', [$x, $filter], {
      strides: spread(each(strides, 2), 'NHWC'),
      rates: spread(each(dilations, 2), 'NHWC'),
      padding: pad.toUpperCase(),
    });
    return unbatched(y, single);
  },
});
