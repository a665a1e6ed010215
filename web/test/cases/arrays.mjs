// Creation, reductions, and ops that move elements.

const m = (tf) => tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
const c = (tf) => tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);

const cases = {
  'tensor of nested arrays': (tf) => tf.tensor([[1, 2], [3, 4]]),
  'tensor with a shape': (tf) => tf.tensor([1, 2, 3, 4], [2, 2], 'int32'),
  'tensor of booleans': (tf) => tf.tensor([true, false]),
  'tensor of a typed array': (tf) => tf.tensor(new Int32Array([1, 2])),
  'tensor of bytes': (tf) => tf.tensor(new Uint8Array([1, 200])),
  'tensor of mixed rows': (tf) => tf.tensor([new Float32Array([1, 2]), new Float32Array([3, 4])]),
  'tensor1d..6d': (tf) => [tf.tensor1d([1]), tf.tensor2d([[1]]), tf.tensor3d([[[1]]]), tf.tensor4d([[[[1]]]]), tf.tensor5d([[[[[1]]]]]), tf.tensor6d([[[[[[1]]]]]])],
  'tensor refuses a shape that does not fit': (tf, t) => t.throws(() => tf.tensor([1, 2, 3], [2, 2]), /\[2,2\], the tensor should have 4 values but has 3/),
  'tensor refuses rows of other lengths': (tf, t) => t.mine(() => t.throws(() => tf.tensor([[1, 2], [3]]), /Element arr\[1\] should have 2 elements, but has 1/)),
  'tensor refuses a negative shape': (tf, t) => t.throws(() => tf.tensor([1], [-1]), /positive integers/),
  'tensor refuses complex64': (tf, t) => t.throws(() => tf.tensor([1], [1], 'complex64'), /tf\.complex/),
  'tensor1d refuses nested arrays': (tf, t) => t.throws(() => tf.tensor1d([[1]]), /tensor1d\(\) requires values/),
  'tensor2d wants a shape': (tf, t) => t.throws(() => tf.tensor2d([1, 2]), /tensor2d\(\) requires shape to be provided/),
  'scalar refuses arrays': (tf, t) => t.throws(() => tf.scalar([1]), /value must be a primitive/),
  scalar: (tf) => [tf.scalar(3.5), tf.scalar(true), tf.scalar(3, 'int32')],
  zeros: (tf) => [tf.zeros([2]), tf.zeros([2, 1], 'int32'), tf.zeros([2], 'bool'), tf.zeros([0, 2])],
  ones: (tf) => [tf.ones([2]), tf.ones([2, 1], 'int32'), tf.ones([2], 'bool')],
  fill: (tf) => [tf.fill([2, 2], 4), tf.fill([1], 3, 'int32')],
  'fill refuses a negative shape': (tf, t) => t.throws(() => tf.fill([-1], 0), /positive integers/),
  onesLike: (tf) => tf.onesLike(m(tf)),
  zerosLike: (tf) => tf.zerosLike(tf.tensor1d([1, 2], 'int32')),
  eye: (tf) => [tf.eye(2), tf.eye(2, 3), tf.eye(2, 2, [2]), tf.eye(2, 2, null, 'int32')],
  linspace: (tf) => tf.linspace(0, 9, 4),
  'linspace refuses no numbers': (tf, t) => t.throws(() => tf.linspace(0, 1, 0), /positive/),
  range: (tf) => [tf.range(0, 9, 2), tf.range(5, 0), tf.range(0, 1, 0.25), tf.range(3, 3), tf.range(0, 5, -1), tf.range(0, 3, 1, 'int32')],
  'range refuses a step of 0': (tf, t) => t.throws(() => tf.range(0, 1, 0), /step of zero/),
  oneHot: (tf) => [tf.oneHot(tf.tensor1d([0, 2], 'int32'), 3), tf.oneHot([1], 2, 5, -1), tf.oneHot([1], 2, 1, 0, 'float32')],
  'oneHot refuses a depth of 1': (tf, t) => t.throws(() => tf.oneHot([0], 1), /depth must be >=2/),
  diag: (tf) => tf.diag(tf.tensor1d([1, 2])),
  meshgrid: (tf) => [...tf.meshgrid([1, 2, 3], [4, 5]), ...tf.meshgrid([1, 2, 3], [4, 5], { indexing: 'ij' })],
  buffer: (tf) => {
    const b = tf.buffer([2, 2]);
    b.set(3, 0, 1);
    return [b.toTensor(), b.get(0, 1), b.locToIndex([1, 0]), b.indexToLoc(3), b.rank];
  },
  'buffer refuses what is out of range': (tf, t) => t.throws(() => tf.buffer([2]).get(2), /out of range element at 2/),
  clone: (tf) => tf.clone(m(tf)),
  'rand is of the function': (tf) => tf.rand([3], () => 2, 'int32'),

  reshape: (tf) => [tf.reshape(m(tf), [3, 2]), tf.reshape(m(tf), [-1]), m(tf).as1D(), m(tf).as2D(6, 1), c(tf).as4D(1, 2, 2, 2), m(tf).flatten(), m(tf).reshapeAs(tf.zeros([6]))],
  'reshape refuses another size': (tf, t) => t.throws(() => tf.reshape([1, 2, 3], [2, 2]), /Size\(3\) must match the product of shape 2,2|size/i),
  'reshape refuses two unknowns': (tf, t) => t.throws(() => tf.reshape([1, 2], [-1, -1]), /implicit/),
  expandDims: (tf) => [tf.expandDims([1, 2]), tf.expandDims([1, 2], 1), tf.expandDims([1, 2], -1)],
  squeeze: (tf) => [tf.squeeze(tf.zeros([1, 2, 1])), tf.squeeze(tf.zeros([1, 2, 1]), [0])],
  'squeeze refuses other dimensions': (tf, t) => t.throws(() => tf.squeeze([1, 2], [0]), /Can't squeeze axis 0 since its dim '2' is not 1/),
  transpose: (tf) => [tf.transpose(m(tf)), tf.transpose(c(tf), [0, 2, 1])],
  'transpose refuses another rank': (tf, t) => t.throws(() => tf.transpose(m(tf), [0]), /rank of input 2 must match length of perm 0/),
  broadcastTo: (tf) => tf.broadcastTo([1, 2], [2, 2]),
  'broadcastTo refuses fewer dimensions': (tf, t) => t.throws(() => tf.broadcastTo(m(tf), [3]), /shape\.length=1 < input\.rank=2/),
  broadcastArgs: (tf) => tf.broadcastArgs([1, 3], [2, 1]),
  ensureShape: (tf) => tf.ensureShape(m(tf), [null, 3]),
  'ensureShape refuses others': (tf, t) => t.throws(() => tf.ensureShape(m(tf), [2, 2]), /EnsureShape/),
  slice: (tf) => [tf.slice(m(tf), [0, 1], [2, 2]), tf.slice(m(tf), 1), tf.slice(m(tf), [0, 1]), tf.slice(m(tf), [1, 0], [-1, 2]), tf.slice1d([1, 2, 3], 1, 2), tf.slice2d(m(tf), [0, 0], [1, 1])],
  'slice refuses scalars': (tf, t) => t.throws(() => tf.slice(tf.scalar(1), [0]), /Slicing scalar/),
  'slice refuses what is out of range': (tf, t) => t.throws(() => tf.slice([1, 2, 3], [2], [2]), /Slice|slice/),
  stridedSlice: (tf) => [tf.stridedSlice(m(tf), [0, 0], [2, 3], [1, 2]), tf.stridedSlice([1, 2, 3, 4], [3], [0], [-1]), tf.stridedSlice(m(tf), [0, 1], [1, 2], [1, 1], 0, 0, 0, 0, 1)],
  concat: (tf) => [tf.concat([[1, 2], [3]]), tf.concat([m(tf), m(tf)], 1), tf.concat([m(tf), m(tf)], -1), tf.concat1d([[1], [2]]), m(tf).concat(m(tf), 0)],
  'concat refuses other shapes': (tf, t) => t.throws(() => tf.concat([m(tf), [[1, 2]]], 0), /does not match the shape of the rest/),
  'concat refuses nothing': (tf, t) => t.throws(() => tf.concat([]), /at least one tensor/),
  stack: (tf) => [tf.stack([[1, 2], [3, 4]]), tf.stack([[1, 2], [3, 4]], 1), tf.tensor1d([1, 2]).stack(tf.tensor1d([3, 4]))],
  unstack: (tf) => [...tf.unstack(m(tf)), ...tf.unstack(m(tf), 1)],
  split: (tf) => [...tf.split(m(tf), 3, 1), ...tf.split([1, 2, 3, 4], [1, -1])],
  'split refuses parts that do not fit': (tf, t) => t.throws(() => tf.split([1, 2, 3], 2), /evenly divide/),
  tile: (tf) => tf.tile(m(tf), [1, 2]),
  'tile refuses another rank': (tf, t) => t.throws(() => tf.tile(m(tf), [1]), /rank of input 2 must match length of reps 1/),
  reverse: (tf) => [tf.reverse(m(tf)), tf.reverse(m(tf), 1), tf.reverse1d([1, 2]), tf.reverse2d(m(tf), 0)],
  pad: (tf) => [tf.pad(m(tf), [[1, 0], [0, 2]], 9), tf.pad1d([1], [1, 1]), tf.pad2d(m(tf), [[0, 1], [0, 0]])],
  'pad refuses scalars': (tf, t) => t.throws(() => tf.pad(tf.scalar(1), []), /pad\(scalar\)/),
  mirrorPad: (tf) => [tf.mirrorPad(m(tf), [[0, 1], [2, 0]], 'reflect'), tf.mirrorPad(m(tf), [[1, 1], [1, 1]], 'symmetric')],
  'mirrorPad refuses too much': (tf, t) => t.throws(() => tf.mirrorPad([1, 2], [[2, 0]], 'reflect'), /Padding in dimension 0/),
  gather: (tf) => [tf.gather(m(tf), [1, 0]), tf.gather(m(tf), [2, 0], 1), tf.gather(c(tf), [[0], [1]], 1, 1)],
  gatherND: (tf) => tf.gatherND(m(tf), [[0, 1], [1, 2]]),
  scatterND: (tf) => tf.scatterND([[1], [3]], [5, 6], [4]),
  tensorScatterUpdate: (tf) => tf.tensorScatterUpdate([1, 2, 3], [[1]], [9]),
  sparseToDense: (tf) => [tf.sparseToDense([1, 3], [5, 6], [4], -1), tf.sparseToDense([[0, 1]], [5], [2, 2]), tf.sparseToDense(2, 7, [4])],
  depthToSpace: (tf) => tf.depthToSpace(tf.tensor4d([1, 2, 3, 4], [1, 1, 1, 4]), 2),
  spaceToBatchND: (tf) => tf.spaceToBatchND(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), [2, 2], [[0, 0], [0, 0]]),
  batchToSpaceND: (tf) => tf.batchToSpaceND(tf.tensor4d([1, 2, 3, 4], [4, 1, 1, 1]), [2, 2], [[0, 0], [0, 0]]),
  'batchToSpaceND refuses a batch that does not fit': (tf, t) => t.throws(() => tf.batchToSpaceND(tf.zeros([3, 1, 1, 1]), [2, 2], [[0, 0], [0, 0]]), /not divisible/),

  argMax: (tf) => [tf.argMax(m(tf)), tf.argMax(m(tf), 1), tf.argMin(m(tf), -1), tf.argMax([3, 3, 1])],
  cumsum: (tf) => [tf.cumsum([1, 2, 3]), tf.cumsum(m(tf), 1, true), tf.cumsum(m(tf), 1, false, true)],
  cumprod: (tf) => [tf.cumprod([1, 2, 3]), tf.cumprod([1, 2, 3], 0, true, true)],
  moments: (tf) => { const r = tf.moments(m(tf), 0); const s = tf.moments(m(tf), [1], true); return [r.mean, r.variance, s.mean, s.variance]; },
  norm: (tf) => [tf.norm([3, 4]), tf.norm([3, -4], 1), tf.norm([3, -4], Infinity), tf.norm([3, -4], -Infinity), tf.norm(m(tf), 'euclidean', 1), tf.norm(m(tf), 1, [0, 1]), tf.norm(m(tf), 'fro', [0, 1]), tf.norm(m(tf), 2, 0, true)],
  'norm refuses an unknown order': (tf, t) => t.throws(() => tf.norm([1, 2], 3), /invalid ord value: 3/),
  logSumExp: (tf) => [tf.logSumExp(m(tf)), tf.logSumExp(m(tf), 1, true)],
  euclideanNorm: (tf) => tf.euclideanNorm(m(tf), 1),
  topk: (tf) => { const r = tf.topk(m(tf), 2); return [r.values, r.indices]; },
  'topk refuses too many': (tf, t) => t.throws(() => tf.topk([1, 2], 3), /'k' passed to topk\(\) must be <= the last dimension \(2\) but got 3/),
  unique: (tf) => { const r = tf.unique(tf.tensor1d([1, 1, 2, 4, 4, 4, 7])); const s = tf.unique(tf.tensor2d([[1, 0], [1, 0], [2, 0]]), 0); return [r.values, r.indices, s.values, s.indices]; },
  bincount: (tf) => [tf.bincount(tf.tensor1d([1, 1, 2], 'int32'), [], 4), tf.bincount(tf.tensor1d([1, 1, 2], 'int32'), [0.5, 1, 2], 4)],
  denseBincount: (tf) => [tf.denseBincount(tf.tensor1d([1, 1, 2], 'int32'), [], 4), tf.denseBincount(tf.tensor2d([[1, 1], [0, 2]], [2, 2], 'int32'), [], 3, true)],
  'bincount refuses floats': (tf, t) => t.throws(() => tf.bincount([1, 2], [], 3), /must be int32, but got float32/),
  unsortedSegmentSum: (tf) => tf.unsortedSegmentSum(m(tf), tf.tensor1d([1, 0], 'int32'), 2),
  searchSorted: (tf) => [tf.searchSorted([0, 3, 9, 10], [0, 4, 10]), tf.lowerBound([0, 3, 3, 5], [3]), tf.upperBound([0, 3, 3, 5], [3])],
  whereAsync: (tf) => tf.whereAsync(tf.tensor2d([[true, false], [false, true]])),
  booleanMaskAsync: (tf) => tf.booleanMaskAsync(m(tf), tf.tensor1d([false, true], 'bool')),
  setdiff1dAsync: async (tf) => tf.setdiff1dAsync([1, 2, 3, 4, 5, 6], [1, 3, 5]),
  inTopKAsync: (tf) => tf.inTopKAsync([[20, 10, 40, 30], [30, 50, -20, 10]], [2, 0], 1),
  confusionMatrix: (tf) => tf.math.confusionMatrix(tf.tensor1d([0, 1, 2, 1, 0], 'int32'), tf.tensor1d([0, 2, 2, 1, 0], 'int32'), 3),
  'the methods of tensors': (tf) => {
    const x = m(tf);
    return [x.add(1), x.sum(1), x.mean(), x.toInt(), x.toBool(), x.toFloat().asType('int32'), x.argMax(1), x.cast('bool'), x.where(tf.tensor1d([true, false, true]), tf.zeros([2, 3])), tf.scalar(3).reshape([1]).asScalar(), x.gather([1]), x.slice([0, 1]), x.tile([2, 1]), x.clipByValue(2, 4), x.unstack()[0], x.split(3, 1)[1], x.reverse(0), x.norm(), x.expandDims(0).squeeze(), x.matMul(x, false, true)];
  },
};

for (const name of ['sum', 'mean', 'prod', 'max', 'min']) {
  cases[name] = (tf) => [tf[name](m(tf)), tf[name](m(tf), 0), tf[name](m(tf), [0, 1]), tf[name](c(tf), -1, true), tf[name](tf.tensor1d([1, 2, 4], 'int32'))];
  cases[`${name} of booleans`] = (tf) => tf[name](tf.tensor1d([true, false]));
  cases[`${name} refuses an axis out of range`] = (tf, t) => t.throws(() => tf[name](m(tf), 2), /range \[-2, 2\) but got axis 2/);
}
for (const name of ['all', 'any']) {
  cases[name] = (tf) => [tf[name]([true, false]), tf[name]([[true, true], [false, true]], 0)];
  cases[`${name} refuses numbers`] = (tf, t) => t.throws(() => tf[name](tf.tensor1d([1])), /must be bool tensor, but got float32/);
}

export default cases;
