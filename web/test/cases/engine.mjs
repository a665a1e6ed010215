// Scopes, memory, disposal, printing, gradients, optimizers.

const cases = {
  'tidy disposes all but results': (tf) => {
    const before = tf.memory().numTensors;
    const y = tf.tidy(() => {
      const a = tf.scalar(2);
      const b = a.square();
      return b.add(tf.scalar(1));
    });
    return [tf.memory().numTensors - before, y];
  },
  'tidy keeps what is kept, in structures too': (tf) => {
    const before = tf.memory().numTensors;
    let kept;
    const r = tf.tidy(() => {
      kept = tf.keep(tf.scalar(1));
      return { a: tf.scalar(2), b: [tf.scalar(3), 'text'] };
    });
    return [tf.memory().numTensors - before, kept, r.a, r.b[0], r.b[1]];
  },
  'tidies nest': (tf) => {
    const before = tf.memory().numTensors;
    const x = tf.tidy(() => { const a = tf.tidy(() => tf.scalar(1).add(1)); tf.scalar(5); return a.mul(3); });
    return [tf.memory().numTensors - before, x];
  },
  'tidy refuses promises': (tf, t) => t.mine(() => t.throws(() => tf.tidy(async () => tf.scalar(1)), /Cannot return a Promise inside of tidy/)),
  'tidy wants a function': (tf, t) => t.throws(() => tf.tidy('name'), /provide a function to tidy/),
  'a tidy that throws leaves nothing': (tf) => {
    const before = tf.memory().numTensors;
    try { tf.tidy(() => { tf.scalar(1).add(2); throw new Error('x'); }); } catch { /* the point of the test */ }
    return tf.memory().numTensors - before;
  },
  'ops leave their results alone': (tf) => {
    const before = tf.memory().numTensors;
    const all = [tf.add([1, 2], 3), tf.losses.meanSquaredError([1], [2]), tf.norm([3, 4]), tf.image.resizeBilinear(tf.zeros([2, 2, 1]), [4, 4])];
    return [tf.memory().numTensors - before, all.length];
  },
  'memory counts bytes, and shared ones once': (tf) => {
    const { numBytes, numTensors, numDataBuffers } = tf.memory();
    const a = tf.zeros([10]);
    const b = a.reshape([2, 5]);
    const c = a.clone();
    const now = tf.memory();
    const r = [now.numBytes - numBytes, now.numTensors - numTensors, now.numDataBuffers - numDataBuffers];
    a.dispose();
    r.push(tf.memory().numBytes - numBytes);
    b.dispose();
    c.dispose();
    r.push(tf.memory().numBytes - numBytes);
    return r;
  },
  'a disposed tensor is refused': (tf, t) => {
    const a = tf.scalar(1);
    a.dispose();
    a.dispose();
    return [a.isDisposed, t.throws(() => a.add(1), /disposed/), t.throws(() => a.dataSync(), /disposed/)];
  },
  'data on a disposed tensor rejects': async (tf, t) => { const a = tf.scalar(1); a.dispose(); return t.rejects(a.data(), /disposed/); },
  'scopes by hand': (tf) => {
    const before = tf.memory().numTensors;
    tf.engine().startScope();
    tf.scalar(1).add(1);
    tf.engine().endScope();
    return tf.memory().numTensors - before;
  },
  'dispose of structures': (tf) => { const before = tf.memory().numTensors; tf.dispose({ a: tf.scalar(1), b: [tf.scalar(2)] }); return tf.memory().numTensors - before; },
  'reads': async (tf) => {
    const x = tf.tensor2d([[1, 2], [3, 4]]);
    return [await x.array(), x.arraySync(), await x.data(), x.dataSync(), (await x.buffer()).get(1, 0), x.bufferSync().values, await x.bytes(), tf.scalar(5).arraySync(), tf.zeros([2, 0]).arraySync(), tf.tensor1d([true]).dataSync()];
  },
  'properties': (tf) => { const x = tf.zeros([2, 3, 4]); return [x.rank, x.size, x.strides, x.shape, x.dtype, x.rankType, x.isDisposed]; },
  print: (tf) => [
    tf.scalar(0.1), tf.scalar(true), tf.tensor1d([1, 2.5, 1e-9]), tf.tensor2d([1, 22.5, -3, 4], [2, 2]), tf.tensor2d([true, false], [1, 2]), tf.zeros([2, 2, 2]), tf.zeros([0]), tf.zeros([2, 0]), tf.zeros([0, 2]),
    tf.zeros([1, 1, 2]), tf.range(0, 30), tf.range(0, 60).reshape([30, 2]), tf.range(0, 50).reshape([2, 25]), tf.ones([2, 1, 1, 2]), tf.tensor1d([1, 2], 'int32'),
  ].flatMap((x) => [x.toString(), x.toString(true)]),
  'profile tells ops': async (tf) => {
    const p = await tf.profile(() => { const x = tf.tensor1d([1, 2, 3]); let y = x.square(); y.dispose(); y = x.square(); y.dispose(); return x; });
    return [p.newBytes, p.newTensors, p.kernelNames.map((n) => n.toLowerCase()), p.kernels.length, p.kernels[0].inputShapes, p.kernels[0].outputShapes];
  },
  'time tells milliseconds': async (tf) => { const r = await tf.time(() => tf.ones([10]).square()); return r.wallMs >= 0; },
  'op makes ops': (tf) => { const f = tf.op({ twice_(x) { tf.scalar(1); return tf.mul(x, 2); } }); const before = tf.memory().numTensors; return [f.name.replace(/__op$/, ''), f([1, 2]), tf.memory().numTensors - before]; },
  upcastType: (tf) => [tf.upcastType('int32', 'float32'), tf.upcastType('bool', 'int32'), tf.upcastType('complex64', 'float32'), tf.sumOutType('bool')],
  'upcastType refuses strings with numbers': (tf, t) => t.throws(() => tf.upcastType('string', 'int32'), /Can not upcast string with int32/),

  variables: (tf, t) => {
    const v = tf.variable(tf.tensor1d([1, 2]), true, `v${Math.random()}`);
    const sum = v.add(1);
    v.assign(tf.tensor1d([5, 6]));
    const r = [sum, v.add(0), v.trainable, v.shape, v.dtype, t.throws(() => v.assign(tf.tensor1d([1])), /shape of the new value \(1\) and previous value \(2\) must match/), t.throws(() => v.assign(tf.tensor1d([1, 2], 'int32')), /dtype of the new value/)];
    v.dispose();
    return r;
  },
  'names of variables are their own': (tf, t) => {
    const v = tf.variable(tf.scalar(1), true, 'mine');
    const r = t.throws(() => tf.variable(tf.scalar(1), true, 'mine'), /Variable with name mine was already registered/);
    v.dispose();
    return r;
  },
  'variables survive tidy': (tf) => {
    const v = tf.tidy(() => { tf.variable(tf.scalar(3), true, 'survivor'); return undefined; }) ?? tf.engine().registeredVariables.survivor;
    const r = v.mul(2);
    v.dispose();
    return r;
  },

  grad: (tf) => [tf.grad((x) => x.square())(tf.tensor1d([2, 3])), tf.grad((x) => x.square())([2, 3], [0.1, 0.2]), tf.grad((x) => x.mul(x).sum())(tf.scalar(3))],
  grads: (tf) => tf.grads((a, b) => a.mul(b))([tf.tensor1d([2, 3]), tf.tensor1d([-2, -3])]),
  'grads of one tensor twice': (tf) => { const x = tf.scalar(3); return tf.grads((a, b) => a.mul(b))([x, x]); },
  valueAndGrad: (tf) => { const r = tf.valueAndGrad((x) => x.square())(tf.tensor1d([2, 3])); return [r.value, r.grad]; },
  valueAndGrads: (tf) => { const r = tf.valueAndGrads((a, b) => a.pow(b))([tf.scalar(2), tf.scalar(3)]); return [r.value, ...r.grads]; },
  'second derivatives': (tf) => { const f = (x) => x.pow(4); return tf.grad((x) => tf.grad(f)(x))(tf.scalar(2)); },
  'gradients leave nothing': (tf) => { const x = tf.scalar(3); const before = tf.memory().numTensors; tf.grad((v) => v.square().add(1).exp())(x); return tf.memory().numTensors - before; },
  'grad refuses what is unconnected': (tf, t) => t.throws(() => tf.grad(() => tf.scalar(1))(tf.scalar(2)), /Cannot compute gradient of y=f\(x\) with respect to x/),
  'grad wants a function': (tf, t) => t.throws(() => tf.grad(3), /must be a function/),
  'grad refuses dy of another shape': (tf, t) => t.throws(() => tf.grad((x) => x.square())([1, 2], [1, 2, 3]), /dy/),
  variableGrads: (tf) => {
    const a = tf.variable(tf.tensor1d([3, 4]), true, 'ga');
    const b = tf.variable(tf.tensor1d([5, 6]), true, 'gb');
    const x = tf.tensor1d([1, 2]);
    const { value, grads } = tf.variableGrads(() => a.mul(x.square()).add(b.mul(x)).sum());
    const r = [value, ...Object.keys(grads), ...Object.values(grads)];
    a.dispose();
    b.dispose();
    return r;
  },
  'variableGrads wants variables': (tf, t) => t.throws(() => tf.variableGrads(() => tf.scalar(1), []), /trainable/),
  'variableGrads wants a scalar': (tf, t) => { const v = tf.variable(tf.tensor1d([1, 2]), true, 'gs'); const r = t.throws(() => tf.variableGrads(() => v.mul(2), [v]), /must return a scalar/); v.dispose(); return r; },
  customGrad: (tf) => {
    const cube = tf.customGrad((x, save) => { save([x]); return { value: x.pow(tf.scalar(3, 'int32')), gradFunc: (dy, saved) => [dy.mul(saved[0].abs())] }; });
    const x = tf.tensor1d([-1, -2, 3]);
    return [cube(x), tf.grad((v) => cube(v))(x), tf.grad((v) => cube(v).mul(2))(x)];
  },
  'customGrad refuses another number of derivatives': (tf, t) => {
    const f = tf.customGrad((a, b) => ({ value: a.add(b), gradFunc: (dy) => [dy] }));
    return t.throws(() => tf.grads((a, b) => f(a, b))([tf.scalar(1), tf.scalar(2)]), /same number of tensors as inputs/);
  },
  'gradients of ops': (tf) => {
    const x = tf.tensor2d([0.5, -1, 2, 3], [2, 2]);
    return ['sin', 'exp', 'tanh', 'relu', 'square', 'softmax', 'logSoftmax', 'sum', 'mean', 'abs', 'neg', 'sigmoid', 'elu', 'selu', 'step', 'transpose', 'leakyRelu'].map((n) => tf.grad((v) => tf[n](v))(x));
  },
  'gradients of products and windows': (tf) => {
    const img = tf.range(0, 16).div(10).reshape([1, 4, 4, 1]);
    const k = tf.range(0, 4).div(4).reshape([2, 2, 1, 1]);
    return [
      ...tf.grads((a, b) => tf.matMul(a, b))([tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])]),
      ...tf.grads((a, b) => tf.conv2d(a, b, 1, 'same'))([img, k]),
      tf.grad((a) => tf.maxPool(a, 2, 2, 'valid'))(img),
      tf.grad((a) => tf.avgPool(a, 2, 2, 'valid'))(img),
      tf.grad((a) => tf.prelu(a, [0.2]))(tf.tensor1d([-1, 0, 2])),
      tf.grad((a) => tf.losses.softmaxCrossEntropy([[0, 1]], a))(tf.tensor2d([[0.2, 0.3]])),
      tf.grad((a) => tf.gather(a, tf.tensor1d([0, 0, 1], 'int32')))(tf.tensor1d([1, 2, 3])),
      tf.grad((a) => tf.concat([a, a.mul(2)]))(tf.tensor1d([1, 2])),
      tf.grad((a) => a.clipByValue(0, 1))(tf.tensor1d([-1, 0.5, 2])),
    ];
  },
};

