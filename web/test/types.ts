// A program in TypeScript as those for TensorFlow.js are: it need only compile (tsc -p test).
import * as tf from '../dist/types/index';

export async function fit(): Promise<number[]> {
  await tf.ready();
  const a: tf.Scalar = tf.scalar(3.5);
  const w: tf.Variable<tf.Rank.R2> = tf.variable(tf.randomNormal([2, 3]) as tf.Tensor2D, true, 'w');
  const x: tf.Tensor2D = tf.tensor2d([[1, 2], [3, 4]], [2, 2], 'float32');
  const y = tf.tidy(() => {
    const z = x.matMul(w as tf.Tensor).add(a).relu();
    return z.mean(0) as tf.Tensor1D;
  });
  const optimizer: tf.Optimizer = tf.train.adam(0.1);
  const loss = (): tf.Scalar => tf.losses.meanSquaredError(tf.zeros([2, 3]), x.matMul(w as tf.Tensor)) as tf.Scalar;
  const cost = optimizer.minimize(loss, true, [w]);
  cost?.print();
  const values: number[] = Array.from(await y.data());
  const nested: number[] = await y.array();
  const [value, gradient] = ((r) => [r.value, r.grad])(tf.valueAndGrad((v: tf.Tensor) => v.square())(y));
  const { values: top, indices } = tf.topk(y, 2);
  const picture: tf.Tensor3D = tf.browser.fromPixels(new ImageData(2, 2));
  const resized = tf.image.resizeBilinear(picture, [4, 4]).toFloat().div(255).expandDims<tf.Tensor4D>(0);
  const convolved = tf.conv2d(resized, tf.ones<tf.Rank.R4>([3, 3, 3, 8]), 1, 'same');
  const data = tf.data.array([{ xs: 1, ys: 2 }]).map((e) => ({ ...e, more: 3 })).batch(2);
  await data.forEachAsync((batch) => tf.dispose(batch));
  const compiled = tf.compile((t: tf.Tensor) => t.square().sum());
  compiled(x).dispose();
  const buffer = tf.buffer<tf.Rank.R2>([2, 2]);
  buffer.set(1, 0, 1);
  tf.dispose([value, gradient, top, indices, convolved, buffer.toTensor()]);
  const handler: tf.io.IOHandler = tf.io.withSaveHandler(async (artifacts) => ({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) }));
  const info: tf.MemoryInfo = tf.memory();
  return [...values, ...nested, info.numTensors, handler.save === undefined ? 0 : 1];
}

class Twice extends tf.layers.Layer {
  static override className = 'Twice';
  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => (Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs).mul(2));
  }
}
tf.serialization.registerClass(Twice);

export async function layers(): Promise<tf.LayersModel> {
  const model: tf.Sequential = tf.sequential({ layers: [tf.layers.dense({ units: 4, inputShape: [3], activation: 'relu' }), new Twice()] });
  model.add(tf.layers.dropout({ rate: 0.25 }));
  const input: tf.SymbolicTensor = tf.input({ shape: [3] });
  const output = tf.layers.dense({ units: 1, kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }) }).apply(input) as tf.SymbolicTensor;
  const other: tf.LayersModel = tf.model({ inputs: input, outputs: output });
  other.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError', metrics: ['mae'] });
  const history: tf.History = await other.fit(tf.ones([4, 3]), tf.ones([4, 1]), {
    epochs: 2,
    callbacks: { onEpochEnd: async (epoch, logs) => console.log(epoch, logs?.['loss']) },
  });
  const losses = history.history['loss'] as number[];
  const [loss] = other.evaluate(tf.ones([4, 3]), tf.ones([4, 1])) as tf.Scalar[];
  const y = other.predict(tf.ones([1, 3])) as tf.Tensor;
  y.print();
  loss?.print();
  console.log(losses.length, other.getWeights().length, model.countParams());
  const graph: tf.GraphModel = await tf.loadGraphModel('model.json');
  await graph.executeAsync(tf.ones([1]));
  return tf.loadLayersModel('localstorage://m');
}
