/** `tf.LayersModel` and `tf.Sequential`. */

import { scoped } from '../engine/engine';
import { toList, single } from '../layers/config';
import { input, InputLayer } from '../layers/keras_layer';
import { type Kwargs, Layer, type LayerArgs, layerOf, uidName, unique, wrap } from '../layers/layer';
import { type Shape, SymbolicTensor, symbolOf } from '../layers/symbol';
import type { LayerVariable } from '../layers/variable';
import { concat, unstack } from '../ops/array';
import type { ConfigDict } from '../serialization';
import { Tensor, type Scalar } from '../tensor/tensor';
import type { Optimizer } from '../train/index';
import type { NamedTensorMap } from '../types';
import { assert } from '../util/util';
import { wasm } from '../wasm';
import type { IOHandler, SaveConfig, SaveResult, TrainingConfig } from '../io/types';
import { BoundOptimizer, type LossOrMetric, metricName, moduleLoss, moduleMetric, optimizerOf, type PerOutput, perOutput } from './compile';
import type { History } from './callbacks';
import { rows, samples, standardize, type TensorData } from './data';
import { fit, fitDataset, evaluateDataset, type ModelFitArgs, type ModelFitDatasetArgs, type Batches, trainOnBatch } from './fit';
import { save, topologyOf } from './save';

/** What `compile` takes. */
export interface ModelCompileArgs {
  optimizer: string | Optimizer;
  loss: PerOutput<LossOrMetric>;
  metrics?: PerOutput<LossOrMetric>;
  /** What each output's loss is multiplied with: a list, or by the names of outputs. */
  lossWeights?: number[] | { [outputName: string]: number };
}

/** What `evaluate` takes. */
export interface ModelEvaluateArgs {
  batchSize?: number;
  verbose?: number;
  sampleWeight?: Tensor;
  steps?: number;
}

/** What `predict` takes. */
export interface ModelPredictArgs {
  batchSize?: number;
  verbose?: boolean;
}

/** @internal What `compile` made of its arguments. */
export interface Compiled {
  bound: BoundOptimizer;
  /** For each of `metricsNames`, its place in the module's results. */
  order: number[];
}

/**
 * A model of layers, which can be trained, evaluated, saved and loaded.
 *
 * ```js
 * const input = tf.input({ shape: [5] });
 * const output = tf.layers.dense({ units: 1 }).apply(input);
 * const model = tf.model({ inputs: input, outputs: output });
 * ```
 */
export class LayersModel extends Layer {
  static override className = 'Model';
  /** Symbols that it begins with. */
  inputs: SymbolicTensor[] = [];
  /** Symbols that it ends with. */
  outputs: SymbolicTensor[] = [];
  layers: Layer[] = [];
  loss!: ModelCompileArgs['loss'];
  lossFunctions: LossOrMetric[] = [];
  metrics: ModelCompileArgs['metrics'];
  /** Names of loss and metrics, as logs have them. */
  metricsNames: string[] = [];
  history!: History;
  /** @internal */
  isTraining = false;
  /** @internal */
  compiled: Compiled | undefined;
  private stop = false;
  private metadata: {} | undefined;

  constructor(args: { inputs: SymbolicTensor | SymbolicTensor[]; outputs: SymbolicTensor | SymbolicTensor[]; name?: string }, handle = 0) {
    super({ name: args.name ?? uidName('Model').toLowerCase().replace(/_model/, '') } as LayerArgs);
    if (handle !== 0) {
      this.hold(handle);
      this.connect();
      return;
    }
    if (this instanceof Sequential) {
      return;
    }
    const symbols = (all: SymbolicTensor | SymbolicTensor[], what: string): Uint32Array => {
      const list = toList(all);
      if (list.some((s) => !(s instanceof SymbolicTensor))) {
        throw new Error(`The ${what} of a model: wanted SymbolicTensors, as tf.input() and layers give them, received something else.`);
      }
      return Uint32Array.from(list, (s) => s.handle);
    };
    this.hold(wasm().modelNew(symbols(args.inputs, 'inputs'), symbols(args.outputs, 'outputs'), this.name));
    this.connect();
  }

