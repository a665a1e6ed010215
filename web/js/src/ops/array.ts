/** Ops that move elements: shapes, slices, joins, gathers. */

import { alias, call, callAll, castTo, convertToTensor, convertToTensorArray, op, scalarOf } from '../engine/run';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '../tensor/tensor';
import { type Rank, type ScalarLike, type ShapeMap, type TensorLike, upcastType } from '../types';
import { arraysEqual, assert, inferFromImplicitShape, parseAxisParam, sizeFromShape, squeezeShape } from '../util/util';

/** The elements in another shape; one dimension may be -1. Throws where the number of elements differs. */
export const reshape = op({
  reshape<R extends Rank>(x: Tensor | TensorLike, shape: ShapeMap[R]): Tensor<R> {
    const $x = convertToTensor(x, 'x', 'reshape', 'string_or_numeric');
    return alias($x, inferFromImplicitShape(shape, $x.size)) as Tensor<R>;
  },
});

/** A dimension of 1 added at `axis`. Throws where the axis is out of range. */
export const expandDims = op({
  expandDims<T extends Tensor>(x: Tensor | TensorLike, axis = 0): T {
    const $x = convertToTensor(x, 'x', 'expandDims', 'string_or_numeric');
    assert(axis <= $x.rank, () => `Axis must be <= rank of the tensor: got axis ${axis} for rank ${$x.rank}`);
    const at = axis < 0 ? $x.rank + axis + 1 : axis;
    assert(at >= 0, () => `Axis must be in the interval [${-($x.rank + 1)}, ${$x.rank}], but got ${axis}`);
    return alias<T>($x, [...$x.shape.slice(0, at), 1, ...$x.shape.slice(at)]);
  },
});

/** Without the dimensions of 1, or those of `axis`. Throws where a dimension of `axis` is not 1. */
export const squeeze = op({
  squeeze<T extends Tensor>(x: Tensor | TensorLike, axis?: number[]): T {
    const $x = convertToTensor(x, 'x', 'squeeze', 'string_or_numeric');
    return alias<T>($x, squeezeShape($x.shape, axis).newShape);
  },
});

/** The dimensions in another order: reversed unless `perm` is given. Throws where `perm` is no order of the dimensions. */
export const transpose = op({
  transpose<T extends Tensor>(x: T | TensorLike, perm?: number[] | null, conjugate = false): T {
    const $x = convertToTensor(x, 'x', 'transpose');
    const order = perm ?? $x.shape.map((_, i) => $x.rank - 1 - i);
    assert($x.rank === order.length, () => `Error in transpose: rank of input ${$x.rank} must match length of perm ${order}.`);
    order.forEach((axis) => {
      assert(axis >= 0 && axis < $x.rank, () => `All entries in 'perm' must be between 0 and ${$x.rank - 1} but got ${order}`);
    });
    const y = $x.rank <= 1 ? alias($x) : call('Transpose', [$x], { perm: order });
    return (conjugate && y.dtype === 'complex64' ? call('Conj', [y]) : y) as T;
  },
});

/** The elements repeated to a larger shape; -1 keeps a dimension. Throws where shapes do not fit. */
export const broadcastTo = op({
  broadcastTo<R extends Rank>(x: Tensor | TensorLike, shape: ShapeMap[R]): Tensor<R> {
    const $x = convertToTensor(x, 'broadcastTo', 'x');
    assert(!shape.some((d) => !(d > 0) && d !== -1) || sizeFromShape(shape) === 0, () => `broadcastTo(): Invalid broadcast shape [${shape}].`);
    assert(shape.length >= $x.rank, () => `broadcastTo(): shape.length=${shape.length} < input.rank=${$x.rank}.`);
    const lead = shape.length - $x.rank;
    const target = shape.map((d, i) => (d === -1 && i >= lead ? ($x.shape[i - lead] as number) : d));
    return (arraysEqual(target, $x.shape) ? alias($x) : call('BroadcastTo', [$x], { shape: target })) as Tensor<R>;
  },
});

