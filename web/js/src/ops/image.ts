/** `tf.image`. */

import { alias, call, callAll, castTo, convertToTensor, op, scalarOf, toFloat } from '../engine/run';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '../tensor/tensor';
import type { NamedTensorMap, TensorLike } from '../types';
import { assert } from '../util/util';
import { slice, tile } from './array';
import { div, greater, lessEqual, mul, sub, where } from './binary';
import { bincount } from './count';
import { fill, range } from './creation';
import { sum } from './reduce';
import { round } from './unary';

/** Throws where the rank is none of those wanted. */
function ofRank(t: Tensor, ranks: number[], name: string, arg = 'image'): void {
  assert(ranks.includes(t.rank), () => `Error in ${name}: ${arg} must be rank ${ranks.join(' or ')},but got rank ${t.rank}.`);
}

type Size = [number, number];

/**
 * Parts of images `[batch, height, width, channels]`, given by boxes `[y1, x1, y2, x2]` in fractions of the image, resized.
 *
 * Throws where shapes do not fit, and where an index of `boxInd` is out of range.
 */
export const cropAndResize = op({
  cropAndResize(
    image: Tensor4D | TensorLike,
    boxes: Tensor2D | TensorLike,
    boxInd: Tensor1D | TensorLike,
    cropSize: Size,
    method: 'bilinear' | 'nearest' = 'bilinear',
    extrapolationValue = 0,
  ): Tensor4D {
    const $image = convertToTensor(image, 'image', 'cropAndResize');
    const $boxes = convertToTensor(boxes, 'boxes', 'cropAndResize', 'float32');
    const $boxInd = convertToTensor(boxInd, 'boxInd', 'cropAndResize', 'int32');
    ofRank($image, [4], 'cropAndResize');
    const n = $boxes.shape[0] as number;
    assert($boxes.rank === 2 && $boxes.shape[1] === 4, () => `Error in cropAndResize: boxes must be have size [${n},4] but had shape ${$boxes.shape}.`);
    assert($boxInd.rank === 1 && $boxInd.size === n, () => `Error in cropAndResize: boxInd must be have size [${n}] but had shape ${$boxInd.shape}.`);
    assert(cropSize.length === 2, () => `Error in cropAndResize: cropSize must be of length 2, but got length ${cropSize.length}.`);
    assert(cropSize.every((c) => c >= 1), () => `cropSize must be atleast [1,1], but was ${cropSize}`);
    assert(method === 'bilinear' || method === 'nearest', () => `method must be bilinear or nearest, but was ${method}`);
    const attrs = { crop_size: cropSize, method, extrapolation_value: extrapolationValue };
    return call('CropAndResize', [$image, $boxes, $boxInd], attrs) as Tensor4D;
  },
});

/** Images `[batch, height, width, channels]` with left and right exchanged. */
export const flipLeftRight = op({
  flipLeftRight(image: Tensor4D | TensorLike): Tensor4D {
    const $image = convertToTensor(image, 'image', 'flipLeftRight', 'float32');
    ofRank($image, [4], 'flipLeftRight');
    return call('flip_left_right', [$image]) as Tensor4D;
  },
});

/** The one channel three times. Throws where the last dimension is not 1. */
export const grayscaleToRGB = op({
  grayscaleToRGB<T extends Tensor>(image: T | TensorLike): T {
    const $image = convertToTensor(image, 'image', 'grayscaleToRGB');
    assert($image.rank >= 2, () => `Error in grayscaleToRGB: images must be at least rank 2, but got rank ${$image.rank}.`);
    const last = $image.shape.at(-1);
    assert(last === 1, () => `Error in grayscaleToRGB: last dimension of a grayscale image should be size 1, but got size ${last}.`);
    return tile($image, $image.shape.map((_, i) => (i === $image.rank - 1 ? 3 : 1))) as T;
  },
});

/** How bright the channels are to the eye (CCIR 601). */
const LUMA = [0.2989, 0.587, 0.114];

