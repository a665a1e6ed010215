// Programs of the kind that tutorials of TensorFlow.js show, on its core API: the same numbers under both imports.

const wave = (n, f) => Array.from({ length: n }, (_, i) => Math.sin(i * f));

export default {
  'a line through points': async (tf) => {
    const [a, b] = [tf.scalar(0.2).variable(true, 'a'), tf.scalar(-0.3).variable(true, 'b')];
    const xs = tf.linspace(-1, 1, 20);
    const ys = xs.mul(2).add(0.5).add(tf.tensor1d(wave(20, 9)).mul(0.05));
    const predict = (x) => tf.tidy(() => a.mul(x).add(b));
    const optimizer = tf.train.sgd(0.3);
    const losses = [];
    for (let i = 0; i < 30; i++) {
      const loss = optimizer.minimize(() => predict(xs).sub(ys).square().mean(), true);
      losses.push((await loss.data())[0]);
      loss.dispose();
    }
    const r = [losses[0], losses[29], a.dataSync()[0], b.dataSync()[0]];
    tf.dispose([a, b]);
    return r;
  },
  'a polynomial by Adam, from a dataset': async (tf) => {
    const w = [0.1, -0.2, 0.3].map((v, i) => tf.variable(tf.scalar(v), true, `w${i}`));
    const data = tf.data.array(wave(16, 1).map((x) => ({ x, y: 1 - 2 * x + 3 * x * x }))).batch(4);
    const optimizer = tf.train.adam(0.1);
    let last;
    for (let epoch = 0; epoch < 5; epoch++) {
      await data.forEachAsync(({ x, y }) => {
        const loss = optimizer.minimize(() => w[2].mul(x.square()).add(w[1].mul(x)).add(w[0]).sub(y).square().mean(), true, w);
        last = loss.dataSync()[0];
        tf.dispose([loss, x, y]);
      });
    }
    const r = [last, ...w.map((v) => v.dataSync()[0])];
    tf.dispose(w);
    return r;
  },
  'a small network of convolutions': async (tf) => {
    const images = tf.tensor4d(wave(4 * 8 * 8, 0.37), [4, 8, 8, 1]);
    const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 1], 'int32'), 3, 1, 0, 'float32');
    const make = (n, shape, f, name) => tf.variable(tf.tensor(wave(n, f), shape).mul(0.3), true, name);
    const [k1, b1, k2, b2] = [make(36, [3, 3, 1, 4], 1.7, 'k1'), make(4, [4], 2, 'b1'), make(192, [64, 3], 0.9, 'k2'), make(3, [3], 1, 'b2')];
    const model = (x) => x.conv2d(k1, 1, 'same').add(b1).relu().maxPool(2, 2, 'valid').reshape([4, 64]).matMul(k2).add(b2);
    const optimizer = tf.train.rmsprop(0.01);
    const losses = [];
    for (let i = 0; i < 6; i++) {
      const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, model(images)), true);
      losses.push(loss.dataSync()[0]);
      loss.dispose();
    }
    const classes = tf.tidy(() => model(images).softmax().argMax(-1));
    const r = [losses, classes, k2.sum()];
    tf.dispose([k1, b1, k2, b2]);
    return r;
  },
  'transfer: a layer on features that are loaded': async (tf) => {
    const stored = await tf.io.encodeWeights({ features: tf.tensor2d(wave(24, 0.8), [6, 4]), targets: tf.tensor1d([0, 1, 0, 1, 1, 0]) });
    const { features, targets } = tf.io.decodeWeights(stored.data, stored.specs);
    const [w, b] = [tf.variable(tf.zeros([4, 1]), true, 'tw'), tf.variable(tf.zeros([1]), true, 'tb')];
    const logits = () => features.matMul(w).add(b).reshape([6]);
    const optimizer = tf.train.momentum(0.5, 0.9);
    for (let i = 0; i < 20; i++) {
      optimizer.minimize(() => tf.losses.sigmoidCrossEntropy(targets, logits()));
    }
    const r = [tf.tidy(() => logits().sigmoid()), w, b].map((t) => t.arraySync());
    tf.dispose([w, b]);
    return r;
  },
};