const optimizers = {
  sgd: (tf) => tf.train.sgd(0.1),
  momentum: (tf) => tf.train.momentum(0.1, 0.9),
  nesterov: (tf) => tf.train.momentum(0.1, 0.9, true),
  rmsprop: (tf) => tf.train.rmsprop(0.1),
  'rmsprop centered': (tf) => tf.train.rmsprop(0.1, 0.8, 0.5, 1e-3, true),
  adam: (tf) => tf.train.adam(0.1),
  adadelta: (tf) => tf.train.adadelta(0.5),
  adamax: (tf) => tf.train.adamax(0.1, 0.9, 0.999, undefined, 0.1),
  adagrad: (tf) => tf.train.adagrad(0.1),
};
for (const [name, make] of Object.entries(optimizers)) {
  cases[`train: ${name}`] = async (tf) => {
    const before = tf.memory().numTensors;
    const w = tf.variable(tf.tensor1d([3, -2]), true, 'w');
    const o = make(tf);
    const r = [];
    for (let i = 0; i < 4; i++) {
      const cost = o.minimize(() => w.square().mul([1, 2]).sum(), true, [w]);
      r.push(cost.arraySync(), w.arraySync());
      cost.dispose();
    }
    r.push(o.getClassName(), o.getConfig(), o.iterations);
    if (name !== 'adamax') {
      const weights = await o.getWeights();
      r.push(weights.map((x) => x.name), ...weights.map((x) => x.tensor.arraySync()));
      const again = make(tf);
      await again.setWeights(weights);
      again.minimize(() => w.square().mul([1, 2]).sum(), false, [w]);
      r.push(w.arraySync(), again.iterations);
      weights[0].tensor.dispose();
      again.dispose();
    }
    o.dispose();
    w.dispose();
    // TensorFlow.js' momentum keeps tensors after dispose.
    if (!/momentum|nesterov/.test(name)) {
      r.push(tf.memory().numTensors - before);
    }
    return r;
  };
}

export default cases;