  protected override make(): number {
    throw new Error('a model is made of its layers');
  }

  /** @internal Reads layers and symbols anew. */
  protected connect(): void {
    const h = this.handle;
    try {
      const symbols = (handles: Uint32Array): SymbolicTensor[] => Array.from(handles, (s) => symbolOf(s, layerOf));
      this.inputs = symbols(wasm().modelInputs(h));
      this.outputs = symbols(wasm().modelOutputs(h));
    } catch {
      // A chain that does not know its input yet.
      [this.inputs, this.outputs] = [[], []];
    }
    if (!(this instanceof Sequential) || this.layers.length === 0) {
      this.layers = Array.from(wasm().modelLayers(h), layerOf);
    }
    this.layers.forEach((l) => (l as LayersModel).afterBuild());
    this._built = this.inputs.length > 0;
  }

  /** @internal Weights are the layers'. */
  override afterBuild(): void {
    this.layers.forEach((l) => (l as LayersModel).afterBuild());
  }
  protected override bindWeights(): void {}

  get inputNames(): string[] {
    return this.inputs.map((s) => s.name);
  }
  get outputNames(): string[] {
    return this.outputs.map((s) => s.name);
  }
  get inputLayers(): Layer[] {
    return this.inputs.map((s) => s.sourceLayer);
  }
  get outputLayers(): Layer[] {
    return this.outputs.map((s) => s.sourceLayer);
  }
  get feedInputShapes(): Shape[] {
    return this.inputs.map((s) => s.shape);
  }
  override get input(): SymbolicTensor | SymbolicTensor[] {
    return single(this.inputs);
  }
  override get output(): SymbolicTensor | SymbolicTensor[] {
    return single(this.outputs);
  }
  override get outputShape(): Shape | Shape[] {
    return single(this.outputs.map((s) => s.shape));
  }
  override get stateful(): boolean {
    return this.layers.some((l) => l.stateful);
  }
  override get built(): boolean {
    return this.inputs.length > 0;
  }
  override set built(_built: boolean) {}

  override get trainable(): boolean {
    return this.trainable_;
  }
  override set trainable(trainable: boolean) {
    this.trainable_ = trainable;
    this.layers.forEach((l) => (l.trainable = trainable));
    if (this.h !== 0) {
      wasm().layerSetTrainable(this.h, trainable);
    }
  }
  override get trainableWeights(): LayerVariable[] {
    return this.trainable_ ? unique(this.layers.flatMap((l) => l.trainableWeights)) : [];
  }
  override get nonTrainableWeights(): LayerVariable[] {
    const others = this.layers.flatMap((l) => l.nonTrainableWeights);
    return unique(this.trainable_ ? others : [...this.layers.flatMap((l) => l.trainableWeights), ...others]);
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs = {}): Tensor[] {
    return toList(this.apply(inputs, kwargs) as Tensor | Tensor[]);
  }

  override build(inputShape: Shape | Shape[]): void {
    const list = Array.isArray(inputShape[0]) ? inputShape : [inputShape];
    wasm().modelBuild(this.handle, JSON.stringify(list));
    this.connect();
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const list = Array.isArray(inputShape[0]) ? inputShape : [inputShape];
    return single(JSON.parse(wasm().layerOutputShapes(this.handle, JSON.stringify(list))) as Shape[]);
  }

  override refresh(): void {
    this.layers.forEach((l) => l.refresh());
  }

  /** A layer by its name, or its place. Throws where there is none. */
  getLayer(name: string): Layer;
  getLayer(index: number): Layer;
  getLayer(name: string, index: number): Layer;
  getLayer(nameOrIndex?: string | number, index?: number): Layer {
    if (index !== undefined || typeof nameOrIndex === 'number') {
      return this.findLayer((index ?? nameOrIndex) as number);
    }
    if (nameOrIndex == null) {
      throw new Error('Provide either a layer name or layer index');
    }
    const found = this.layers.find((l) => l.name === nameOrIndex);
    if (found === undefined) {
      throw new Error(`No such layer: ${nameOrIndex}. Existing layers are: ${this.layers.map((l) => l.name).join(', ')}`);
    }
    return found;
  }