/** The shape that two shapes, given as vectors, are broadcast to. */
export const broadcastArgs = op({
  broadcastArgs<R extends Rank>(s0: Tensor | TensorLike, s1: Tensor | TensorLike): Tensor<R> {
    const $s0 = convertToTensor(s0, 's0', 'broadcastArgs', 'int32');
    const $s1 = convertToTensor(s1, 's1', 'broadcastArgs', 'int32');
    for (const [name, s] of [['first', $s0], ['second', $s1]] as const) {
      assert(s.rank === 1, () => `broadcastArgs(): ${name} input must be a vector (rank=1). Has rank ${s.rank}`);
    }
    return call('BroadcastArgs', [$s0, $s1]) as Tensor<R>;
  },
});

/** The tensor itself. Throws where its shape is not the one given; a null or -1 fits any size. */
export const ensureShape = op({
  ensureShape(x: Tensor, shape: (number | null)[]): Tensor {
    const $x = convertToTensor(x, 'x', 'ensureShape', 'string_or_numeric');
    const fits = shape.length === $x.rank && shape.every((d, i) => d == null || d === -1 || d === $x.shape[i]);
    assert(fits, () => `EnsureShape: Shape of tensor [${$x.shape}] is not compatible with expected shape [${shape}]`);
    return x;
  },
});

/** A part: from `begin`, of `size` (-1: to the end). Throws for scalars, and parts out of range. */
export const slice = op({
  slice<R extends Rank, T extends Tensor<R>>(x: T | TensorLike, begin: number | number[], size?: number | number[]): T {
    const $x = convertToTensor(x as Tensor, 'x', 'slice', 'string_or_numeric');
    assert($x.rank > 0, () => 'Slicing scalar is not possible');
    const from = Array.isArray(begin) ? begin : [begin];
    const sizes = size == null ? [] : Array.isArray(size) ? size : [size];
    const list = $x.shape.map((_, i) => from[i] ?? 0);
    const extent = $x.shape.map((d, i) => {
      const n = sizes[i] ?? -1;
      assert(n >= -1, () => `Negative size values should be exactly -1 but got ${n} for the slice() size at index ${i}.`);
      return n === -1 ? d - (list[i] as number) : n;
    });
    return call('Slice', [$x], { begin: list, size: extent }) as unknown as T;
  },
});

/** Throws where the rank differs from that in the function's name. */
function ofRank<T extends Tensor>(x: T | TensorLike, rank: number, name: string): T {
  const $x = convertToTensor<T>(x, 'x', name, 'string_or_numeric');
  assert($x.rank === rank, () => `${name} expects a rank-${rank} tensor, but got a rank-${$x.rank} tensor`);
  return $x;
}

/** A part of a vector. */
export const slice1d = op({
  slice1d: (x: Tensor1D | TensorLike, begin: number, size: number): Tensor1D => slice(ofRank(x, 1, 'slice1d'), [begin], [size]),
});
/** A part of a matrix. */
export const slice2d = op({
  slice2d: (x: Tensor2D | TensorLike, begin: [number, number], size: [number, number]): Tensor2D =>
    slice(ofRank(x, 2, 'slice2d'), begin, size),
});
/** A part of a tensor of three dimensions. */
export const slice3d = op({
  slice3d: (x: Tensor3D | TensorLike, begin: ShapeMap['R3'], size: ShapeMap['R3']): Tensor3D => slice(ofRank(x, 3, 'slice3d'), begin, size),
});
/** A part of a tensor of four dimensions. */
export const slice4d = op({
  slice4d: (x: Tensor4D | TensorLike, begin: ShapeMap['R4'], size: ShapeMap['R4']): Tensor4D => slice(ofRank(x, 4, 'slice4d'), begin, size),
});

/**
 * A part with strides, from `begin` up to `end`. In the masks a bit stands for a dimension: ignore its begin or its end, an ellipsis, a new
 * dimension, one to be dropped.
 */
export const stridedSlice = op({
  stridedSlice(
    x: Tensor | TensorLike,
    begin: number[],
    end: number[],
    strides?: number[],
    beginMask = 0,
    endMask = 0,
    ellipsisMask = 0,
    newAxisMask = 0,
    shrinkAxisMask = 0,
  ): Tensor {
    const $x = convertToTensor(x, 'x', 'stridedSlice', 'string_or_numeric');
    return call('StridedSlice', [$x], {
      begin,
      end,
      strides: strides ?? begin.map(() => 1),
      begin_mask: beginMask,
      end_mask: endMask,
      ellipsis_mask: ellipsisMask,
      new_axis_mask: newAxisMask,
      shrink_axis_mask: shrinkAxisMask,
    });
  },
});

