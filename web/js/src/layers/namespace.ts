/** `tf.layers`. */

import type { ConfigDict } from '../serialization';
import type { Tensor } from '../tensor/tensor';
import { wasm } from '../wasm';
import { InputLayer, KerasLayer } from './keras_layer';
import { type Kwargs, Layer } from './layer';
import { CategoryEncoding, CenterCrop, Lambda, RandomWidth, Resizing } from './own';

export { input } from './keras_layer';
export { Layer } from './layer';

/** Arguments of a layer: those of its class, and those that all layers have. */
export type Args = Kwargs;
type Factory = (args?: Args) => Layer;

/** A cell of recurrent layers that programs write: `call` takes the input and the states, and gives the output and the next states. */
export abstract class RNNCell extends Layer {
  /** Sizes of the states. */
  abstract override stateSize: number | number[];
  dropoutMask: unknown = null;
  recurrentDropoutMask: unknown = null;
}

/** A recurrent layer of any cell. */
export class RNN extends KerasLayer {
  static override className = 'RNN';
  constructor(args: Args) {
    const cell = args['cell'];
    super('RNN', { ...args, cell: Array.isArray(cell) ? stackedRNNCells({ cells: cell }) : cell });
  }
}

/** A function that makes layers of a class; `defaults` where TensorFlow.js's are other than Keras'. */
const of =
  (kind: string, defaults?: Args): Factory =>
  (args = {}) => {
    const all = { ...args };
    for (const [key, value] of Object.entries(defaults ?? {})) {
      all[key] ??= value;
    }
    return new KerasLayer(kind, withShape(all, kind));
  };

/** Sizes of inputs that some layers take in words of their own. */
function withShape(args: Args, kind: string): Args {
  const { inputDim, inputLength } = args;
  if (args['inputShape'] != null || args['batchInputShape'] != null) {
    return args;
  }
  if (kind === 'Embedding') {
    // The length of sequences may be unknown.
    const length = inputLength === undefined || inputLength === null ? [null] : Array.isArray(inputLength) ? inputLength : [inputLength];
    args['batchInputShape'] = [args['batchSize'] ?? null, ...length];
  } else if (inputDim != null) {
    args['inputShape'] = kind === 'Dense' ? [inputDim] : [inputLength ?? null, inputDim];
  }
  return args;
}

const glorot = { kernelInitializer: 'glorotNormal' };
const hard = { ...glorot, recurrentActivation: 'hardSigmoid' };

const written =
  (cls: new (args: Args) => Layer): Factory =>
  (args = {}) =>
    new cls(args);

/** The cell of a `convLstm2d`, for a step at a time. */
class ConvLSTM2DCell extends Layer {
  static override className = 'ConvLSTM2DCell';
  private readonly whole: KerasLayer;
  constructor(args: Args) {
    super(args);
    const { name: _, ...own } = args;
    this.whole = convLstm2d(own) as KerasLayer;
  }
  protected override make(): number {
    return wasm().layerInner(this.whole.handle)[0] as number;
  }
  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor | Tensor[] {
    return this.apply(inputs, kwargs) as Tensor[];
  }
  override getConfig(): ConfigDict {
    return { ...this.whole.getConfig(), name: this.name };
  }
}

/** Long short-term memory over sequences of images, `(batch, time, height, width, channels)`. */
export const convLstm2d = of('ConvLSTM2D', hard);
/** Cells on top of each other as one cell: the output of each is the input of the next. */
export const stackedRNNCells = of('StackedRNNCells');
/** The mean of each window of sequences. */
export const averagePooling1d = of('AveragePooling1D', { poolSize: 2 });
/** The mean of each window of images. */
export const averagePooling2d = of('AveragePooling2D', { poolSize: [2, 2] });
/** The mean of each window of volumes. */
export const averagePooling3d = of('AveragePooling3D', { poolSize: [2, 2, 2] });
/** The largest element of each window of sequences. */
export const maxPooling1d = of('MaxPooling1D', { poolSize: 2 });
/** The largest element of each window of images. */
export const maxPooling2d = of('MaxPooling2D', { poolSize: [2, 2] });
/** The largest step of sequences. */
export const globalMaxPooling1d = of('GlobalMaxPooling1D');
/** The largest pixel of images. */
export const globalMaxPooling2d = of('GlobalMaxPooling2D');

// Layers by name.
/** The layer that a model begins with. */
export const inputLayer = (args: Args): Layer => new InputLayer(args);