  /** A layer by its place. Throws past the end. */
  findLayer(index: number): Layer {
    const found = this.layers[index];
    if (found === undefined) {
      throw new Error(`Was asked to retrieve layer at index ${index}, but model only has ${this.layers.length} layer(s).`);
    }
    return found;
  }

  /** Prints the layers, their shapes and how many weights they have, a line at a time by `printFn`. */
  summary(lineLength?: number, _positions?: number[], printFn: (message?: unknown) => void = console.log): void {
    if (!this.built) {
      throw new Error(`This model has never been called, thus its weights have not been created yet. So no summary can be displayed. Build the model first (e.g., by calling it on some test data).`);
    }
    for (const line of wasm().modelSummary(this.handle, JSON.stringify({ lineLength })).split('\n')) {
      printFn(line);
    }
  }

  /**
   * Says how the model is trained.
   *
   * Throws for names that are not known, and for losses and metrics of other outputs.
   */
  compile(args: ModelCompileArgs): void {
    const optimizer = typeof args.optimizer === 'string' ? optimizerOf(args.optimizer) : args.optimizer;
    if (optimizer == null || typeof (optimizer as Optimizer).applyGradients !== 'function') {
      throw new Error('User-defined optimizer must be an instance of tf.Optimizer.');
    }
    const names = this.outputNames;
    assert(names.length > 0, () => 'The model must have outputs before it is compiled: its first layer needs an `inputShape`.');
    assert(args.loss != null, () => `Unknown loss ${args.loss}`);
    const losses = perOutput<LossOrMetric>('loss', args.loss, names, false) as (LossOrMetric | undefined)[];
    losses.forEach((l, i) => assert(l !== undefined, () => `Output "${names[i]}" is missing from loss dictionary.`));
    const bound = BoundOptimizer.of(optimizer);
    this.describe(args, bound);
    const metrics = this.metricsOf(args.metrics);
    const own = metrics.map((list, i) => list.map((m) => moduleMetric(m, losses[i], this.outputs[i]?.shape.at(-1))));
    const weights = args.lossWeights ?? null;
    wasm().modelCompile(
      this.handle,
      bound.handle,
      names.length === 1 ? moduleLoss(losses[0] as LossOrMetric) : losses.map((l) => moduleLoss(l as LossOrMetric)),
      own.every((list) => list.length === 0) ? null : names.length === 1 ? own[0] : own,
      weights === null ? null : Array.isArray(weights) ? weights : names.map((n) => weights[n] ?? 1),
    );
  }

  private metricsOf(metrics: ModelCompileArgs['metrics']): LossOrMetric[][] {
    return perOutput('metrics', metrics, this.outputNames, true).map((m) => (m == null ? [] : toList(m as LossOrMetric | LossOrMetric[])));
  }

  /** @internal Notes what it is compiled with, and what logs are called. */
  describe(args: Pick<ModelCompileArgs, 'loss' | 'metrics'>, bound: BoundOptimizer): void {
    const names = this.outputNames;
    this.loss = args.loss;
    this.metrics = args.metrics;
    this.lossFunctions = perOutput<LossOrMetric>('loss', args.loss, names, false) as LossOrMetric[];
    const own = this.metricsOf(args.metrics);
    const count = own.flat().length;
    const several = names.length > 1;
    const list = ['loss'];
    const order = [0];
    if (several) {
      // The module has the losses of outputs behind the metrics.
      names.forEach((n, i) => {
        list.push(`${n}_loss`);
        order.push(1 + count + i);
      });
    }
    let at = 1;
    own.forEach((metrics, i) => {
      for (const m of metrics) {
        list.push(several ? `${names[i]}_${metricName(m)}` : metricName(m));
        order.push(at++);
      }
    });
    this.metricsNames = list.map((n, i) => (list.filter((m) => m === n).length > 1 ? `${n}_${list.slice(0, i).filter((m) => m === n).length}` : n));
    this.compiled = { bound, order };
  }

