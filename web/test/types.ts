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
