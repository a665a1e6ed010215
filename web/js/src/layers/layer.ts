/** `tf.layers.Layer`: what all layers share, and the base of layers that programs write. */

import { scoped } from '../engine/engine';
import { type ConfigDict, Serializable, SerializationMap } from '../serialization';
import { Tensor } from '../tensor/tensor';
import type { DataType } from '../types';
import { assert } from '../util/util';
import { wasm } from '../wasm';
import { calledBack, given, lent } from './callback';
import { describe, type Described, fromKeras, single, toKeras, toList, toSnake } from './config';
import { Constraint, type Initializer, type Regularizer } from './objects';
import { type InputSpec, type Shape, SymbolicTensor, symbolOf } from './symbol';
import { LayerVariable } from './variable';

/** Arguments of a call by name. */
export type Kwargs = { [key: string]: any };

/** What every layer's constructor takes. */
export interface LayerArgs {
  inputShape?: Shape;
  batchInputShape?: Shape;
  batchSize?: number;
  dtype?: DataType;
  name?: string;
  trainable?: boolean;
  weights?: Tensor[];
  inputDType?: DataType;
}

/** What letting a layer go gives. */
export interface DisposeResult {
  refCountAfterDispose: number;
  numDisposedVariables: number;
}

/** Each once. */
export function unique<T>(all: T[]): T[] {
  return [...new Set(all)];
}

/** Told of each call. */
export type CallHook = (inputs: Tensor | Tensor[], kwargs: Kwargs) => void;

/** What a layer takes and gives. */
export type Data = Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[];

let nextId = 0;
const uids = new Map<string, number>();

/** A name for an object of a class that no other object has: `dense_Dense1`. */
export function uidName(className: string): string {
  const prefix = className;
  const n = (uids.get(prefix) ?? 0) + 1;
  uids.set(prefix, n);
  return `${toSnake(className)}_${className}${n}`;
}

/** JavaScript's objects of the module's layers, by the module's number. */
const objects = new Map<number, WeakRef<Layer>>();
const gone = new FinalizationRegistry<{ handle: number; id: number }>(({ handle, id }) => {
  wasm().tensorFree(handle);
  if (objects.get(id)?.deref() === undefined) {
    objects.delete(id);
  }
});

/** How models and built-in layers that the module made become objects. */
export const wrap = { make: undefined as unknown as (handle: number, info: { name: string; className: string; trainable: boolean }) => Layer };

/** The object of a layer's handle, which it takes. */
export function layerOf(handle: number): Layer {
  const info = JSON.parse(wasm().layerInfo(handle));
  const found = objects.get(info.id)?.deref();
  if (found !== undefined) {
    wasm().tensorFree(handle);
    return found;
  }
  return wrap.make(handle, info);
}

interface Spec {
  name: string;
  shape: number[];
  dtype: DataType;
  initializer: unknown;
  regularizer: unknown;
  constraint: unknown;
  trainable: boolean;
}

/**
 * A layer: weights, and what it computes of its inputs.
 *
 * Programs write layers of their own by extending it with `call`, and `build` where it has weights:
 *
 * ```js
 * class Scale extends tf.layers.Layer {
 *   build(inputShape) { this.by = this.addWeight('by', [inputShape[inputShape.length - 1]], 'float32', tf.initializers.ones()); }
 *   computeOutputShape(inputShape) { return inputShape; }
 *   call(inputs) { return tf.mul(Array.isArray(inputs) ? inputs[0] : inputs, this.by.read()); }
 *   static get className() { return 'Scale'; }
 * }
 * ```
 */
export class Layer extends Serializable {
  static className = 'Layer';
  /** The name; no two layers of a model share one. */
  name: string;
  inputSpec: InputSpec[] | null = null;
  supportsMasking = false;
  /** The shape of inputs with the batch, where the program said it. */
  batchInputShape?: Shape;
  dtype: DataType;
  /** First values that the program gave. */
  initialWeights: Tensor[] | null = null;
  activityRegularizer: Regularizer | null = null;
  /** A number that no other layer has. */
  readonly id = nextId++;
  /** Sizes of states, of cells. */
  stateSize?: number | number[];
  protected trainable_: boolean;
  protected _trainableWeights: LayerVariable[] = [];
  protected _nonTrainableWeights: LayerVariable[] = [];
  protected _stateful = false;
  protected _built = false;
  /** @internal */
  protected h = 0;
  private specs: Spec[] = [];
  private added: LayerVariable[] = [];
  private asked = false;
  /** Layers that it holds: their weights are trained with its own. */
  private subs: Layer[] = [];
  private bound = false;
  private disposed = false;
  private hook: CallHook | null = null;
  private rustId = 0;
  private ownLosses: ((...args: any[]) => Tensor)[] = [];