  /** The optimizer that it is compiled with. */
  get optimizer(): Optimizer {
    return this.compiled?.bound.optimizer as Optimizer;
  }
  set optimizer(optimizer: Optimizer) {
    if (this.optimizer !== optimizer) {
      this.compile({ optimizer, loss: this.loss, metrics: this.metrics } as ModelCompileArgs);
    }
  }

  /** @internal What it is compiled with. Throws where it is not. */
  needCompiled(): Compiled {
    if (this.compiled === undefined) {
      throw new Error('You must compile a model before training/testing. Use LayersModel.compile(modelCompileArgs).');
    }
    return this.compiled;
  }

  /** Whether training ends after the batch that runs. */
  get stopTraining(): boolean {
    return this.stop;
  }
  set stopTraining(stop: boolean) {
    this.stop = stop;
  }

  /** @internal The shapes of labels, where the loss says them. */
  targetShapes(): (Shape | null)[] {
    return this.outputs.map((s, i) => {
      const loss = this.lossFunctions[i];
      if (loss === 'sparseCategoricalCrossentropy') {
        return [...s.shape.slice(0, -1), 1];
      }
      return typeof loss === 'string' ? s.shape : null;
    });
  }

  /** @internal Inputs and labels, checked. */
  standardized(x: TensorData, y: TensorData): [Tensor[], Tensor[]] {
    const xs = standardize(x, this.inputNames, this.feedInputShapes, 'input');
    const ys = standardize(y, this.outputNames, this.targetShapes(), 'target');
    samples(xs, ys);
    return [xs, ys];
  }

  /** @internal The loss and metrics since they were reset, in the order of `metricsNames`. */
  async results(): Promise<number[]> {
    const tensor = new Tensor(wasm().modelResults(this.handle));
    const values = await tensor.data();
    tensor.dispose();
    return this.needCompiled().order.map((i) => values[i] as number);
  }

  /** The loss and the metrics for inputs and labels: a scalar, or a list in the order of `metricsNames`. Throws before `compile`. */
  evaluate(x: TensorData, y: TensorData, args: ModelEvaluateArgs = {}): Scalar | Scalar[] {
    const { order } = this.needCompiled();
    const batchSize = sizeOf(args.batchSize);
    return scoped('evaluate', () => {
      const [xs, ys] = this.standardized(x, y);
      const n = xs[0]?.shape[0] as number;
      wasm().modelResetMetrics(this.handle);
      for (let at = 0; at < n; at += batchSize) {
        const end = Math.min(n, at + batchSize);
        scoped('batch', () => {
          const weights = args.sampleWeight === undefined ? [] : rows([args.sampleWeight], at, end);
          wasm().modelTestStep(this.handle, handles(rows(xs, at, end)), handles(rows(ys, at, end)), handles(weights));
        });
      }
      const all = unstack(new Tensor(wasm().modelResults(this.handle)));
      return single(order.map((i) => all[i] as Scalar));
    });
  }

  /** As `evaluate`, of a dataset of batches `{xs, ys}`. */
  evaluateDataset(dataset: Batches, args?: { batches?: number; verbose?: number }): Promise<Scalar | Scalar[]> {
    return evaluateDataset(this, dataset, args);
  }

  /** What the model gives for inputs, in batches. */
  predict(x: Tensor | Tensor[], args: ModelPredictArgs = {}): Tensor | Tensor[] {
    const batchSize = sizeOf(args.batchSize);
    return scoped('predict', () => {
      if (!this.built) {
        this.build(toList(x).map((t) => [null, ...t.shape.slice(1)]) as Shape[]);
      }
      const xs = standardize(x, this.inputNames, this.feedInputShapes, 'input');
      const n = samples(xs, []);
      const parts: Tensor[][] = [];
      for (let at = 0; at < Math.max(n, 1); at += batchSize) {
        parts.push(scoped('batch', () => this.run(n <= batchSize ? xs : rows(xs, at, Math.min(n, at + batchSize)))));
      }
      const first = parts[0] as Tensor[];
      return single(parts.length === 1 ? first : first.map((_, i) => concat(parts.map((p) => p[i] as Tensor), 0)));
    });
  }

