/** Layers of the module: a class of Keras and its arguments. */

import type { ConfigDict } from '../serialization';
import type { Tensor } from '../tensor/tensor';
import { isTypedArray } from '../util/util';
import { wasm } from '../wasm';
import { describe, type Described, fromKeras, single, toKeras } from './config';
import { type Kwargs, Layer, type LayerArgs, listen, uidName, wrap } from './layer';
import { KerasObject, named } from './objects';
import { type Shape, symbolOf, type SymbolicTensor } from './symbol';

/** Arguments that the module does not take. */
const OURS = new Set(['inputShape', 'batchInputShape', 'batchSize', 'weights', 'inputDType', 'input_shape', 'batch_input_shape', 'batch_size', 'input_dtype']);

/** Layers are handed over as they are; other objects by class and configuration. */
function nested(v: Described): unknown {
  if (v instanceof Layer) {
    return { class_name: '@', config: { handle: v.handle } };
  }
  return v instanceof KerasObject || typeof v.getConfig === 'function' ? describe(v) : v;
}

/** A layer that the module computes. */
export class KerasLayer extends Layer {
  /** Arguments as the program gave them. */
  protected readonly args: Kwargs;
  /** Layers that it was given. */
  protected readonly inner: Layer[];

  /** @internal Made by the functions of `tf.layers`. */
  constructor(
    private readonly kind: string,
    args: Kwargs = {},
    handle = 0,
  ) {
    super({ ...(args as LayerArgs), name: args['name'] ?? uidName(kind) });
    this.args = args;
    this.inner = Object.values(args).flat().filter((v): v is Layer => v instanceof Layer);
    this.supportsMasking = true;
    this.stateSize = args['units'];
    this._stateful = args['stateful'] === true;
    if (handle !== 0) {
      this.hold(handle);
      this.bindWeights();
    } else {
      // Made at once, so that arguments that cannot be right are refused here.
      this.hold(this.make());
    }
  }

  override getClassName(): string {
    // The name is made before this object has its own members.
    return this.kind ?? 'Layer';
  }

  protected override make(): number {
    const given: Kwargs = {};
    for (const [key, value] of Object.entries(this.args)) {
      if (value == null || typeof value === 'function' || OURS.has(key)) {
        continue;
      }
      if (key === 'dtype' && !/float16/.test(value)) {
        continue;
      }
      if (key === 'inputLength' || (key === 'inputDim' && this.kind !== 'Embedding')) {
        continue;
      }
      given[key] = /(Initializer|Regularizer|Constraint)$/.test(key) && typeof value === 'string' ? named(value) : isTypedArray(value) ? Array.from(value as ArrayLike<number>) : value;
    }
    given['name'] = this.name;
    listen();
    return wasm().layerFromTfjs(JSON.stringify({ class_name: this.kind, config: toKeras(given, nested) }));
  }

  override build(inputShape: Shape | Shape[]): void {
    this.computeOutputShape(inputShape);
    this.afterBuild();
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor | Tensor[] {
    return this.apply(inputs, kwargs) as Tensor | Tensor[];
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const list = Array.isArray(inputShape[0]) ? inputShape : [inputShape];
    return single(JSON.parse(wasm().layerOutputShapes(this.handle, JSON.stringify(list))) as Shape[]);
  }

  /** The cell of a recurrent layer. */
  get cell(): Layer | undefined {
    return this.args['cell'] as Layer | undefined;
  }

  override getConfig(): ConfigDict {
    let text: string;
    try {
      text = wasm().layerToTfjs(this.handle);
    } catch {
      // A layer that Keras 2 does not have.
      text = wasm().layerConfig(this.handle);
    }
    const config = fromKeras(JSON.parse(text).config) as ConfigDict;
    return this.batchInputShape === undefined ? config : { ...config, batchInputShape: this.batchInputShape };
  }
}

/** The layer that a model begins with. */
export class InputLayer extends Layer {
  static override className = 'InputLayer';
  readonly sparse = false;
  /** Its symbol, which the module knows as long as something holds it. */
  readonly symbol: SymbolicTensor;

  constructor(args: { inputShape?: Shape; batchInputShape?: Shape; batchSize?: number; dtype?: string; sparse?: boolean; name?: string }, handle = 0) {
    if (handle === 0) {
      if (args.batchInputShape == null && args.inputShape == null) {
        throw new Error('An InputLayer should be passed either a `batchInputShape` or an `inputShape`.');
      }
      if (args.batchInputShape != null && args.inputShape != null) {
        throw new Error('Only provide the inputShape OR batchInputShape argument to inputLayer, not both at the same time.');
      }
      if (args.sparse) {
        throw new Error('InputLayer does not support sparse inputs yet.');
      }
    }
    super({ ...(args as LayerArgs), name: args.name ?? inputName() });
    this.trainable_ = false;
    const config = { batch_shape: this.batchInputShape, dtype: args.dtype ?? 'float32', name: this.name };
    this.hold(handle !== 0 ? handle : wasm().layerNew(JSON.stringify({ class_name: 'InputLayer', config })));
    this._built = true;
    this.symbol = symbolOf(wasm().layerSymbol(this.h), () => this);
    this.batchInputShape ??= this.symbol.shape;
    this.dtype = this.symbol.dtype;
  }

  override apply(): never {
    throw new Error(`Cannot pass any input to an InputLayer's apply() method. InputLayer name: ${this.name}`);
  }

  override getConfig(): ConfigDict {
    return { batchInputShape: this.batchInputShape as ConfigDict[string], dtype: this.dtype, sparse: false, name: this.name };
  }

  override dispose(): { refCountAfterDispose: number; numDisposedVariables: number } {
    return { refCountAfterDispose: 0, numDisposedVariables: 0 };
  }
}

let inputs = 0;
function inputName(): string {
  return `input${++inputs}`;
}

/**
 * A symbol that a model begins with.
 *
 * Throws where neither `shape` nor `batchShape` is given, or both are.
 */
export function input(config: { shape?: Shape; batchShape?: Shape; name?: string; dtype?: string; sparse?: boolean }): SymbolicTensor {
  if (config.batchShape == null && config.shape == null) {
    throw new Error("Please provide to Input either a `shape` or a `batchShape` argument. Note that `shape` does not include the batch dimension.");
  }
  if (config.batchShape != null && config.shape != null) {
    throw new Error('Please provide either a `shape` or `batchShape` argument to Input, but not both.');
  }
  const batchInputShape = config.batchShape ?? [null, ...(config.shape as Shape)];
  const { name, dtype, sparse } = config;
  return new InputLayer({ batchInputShape, name, dtype, sparse } as never).symbol;
}

wrap.make = (handle, info) =>
  info.className === 'InputLayer'
    ? new InputLayer({ name: info.name }, handle)
    : new KerasLayer(info.className, { name: info.name, trainable: info.trainable }, handle);