  constructor(args: LayerArgs = {}) {
    super();
    this.name = args.name ?? uidName(this.getClassName());
    this.trainable_ = args.trainable ?? true;
    if (args.inputShape != null || args.batchInputShape != null) {
      this.batchInputShape = args.batchInputShape ?? [args.batchSize ?? null, ...(args.inputShape as Shape)];
    }
    this.dtype = args.inputDType ?? args.dtype ?? 'float32';
    this.initialWeights = args.weights ?? null;
  }

  /** @internal The module's handle, made at the first use. */
  get handle(): number {
    assert(!this.disposed, () => `Layer '${this.name}' is already disposed.`);
    if (this.h === 0) {
      this.hold(this.make());
    }
    return this.h;
  }

  /** @internal Takes a handle. */
  protected hold(handle: number): void {
    this.h = handle;
    this.rustId = JSON.parse(wasm().layerInfo(handle)).id;
    objects.set(this.rustId, new WeakRef(this));
    gone.register(this, { handle, id: this.rustId }, this);
  }

  /** @internal Makes the module's layer: here of this object's `build` and `call`. */
  protected make(): number {
    const sizes = this.stateSize;
    const values = Object.values(this).flat() as unknown[];
    this.subs = values.filter((v): v is Layer => v instanceof Layer);
    return wasm().layerOwn({
      className: this.getClassName(),
      name: this.name,
      trainable: this.trainable_,
      supportsMasking: this.supportsMasking,
      inner: Uint32Array.from(this.subs, (l) => l.handle),
      stateSize: sizes === undefined ? undefined : toList(sizes),
      getConfig: () => {
        const { name: _, trainable: __, dtype: ___, ...config } = this.getConfig();
        return JSON.stringify(toKeras(config, describe));
      },
      build: (shapes: string) => {
        if (!this.asked) {
          this.asked = true;
          this.specs = [];
          const list = JSON.parse(shapes) as Shape[];
          scoped('build', () => this.build(single(list)));
          this._built = true;
        }
        return JSON.stringify(this.specs);
      },
      call: (inputs: Uint32Array, weights: Uint32Array, training: boolean) =>
        calledBack(inputs, () =>
          scoped(this.name, () => {
            const values = lent(weights);
            this.added.forEach((v, i) => v.lend(values[i]));
            try {
              return given(this.call(single(lent(inputs)), { training }));
            } finally {
              this.added.forEach((v) => v.lend(undefined));
            }
          }),
        ),
    });
  }

  /** Makes weights for inputs of a shape; to be extended. */
  build(_inputShape: Shape | Shape[]): void {
    this._built = true;
  }

  /** What it computes; to be extended. */
  call(inputs: Tensor | Tensor[], _kwargs: Kwargs): Tensor | Tensor[] {
    return inputs;
  }

  /** Runs the layer on tensors, or calls it on symbols. */
  apply(inputs: Data, kwargs: Kwargs = {}): Data {
    const { handle } = this;
    const list = toList(inputs as Tensor) as (Tensor | SymbolicTensor)[];
    const names: string[] = [];
    const named: (Tensor | SymbolicTensor)[] = [];
    const settings: Record<string, unknown> = {};
    let training = false;
    for (const [key, value] of Object.entries(kwargs)) {
      if (value == null) {
        continue;
      }
      if (key === 'initialState' || key === 'initial_state' || key === 'constants') {
        list.push(...toList(value as Tensor));
      } else if (value instanceof Tensor || value instanceof SymbolicTensor) {
        names.push(toSnake(key));
        named.push(value);
      } else if (key === 'training') {
        training = Boolean(value);
      } else {
        settings[toSnake(key)] = value;
      }
    }
    const symbolic = list.filter((x) => x instanceof SymbolicTensor).length;
    if (symbolic > 0 && symbolic < list.length) {
      throw new Error('Arguments to apply() must be all SymbolicTensors or all Tensors');
    }
    const of = (all: (Tensor | SymbolicTensor)[]): Uint32Array => Uint32Array.from(all, (x) => x.handle);
    const text = JSON.stringify(settings);
    if (symbolic > 0) {
      const results = wasm().layerApply(handle, of(list), text, names, of(named));
      this.afterBuild();
      return single(Array.from(results, (h) => symbolOf(h, layerOf)));
    }
    this.hook?.(inputs as Tensor, kwargs);
    const results = wasm().layerCall(handle, of(list), training, text, names, of(named));
    this.afterBuild();
    if (training) {
      // Moving means and the like may have changed.
      this.refresh();
    }
    return single(Array.from(results, (h) => new Tensor(h)));
  }