// Core.
/** Applies an activation. */
export const activation = of('Activation');
/** A densely connected layer: `activation(x kernel + bias)` over the last dimension. */
export const dense = of('Dense', glorot);
/** In training, sets a part of its input to 0 and divides the rest by `1 - rate`. */
export const dropout = of('Dropout');
/** Gives each integer a vector that is learnt. */
export const embedding = of('Embedding');
/** One vector for each element of the batch. */
export const flatten = of('Flatten');
/** Masks time steps in which all features have one value, and sets them to 0. */
export const masking = of('Masking', { maskValue: 0 });
/** Another order of dimensions. */
export const permute = of('Permute');
/** Repeats vectors: input `(batch, features)`, output `(batch, n, features)`. */
export const repeatVector = of('RepeatVector');
/** Another shape for each element of the batch. */
export const reshape = of('Reshape');
/** As `Dropout`, of whole channels of sequences. */
export const spatialDropout1d = of('SpatialDropout1D');

// Activations.
/** `x` where it is positive, else `alpha * (exp(x) - 1)`. */
export const elu = of('ELU');
/** `x` where it is positive, else `negative_slope * x`. */
export const leakyReLU = of('LeakyReLU', { alpha: 0.3 });
/** `x` where it is positive, else `alpha * x` with an `alpha` that is learnt. */
export const prelu = of('PReLU');
/** Rectifies: `x` from `threshold` up and at most `max_value`, below it `negative_slope * (x - threshold)`. */
export const reLU = of('ReLU');
/** `exp(x) / sum(exp(x))` over an axis, or over several together. */
export const softmax = of('Softmax');
/** `x` above `theta`, else 0. */
export const thresholdedReLU = of('ThresholdedReLU', { theta: 1 });

// Convolutions.
/** Convolves sequences `(batch, steps, channels)`. */
export const conv1d = of('Conv1D', glorot);
/** Convolves images `(batch, height, width, channels)`. */
export const conv2d = of('Conv2D', glorot);
/** The transpose of a convolution of images. */
export const conv2dTranspose = of('Conv2DTranspose', glorot);
/** Convolves volumes `(batch, depth, height, width, channels)`. */
export const conv3d = of('Conv3D', glorot);
/** The transpose of a convolution of volumes. */
export const conv3dTranspose = of('Conv3DTranspose', glorot);
/** Images without their border: `((top, bottom), (left, right))`. */
export const cropping2D = of('Cropping2D');
/** Convolves each channel of images by itself. */
export const depthwiseConv2d = of('DepthwiseConv2D', { depthwiseInitializer: 'glorotNormal' });
/** Convolves each channel of images by itself, then mixes the channels. */
export const separableConv2d = of('SeparableConv2D', { depthwiseInitializer: 'glorotUniform', pointwiseInitializer: 'glorotUniform' });
/** Larger images: by repeating pixels, or by interpolation. */
export const upSampling2d = of('UpSampling2D', { size: [2, 2] });
/** Zeros around images: `((top, bottom), (left, right))`. */
export const zeroPadding2d = of('ZeroPadding2D', { padding: [1, 1] });

// Merging.
/** The sum of its inputs. */
export const add = of('Add');
/** The mean of its inputs. */
export const average = of('Average');
/** Joins its inputs along an axis. */
export const concatenate = of('Concatenate');
/** Dot products between samples of two inputs along an axis of each. */
export const dot = of('Dot');
/** The largest of its inputs. */
export const maximum = of('Maximum');
/** The smallest of its inputs. */
export const minimum = of('Minimum');
/** The product of its inputs. */
export const multiply = of('Multiply');

// Normalization.
/** Brings each channel to mean 0 and variance 1, then scales and shifts it. */
export const batchNormalization = of('BatchNormalization');
/** Brings each sample to mean 0 and variance 1 over some axes, then scales and shifts it. */
export const layerNormalization = of('LayerNormalization');

// Pooling.
/** As `averagePooling1d`. */
export const avgPool1d = averagePooling1d;
/** As `averagePooling1d`. */
export const avgPooling1d = averagePooling1d;
/** As `averagePooling2d`. */
export const avgPool2d = averagePooling2d;
/** As `averagePooling2d`. */
export const avgPooling2d = averagePooling2d;
/** As `averagePooling3d`. */
export const avgPool3d = averagePooling3d;
/** As `averagePooling3d`. */
export const avgPooling3d = averagePooling3d;
/** The mean of sequences; steps that are masked do not count. */
export const globalAveragePooling1d = of('GlobalAveragePooling1D');
/** The mean of images. */
export const globalAveragePooling2d = of('GlobalAveragePooling2D');
/** As `globalMaxPooling1d`. */
export const globalMaxPool1d = globalMaxPooling1d;
/** As `globalMaxPooling2d`. */
export const globalMaxPool2d = globalMaxPooling2d;
/** As `maxPooling1d`. */
export const maxPool1d = maxPooling1d;
/** As `maxPooling2d`. */
export const maxPool2d = maxPooling2d;
/** The largest element of each window of volumes. */
export const maxPooling3d = of('MaxPooling3D', { poolSize: [2, 2, 2] });