/** The brightness of red, green and blue. Throws where the last dimension is not 3. */
export const rgbToGrayscale = op({
  rgbToGrayscale<T extends Tensor>(image: T | TensorLike): T {
    const $image = convertToTensor(image, 'image', 'RGBToGrayscale');
    assert($image.rank >= 2, () => `Error in RGBToGrayscale: images must be at least rank 2, but got rank ${$image.rank}.`);
    const last = $image.shape.at(-1);
    assert(last === 3, () => `Error in RGBToGrayscale: last dimension of an RGB image should be size 3, but got size ${last}.`);
    return castTo(sum(mul(castTo($image, 'float32'), LUMA), -1, true), $image.dtype) as T;
  },
});

function resize<T extends Tensor3D | Tensor4D>(name: string, row: string, images: T | TensorLike, size: Size, corners: boolean, half: boolean): T {
  const $images = convertToTensor(images, 'images', name);
  ofRank($images, [3, 4], name, 'x');
  assert(size.length === 2, () => `Error in ${name}: new shape must 2D, but got shape ${size}.`);
  assert(!half || !corners, () => `Error in ${name}: If halfPixelCenters is true, alignCorners must be false.`);
  const single = $images.rank === 3;
  const x = single ? alias($images, [1, ...$images.shape]) : $images;
  const y = call(row, [x], { size, align_corners: corners, half_pixel_centers: half });
  return (single ? alias(y, y.shape.slice(1)) : y) as T;
}

/** Images in another height and width, bilinear; float32. Throws for other ranks than 3 and 4. */
export const resizeBilinear = op({
  resizeBilinear: <T extends Tensor3D | Tensor4D>(images: T | TensorLike, size: Size, alignCorners = false, halfPixelCenters = false): T =>
    resize('resizeBilinear', 'ResizeBilinear', images, size, alignCorners, halfPixelCenters),
});

/** Images in another height and width, from the nearest pixels. Throws for other ranks than 3 and 4. */
export const resizeNearestNeighbor = op({
  resizeNearestNeighbor: <T extends Tensor3D | Tensor4D>(
    images: T | TensorLike,
    size: Size,
    alignCorners = false,
    halfPixelCenters = false,
  ): T => resize('resizeNearestNeighbor', 'ResizeNearestNeighbor', images, size, alignCorners, halfPixelCenters),
});

/**
 * Images turned around a center (in fractions of the image), from the nearest pixels; `fillValue`, one number or one a color, where there
 * are none. A fourth channel is filled with 255 beside colors.
 */
export const rotateWithOffset = op({
  rotateWithOffset(
    image: Tensor4D | TensorLike,
    radians: number,
    fillValue: number | [number, number, number] = 0,
    center: number | [number, number] = 0.5,
  ): Tensor4D {
    const $image = convertToTensor(image, 'image', 'rotateWithOffset', 'float32');
    ofRank($image, [4], 'rotateWithOffset');
    const attrs = { radians, fill_value: [fillValue].flat(), center: [center].flat() };
    return call('RotateWithOffset', [$image], attrs) as Tensor4D;
  },
});

/**
 * 255 where an image `[height, width, 1 or 3]` is brighter than a threshold, 0 elsewhere; int32. The threshold is `threshValue` times 255,
 * or, with method 'otsu', the one that parts dark and bright best.
 */
export const threshold = op({
  threshold(image: Tensor3D | TensorLike, method = 'binary', inverted = false, threshValue = 0.5): Tensor3D {
    const $image = convertToTensor(image, 'image', 'threshold');
    ofRank($image, [3], 'threshold');
    const channels = $image.shape[2];
    assert(channels === 3 || channels === 1, () => `Error in threshold: image color channel must be equal to 3 or 1but got ${channels}.`);
    assert(['int32', 'float32'].includes($image.dtype), () => `Error in dtype: image dtype must be int32 or float32,but got dtype ${$image.dtype}.`);
    assert(method === 'otsu' || method === 'binary', () => `Method must be binary or otsu, but was ${method}`);
    const gray = channels === 3 ? sum(mul(toFloat($image), LUMA), -1, true) : $image;
    const limit = method === 'otsu' ? otsu(gray) : scalarOf(threshValue * 255, 'float32');
    return castTo(mul(castTo((inverted ? lessEqual : greater)(gray, limit), 'int32'), 255), 'int32') as Tensor3D;
  },
});