  /** Calls `callHook` at each call on tensors. */
  setCallHook(callHook: CallHook): void {
    this.hook = callHook;
  }
  /** Ends `setCallHook`. */
  clearCallHook(): void {
    this.hook = null;
  }
  protected invokeCallHook(inputs: Tensor | Tensor[], kwargs: Kwargs): void {
    this.hook?.(inputs, kwargs);
  }

  /** @internal After the module may have made weights: they become variables, and take their first values. */
  protected afterBuild(): void {
    this.bindWeights();
    if (this.initialWeights !== null && this.bound) {
      const values = this.initialWeights;
      this.initialWeights = null;
      this.setWeights(values);
    }
  }

  /** @internal */
  protected bindWeights(): void {
    if (this.bound || this.h === 0 || this.disposed) {
      return;
    }
    const handles = wasm().layerWeights(this.h, 'all');
    if (handles.length === 0 && !JSON.parse(wasm().layerInfo(this.h)).built) {
      return;
    }
    if (this.asked) {
      // Those of layers that it holds follow.
      const enough = handles.length >= this.added.length;
      handles.forEach((h, i) => (enough && i < this.added.length ? (this.added[i] as LayerVariable).bind(h) : wasm().tensorFree(h)));
      if (!enough) {
        return;
      }
    } else {
      if (!this.trainable_) {
        wasm().layerSetTrainable(this.h, true);
      }
      const trained = wasm().layerWeights(this.h, 'trainable');
      const flags = wasm().variablesAmong(handles, trained);
      trained.forEach((h) => wasm().tensorFree(h));
      if (!this.trainable_) {
        wasm().layerSetTrainable(this.h, false);
      }
      handles.forEach((h, i) => {
        const value = wasm().variableRead(h);
        const full = wasm().variableName(h);
        const at = full.lastIndexOf(`${this.name}/`);
        const own = at < 0 ? (full.split('/').pop() as string) : full.slice(at + this.name.length + 1);
        const shape = Array.from(wasm().tensorShape(value));
        const made = new LayerVariable(`${this.name}/${own}`, shape, wasm().tensorDtype(value) as DataType, flags[i] === 1);
        wasm().tensorFree(value);
        made.bind(h);
        (flags[i] === 1 ? this._trainableWeights : this._nonTrainableWeights).push(made);
      });
    }
    this.bound = true;
    this._built = true;
  }

  /**
   * Adds a weight; to be called in `build`.
   *
   * Throws where the name is taken.
   */
  protected addWeight(
    name: string,
    shape: Shape,
    dtype: DataType = 'float32',
    initializer?: Initializer | string,
    regularizer?: Regularizer | null,
    trainable = true,
    constraint?: Constraint | null,
  ): LayerVariable {
    if (this.specs.some((s) => s.name === name)) {
      throw new Error(`Duplicate weight name ${name} for layer ${this.name}`);
    }
    const of = (v: Described | string | null | undefined): unknown => (v == null ? null : typeof v === 'string' ? toSnake(v) : describe(v));
    this.specs.push({
      name,
      shape: shape as number[],
      dtype,
      initializer: of(initializer),
      regularizer: of(regularizer),
      constraint: of(constraint),
      trainable,
    });
    const made = new LayerVariable(`${this.name}/${name}`, shape, dtype, trainable, constraint instanceof Constraint ? constraint : null);
    this.added.push(made);
    (trainable ? this._trainableWeights : this._nonTrainableWeights).push(made);
    return made;
  }

  setFastWeightInitDuringBuild(_value: boolean): void {}

  /** Adds a penalty that programs may ask for by `losses`. */
  addLoss(losses: ((...args: any[]) => Tensor) | ((...args: any[]) => Tensor)[]): void {
    this.ownLosses.push(...toList(losses));
  }
  /** Functions that give penalties. */
  get losses(): ((...args: any[]) => Tensor)[] {
    const count = this._built && this.h !== 0 ? this.calculateLosses().length : 0;
    return [...Array.from({ length: count }, (_, i) => () => this.calculateLosses()[i] as Tensor), ...this.ownLosses];
  }
  /** The penalties of regularizers now. */
  calculateLosses(): Tensor[] {
    return Array.from(wasm().layerLosses(this.handle), (h) => new Tensor(h));
  }
  get updates(): Tensor[] {
    return [];
  }

  /** Whether it has its weights. */
  get built(): boolean {
    this.bindWeights();
    return this._built;
  }
  set built(built: boolean) {
    this._built = built;
  }