/** Tensors joined along an axis. Throws for an empty list, and where other dimensions differ. */
export const concat = op({
  concat<T extends Tensor>(tensors: Array<T | TensorLike>, axis = 0): T {
    assert(tensors.length >= 1, () => 'Pass at least one tensor to concat');
    const list = convertToTensorArray(tensors, 'tensors', 'concat', 'string_or_numeric');
    const complex = list.filter((t) => t.dtype === 'complex64').length;
    assert(complex === 0 || complex === list.length, () => 'Cannot concatenate complex64 tensors with tensors of other dtypes.');
    const first = list[0] as Tensor;
    const at = parseAxisParam(axis, first.shape)[0] as number;
    list.forEach((t, i) => {
      assert(
        t.rank === first.rank,
        () => `Error in concat${first.rank}D: rank of tensors[${i}] must be the same as the rank of the rest (${first.rank}), but is ${t.rank}`,
      );
      const fits = t.shape.every((d, k) => k === at || d === first.shape[k]);
      assert(
        fits,
        () =>
          `Error in concat${first.rank}D: Shape of tensors[${i}] (${t.shape}) does not match the shape of the rest (${first.shape}) along the non-concatenated axes (axis is ${at}).`,
      );
    });
    if (list.length === 1) {
      return alias(first) as T;
    }
    const dtype = list.map((t) => t.dtype).reduce(upcastType);
    return call('ConcatV2', list.map((t) => castTo(t, dtype)), { axis: at }) as T;
  },
});

/** Vectors joined. */
export const concat1d = op({ concat1d: (tensors: Array<Tensor1D | TensorLike>): Tensor1D => concat(tensors, 0) as Tensor1D });
/** Matrices joined along an axis. */
export const concat2d = op({ concat2d: (tensors: Array<Tensor2D | TensorLike>, axis: number): Tensor2D => concat(tensors, axis) as Tensor2D });
/** Tensors of three dimensions joined along an axis. */
export const concat3d = op({ concat3d: (tensors: Array<Tensor3D | TensorLike>, axis: number): Tensor3D => concat(tensors, axis) as Tensor3D });
/** Tensors of four dimensions joined along an axis. */
export const concat4d = op({ concat4d: (tensors: Array<Tensor4D | TensorLike>, axis: number): Tensor4D => concat(tensors, axis) as Tensor4D });

/** Tensors of one shape joined along a new axis. Throws for an empty list, and where shapes differ. */
export const stack = op({
  stack<T extends Tensor>(tensors: Array<T | TensorLike>, axis = 0): Tensor {
    const list = convertToTensorArray(tensors, 'tensors', 'stack', 'string_or_numeric');
    assert(list.length >= 1, () => 'Pass at least one tensor to tf.stack');
    assert(axis <= (list[0] as Tensor).rank, () => `Axis must be <= rank of the tensor, but got ${axis}`);
    return call('Pack', list, { axis });
  },
});

/** The parts along an axis, without it. Throws where the axis is out of range. */
export const unstack = op({
  unstack(x: Tensor | TensorLike, axis = 0): Tensor[] {
    const $x = convertToTensor(x, 'x', 'unstack', 'string_or_numeric');
    assert(axis >= -$x.rank && axis < $x.rank, () => `Axis = ${axis} is not in [-${$x.rank}, ${$x.rank})`);
    return callAll('Unpack', [$x], { num: $x.shape.at(axis) as number, axis });
  },
});