/** The brightness that parts the pixels so that the means of both parts lie furthest apart, weighted by their sizes. */
function otsu(gray: Tensor): Tensor {
  const counts = castTo(bincount(castTo(round(toFloat(gray)), 'int32'), [], 256), 'float32');
  const values = range(0, 256);
  const [below, all] = [call('Cumsum', [counts], { axis: 0 }), sum(counts)];
  const weighed = call('Cumsum', [mul(counts, values)], { axis: 0 });
  const above = sub(all, below);
  const distance = sub(div(weighed, below), div(sub(sum(mul(counts, values)), weighed), above));
  const variance = mul(mul(div(below, all), div(above, all)), mul(distance, distance));
  // Parts without pixels have no mean, and the last threshold has none above it.
  const known = call('SelectV2', [call('IsNan', [variance]), scalarOf(0, 'float32'), variance]);
  const best = slice(known, 0, 255);
  const place = castTo(call('ArgMax', [best], { dimension: 0, output_type: 'int32' }), 'float32');
  return where(greater(call('Max', [best], { axis: [0], keep_dims: false }), 0), place, scalarOf(-1, 'float32'));
}

/**
 * Images moved by projective transforms `[batch or 1, 8]`, which lead from places of the result to places of the input.
 *
 * Throws where shapes do not fit.
 */
export const transform = op({
  transform(
    image: Tensor4D | TensorLike,
    transforms: Tensor2D | TensorLike,
    interpolation: 'nearest' | 'bilinear' = 'nearest',
    fillMode: 'constant' | 'reflect' | 'wrap' | 'nearest' = 'constant',
    fillValue = 0,
    outputShape?: Size,
  ): Tensor4D {
    const $image = convertToTensor(image, 'image', 'transform', 'float32');
    const $transforms = convertToTensor(transforms, 'transforms', 'transform', 'float32');
    ofRank($image, [4], 'transform');
    const n = $transforms.shape[0];
    assert(
      $transforms.rank === 2 && (n === $image.shape[0] || n === 1) && $transforms.shape[1] === 8,
      () => `Error in transform: Input transform should be batch x 8 or 1 x 8, but got shape ${$transforms.shape}`,
    );
    assert(outputShape == null || outputShape.length === 2, () => `Error in transform: outputShape must be [height, width] or null, but got ${outputShape}.`);
    return call('ImageProjectiveTransformV3', [$image, $transforms], {
      fill_value: fillValue,
      output_shape: outputShape ?? $image.shape.slice(1, 3),
      interpolation: interpolation.toUpperCase(),
      fill_mode: fillMode.toUpperCase(),
    }) as Tensor4D;
  },
});

/** Boxes and scores that fit each other, and thresholds in their ranges. */
function candidates(
  boxes: Tensor2D | TensorLike,
  scores: Tensor1D | TensorLike,
  maxOutputSize: number,
  iouThreshold: number,
  softNmsSigma = 0,
): { inputs: [Tensor, Tensor]; max_output_size: number } {
  const $boxes = convertToTensor(boxes, 'boxes', 'nonMaxSuppression', 'float32');
  const $scores = convertToTensor(scores, 'scores', 'nonMaxSuppression', 'float32');
  const n = $boxes.shape[0];
  assert(iouThreshold >= 0 && iouThreshold <= 1, () => `iouThreshold must be in [0, 1], but was '${iouThreshold}'`);
  assert($boxes.rank === 2, () => `boxes must be a 2D tensor, but was of rank '${$boxes.rank}'`);
  assert($boxes.shape[1] === 4, () => `boxes must have 4 columns, but 2nd dimension was ${$boxes.shape[1]}`);
  assert($scores.rank === 1, () => `scores must be a 1D tensor, but was of rank '${$scores.rank}'`);
  assert($scores.size === n, () => `scores has incompatible shape with boxes. Expected ${n}, but was ${$scores.size}`);
  assert(softNmsSigma >= 0 && softNmsSigma <= 1, () => `softNmsSigma must be in [0, 1], but was '${softNmsSigma}'`);
  return { inputs: [$boxes, $scores], max_output_size: Math.min(maxOutputSize, n as number) };
}

