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

export const convLstm2d = of('ConvLSTM2D', hard);
export const stackedRNNCells = of('StackedRNNCells');
export const averagePooling1d = of('AveragePooling1D', { poolSize: 2 });
export const averagePooling2d = of('AveragePooling2D', { poolSize: [2, 2] });
export const averagePooling3d = of('AveragePooling3D', { poolSize: [2, 2, 2] });
export const maxPooling1d = of('MaxPooling1D', { poolSize: 2 });
export const maxPooling2d = of('MaxPooling2D', { poolSize: [2, 2] });
export const globalMaxPooling1d = of('GlobalMaxPooling1D');
export const globalMaxPooling2d = of('GlobalMaxPooling2D');

// Layers by name.
export const inputLayer = (args: Args): Layer => new InputLayer(args);

// Core.
export const activation = of('Activation');
export const dense = of('Dense', glorot);
export const dropout = of('Dropout');
export const embedding = of('Embedding');
export const flatten = of('Flatten');
export const masking = of('Masking', { maskValue: 0 });
export const permute = of('Permute');
export const repeatVector = of('RepeatVector');
export const reshape = of('Reshape');
export const spatialDropout1d = of('SpatialDropout1D');

// Activations.
export const elu = of('ELU');
export const leakyReLU = of('LeakyReLU', { alpha: 0.3 });
export const prelu = of('PReLU');
export const reLU = of('ReLU');
export const softmax = of('Softmax');
export const thresholdedReLU = of('ThresholdedReLU', { theta: 1 });

// Convolutions.
export const conv1d = of('Conv1D', glorot);
export const conv2d = of('Conv2D', glorot);
export const conv2dTranspose = of('Conv2DTranspose', glorot);
export const conv3d = of('Conv3D', glorot);
export const conv3dTranspose = of('Conv3DTranspose', glorot);
export const cropping2D = of('Cropping2D');
export const depthwiseConv2d = of('DepthwiseConv2D', { depthwiseInitializer: 'glorotNormal' });
export const separableConv2d = of('SeparableConv2D', { depthwiseInitializer: 'glorotUniform', pointwiseInitializer: 'glorotUniform' });
export const upSampling2d = of('UpSampling2D', { size: [2, 2] });
export const zeroPadding2d = of('ZeroPadding2D', { padding: [1, 1] });

// Merging.
export const add = of('Add');
export const average = of('Average');
export const concatenate = of('Concatenate');
export const dot = of('Dot');
export const maximum = of('Maximum');
export const minimum = of('Minimum');
export const multiply = of('Multiply');

// Normalization.
export const batchNormalization = of('BatchNormalization');
export const layerNormalization = of('LayerNormalization');

// Pooling.
export const avgPool1d = averagePooling1d;
export const avgPooling1d = averagePooling1d;
export const avgPool2d = averagePooling2d;
export const avgPooling2d = averagePooling2d;
export const avgPool3d = averagePooling3d;
export const avgPooling3d = averagePooling3d;
export const globalAveragePooling1d = of('GlobalAveragePooling1D');
export const globalAveragePooling2d = of('GlobalAveragePooling2D');
export const globalMaxPool1d = globalMaxPooling1d;
export const globalMaxPool2d = globalMaxPooling2d;
export const maxPool1d = maxPooling1d;
export const maxPool2d = maxPooling2d;
export const maxPooling3d = of('MaxPooling3D', { poolSize: [2, 2, 2] });

// Recurrent.
export const bidirectional = of('Bidirectional');
export const convLstm2dCell = written(ConvLSTM2DCell);
export const gru = of('GRU', hard);
export const gruCell = of('GRUCell', hard);
export const lstm = of('LSTM', hard);
export const lstmCell = of('LSTMCell', hard);
export const rnn = (args: Args): Layer => new RNN(args);
export const simpleRNN = of('SimpleRNN', glorot);
export const simpleRNNCell = of('SimpleRNNCell', glorot);
export const timeDistributed = of('TimeDistributed');

// Noise.
export const alphaDropout = of('AlphaDropout');
export const gaussianDropout = of('GaussianDropout');
export const gaussianNoise = of('GaussianNoise');

// Preprocessing.
export const categoryEncoding = written(CategoryEncoding);
export const centerCrop = written(CenterCrop);
export const randomWidth = written(RandomWidth);
export const rescaling = of('Rescaling');
export const resizing = written(Resizing);

// What TensorFlow.js lacks.
export const activityRegularization = of('ActivityRegularization');
export const additiveAttention = of('AdditiveAttention');
export const attention = of('Attention');
export const conv1dTranspose = of('Conv1DTranspose', glorot);
export const convLstm1d = of('ConvLSTM1D', hard);
export const convLstm3d = of('ConvLSTM3D', hard);
export const cropping1D = of('Cropping1D');
export const cropping3D = of('Cropping3D');
export const depthwiseConv1d = of('DepthwiseConv1D');
export const einsumDense = of('EinsumDense');
export const globalAveragePooling3d = of('GlobalAveragePooling3D');
export const globalMaxPooling3d = of('GlobalMaxPooling3D');
export const groupQueryAttention = of('GroupQueryAttention');
export const identity = of('Identity');
export const lambda = written(Lambda);
export const multiHeadAttention = of('MultiHeadAttention');
export const rmsNormalization = of('RMSNormalization');
export const separableConv1d = of('SeparableConv1D');
export const spatialDropout2d = of('SpatialDropout2D');
export const spatialDropout3d = of('SpatialDropout3D');
export const subtract = of('Subtract');
export const unitNormalization = of('UnitNormalization');
export const upSampling1d = of('UpSampling1D');
export const upSampling3d = of('UpSampling3D');
export const zeroPadding1d = of('ZeroPadding1D');
export const zeroPadding3d = of('ZeroPadding3D');