/** Parts along an axis: so many equal ones, or of sizes (one may be -1). Throws where they do not fit the dimension. */
export const split = op({
  split<T extends Tensor>(x: Tensor | TensorLike, numOrSizeSplits: number[] | number, axis = 0): T[] {
    const $x = convertToTensor(x, 'x', 'split');
    const at = parseAxisParam(axis, $x.shape)[0] as number;
    const extent = $x.shape[at] as number;
    if (typeof numOrSizeSplits === 'number') {
      assert(extent % numOrSizeSplits === 0, () => `Number of splits must evenly divide the axis: ${numOrSizeSplits} parts of ${extent}.`);
      return callAll('Split', [$x], { axis: at, num_split: numOrSizeSplits }) as T[];
    }
    const sizes = numOrSizeSplits.slice();
    const open = sizes.filter((n) => n === -1).length;
    assert(open <= 1, () => 'There should be only one negative value in split array.');
    const known = sizes.reduce((a, n) => a + (n === -1 ? 0 : n), 0);
    assert(
      open === 1 ? known <= extent : known === extent,
      () => `The sum of sizes must match the size of the axis dimension: ${sizes} of ${extent}.`,
    );
    const filled = sizes.map((n) => (n === -1 ? extent - known : n));
    return callAll('SplitV', [$x], { size_splits: filled, axis: at, num_split: filled.length }) as T[];
  },
});

/** The tensor repeated so many times along each dimension. Throws where there is not one number a dimension. */
export const tile = op({
  tile<T extends Tensor>(x: T | TensorLike, reps: number[]): T {
    const $x = convertToTensor(x, 'x', 'tile', 'string_or_numeric');
    assert($x.rank === reps.length, () => `Error in tile: rank of input ${$x.rank} must match length of reps ${reps}.`);
    return call('Tile', [$x], { multiples: reps }) as T;
  },
});

/** Elements in reverse order along axes; all of them by default. */
export const reverse = op({
  reverse<T extends Tensor>(x: T | TensorLike, axis?: number | number[] | null): T {
    const $x = convertToTensor(x, 'x', 'reverse');
    return call('ReverseV2', [$x], { axis: parseAxisParam(axis, $x.shape) }) as T;
  },
});
/** A vector in reverse order. */
export const reverse1d = op({ reverse1d: (x: Tensor1D | TensorLike): Tensor1D => reverse(ofRank(x, 1, 'reverse1d') as Tensor1D, 0) });
/** A matrix in reverse order along axes. */
export const reverse2d = op({
  reverse2d: (x: Tensor2D | TensorLike, axis?: number | number[]): Tensor2D => reverse(ofRank(x, 2, 'reverse2d') as Tensor2D, axis),
});
/** A tensor of three dimensions in reverse order along axes. */
export const reverse3d = op({
  reverse3d: (x: Tensor3D | TensorLike, axis?: number | number[]): Tensor3D => reverse(ofRank(x, 3, 'reverse3d') as Tensor3D, axis),
});
/** A tensor of four dimensions in reverse order along axes. */
export const reverse4d = op({
  reverse4d: (x: Tensor4D | TensorLike, axis?: number | number[]): Tensor4D => reverse(ofRank(x, 4, 'reverse4d') as Tensor4D, axis),
});

type Pair = [number, number];

/** A constant around the elements: `[before, after]` for each dimension. Throws for scalars, and another number of pairs. */
export const pad = op({
  pad<T extends Tensor>(x: T | TensorLike, paddings: Pair[], constantValue = 0): T {
    const $x = convertToTensor(x, 'x', 'pad');
    assert($x.rank > 0, () => 'pad(scalar) is not defined. Pass non-scalar to pad');
    return call('PadV2', [$x, scalarOf(constantValue, $x.dtype)], { paddings }) as T;
  },
});
/** As `pad`, for a vector. */
export const pad1d = op({
  pad1d(x: Tensor1D | TensorLike, paddings: Pair, constantValue = 0): Tensor1D {
    assert(paddings.length === 2, () => 'Invalid number of paddings. Must be length of 2.');
    return pad(ofRank(x, 1, 'pad1d'), [paddings], constantValue);
  },
});

function padRanked<T extends Tensor>(rank: number, x: T | TensorLike, paddings: Pair[], constantValue = 0): T {
  const fits = paddings.length === rank && paddings.every((p) => p.length === 2);
  assert(fits, () => `Invalid number of paddings. Must be ${rank} pairs, but got [${paddings.join('], [')}].`);
  return pad(ofRank(x, rank, `pad${rank}d`), paddings, constantValue);
}
/** As `pad`, for a matrix. */
export const pad2d = op({
  pad2d: (x: Tensor2D | TensorLike, paddings: [Pair, Pair], constantValue?: number): Tensor2D => padRanked(2, x, paddings, constantValue),
});
/** As `pad`, for three dimensions. */
export const pad3d = op({
  pad3d: (x: Tensor3D | TensorLike, paddings: [Pair, Pair, Pair], constantValue?: number): Tensor3D =>
    padRanked(3, x, paddings, constantValue),
});
/** As `pad`, for four dimensions. */
export const pad4d = op({
  pad4d: (x: Tensor4D | TensorLike, paddings: [Pair, Pair, Pair, Pair], constantValue?: number): Tensor4D =>
    padRanked(4, x, paddings, constantValue),
});