  /** Whether training changes its weights. A model takes notice at the next `compile`. */
  get trainable(): boolean {
    return this.trainable_;
  }
  set trainable(trainable: boolean) {
    this.trainable_ = trainable;
    for (const v of this._trainableWeights) {
      v.trainable = trainable;
    }
    this.subs.forEach((l) => (l.trainable = trainable));
    if (this.h !== 0) {
      wasm().layerSetTrainable(this.h, trainable);
    }
  }

  get trainableWeights(): LayerVariable[] {
    this.bindWeights();
    return this.trainable_ ? unique([...this._trainableWeights.filter((w) => w.trainable), ...this.subs.flatMap((l) => l.trainableWeights)]) : [];
  }
  set trainableWeights(weights: LayerVariable[]) {
    this._trainableWeights = weights;
  }
  get nonTrainableWeights(): LayerVariable[] {
    this.bindWeights();
    const { _trainableWeights: trained, _nonTrainableWeights: others } = this;
    const own = this.trainable_ ? [...trained.filter((w) => !w.trainable), ...others] : [...trained, ...others];
    return unique([...own, ...this.subs.flatMap((l) => (this.trainable_ ? l.nonTrainableWeights : l.weights))]);
  }
  set nonTrainableWeights(weights: LayerVariable[]) {
    this._nonTrainableWeights = weights;
  }
  /** All weights, those that are trained first. */
  get weights(): LayerVariable[] {
    return [...this.trainableWeights, ...this.nonTrainableWeights];
  }

  get stateful(): boolean {
    return this._stateful;
  }
  /** Sets what a recurrent layer keeps from call to call to zeros. */
  resetStates(): void {
    wasm().layerResetStates(this.handle);
  }

  /** How many numbers its weights are. Throws before it is built. */
  countParams(): number {
    const { weights } = this;
    if (!this.built) {
      throw new Error(`You tried to call countParams() on ${this.name}, but the layer is not built yet. Build it first by calling build(batchInputShape).`);
    }
    return weights.reduce((n, w) => n + w.shape.reduce((m: number, d) => m * (d ?? 0), 1), 0);
  }

  /** The values of its weights. */
  getWeights(trainableOnly = false): Tensor[] {
    return (trainableOnly ? this.trainableWeights : this.weights).map((w) => w.read());
  }

  /** Gives its weights other values, in the order of `weights`. Throws for another number of values, and other shapes. */
  setWeights(weights: Tensor[]): void {
    const params = this.weights;
    if (params.length !== weights.length) {
      throw new Error(
        `You called setWeights(weights) on layer "${this.name}" with a weight list of length ${weights.length}, but the layer was expecting ${params.length} weights. Provided weights: ${weights}...`,
      );
    }
    params.forEach((p, i) => {
      const w = weights[i] as Tensor;
      if (`${p.shape}` !== `${w.shape}`) {
        throw new Error(`Layer weight shape ${p.shape} not compatible with provided weight shape ${w.shape}`);
      }
    });
    params.forEach((p, i) => p.write(weights[i] as Tensor));
  }

