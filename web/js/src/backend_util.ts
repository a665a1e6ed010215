/** `tf.backend_util`: those of its helpers that mean something without kernels of one's own. */

import { upcastType } from './types';
import { arraysEqual, assert, parseAxisParam } from './util/util';

export { upcastType };

/** Parameters of SELU. */
export const SELU_SCALEALPHA = 1.7580993408473768;
/** Parameters of SELU. */
export const SELU_SCALE = 1.0507009873554805;

/** Warns on the console. */
export function warn(...msg: unknown[]): void {
  console.warn(...msg);
}
/** Logs on the console. */
export function log(...msg: unknown[]): void {
  console.log(...msg);
}

/** The shape that both shapes are broadcast to. Throws where they cannot be. */
export function assertAndGetBroadcastShape(shapeA: number[], shapeB: number[]): number[] {
  const rank = Math.max(shapeA.length, shapeB.length);
  return Array.from({ length: rank }, (_, i) => {
    const [a, b] = [shapeA.at(i - rank + shapeA.length) ?? 1, shapeB.at(i - rank + shapeB.length) ?? 1];
    const [x, y] = [i < rank - shapeA.length ? 1 : a, i < rank - shapeB.length ? 1 : b];
    assert(x === y || x === 1 || y === 1, () => `Operands could not be broadcast together with shapes ${shapeA} and ${shapeB}.`);
    return x === 1 ? y : x;
  });
}

/** Dimensions of `inShape`, by their place in it, that are repeated to give `outShape`. */
export function getBroadcastDims(inShape: number[], outShape: number[]): number[] {
  const lead = outShape.length - inShape.length;
  return inShape.map((_, i) => i).filter((i) => inShape[i] === 1 && (outShape[i + lead] as number) > 1);
}

/** Dimensions of `outShape` that are summed to give `inShape`. */
export function getReductionAxes(inShape: number[], outShape: number[]): number[] {
  const lead = outShape.length - inShape.length;
  return outShape.map((_, i) => i).filter((i) => i < lead || (inShape[i - lead] === 1 && (outShape[i] as number) > 1));
}

/** Whether the axes are the last ones. */
export function axesAreInnerMostDims(axes: number[], rank: number): boolean {
  return axes.every((a, i) => axes[axes.length - i - 1] === rank - 1 - i || a === -1);
}

/** Throws unless the axes are the last ones. */
export function assertAxesAreInnerMostDims(msg: string, axes: number[], rank: number): void {
  assert(axesAreInnerMostDims(axes, rank), () => `${msg} supports only inner-most axes for now. Got axes ${axes} and rank-${rank} input.`);
}

/** Indices of the dimensions that stay and of those that are reduced, as one list. */
export function combineLocations(outputLoc: number[], reduceLoc: number[], axes: number[]): number[] {
  const [out, reduced] = [outputLoc.slice(), reduceLoc.slice()];
  return Array.from({ length: out.length + reduced.length }, (_, d) => (axes.includes(d) ? reduced.shift() : out.shift()) as number);
}

/** Sizes of the dimensions that stay, and of those that are reduced. */
export function computeOutAndReduceShapes(aShape: number[], axes: number[]): [number[], number[]] {
  return [aShape.filter((_, d) => !axes.includes(d)), axes.map((a) => aShape[a] as number)];
}

/** A reduced shape with 1 in the place of the axes. */
export function expandShapeToKeepDim(shape: number[], axes: number[]): number[] {
  return combineLocations(shape, axes.map(() => 1), axes);
}

/** The order that puts the axes last; null where they are. */
export function getAxesPermutation(axes: number[], rank: number): number[] | null {
  if (axesAreInnerMostDims(axes, rank)) {
    return null;
  }
  return [...Array.from({ length: rank }, (_, i) => i).filter((i) => !axes.includes(i)), ...axes];
}

/** The order that undoes another. */
export function getUndoAxesPermutation(axes: number[]): number[] {
  return axes.map((_, i) => axes.indexOf(i));
}

/** The last axes. */
export function getInnerMostAxes(numAxes: number, rank: number): number[] {
  return Array.from({ length: numAxes }, (_, i) => rank - numAxes + i);
}

/** Real and imaginary parts as pairs. */
export function mergeRealAndImagArrays(real: Float32Array, imag: Float32Array): Float32Array {
  assert(real.length === imag.length, () => `Cannot merge real and imag arrays of different lengths. real:${real.length}, imag: ${imag.length}.`);
  return Float32Array.from({ length: real.length * 2 }, (_, i) => (i % 2 ? imag : real)[i >> 1] as number);
}

/** Pairs as real and imaginary parts. */
export function splitRealAndImagArrays(complex: Float32Array): { real: Float32Array; imag: Float32Array } {
  return { real: complex.filter((_, i) => i % 2 === 0), imag: complex.filter((_, i) => i % 2 === 1) };
}

/** Whether one number, or all of a list, is 1. */
export function tupleValuesAreOne(param: number | number[]): boolean {
  return [param].flat().every((p) => p === 1);
}

/** Whether all strides or all dilations are 1. */
export function eitherStridesOrDilationsAreOne(strides: number | number[], dilations: number | number[]): boolean {
  return tupleValuesAreOne(strides) || tupleValuesAreOne(dilations);
}

/** Whether all are above 0. */
export function stridesOrDilationsArePositive(values: number | number[]): boolean {
  return [values].flat().every((v) => v > 0);
}

/** The name that Keras has for a data format. */
export function convertConv2DDataFormat(dataFormat: 'NHWC' | 'NCHW'): 'channelsLast' | 'channelsFirst' {
  assert(dataFormat === 'NHWC' || dataFormat === 'NCHW', () => `Unknown dataFormat ${dataFormat}`);
  return dataFormat === 'NHWC' ? 'channelsLast' : 'channelsFirst';
}

/** Sizes of the parts that `tf.split` makes. */
export function prepareSplitSize(x: { shape: number[] }, numOrSizeSplits: number[] | number, axis = 0): number[] {
  const size = x.shape[parseAxisParam(axis, x.shape)[0] as number] as number;
  if (typeof numOrSizeSplits === 'number') {
    assert(size % numOrSizeSplits === 0, () => 'Number of splits must evenly divide the axis.');
    return new Array<number>(numOrSizeSplits).fill(size / numOrSizeSplits);
  }
  const known = numOrSizeSplits.filter((n) => n !== -1).reduce((a, b) => a + b, 0);
  return numOrSizeSplits.map((n) => (n === -1 ? size - known : n));
}

/** The middle that images are turned around, in pixels. */
export function getImageCenter(center: number | [number, number], imageHeight: number, imageWidth: number): [number, number] {
  const [x, y] = typeof center === 'number' ? [center, center] : center;
  return [imageWidth * x, imageHeight * y];
}

/** Whether an order leaves all in place. */
export function isIdentityPermutation(perm: number[]): boolean {
  return arraysEqual(perm, perm.map((_, i) => i));
}
