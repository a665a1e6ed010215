/** `tf.layers`. */

import type { ConfigDict } from '../serialization';
import type { Tensor } from '../tensor/tensor';
import { wasm } from '../wasm';
import { InputLayer, input, KerasLayer } from './keras_layer';
import { type Kwargs, Layer } from './layer';
import { CategoryEncoding, CenterCrop, Lambda, RandomWidth, Resizing } from './own';

export { input, InputLayer, KerasLayer } from './keras_layer';

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

const convLstm2d = of('ConvLSTM2D', hard);
const stackedRNNCells = of('StackedRNNCells');
const averagePooling1d = of('AveragePooling1D', { poolSize: 2 });
const averagePooling2d = of('AveragePooling2D', { poolSize: [2, 2] });
const averagePooling3d = of('AveragePooling3D', { poolSize: [2, 2, 2] });
const maxPooling1d = of('MaxPooling1D', { poolSize: 2 });
const maxPooling2d = of('MaxPooling2D', { poolSize: [2, 2] });
const globalMaxPooling1d = of('GlobalMaxPooling1D');
const globalMaxPooling2d = of('GlobalMaxPooling2D');

/** Layers by name. */
export const layers = {
  Layer,
  RNN,
  RNNCell,
  input,
  inputLayer: (args: Args): Layer => new InputLayer(args),
  // Core.
  activation: of('Activation'),
  dense: of('Dense', glorot),
  dropout: of('Dropout'),
  embedding: of('Embedding'),
  flatten: of('Flatten'),
  masking: of('Masking', { maskValue: 0 }),
  permute: of('Permute'),
  repeatVector: of('RepeatVector'),
  reshape: of('Reshape'),
  spatialDropout1d: of('SpatialDropout1D'),
  // Activations.
  elu: of('ELU'),
  leakyReLU: of('LeakyReLU', { alpha: 0.3 }),
  prelu: of('PReLU'),
  reLU: of('ReLU'),
  softmax: of('Softmax'),
  thresholdedReLU: of('ThresholdedReLU', { theta: 1 }),
  // Convolutions.
  conv1d: of('Conv1D', glorot),
  conv2d: of('Conv2D', glorot),
  conv2dTranspose: of('Conv2DTranspose', glorot),
  conv3d: of('Conv3D', glorot),
  conv3dTranspose: of('Conv3DTranspose', glorot),
  cropping2D: of('Cropping2D'),
  depthwiseConv2d: of('DepthwiseConv2D', { depthwiseInitializer: 'glorotNormal' }),
  separableConv2d: of('SeparableConv2D', { depthwiseInitializer: 'glorotUniform', pointwiseInitializer: 'glorotUniform' }),
  upSampling2d: of('UpSampling2D', { size: [2, 2] }),
  zeroPadding2d: of('ZeroPadding2D', { padding: [1, 1] }),
  // Merging.
  add: of('Add'),
  average: of('Average'),
  concatenate: of('Concatenate'),
  dot: of('Dot'),
  maximum: of('Maximum'),
  minimum: of('Minimum'),
  multiply: of('Multiply'),
  // Normalization.
  batchNormalization: of('BatchNormalization'),
  layerNormalization: of('LayerNormalization'),
  // Pooling.
  averagePooling1d,
  avgPool1d: averagePooling1d,
  avgPooling1d: averagePooling1d,
  averagePooling2d,
  avgPool2d: averagePooling2d,
  avgPooling2d: averagePooling2d,
  averagePooling3d,
  avgPool3d: averagePooling3d,
  avgPooling3d: averagePooling3d,
  globalAveragePooling1d: of('GlobalAveragePooling1D'),
  globalAveragePooling2d: of('GlobalAveragePooling2D'),
  globalMaxPool1d: globalMaxPooling1d,
  globalMaxPooling1d,
  globalMaxPool2d: globalMaxPooling2d,
  globalMaxPooling2d,
  maxPool1d: maxPooling1d,
  maxPooling1d,
  maxPool2d: maxPooling2d,
  maxPooling2d,
  maxPooling3d: of('MaxPooling3D', { poolSize: [2, 2, 2] }),
  // Recurrent.
  bidirectional: of('Bidirectional'),
  convLstm2d,
  convLstm2dCell: written(ConvLSTM2DCell),
  gru: of('GRU', hard),
  gruCell: of('GRUCell', hard),
  lstm: of('LSTM', hard),
  lstmCell: of('LSTMCell', hard),
  rnn: (args: Args): Layer => new RNN(args),
  simpleRNN: of('SimpleRNN', glorot),
  simpleRNNCell: of('SimpleRNNCell', glorot),
  stackedRNNCells,
  timeDistributed: of('TimeDistributed'),
  // Noise.
  alphaDropout: of('AlphaDropout'),
  gaussianDropout: of('GaussianDropout'),
  gaussianNoise: of('GaussianNoise'),
  // Preprocessing.
  categoryEncoding: written(CategoryEncoding),
  centerCrop: written(CenterCrop),
  randomWidth: written(RandomWidth),
  rescaling: of('Rescaling'),
  resizing: written(Resizing),
  // What TensorFlow.js lacks.
  activityRegularization: of('ActivityRegularization'),
  additiveAttention: of('AdditiveAttention'),
  attention: of('Attention'),
  conv1dTranspose: of('Conv1DTranspose', glorot),
  convLstm1d: of('ConvLSTM1D', hard),
  convLstm3d: of('ConvLSTM3D', hard),
  cropping1D: of('Cropping1D'),
  cropping3D: of('Cropping3D'),
  depthwiseConv1d: of('DepthwiseConv1D'),
  einsumDense: of('EinsumDense'),
  globalAveragePooling3d: of('GlobalAveragePooling3D'),
  globalMaxPooling3d: of('GlobalMaxPooling3D'),
  groupQueryAttention: of('GroupQueryAttention'),
  identity: of('Identity'),
  lambda: written(Lambda),
  multiHeadAttention: of('MultiHeadAttention'),
  rmsNormalization: of('RMSNormalization'),
  separableConv1d: of('SeparableConv1D'),
  spatialDropout2d: of('SpatialDropout2D'),
  spatialDropout3d: of('SpatialDropout3D'),
  subtract: of('Subtract'),
  unitNormalization: of('UnitNormalization'),
  upSampling1d: of('UpSampling1D'),
  upSampling3d: of('UpSampling3D'),
  zeroPadding1d: of('ZeroPadding1D'),
  zeroPadding3d: of('ZeroPadding3D'),
};

/**
 * Seeds initial weights, dropout and the order of samples in `fit`: from here on they are the same in each run, here and natively.
 */
export function setRandomSeed(seed: number): void {
  wasm().setRandomSeed(seed);
}