  /** What the model gives for one batch. */
  predictOnBatch(x: Tensor | Tensor[]): Tensor | Tensor[] {
    return scoped('predictOnBatch', () => single(this.run(standardize(x, this.inputNames, this.feedInputShapes, 'input'))));
  }

  private run(xs: Tensor[]): Tensor[] {
    return Array.from(wasm().modelPredict(this.handle, handles(xs)), (h) => new Tensor(h));
  }

  /** The values of symbols of the model, by the names of their layers, for inputs. */
  execute(inputs: Tensor | Tensor[] | NamedTensorMap, outputs: string | string[]): Tensor | Tensor[] {
    const wanted = toList(outputs).map((name) => {
      const layer = this.layers.find((l) => l.name === name.split('/')[0]);
      if (layer === undefined) {
        throw new Error(`Cannot find SymbolicTensors for output name(s) ${JSON.stringify([name])}`);
      }
      return toList(layer.output)[0] as SymbolicTensor;
    });
    return scoped('execute', () => {
      const xs = standardize(inputs as TensorData, this.inputNames, this.feedInputShapes, 'input');
      const symbols = (all: SymbolicTensor[]): Uint32Array => Uint32Array.from(all, (s) => s.handle);
      const part = wasm().modelNew(symbols(this.inputs), symbols(wanted), undefined);
      try {
        const results = Array.from(wasm().modelPredict(part, handles(xs)), (h) => new Tensor(h));
        return Array.isArray(outputs) ? results : (results[0] as Tensor);
      } finally {
        wasm().tensorFree(part);
      }
    });
  }

  /** Trains for some epochs. Rejects before `compile`, while another training runs, and for data that do not fit. */
  fit(x: TensorData, y: TensorData, args: ModelFitArgs = {}): Promise<History> {
    return fit(this, x, y, args);
  }

  /** Trains on a dataset of batches `{xs, ys}`. Rejects as `fit` does. */
  fitDataset(dataset: Batches, args: ModelFitDatasetArgs): Promise<History> {
    return fitDataset(this, dataset, args);
  }

  /** One step of training on one batch: the loss, or the loss and the metrics. */
  trainOnBatch(x: TensorData, y: TensorData): Promise<number | number[]> {
    return trainOnBatch(this, x, y);
  }

  /** Class and configuration of the model, as a model.json has them: an object, or its text. */
  toJSON(_unused?: unknown, returnString = true): string | {} {
    const topology = topologyOf(this);
    return returnString ? JSON.stringify(topology) : topology;
  }

  override getConfig(): ConfigDict {
    return (topologyOf(this) as { model_config: { config: ConfigDict } }).model_config.config;
  }

  /** Saves the model by a handler, or at a URL of one. */
  save(handlerOrURL: IOHandler | string, config?: SaveConfig): Promise<SaveResult> {
    return save(this, handlerOrURL, config);
  }

  /** Gives weights values, by their names. Throws for names that are none, and, if `strict`, for weights that get none. */
  loadWeights(weights: NamedTensorMap, strict = true): void {
    const known = new Map(this.weights.map((w) => [w.originalName, w]));
    const missing = new Set(known.keys());
    for (const [given, value] of Object.entries(weights)) {
      // Names may begin with those of models around the layer, and end with a number.
      const plain = given.replace(/:0$/, '');
      const name = known.has(plain) ? plain : plain.split('/').slice(-2).join('/');
      const found = known.get(name);
      if (found === undefined) {
        if (strict) {
          throw new Error(`Provided weight data has no target variable: ${given}`);
        }
        continue;
      }
      found.write(value);
      missing.delete(name);
    }
    if (strict && missing.size > 0) {
      throw new Error(`${missing.size} of ${known.size} weights are not set: ${[...missing]}`);
    }
  }