/**
 * Indices of boxes `[y1, x1, y2, x2]` from the best score on, without those that overlap a better one; int32.
 *
 * Throws where shapes or thresholds do not fit.
 */
export const nonMaxSuppression = op({
  nonMaxSuppression(
    boxes: Tensor2D | TensorLike,
    scores: Tensor1D | TensorLike,
    maxOutputSize: number,
    iouThreshold = 0.5,
    scoreThreshold = Number.NEGATIVE_INFINITY,
  ): Tensor1D {
    const { inputs, max_output_size } = candidates(boxes, scores, maxOutputSize, iouThreshold);
    const attrs = { max_output_size, iou_threshold: iouThreshold, score_threshold: scoreThreshold };
    return castTo(call('NonMaxSuppressionV3', inputs, attrs), 'int32') as Tensor1D;
  },
});

/** As `nonMaxSuppression`, and how many indices are valid; filled with zeros up to `maxOutputSize` if `padToMaxOutputSize`. */
export const nonMaxSuppressionPadded = op({
  nonMaxSuppressionPadded(
    boxes: Tensor2D | TensorLike,
    scores: Tensor1D | TensorLike,
    maxOutputSize: number,
    iouThreshold = 0.5,
    scoreThreshold = Number.NEGATIVE_INFINITY,
    padToMaxOutputSize = false,
  ): NamedTensorMap {
    const { max_output_size } = candidates(boxes, scores, maxOutputSize, iouThreshold);
    const found = nonMaxSuppression(boxes, scores, maxOutputSize, iouThreshold, scoreThreshold);
    const missing = padToMaxOutputSize ? max_output_size - found.size : 0;
    const padded = missing > 0 ? call('Pad', [found], { paddings: [[0, missing]] }) : found;
    return { selectedIndices: padded, validOutputs: fill([], found.size, 'int32') };
  },
});

/** As `nonMaxSuppression`, and the scores; with `softNmsSigma` above 0, boxes that overlap lose score instead of being left out. */
export const nonMaxSuppressionWithScore = op({
  nonMaxSuppressionWithScore(
    boxes: Tensor2D | TensorLike,
    scores: Tensor1D | TensorLike,
    maxOutputSize: number,
    iouThreshold = 0.5,
    scoreThreshold = Number.NEGATIVE_INFINITY,
    softNmsSigma = 0,
  ): NamedTensorMap {
    const { inputs, max_output_size } = candidates(boxes, scores, maxOutputSize, iouThreshold, softNmsSigma);
    const [indices, kept] = callAll('NonMaxSuppressionV5', inputs, {
      max_output_size,
      iou_threshold: iouThreshold,
      score_threshold: scoreThreshold,
      soft_nms_sigma: softNmsSigma,
    }) as [Tensor, Tensor];
    return { selectedIndices: castTo(indices, 'int32'), selectedScores: kept };
  },
});

/** As `nonMaxSuppression`, without waiting for the device at once. */
export async function nonMaxSuppressionAsync(...args: Parameters<typeof nonMaxSuppression>): Promise<Tensor1D> {
  return nonMaxSuppression(...args);
}
/** As `nonMaxSuppressionPadded`, without waiting for the device at once. */
export async function nonMaxSuppressionPaddedAsync(...args: Parameters<typeof nonMaxSuppressionPadded>): Promise<NamedTensorMap> {
  return nonMaxSuppressionPadded(...args);
}
/** As `nonMaxSuppressionWithScore`, without waiting for the device at once. */
export async function nonMaxSuppressionWithScoreAsync(...args: Parameters<typeof nonMaxSuppressionWithScore>): Promise<NamedTensorMap> {
  return nonMaxSuppressionWithScore(...args);
}

/** `tf.image`. */
export const image = {
  cropAndResize,
  flipLeftRight,
  grayscaleToRGB,
  nonMaxSuppression,
  nonMaxSuppressionAsync,
  nonMaxSuppressionPadded,
  nonMaxSuppressionPaddedAsync,
  nonMaxSuppressionWithScore,
  nonMaxSuppressionWithScoreAsync,
  resizeBilinear,
  resizeNearestNeighbor,
  rgbToGrayscale,
  rotateWithOffset,
  threshold,
  transform,
};
