/** Ops as methods of tensors: `x.add(y)` is `tf.add(x, y)`. */

import * as ops from '../ops/index';
import type { Pad, Rounding } from '../ops/windows';
import type { DataType, Rank, ShapeMap, TensorLike } from '../types';
import { assert } from '../util/util';
import { type Scalar, Tensor, type Tensor1D, type Tensor2D, type Tensor3D, type Tensor4D, type Tensor5D } from './tensor';
import type { Variable } from './variable';

type Axis = number | number[];
type Pair = [number, number];
type Size = [number, number] | number;

declare module './tensor' {
  // The parameter must be repeated as the class has it.
  interface Tensor<R extends Rank = Rank> extends Chained {
    /** A copy, which shares the value. */
    clone<T extends Tensor>(this: T): T;
    /** Prints the values with `console.log`. */
    print(verbose?: boolean): void;
    /** A variable that starts at the values. */
    variable(trainable?: boolean, name?: string, dtype?: DataType): Variable<R>;
  }
}

/** Methods with the tensor as the first argument of the op of that name. */
export interface Chained {
  abs<T extends Tensor>(this: T): T;
  acos<T extends Tensor>(this: T): T;
  acosh<T extends Tensor>(this: T): T;
  add<T extends Tensor>(b: Tensor | TensorLike): T;
  all<T extends Tensor>(axis?: Axis | null, keepDims?: boolean): T;
  any<T extends Tensor>(axis?: Axis | null, keepDims?: boolean): T;
  argMax<T extends Tensor>(axis?: number): T;
  argMin<T extends Tensor>(axis?: number): T;
  asin<T extends Tensor>(this: T): T;
  asinh<T extends Tensor>(this: T): T;
  atan<T extends Tensor>(this: T): T;
  atan2<T extends Tensor>(b: Tensor | TensorLike): T;
  atanh<T extends Tensor>(this: T): T;
  avgPool<T extends Tensor3D | Tensor4D>(filterSize: Size, strides: Size, pad: Pad, dimRoundingMode?: Rounding): T;
  batchNorm(
    mean: Tensor | TensorLike,
    variance: Tensor | TensorLike,
    offset?: Tensor | TensorLike | null,
    scale?: Tensor | TensorLike | null,
    varianceEpsilon?: number,
  ): Tensor;
  batchToSpaceND<T extends Tensor>(blockShape: number[], crops: number[][]): T;
  broadcastTo<R extends Rank>(shape: ShapeMap[R]): Tensor<R>;
  cast<T extends Tensor>(dtype: DataType): T;
  ceil<T extends Tensor>(this: T): T;
  clipByValue<T extends Tensor>(min: number, max: number): T;
  conv1d<T extends Tensor2D | Tensor3D>(
    filter: Tensor3D | TensorLike,
    stride: number,
    pad: Pad,
    dataFormat?: 'NWC' | 'NCW',
    dilation?: number,
    dimRoundingMode?: Rounding,
  ): T;
  conv2d<T extends Tensor3D | Tensor4D>(
    filter: Tensor4D | TensorLike,
    strides: Size,
    pad: Pad,
    dataFormat?: 'NHWC' | 'NCHW',
    dilations?: Size,
    dimRoundingMode?: Rounding,
  ): T;
  conv2dTranspose<T extends Tensor3D | Tensor4D>(
    filter: Tensor4D | TensorLike,
    outputShape: ShapeMap['R4'] | ShapeMap['R3'],
    strides: Size,
    pad: 'valid' | 'same',
    dimRoundingMode?: Rounding,
  ): T;
  cos<T extends Tensor>(this: T): T;
  cosh<T extends Tensor>(this: T): T;
  cumprod<T extends Tensor>(axis?: number, exclusive?: boolean, reverse?: boolean): T;
  cumsum<T extends Tensor>(axis?: number, exclusive?: boolean, reverse?: boolean): T;
  depthToSpace(blockSize: number, dataFormat?: 'NHWC' | 'NCHW'): Tensor4D;
  depthwiseConv2d<T extends Tensor3D | Tensor4D>(
    filter: Tensor4D | TensorLike,
    strides: Size,
    pad: Pad,
    dataFormat?: 'NHWC' | 'NCHW',
    dilations?: Size,
    dimRoundingMode?: Rounding,
  ): T;
  dilation2d<T extends Tensor3D | Tensor4D>(
    filter: Tensor3D | TensorLike,
    strides: Size,
    pad: 'valid' | 'same',
    dilations?: Size,
    dataFormat?: 'NHWC',
  ): T;
  div<T extends Tensor>(b: Tensor | TensorLike): T;
  divNoNan<T extends Tensor>(b: Tensor | TensorLike): T;
  dot(b: Tensor | TensorLike): Tensor;
  elu<T extends Tensor>(this: T): T;
  equal<T extends Tensor>(b: Tensor | TensorLike): T;
  erf<T extends Tensor>(this: T): T;
  euclideanNorm<T extends Tensor>(axis?: Axis | null, keepDims?: boolean): T;
  exp<T extends Tensor>(this: T): T;
  expandDims<T extends Tensor>(axis?: number): T;
  expm1<T extends Tensor>(this: T): T;
  fft(): Tensor;
  floor<T extends Tensor>(this: T): T;
  floorDiv<T extends Tensor>(b: Tensor | TensorLike): T;
  gather<T extends Tensor>(indices: Tensor | TensorLike, axis?: number, batchDims?: number): T;
  greater<T extends Tensor>(b: Tensor | TensorLike): T;
  greaterEqual<T extends Tensor>(b: Tensor | TensorLike): T;
  ifft(): Tensor;
  irfft(): Tensor;
  isFinite<T extends Tensor>(this: T): T;
  isInf<T extends Tensor>(this: T): T;
  isNaN<T extends Tensor>(this: T): T;
  leakyRelu<T extends Tensor>(alpha?: number): T;
  less<T extends Tensor>(b: Tensor | TensorLike): T;
  lessEqual<T extends Tensor>(b: Tensor | TensorLike): T;
  localResponseNormalization<T extends Tensor3D | Tensor4D>(depthRadius?: number, bias?: number, alpha?: number, beta?: number): T;
  log<T extends Tensor>(this: T): T;
  log1p<T extends Tensor>(this: T): T;
  logSigmoid<T extends Tensor>(this: T): T;
  logSoftmax<T extends Tensor>(this: T, axis?: number): T;
  logSumExp<T extends Tensor>(axis?: Axis | null, keepDims?: boolean): T;
  logicalAnd<T extends Tensor>(b: Tensor | TensorLike): T;
  logicalNot<T extends Tensor>(this: T): T;
  logicalOr<T extends Tensor>(b: Tensor | TensorLike): T;
  logicalXor<T extends Tensor>(b: Tensor | TensorLike): T;
  matMul<T extends Tensor>(b: Tensor | TensorLike, transposeA?: boolean, transposeB?: boolean): T;
  max<T extends Tensor>(axis?: Axis | null, keepDims?: boolean): T;
  maxPool<T extends Tensor3D | Tensor4D>(filterSize: Size, strides: Size, pad: Pad, dimRoundingMode?: Rounding): T;
  maximum<T extends Tensor>(b: Tensor | TensorLike): T;
  mean<T extends Tensor>(axis?: Axis | null, keepDims?: boolean): T;
  min<T extends Tensor>(axis?: Axis | null, keepDims?: boolean): T;
  minimum<T extends Tensor>(b: Tensor | TensorLike): T;
  mirrorPad<T extends Tensor>(paddings: Pair[], mode: 'reflect' | 'symmetric'): T;
  mod<T extends Tensor>(b: Tensor | TensorLike): T;
  mul<T extends Tensor>(b: Tensor | TensorLike): T;
  neg<T extends Tensor>(this: T): T;
  norm(ord?: number | 'euclidean' | 'fro', axis?: Axis | null, keepDims?: boolean): Tensor;
  notEqual<T extends Tensor>(b: Tensor | TensorLike): T;
  oneHot(depth: number, onValue?: number, offValue?: number, dtype?: DataType): Tensor;
  onesLike<T extends Tensor>(this: T): T;
  pad<T extends Tensor>(paddings: Pair[], constantValue?: number): T;
  pool<T extends Tensor3D | Tensor4D>(
    windowShape: Size,
    poolingType: 'avg' | 'max',
    pad: Pad,
    dilations?: Size,
    strides?: Size,
    dimRoundingMode?: Rounding,
  ): T;
  pow<T extends Tensor>(exp: Tensor | TensorLike): T;
  prelu<T extends Tensor>(alpha: T | TensorLike): T;
  prod<T extends Tensor>(axis?: Axis | null, keepDims?: boolean): T;
  reciprocal<T extends Tensor>(this: T): T;
  relu<T extends Tensor>(this: T): T;
  relu6<T extends Tensor>(this: T): T;
  reshape<T extends Tensor>(shape: number[]): T;
  resizeBilinear<T extends Tensor3D | Tensor4D>(newShape2D: Pair, alignCorners?: boolean, halfPixelCenters?: boolean): T;
  resizeNearestNeighbor<T extends Tensor3D | Tensor4D>(newShape2D: Pair, alignCorners?: boolean, halfPixelCenters?: boolean): T;
  reverse<T extends Tensor>(this: T, axis?: Axis | null): T;
  rfft(fftLength?: number): Tensor;
  round<T extends Tensor>(this: T): T;
  rsqrt<T extends Tensor>(this: T): T;
  selu<T extends Tensor>(this: T): T;
  separableConv2d<T extends Tensor3D | Tensor4D>(
    depthwiseFilter: Tensor4D | TensorLike,
    pointwiseFilter: Tensor4D | TensorLike,
    strides: Size,
    pad: 'valid' | 'same',
    dilation?: Size,
    dataFormat?: 'NHWC' | 'NCHW',
  ): T;
  sigmoid<T extends Tensor>(this: T): T;
  sign<T extends Tensor>(this: T): T;
  sin<T extends Tensor>(this: T): T;
  sinh<T extends Tensor>(this: T): T;
  slice<T extends Tensor>(this: T, begin: Axis, size?: Axis): T;
  softmax<T extends Tensor>(this: T, dim?: number): T;
  softplus<T extends Tensor>(this: T): T;
  spaceToBatchND<T extends Tensor>(blockShape: number[], paddings: number[][]): T;
  split<T extends Tensor>(numOrSizeSplits: number[] | number, axis?: number): T[];
  sqrt<T extends Tensor>(this: T): T;
  square<T extends Tensor>(this: T): T;
  squaredDifference<T extends Tensor>(b: Tensor | TensorLike): T;
  squeeze<T extends Tensor>(axis?: number[]): T;
  step<T extends Tensor>(this: T, alpha?: number): T;
  stridedSlice(
    begin: number[],
    end: number[],
    strides?: number[],
    beginMask?: number,
    endMask?: number,
    ellipsisMask?: number,
    newAxisMask?: number,
    shrinkAxisMask?: number,
  ): Tensor;
  sub<T extends Tensor>(b: Tensor | TensorLike): T;
  sum<T extends Tensor>(axis?: Axis | null, keepDims?: boolean): T;
  tan<T extends Tensor>(this: T): T;
  tanh<T extends Tensor>(this: T): T;
  tile<T extends Tensor>(reps: number[]): T;
  topk<T extends Tensor>(this: T, k?: number, sorted?: boolean): { values: T; indices: T };
  transpose<T extends Tensor>(this: T, perm?: number[]): T;
  unique<T extends Tensor>(this: T, axis?: number): { values: T; indices: Tensor1D };
  unsortedSegmentSum<T extends Tensor>(this: T, segmentIds: Tensor1D | TensorLike, numSegments: number): T;
  unstack<T extends Tensor>(axis?: number): T[];
  zerosLike<T extends Tensor>(this: T): T;
  /** A vector of the elements. */
  as1D(): Tensor1D;
  /** The elements as a matrix. */
  as2D(rows: number, columns: number): Tensor2D;
  /** The elements in three dimensions. */
  as3D(rows: number, columns: number, depth: number): Tensor3D;
  /** The elements in four dimensions. */
  as4D(rows: number, columns: number, depth: number, depth2: number): Tensor4D;
  /** The elements in five dimensions. */
  as5D(rows: number, columns: number, depth: number, depth2: number, depth3: number): Tensor5D;
  /** The one element. Throws where there are more. */
  asScalar(): Scalar;
  /** As `cast`. */
  asType<T extends Tensor>(this: T, dtype: DataType): T;
  /** As `concat`, with this tensor in front. */
  concat<T extends Tensor>(tensors: T | Array<T | TensorLike>, axis?: number): T;
  /** A vector of the elements. */
  flatten(): Tensor1D;
  /** As `reshape`, to the shape of another tensor. */
  reshapeAs<T extends Tensor>(x: T): T;
  /** As `stack`, with this tensor in front. */
  stack<T extends Tensor>(tensors: T | Array<T | TensorLike>, axis?: number): T;
  /** As `cast`, to bool. */
  toBool<T extends Tensor>(this: T): T;
  /** As `cast`, to float32. */
  toFloat<T extends Tensor>(this: T): T;
  /** As `cast`, to int32. */
  toInt<T extends Tensor>(this: T): T;
  /** This tensor where the condition holds, `x` elsewhere. */
  where<T extends Tensor>(condition: Tensor | TensorLike, x: T | TensorLike): T;
}