// Recurrent.
/** A recurrent layer over a sequence from both ends. */
export const bidirectional = of('Bidirectional');
/** The cell of a `convLstm2d`, for a step at a time. */
export const convLstm2dCell = written(ConvLSTM2DCell);
/** Gated recurrent units over a sequence. */
export const gru = of('GRU', hard);
/** One step of gated recurrent units: input `(batch, features)` and state `(batch, units)` to output and next state. */
export const gruCell = of('GRUCell', hard);
/** Long short-term memory over a sequence. */
export const lstm = of('LSTM', hard);
/** One step of long short-term memory: input `(batch, features)` and states `h`, `c`, each `(batch, units)`, to output and next states. */
export const lstmCell = of('LSTMCell', hard);
/** A recurrent layer of any cell, or of a list of cells. */
export const rnn = (args: Args): Layer => new RNN(args);
/** A recurrent layer whose output is its state. */
export const simpleRNN = of('SimpleRNN', glorot);
/** One step of a plain recurrent layer: `activation(x kernel + h recurrent_kernel + bias)` is output and next state. */
export const simpleRNNCell = of('SimpleRNNCell', glorot);
/** A layer applied to every time step. */
export const timeDistributed = of('TimeDistributed');

// Noise.
/** In training, sets a part of its input to the value that selu tends to, and scales and shifts the result so that mean and variance of normalised inputs stay. */
export const alphaDropout = of('AlphaDropout');
/** In training, multiplies by normal noise of mean 1 and standard deviation `sqrt(rate / (1 - rate))`. */
export const gaussianDropout = of('GaussianDropout');
/** In training, adds normal noise of mean 0. */
export const gaussianNoise = of('GaussianNoise');

// Preprocessing.
/** Counts categories. */
export const categoryEncoding = written(CategoryEncoding);
/** Takes the middle of images. */
export const centerCrop = written(CenterCrop);
/** Makes images wider or narrower by chance. */
export const randomWidth = written(RandomWidth);
/** `x * scale + offset`, in the layer's dtype: pixels from 0 to 255 become numbers from 0 to 1 with a scale of `1.0 / 255.0`. */
export const rescaling = of('Rescaling');
/** Makes images of another size. */
export const resizing = written(Resizing);

// What TensorFlow.js lacks.
/** Gives its input back and adds a penalty on it to the loss, divided by the size of the batch. */
export const activityRegularization = of('ActivityRegularization');
/** Attention by sums: scores are sums of `scale * tanh(query + key)`. */
export const additiveAttention = of('AdditiveAttention');
/** Attention by products: values weighted by the softmax of the scores of queries and keys. */
export const attention = of('Attention');
/** The transpose of a convolution of sequences. */
export const conv1dTranspose = of('Conv1DTranspose', glorot);
/** Long short-term memory over sequences of lines, `(batch, time, steps, channels)`. */
export const convLstm1d = of('ConvLSTM1D', hard);
/** Long short-term memory over sequences of volumes, `(batch, time, depth, height, width, channels)`. */
export const convLstm3d = of('ConvLSTM3D', hard);
/** Sequences without their first and last steps. */
export const cropping1D = of('Cropping1D');
/** Volumes without their border. */
export const cropping3D = of('Cropping3D');
/** Convolves each channel of sequences by itself. */
export const depthwiseConv1d = of('DepthwiseConv1D');
/** A dense layer whose products are those of an einsum: `activation(einsum(equation, x, kernel) + bias)`. */
export const einsumDense = of('EinsumDense');
/** The mean of volumes. */
export const globalAveragePooling3d = of('GlobalAveragePooling3D');
/** The largest element of volumes. */
export const globalMaxPooling3d = of('GlobalMaxPooling3D');
/** Attention in which groups of heads share keys and values. */
export const groupQueryAttention = of('GroupQueryAttention');
/** Gives its inputs back. */
export const identity = of('Identity');
/** A function as a layer; it cannot be saved. */
export const lambda = written(Lambda);
/** Attention of many heads: queries, keys and values are projected to each head, queries gather values by how well they fit keys, and what all heads gathered is projected back. */
export const multiHeadAttention = of('MultiHeadAttention');
/** Scales samples to a root mean square of 1 over some axes, then by `scale`. */
export const rmsNormalization = of('RMSNormalization');
/** Convolves each channel of sequences by itself, then mixes the channels. */
export const separableConv1d = of('SeparableConv1D');
/** As `Dropout`, of whole channels of images. */
export const spatialDropout2d = of('SpatialDropout2D');
/** As `Dropout`, of whole channels of volumes. */
export const spatialDropout3d = of('SpatialDropout3D');
/** The first input less the second. */
export const subtract = of('Subtract');
/** Scales samples to Euclidean length 1 over some axes. */
export const unitNormalization = of('UnitNormalization');
/** Repeats each step of sequences. */
export const upSampling1d = of('UpSampling1D');
/** Repeats the elements of volumes. */
export const upSampling3d = of('UpSampling3D');
/** Zeros before and after the steps of sequences. */
export const zeroPadding1d = of('ZeroPadding1D');
/** Zeros around volumes. */
export const zeroPadding3d = of('ZeroPadding3D');