/** The elements mirrored around the edges: 'reflect' leaves the edge out, 'symmetric' repeats it. */
export const mirrorPad = op({
  mirrorPad<T extends Tensor>(x: T | TensorLike, paddings: Pair[], mode: 'reflect' | 'symmetric'): T {
    assert(mode === 'reflect' || mode === 'symmetric', () => `Invalid mode. Mode must be either reflect or symmetric. Got ${mode}.`);
    const $x = convertToTensor(x, 'x', 'mirrorPad');
    assert($x.rank > 0, () => 'mirrorPad(scalar) is not defined. Pass non-scalar to mirrorPad');
    assert(paddings.length === $x.rank, () => `Padding doesn't match input. Must be ${$x.rank}. Got ${paddings.length}.`);
    const most = (d: number): number => (mode === 'reflect' ? d - 1 : d);
    $x.shape.forEach((d, i) => {
      const p = paddings[i] as Pair;
      assert(p.length === 2, () => 'Invalid number of paddings. Must be length of 2 each.');
      assert(
        p.every((n) => n >= 0 && n <= most(d)),
        () => `Padding in dimension ${i} cannot be greater than or equal to ${most(d) + 1} or less than 0 for input of shape ${$x.shape}`,
      );
    });
    return call('MirrorPad', [$x], { paddings, mode: mode.toUpperCase() }) as T;
  },
});

/** Elements at indices along an axis; the first `batchDims` dimensions belong together. Throws where an index is out of range. */
export const gather = op({
  gather<T extends Tensor>(x: T | TensorLike, indices: Tensor | TensorLike, axis = 0, batchDims = 0): T {
    const $x = convertToTensor(x, 'x', 'gather', 'string_or_numeric');
    const $indices = convertToTensor(indices, 'indices', 'gather', 'int32');
    const at = parseAxisParam(axis, $x.shape)[0] as number;
    return call('GatherV2', [$x, $indices], { axis: at, batch_dims: batchDims }) as T;
  },
});

/** Elements or parts at index vectors, the last dimension of `indices`. Throws where an index is out of range. */
export const gatherND = op({
  gatherND(x: Tensor | TensorLike, indices: Tensor | TensorLike): Tensor {
    const $indices = convertToTensor(indices, 'indices', 'gatherND', 'int32');
    return call('GatherNd', [convertToTensor(x, 'x', 'gatherND', 'string_or_numeric'), $indices]);
  },
});

/** Zeros of a shape with updates added at index vectors. Throws where an index is out of range. */
export const scatterND = op({
  scatterND<R extends Rank>(indices: Tensor | TensorLike, updates: Tensor | TensorLike, shape: ShapeMap[R]): Tensor<R> {
    const $indices = convertToTensor(indices, 'indices', 'scatterND', 'int32');
    return call('ScatterNd', [$indices, convertToTensor(updates, 'updates', 'scatterND')], { shape }) as Tensor<R>;
  },
});

/** A tensor with updates in place of what lies at index vectors. Throws where dtypes differ, and an index is out of range. */
export const tensorScatterUpdate = op({
  tensorScatterUpdate<R extends Rank>(
    tensor: Tensor<R> | TensorLike,
    indices: Tensor | TensorLike,
    updates: Tensor | TensorLike,
  ): Tensor<R> {
    const $tensor = convertToTensor(tensor as Tensor, 'tensor', 'tensorScatterUpdate');
    const $indices = convertToTensor(indices, 'indices', 'tensorScatterUpdate', 'int32');
    const $updates = convertToTensor(updates, 'updates', 'tensorScatterUpdate');
    assert(
      $tensor.dtype === $updates.dtype,
      () => `tensor and updates must have the same dtype, instead they are ${$tensor.dtype} and ${$updates.dtype}.`,
    );
    return call('TensorScatterUpdate', [$tensor, $indices, $updates]) as Tensor<R>;
  },
});

