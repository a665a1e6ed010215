// What is beyond TensorFlow.js, and what only this package promises. Each case gives true, or what is wrong.

const same = (got, wanted) => (JSON.stringify(got) === JSON.stringify(wanted) ? true : { got, wanted });
const near = (a, b) => a.every((v, i) => Math.abs(v - b[i]) < 1e-5);

export default {
  'compiled functions give the same numbers, once traced': async (tf) => {
    let traces = 0;
    const f = tf.compile((a, b) => { traces++; return { product: a.matMul(b), sums: [a.sum(), b.sum(0)] }; });
    const [a, b] = [tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5, 6], [7, 8]])];
    const before = tf.memory().numTensors;
    const r = [f(a, b), f(b, a), f(a, a)].map((x) => [x.product.arraySync(), x.sums[0].arraySync(), x.sums[1].arraySync()]);
    f(tf.ones([1, 2]), b);
    const results = same([r[0], traces, tf.memory().numTensors - before], [[[[19, 22], [43, 50]], 10, [12, 14]], 2, 13]);
    f.dispose();
    return results;
  },
  'compiled steps of training are those of eager ones': async (tf) => {
    const x = tf.tensor1d([1, 2]);
    const losses = [];
    for (const compiled of [false, true]) {
      const w = tf.variable(tf.tensor1d([3, -2]), true, `compiled${compiled}`);
      const optimizer = tf.train.adam(0.1);
      const step = (y) => optimizer.minimize(() => w.mul(y).square().sum(), true, [w]);
      const run = compiled ? tf.compile(step) : step;
      const list = [];
      for (let i = 0; i < 4; i++) {
        const loss = run(x);
        list.push(loss.arraySync(), ...w.arraySync());
        loss.dispose();
      }
      losses.push([...list, optimizer.iterations]);
      optimizer.dispose();
      w.dispose();
    }
    return near(losses[0], losses[1]) ? true : losses;
  },
  'errors of compiled functions are told': (tf, t) => t.throws(() => tf.compile(() => { throw new Error('of mine'); })(tf.scalar(1)), /of mine/) === 'refused',
  'derivatives in compiled functions, and of them': (tf) => {
    const f = tf.compile((x) => x.pow(3));
    const g = tf.compile((x) => tf.grad((y) => y.square())(x));
    return same([tf.grad((x) => f(x))(tf.scalar(2)).arraySync(), g(tf.scalar(3)).arraySync()], [12, 6]);
  },
  float16: async (tf) => {
    const h = tf.tensor1d([1.5, 2.25, 65504], 'float16');
    return same([h.dtype, h.add(h).dtype, h.mul(2).dtype, h.add(tf.scalar(1)).dtype, [...(await h.data())], h.toFloat().dtype, h.toInt().arraySync(), (await h.bytes()).length], ['float16', 'float16', 'float16', 'float32', [1.5, 2.25, 65504], 'float32', [1, 2, 65504], 6]);
  },
  'a seed gives the same numbers each time': (tf) => {
    const draw = () => [tf.randomNormal([3], 0, 1, 'float32', 7), tf.randomUniform([3], 0, 1, 'float32', 7), tf.truncatedNormal([3], 0, 1, 'float32', 7), tf.randomGamma([3], 2, 1, 'float32', 7), tf.randomUniformInt([3], 0, 100, 7), tf.multinomial([0.1, 0.2, 3], 4, 7)].map((t) => t.arraySync());
    return same(draw(), draw());
  },
  'random numbers are in their ranges': async (tf, t) => {
    const u = await tf.randomUniform([200], 2, 3).data();
    const k = await tf.randomUniformInt([200], -2, 2).data();
    const n = await tf.truncatedNormal([200], 5, 2).data();
    const m = tf.randomNormal([2000], 3, 0.5);
    const { mean, variance } = tf.moments(m);
    const fine = u.every((v) => v >= 2 && v < 3) && k.every((v) => v >= -2 && v < 2) && n.every((v) => Math.abs(v - 5) <= 4) && Math.abs(mean.arraySync() - 3) < 0.1 && Math.abs(variance.arraySync() - 0.25) < 0.05;
    return fine && t.throws(() => tf.randomNormal([1], 0, 1, 'bool'), /Unsupported data type bool/) === 'refused';
  },
  'dropout keeps the mean': async (tf) => {
    const y = await tf.dropout(tf.ones([4000]), 0.25).data();
    const kept = y.filter((v) => v !== 0);
    return Math.abs(kept.length / y.length - 0.75) < 0.05 && kept.every((v) => Math.abs(v - 4 / 3) < 1e-6);
  },
  'a thousand steps leave nothing': (tf) => {
    const w = tf.variable(tf.ones([4, 4]), true, 'thousand');
    const optimizer = tf.train.adam(0.01);
    const x = tf.ones([2, 4]);
    const step = () => { optimizer.minimize(() => x.matMul(w).square().mean()); tf.tidy(() => { tf.softmax(x.matMul(w)).dataSync(); }); };
    for (let i = 0; i < 10; i++) step();
    const before = tf.memory();
    for (let i = 0; i < 1000; i++) step();
    const after = tf.memory();
    optimizer.dispose();
    w.dispose();
    return same([after.numTensors, after.numBytes, after.device.handles], [before.numTensors, before.numBytes, before.device.handles]);
  },
  'ready again changes nothing': async (tf) => {
    const x = tf.scalar(3);
    await tf.ready();
    return (await x.square().data())[0] === 9;
  },
  'backends by other names are refused': async (tf, t) => (await t.rejects(tf.setBackend('webgl'), /Backend name 'webgl' not found in registry/)) === 'refused' && tf.getBackend() !== '',
};