type Op = (...args: unknown[]) => unknown;

/** Names of ops that are methods as they are. */
const PLAIN =
  'abs acos acosh add all any argMax argMin asin asinh atan atan2 atanh avgPool batchNorm batchToSpaceND broadcastTo cast ceil clipByValue clone conv1d conv2d conv2dTranspose cos cosh cumprod cumsum depthToSpace depthwiseConv2d dilation2d div divNoNan dot elu equal erf euclideanNorm exp expandDims expm1 fft floor floorDiv gather greater greaterEqual ifft irfft isFinite isInf isNaN leakyRelu less lessEqual localResponseNormalization log log1p logSigmoid logSoftmax logSumExp logicalAnd logicalNot logicalOr logicalXor matMul max maxPool maximum mean min minimum mirrorPad mod mul neg norm notEqual oneHot onesLike pad pool pow prelu print prod reciprocal relu relu6 reshape reverse rfft round rsqrt selu separableConv2d sigmoid sign sin sinh slice softmax softplus spaceToBatchND split sqrt square squaredDifference squeeze step stridedSlice sub sum tan tanh tile topk transpose unique unsortedSegmentSum unstack variable zerosLike';

const all = ops as unknown as Record<string, Op>;
const to = (shape: (x: Tensor, ...args: never[]) => number[]): Op =>
  ((x: Tensor, ...args: never[]) => ops.reshape(x, shape(x, ...args))) as Op;