  /** @internal */
  loadTrainingConfig(config: TrainingConfig): void {
    throw new Error(`loadTrainingConfig: wanted a model that was loaded with it, received ${JSON.stringify(config)}`);
  }

  /** Keeps an object with the model, which is saved and loaded with it. */
  setUserDefinedMetadata(userDefinedMetadata: {}): void {
    this.metadata = userDefinedMetadata;
  }
  /** The object that `setUserDefinedMetadata` kept. */
  getUserDefinedMetadata(): {} {
    return this.metadata as {};
  }

  override dispose(): { refCountAfterDispose: number; numDisposedVariables: number } {
    this.assertNotDisposed();
    let numDisposedVariables = 0;
    for (const layer of this.layers) {
      if (!layer.isDisposed && layer.built) {
        numDisposedVariables += layer.dispose().numDisposedVariables;
      }
    }
    this.compiled = undefined;
    this.disposeWeights();
    return { refCountAfterDispose: 0, numDisposedVariables };
  }
}

/** Handles of tensors. */
export function handles(all: Tensor[]): Uint32Array {
  return Uint32Array.from(all, (t) => t.handle);
}

function sizeOf(batchSize = 32): number {
  if (!(batchSize > 0) || !Number.isInteger(batchSize)) {
    throw new Error(`batchSize is required to be a positive integer, but got ${batchSize}`);
  }
  return batchSize;
}


/** A model that is a chain of layers. */
export class Sequential extends LayersModel {
  static override className = 'Sequential';

  constructor(args: { layers?: Layer[]; name?: string } = {}, handle = 0) {
    super({ name: args.name ?? uidName('Sequential').replace(/_.*?(\d+)$/, '_$1') } as never, handle);
    if (handle === 0) {
      this.hold(wasm().sequentialNew(this.name, new Uint32Array()));
      args.layers?.forEach((l) => this.add(l));
    }
  }

  /**
   * Puts a layer on top.
   *
   * Throws where the first layer does not say the shape of its input, and for a layer with several inputs or outputs.
   */
  add(layer: Layer): void {
    const { handle } = this;
    if (this.layers.length === 0 && !(layer instanceof InputLayer)) {
      const first = layer instanceof LayersModel ? (layer.inputs[0]?.shape as Shape | undefined) : layer.batchInputShape;
      if (first == null) {
        throw new Error('The first layer in a Sequential model must get an `inputShape` or `batchInputShape` argument.');
      }
      const dtype = layer instanceof LayersModel ? (layer.inputs[0] as SymbolicTensor).dtype : layer.dtype === 'int32' ? 'int32' : 'float32';
      const symbol = input({ batchShape: first, name: `${layer.name}_input`, dtype });
      wasm().sequentialAdd(handle, symbol.sourceLayer.handle);
    }
    if (layer instanceof LayersModel && (layer.inputs.length > 1 || layer.outputs.length > 1)) {
      throw new Error('All layers in a Sequential model should have a single output tensor. For multi-output layers, use the functional API.');
    }
    wasm().sequentialAdd(handle, layer.handle);
    this.layers.push(layer);
    this.connect();
    this.compiled = undefined;
  }

  /** Takes the last layer away. Throws where there is none. */
  pop(): void {
    if (this.layers.length === 0) {
      throw new Error('There are no layers in the model.');
    }
    wasm().sequentialPop(this.handle);
    this.layers.pop();
    this.connect();
    this.compiled = undefined;
  }

  /** @internal */
  protected override make(): number {
    return this.h;
  }
}

const plain = wrap.make;
wrap.make = (handle, info) => {
  if (!['Sequential', 'Functional', 'Model'].includes(info.className)) {
    return plain(handle, info);
  }
  const model = wasm().modelOf(handle);
  wasm().tensorFree(handle);
  return info.className === 'Sequential' ? new Sequential({ name: info.name }, model) : new LayersModel({ name: info.name } as never, model);
};