/** A dense tensor of values at indices (scalar, vector, or one row a value), and a default elsewhere. Throws where shapes do not fit. */
export const sparseToDense = op({
  sparseToDense<R extends Rank>(
    sparseIndices: Tensor | TensorLike,
    sparseValues: Tensor | TensorLike,
    outputShape: ShapeMap[R],
    defaultValue: Tensor | ScalarLike = 0,
  ): Tensor<R> {
    const $indices = convertToTensor(sparseIndices, 'sparseIndices', 'sparseToDense', 'int32');
    const $values = convertToTensor(sparseValues, 'sparseValues', 'sparseToDense', 'string_or_numeric');
    const $default = convertToTensor(defaultValue as Tensor, 'defaultValue', 'sparseToDense', $values.dtype);
    assert($indices.rank <= 2, () => `sparseIndices should be a scalar, vector, or matrix, but got shape ${$indices.shape}.`);
    const count = $indices.rank > 0 ? ($indices.shape[0] as number) : 1;
    const dims = $indices.rank > 1 ? ($indices.shape[1] as number) : 1;
    assert(outputShape.length === dims, () => `outputShape has incorrect number of elements: ${outputShape.length}, should be: ${dims}.`);
    assert(
      $values.rank === 0 || ($values.rank === 1 && $values.size === count),
      () => `sparseValues has incorrect shape [${$values.shape}], should be [] or [${count}]`,
    );
    assert($values.dtype === $default.dtype, () => 'sparseValues.dtype must match defaultValues.dtype');
    const base = call('Fill', [$default], { dims: outputShape });
    const values = $values.rank === 0 ? call('BroadcastTo', [$values], { shape: [count] }) : $values;
    return call('TensorScatterUpdate', [base, alias($indices, [count, dims]), values]) as Tensor<R>;
  },
});

/** Blocks of channels laid out in height and width. Throws where channels are not `blockSize * blockSize` times some number. */
export const depthToSpace = op({
  depthToSpace(x: Tensor4D | TensorLike, blockSize: number, dataFormat: 'NHWC' | 'NCHW' = 'NHWC'): Tensor4D {
    const $x = convertToTensor(x, 'x', 'depthToSpace', 'float32');
    assert(blockSize > 1, () => `blockSize should be > 1 for depthToSpace, but was: ${blockSize}`);
    return call('DepthToSpace', [$x], { block_size: blockSize, data_format: dataFormat }) as Tensor4D;
  },
});

/** Blocks of the spatial dimensions moved into the batch. Throws where they do not divide the padded dimensions. */
export const spaceToBatchND = op({
  spaceToBatchND<T extends Tensor>(x: T | TensorLike, blockShape: number[], paddings: number[][]): T {
    const $x = convertToTensor(x, 'x', 'spaceToBatchND');
    assert($x.rank >= 1 + blockShape.length, () => `input rank ${$x.rank} should be > than [blockShape] ${blockShape.length}`);
    assert(paddings.length === blockShape.length, () => `paddings.shape[0] ${paddings.length} must be equal to [blockShape] ${blockShape.length}`);
    return call('SpaceToBatchND', [$x], { block_shape: blockShape, paddings }) as T;
  },
});

/** The batch moved back into blocks of the spatial dimensions, and these cropped. Throws where blocks do not divide the batch. */
export const batchToSpaceND = op({
  batchToSpaceND<T extends Tensor>(x: T | TensorLike, blockShape: number[], crops: number[][]): T {
    const $x = convertToTensor(x, 'x', 'batchToSpaceND');
    const n = blockShape.reduce((a, b) => a * b, 1);
    assert($x.rank >= 1 + blockShape.length, () => `input rank is ${$x.rank} but should be > than blockShape.length ${blockShape.length}`);
    assert(crops.length === blockShape.length, () => `crops.length is ${crops.length} but should be equal to blockShape.length  ${blockShape.length}`);
    assert(
      ($x.shape[0] as number) % n === 0,
      () => `input tensor batch is ${$x.shape[0]} but is not divisible by the product of the elements of blockShape ${blockShape.join(' * ')} === ${n}`,
    );
    return call('BatchToSpaceND', [$x], { block_shape: blockShape, crops }) as T;
  },
});
