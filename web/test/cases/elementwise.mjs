// Ops of one and two operands, element by element.

const FLOATS = [-2.5, -1, -0.5, 0, 0.5, 1, 1.5, 3];
const HALF_OPEN = [0.1, 0.5, 0.9];

const cases = {};

for (const name of 'abs asinh atan ceil cos cosh elu erf exp expm1 floor isFinite isInf isNaN leakyRelu logSigmoid neg relu relu6 round selu sigmoid sign sin sinh softplus square step tan tanh'.split(' ')) {
  cases[name] = (tf) => tf[name](tf.tensor1d(FLOATS));
}
for (const name of ['acos', 'asin', 'atanh', 'log', 'log1p', 'reciprocal', 'rsqrt', 'sqrt']) {
  cases[name] = (tf) => tf[name](tf.tensor2d(HALF_OPEN, [1, 3]));
}
cases.acosh = (tf) => tf.acosh([1, 1.5, 4]);
for (const name of ['isFinite', 'isInf', 'isNaN', 'relu', 'step']) {
  cases[`${name} of what is no number`] = (tf) => tf[name]([NaN, Infinity, -Infinity, 0]);
}
for (const name of ['abs', 'neg', 'relu', 'round', 'sign', 'square', 'step', 'exp', 'leakyRelu', 'erf']) {
  cases[`${name} of integers`] = (tf) => tf[name](tf.tensor1d([-2, 0, 3], 'int32'));
}
for (const name of ['ceil', 'cos', 'floor', 'log', 'sigmoid', 'sqrt', 'tanh', 'elu', 'rsqrt']) {
  cases[`${name} refuses integers`] = (tf, t) => t.throws(() => tf[name](tf.tensor1d([1], 'int32')), /must be float32 tensor, but got int32/);
}
Object.assign(cases, {
  'halves round to even': (tf) => tf.round([0.5, 1.5, 2.5, -0.5]),
  logicalNot: (tf) => tf.logicalNot([true, false]),
  'step with alpha': (tf) => tf.step([-1, 0, 2], 0.25),
  'leakyRelu with alpha': (tf) => tf.leakyRelu([-1, 0, 2], 0.1),
  prelu: (tf) => tf.prelu([[-1, 2], [-3, 4]], [0.1, 0.2]),
  clipByValue: (tf) => tf.clipByValue([-3, 0.5, 7], -1, 2),
  'clipByValue refuses bounds out of order': (tf, t) => t.throws(() => tf.clipByValue([1], 2, 1), /min \(2\).*max \(1\)/),
  'cast to int32': (tf) => tf.cast([1.7, -1.7, 0], 'int32'),
  'cast to bool': (tf) => tf.cast([1.7, 0, -3], 'bool'),
  'cast of bool': (tf) => tf.cast([true, false], 'float32'),
  'cast refuses strings as numbers': (tf, t) => t.throws(() => tf.cast([1], 'string'), /Only strings can be casted to strings/),
  'cast refuses an unknown dtype': (tf, t) => t.throws(() => tf.cast([1], 'float99'), /unknown dtype float99/),
});

for (const name of 'add sub mul div divNoNan floorDiv mod maximum minimum squaredDifference atan2'.split(' ')) {
  cases[name] = (tf) => tf[name](tf.tensor2d([7, -7, 5.5, 0], [2, 2]), tf.tensor1d([2, -3]));
  cases[`${name} of a tensor and a number`] = (tf) => tf[name](tf.tensor1d([4, -5]), 2);
}
for (const name of 'add sub mul div floorDiv mod maximum minimum squaredDifference'.split(' ')) {
  cases[`${name} of integers`] = (tf) => tf[name](tf.tensor1d([7, -7, 9], 'int32'), tf.tensor1d([2, 2, -4], 'int32'));
}
for (const name of 'equal notEqual greater greaterEqual less lessEqual'.split(' ')) {
  cases[name] = (tf) => tf[name](tf.tensor2d([1, 2, 3, 4], [2, 2]), [2, 3]);
}
for (const name of ['logicalAnd', 'logicalOr', 'logicalXor']) {
  cases[name] = (tf) => tf[name]([true, true, false, false], [true, false, true, false]);
  cases[`${name} refuses numbers`] = (tf, t) => t.throws(() => tf[name](tf.tensor1d([1]), [true]), /Argument 'a' passed to .* must be bool tensor, but got float32/);
}
Object.assign(cases, {
  pow: (tf) => tf.pow([2, 3, 4], [3, 2, 0.5]),
  'pow of integers': (tf) => tf.pow(tf.tensor1d([2, 3], 'int32'), tf.tensor1d([3, 2], 'int32')),
  'int32 with float32 is float32': (tf) => tf.tensor1d([1, 2], 'int32').add(tf.tensor1d([0.5, 0.25])),
  'bool with int32 is int32': (tf) => tf.tensor1d([true, false]).add(tf.tensor1d([1, 2], 'int32')),
  'shapes that do not fit': (tf, t) => t.throws(() => tf.add([1, 2], [1, 2, 3]), /shape|broadcast/i),
  'strings are refused': (tf, t) => t.throws(() => tf.add('a', 1), /Argument 'a' passed to 'add' must be numeric tensor, but got string tensor/),
  'null is refused': (tf, t) => t.throws(() => tf.add(null, 1), /Argument 'a' passed to 'add' must be a Tensor or TensorLike, but got 'null'/),
  'objects are refused': (tf, t) => t.throws(() => tf.add({}, 1), /must be a Tensor or TensorLike, but got 'Object'/),
  bitwiseAnd: (tf) => tf.bitwiseAnd(tf.tensor1d([6, 5], 'int32'), tf.tensor1d([3, 4], 'int32')),
  where: (tf) => tf.where([true, false], [[1, 2], [3, 4]], 9),
  'where refuses numbers as a condition': (tf, t) => t.throws(() => tf.where(tf.tensor1d([1]), [1], [2]), /'condition' passed to 'where' must be bool/),
  addN: (tf) => tf.addN([tf.tensor1d([1, 2]), tf.tensor1d([3, 4]), tf.tensor1d([5, 6])]),
  'addN refuses other shapes': (tf, t) => t.throws(() => tf.addN([tf.tensor1d([1, 2]), tf.tensor1d([3])]), /same dtype and shape|same shape/i),
  movingAverage: (tf) => tf.movingAverage(tf.scalar(2), tf.scalar(4), 0.5, 3),
  'movingAverage without correction': (tf) => tf.movingAverage(tf.scalar(2), tf.scalar(4), 0.5, undefined, false),
});

export default cases;