const joined = (f: Op): Op => ((x: Tensor, others: Tensor | Tensor[], axis?: number) => f([x, ...(Array.isArray(others) ? others : [others])], axis)) as Op;
const given = (...shape: number[]): number[] => shape;

const OTHERS: Record<string, Op> = {
  resizeBilinear: ops.image.resizeBilinear as Op,
  resizeNearestNeighbor: ops.image.resizeNearestNeighbor as Op,
  as1D: to((x) => [x.size]),
  as2D: to((_, ...shape) => given(...shape)),
  as3D: to((_, ...shape) => given(...shape)),
  as4D: to((_, ...shape) => given(...shape)),
  as5D: to((_, ...shape) => given(...shape)),
  asScalar: to((x) => {
    assert(x.size === 1, () => `The array must have only 1 element, but has ${x.size}.`);
    return [];
  }),
  asType: ops.cast as Op,
  concat: joined(ops.concat as Op),
  flatten: to((x) => [x.size]),
  reshapeAs: to((_, other: Tensor) => other.shape),
  stack: joined(ops.stack as Op),
  toBool: ((x: Tensor) => ops.cast(x, 'bool')) as Op,
  toFloat: ((x: Tensor) => ops.cast(x, 'float32')) as Op,
  toInt: ((x: Tensor) => ops.cast(x, 'int32')) as Op,
  where: ((x: Tensor, condition: Tensor, other: Tensor) => ops.where(condition, x, other)) as Op,
};

for (const name of [...PLAIN.split(' '), ...Object.keys(OTHERS)]) {
  const f = OTHERS[name] ?? (all[name] as Op);
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...args: unknown[]): unknown {
      this.throwIfDisposed();
      return f(this, ...args);
    },
    configurable: true,
    writable: true,
  });
}