  /** The shape that it gives for an input of a shape. */
  computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return inputShape;
  }

  /** The mask of its output. */
  computeMask(_inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor | Tensor[] | null {
    if (mask != null && !this.supportsMasking) {
      throw new Error(`Layer ${this.name} does not support masking, but was passed an inputMask.`);
    }
    return mask ?? null;
  }

  private calls(): { inputs: SymbolicTensor[]; outputs: SymbolicTensor[] }[] {
    const flat = wasm().layerCalls(this.handle);
    const all = [];
    for (let at = 0; at < flat.length; ) {
      const take = (): SymbolicTensor[] => {
        const n = flat[at++] as number;
        const part = Array.from(flat.slice(at, at + n), (h) => symbolOf(h, layerOf));
        at += n;
        return part;
      };
      all.push({ inputs: take(), outputs: take() });
    }
    return all;
  }

  /** Its calls on symbols. */
  get inboundNodes(): { inputTensors: SymbolicTensor[]; outputTensors: SymbolicTensor[]; outboundLayer: Layer }[] {
    return this.calls().map((c) => ({ inputTensors: c.inputs, outputTensors: c.outputs, outboundLayer: this as Layer }));
  }

  private at(nodeIndex: number, what: 'inputs' | 'outputs'): SymbolicTensor | SymbolicTensor[] {
    const call = this.calls()[nodeIndex];
    if (call === undefined) {
      throw new Error(`Layer ${this.name} is not connected: it has no call of index ${nodeIndex}, so it has no ${what}.`);
    }
    const found = call[what];
    return single(found.length === 0 ? call.outputs : found);
  }
  /** The symbols that a call took. */
  getInputAt(nodeIndex: number): SymbolicTensor | SymbolicTensor[] {
    return this.at(nodeIndex, 'inputs');
  }
  /** The symbols that a call gave. */
  getOutputAt(nodeIndex: number): SymbolicTensor | SymbolicTensor[] {
    return this.at(nodeIndex, 'outputs');
  }
  /** The symbol that it took. Throws where it was called on none, or several times. */
  get input(): SymbolicTensor | SymbolicTensor[] {
    return this.only('inputs');
  }
  /** The symbol that it gave. Throws where it was called on none, or several times. */
  get output(): SymbolicTensor | SymbolicTensor[] {
    return this.only('outputs');
  }
  private only(what: 'inputs' | 'outputs'): SymbolicTensor | SymbolicTensor[] {
    const n = this.calls().length;
    if (n > 1) {
      throw new Error(`Layer ${this.name} has multiple inbound nodes, hence the notion of "layer ${what.slice(0, -1)}" is ill-defined. Use \`get${what === 'inputs' ? 'Input' : 'Output'}At(nodeIndex)\` instead.`);
    }
    return this.at(0, what);
  }
  /** The shape of its output. Throws where its calls differ in it. */
  get outputShape(): Shape | Shape[] {
    const shapes = this.calls().map((c) => c.outputs.map((o) => o.shape));
    const first = shapes[0];
    if (first === undefined) {
      throw new Error(`The layer ${this.name} has never been called and thus has no defined output shape.`);
    }
    if (shapes.some((s) => JSON.stringify(s) !== JSON.stringify(first))) {
      throw new Error(`The layer ${this.name} has multiple inbound nodes with different output shapes. Hence the notion of "output shape" is ill-defined for the layer.`);
    }
    return single(first);
  }

  /** What makes such a layer again. */
  getConfig(): ConfigDict {
    const config: ConfigDict = { name: this.name, trainable: this.trainable_ };
    if (this.batchInputShape != null) {
      config['batchInputShape'] = this.batchInputShape;
    }
    config['dtype'] = this.dtype;
    return config;
  }

  /** @internal The values of weights may have changed. */
  refresh(): void {
    this._trainableWeights.forEach((w) => w.refresh());
    this._nonTrainableWeights.forEach((w) => w.refresh());
    this.subs.forEach((l) => l.refresh());
  }

  /** @internal */
  protected assertNotDisposed(): void {
    assert(!this.disposed, () => `Layer '${this.name}' is already disposed.`);
  }

  /** Lets the layer and its weights go. Throws where that was done before. */
  dispose(): DisposeResult {
    assert(!this.disposed, () => `Layer '${this.name}' is already disposed.`);
    assert(this.built, () => `Cannot dispose Layer ${this.name} because it has not been built yet.`);
    const all = this.disposeWeights();
    return { refCountAfterDispose: 0, numDisposedVariables: all };
  }

  protected disposeWeights(): number {
    const all = [...this._trainableWeights, ...this._nonTrainableWeights];
    all.forEach((w) => w.dispose());
    this.disposed = true;
    if (this.h !== 0) {
      gone.unregister(this);
      objects.delete(this.rustId);
      wasm().tensorFree(this.h);
      this.h = 0;
    }
    return all.length;
  }

  /** @internal Whether `dispose` was called. */
  get isDisposed(): boolean {
    return this.disposed;
  }
}

/** Makes layers of classes that the program registered, and finds those that are given by handle. */
export function makeLayer(className: string, config: string): number {
  const args = JSON.parse(config) as { handle?: number };
  if (className === '@') {
    return args.handle as number;
  }
  const name = className.slice(className.indexOf('>') + 1);
  const known = SerializationMap.getMap().classNameMap[name];
  if (known === undefined) {
    return 0;
  }
  const [cls, fromConfig] = known;
  const made = fromConfig(cls, fromKeras(args) as ConfigDict);
  kept.push(made as Layer);
  return made instanceof Layer ? made.handle : 0;
}

let listening = false;

/** Tells the module who makes layers of the program's classes; once. */
export function listen(): void {
  if (!listening) {
    listening = true;
    wasm().layerMaker(makeLayer);
  }
}

/** Layers that the module made while it read a model: their objects live until the model's does. */
let kept: Layer[] = [];

/** Runs a function that reads a model, and gives the layers of the program that were made on the way. */
export function withLayers<T>(f: () => T): { result: T; layers: Layer[] } {
  const outer = kept;
  kept = [];
  try {
    return { result: f(), layers: kept };
  } finally {
    kept = outer;
  }
}
