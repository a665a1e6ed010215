/** The network: the same as the program `digits` of the library trains natively. */

import * as tf from 'wgflow';
import { SIDE, type Split } from './data';

/** The classes. */
export const DIGITS = 10;

/** A network that was not trained. */
export function makeNetwork(): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.rescaling({ scale: 1 / 255, inputShape: [SIDE, SIDE, 1] }),
      tf.layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
      tf.layers.conv2d({ filters: 64, kernelSize: 3, padding: 'same', activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.dropout({ rate: 0.25 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 128, activation: 'relu' }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: DIGITS }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.003), loss: crossentropy, metrics: ['accuracy'] });
  return model;
}

/** The loss of outputs that are logits, of labels that are one-hot. */
function crossentropy(labels: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.losses.softmaxCrossEntropy(labels, logits);
}

/** Images and labels as tensors, which are the caller's. */
export function tensors(split: Split): { x: tf.Tensor; y: tf.Tensor } {
  const x = tf.tensor4d(Float32Array.from(split.images), [split.count, SIDE, SIDE, 1]);
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(Int32Array.from(split.labels), 'int32'), DIGITS).toFloat());
  return { x, y };
}

/** How likely each digit is, image by image. */
export async function probabilities(model: tf.LayersModel, images: Uint8Array, count: number): Promise<Float32Array> {
  const result = tf.tidy(() => {
    const x = tf.tensor4d(Float32Array.from(images), [count, SIDE, SIDE, 1]);
    return tf.softmax(model.predict(x) as tf.Tensor);
  });
  const values = (await result.data()) as Float32Array;
  result.dispose();
  return values;
}
