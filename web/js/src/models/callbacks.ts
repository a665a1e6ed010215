/** What is told of training: callbacks. */

import { nextFrame } from '../engine/engine';
import type { Tensor } from '../tensor/tensor';
import { assert, now } from '../util/util';
import type { LayersModel } from './model';

/** Values by name. */
export type Logs = { [key: string]: number };
/** How often `fit` lets the page do other things: milliseconds, or at which times. */
export type YieldEveryOptions = 'auto' | 'batch' | 'epoch' | 'never' | number;
type Told = void | Promise<void>;

/** Told of training; all of its functions do nothing until they are replaced. */
export class BaseCallback {
  validationData: Tensor | Tensor[] | null = null;
  params: { [key: string]: unknown } = {};
  setParams(params: { [key: string]: unknown }): void {
    this.params = params;
  }
  async onEpochBegin(_epoch: number, _logs?: Logs): Promise<void> {}
  async onEpochEnd(_epoch: number, _logs?: Logs): Promise<void> {}
  async onBatchBegin(_batch: number, _logs?: Logs): Promise<void> {}
  async onBatchEnd(_batch: number, _logs?: Logs): Promise<void> {}
  async onTrainBegin(_logs?: Logs): Promise<void> {}
  async onTrainEnd(_logs?: Logs): Promise<void> {}
  setModel(_model: LayersModel): void {}
}

/** A callback that knows the model. */
export class Callback extends BaseCallback {
  model!: LayersModel;
  override setModel(model: LayersModel): void {
    this.model = model;
  }
}

/** The values of all epochs. */
export class History extends BaseCallback {
  epoch: number[] = [];
  history: { [key: string]: (number | Tensor)[] } = {};
  override async onTrainBegin(): Promise<void> {
    this.epoch = [];
    this.history = {};
  }
  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    this.epoch.push(epoch);
    for (const [key, value] of Object.entries(logs)) {
      (this.history[key] ??= []).push(value);
    }
  }
  async syncData(): Promise<void> {}
}

/** Functions that are told of training. */
export interface CustomCallbackArgs {
  onTrainBegin?: (logs?: Logs) => Told;
  onTrainEnd?: (logs?: Logs) => Told;
  onEpochBegin?: (epoch: number, logs?: Logs) => Told;
  onEpochEnd?: (epoch: number, logs?: Logs) => Told;
  onBatchBegin?: (batch: number, logs?: Logs) => Told;
  onBatchEnd?: (batch: number, logs?: Logs) => Told;
  onYield?: (epoch: number, batch: number, logs: Logs) => Told;
  nowFunc?: () => number;
  nextFrameFunc?: () => Promise<void>;
}

/** Functions as a callback. */
export class CustomCallback extends BaseCallback {
  private currentEpoch = 0;
  private last = 0;
  private readonly yieldEvery: Exclude<YieldEveryOptions, 'auto'>;

  constructor(
    private readonly own: CustomCallbackArgs,
    yieldEvery: YieldEveryOptions = 'auto',
  ) {
    super();
    this.yieldEvery = yieldEvery === 'auto' ? 125 : yieldEvery;
    if (yieldEvery === 'never' && own.onYield != null) {
      throw new Error('yieldEvery is `never` but you provided an `onYield` callback. Either change `yieldEvery` or remove the callback');
    }
  }

  /** @internal Whether it is told of each batch. */
  get wantsBatches(): boolean {
    return this.own.onBatchEnd != null || (this.own.onYield != null && this.yieldEvery === 'batch');
  }

  /** @internal Calls `onYield` where it is time to; `logs` are read then. */
  async maybeWait(batch: number, logs: () => Promise<Logs>): Promise<void> {
    if (this.own.onYield == null && this.own.nextFrameFunc == null) {
      return;
    }
    const t = (this.own.nowFunc ?? now)();
    if (this.yieldEvery === 'batch' || (typeof this.yieldEvery === 'number' && t - this.last >= this.yieldEvery)) {
      this.last = t;
      if (this.own.onYield != null) {
        await this.own.onYield(this.currentEpoch, batch, await logs());
      }
      await (this.own.nextFrameFunc ?? nextFrame)();
    }
  }

  override async onEpochBegin(epoch: number, logs?: Logs): Promise<void> {
    this.currentEpoch = epoch;
    await this.own.onEpochBegin?.(epoch, logs);
  }
  override async onEpochEnd(epoch: number, logs?: Logs): Promise<void> {
    await this.own.onEpochEnd?.(epoch, logs);
  }
  override async onBatchBegin(batch: number, logs?: Logs): Promise<void> {
    await this.own.onBatchBegin?.(batch, logs);
  }
  override async onBatchEnd(batch: number, logs?: Logs): Promise<void> {
    await this.own.onBatchEnd?.(batch, logs);
  }
  override async onTrainBegin(logs?: Logs): Promise<void> {
    this.last = (this.own.nowFunc ?? now)();
    await this.own.onTrainBegin?.(logs);
  }
  override async onTrainEnd(logs?: Logs): Promise<void> {
    await this.own.onTrainEnd?.(logs);
  }
}

/** Several callbacks as one. */
export class CallbackList {
  callbacks: BaseCallback[];
  constructor(callbacks: BaseCallback[] = [], _queueLength = 10) {
    this.callbacks = callbacks;
  }
  append(callback: BaseCallback): void {
    this.callbacks.push(callback);
  }
  setParams(params: { [key: string]: unknown }): void {
    this.callbacks.forEach((c) => c.setParams(params));
  }
  setModel(model: LayersModel): void {
    this.callbacks.forEach((c) => c.setModel(model));
  }
  private async each(f: (c: BaseCallback) => Promise<void>): Promise<void> {
    for (const c of this.callbacks) {
      await f(c);
    }
  }
  onEpochBegin(epoch: number, logs: Logs = {}): Promise<void> {
    return this.each((c) => c.onEpochBegin(epoch, logs));
  }
  onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    return this.each((c) => c.onEpochEnd(epoch, logs));
  }
  onBatchBegin(batch: number, logs: Logs = {}): Promise<void> {
    return this.each((c) => c.onBatchBegin(batch, logs));
  }
  onBatchEnd(batch: number, logs: Logs = {}): Promise<void> {
    return this.each((c) => c.onBatchEnd(batch, logs));
  }
  onTrainBegin(logs: Logs = {}): Promise<void> {
    return this.each((c) => c.onTrainBegin(logs));
  }
  onTrainEnd(logs: Logs = {}): Promise<void> {
    return this.each((c) => c.onTrainEnd(logs));
  }
}

/** Whether some callback is told of the values of each batch. */
export function wantsBatches(all: BaseCallback[]): boolean {
  return all.some((c) => (c instanceof CustomCallback ? c.wantsBatches : c.onBatchEnd !== BaseCallback.prototype.onBatchEnd));
}

/** What `earlyStopping` takes. */
export interface EarlyStoppingCallbackArgs {
  monitor?: string;
  minDelta?: number;
  patience?: number;
  verbose?: number;
  mode?: 'auto' | 'min' | 'max';
  baseline?: number;
  restoreBestWeights?: boolean;
}

/** Ends training when a value no longer improves. */
export class EarlyStopping extends Callback {
  private readonly args: Required<Omit<EarlyStoppingCallbackArgs, 'baseline'>> & { baseline?: number };
  private wait = 0;
  private stoppedEpoch = 0;
  private best = 0;
  private bestWeights: Tensor[] = [];

  constructor(args: EarlyStoppingCallbackArgs = {}) {
    super();
    this.args = { monitor: 'val_loss', minDelta: 0, patience: 0, verbose: 0, mode: 'auto', restoreBestWeights: false, ...args };
    this.args.minDelta = Math.abs(this.args.minDelta);
    if (!['auto', 'min', 'max'].includes(this.args.mode)) {
      console.warn(`EarlyStopping mode '${this.args.mode}' is invalid. Falling back to mode 'auto'.`);
      this.args.mode = 'auto';
    }
  }

  private get rises(): boolean {
    return this.args.mode === 'max' || (this.args.mode === 'auto' && this.args.monitor.includes('acc'));
  }

  override async onTrainBegin(): Promise<void> {
    this.wait = this.stoppedEpoch = 0;
    this.best = this.args.baseline ?? (this.rises ? -Infinity : Infinity);
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    const current = logs[this.args.monitor];
    if (current === undefined) {
      console.warn(`Metric for EarlyStopping ${this.args.monitor} is not available. Available metrics are: ${Object.keys(logs)}`);
      return;
    }
    const better = this.rises ? current - this.args.minDelta > this.best : current + this.args.minDelta < this.best;
    if (better) {
      this.best = current;
      this.wait = 0;
      if (this.args.restoreBestWeights) {
        this.bestWeights.forEach((w) => w.dispose());
        this.bestWeights = this.model.getWeights().map((w) => w.clone());
      }
      return;
    }
    if (++this.wait >= this.args.patience) {
      this.stoppedEpoch = epoch;
      this.model.stopTraining = true;
    }
  }

  override async onTrainEnd(): Promise<void> {
    if (this.bestWeights.length > 0) {
      this.model.setWeights(this.bestWeights);
      this.bestWeights.forEach((w) => w.dispose());
      this.bestWeights = [];
    }
    if (this.stoppedEpoch > 0 && this.args.verbose) {
      console.log(`Epoch ${this.stoppedEpoch}: early stopping.`);
    }
  }
}

/** `tf.callbacks`. */
export const callbacks = { earlyStopping: (args?: EarlyStoppingCallbackArgs): EarlyStopping => new EarlyStopping(args) };

type Constructor = new () => BaseCallback;
const registered = new Map<number, Constructor[]>();

/** Makes a class of callbacks be used by every `fit` of at least this verbosity. Throws for one that is registered already. */
export function registerCallbackConstructor(verbosityLevel: number, callbackConstructor: Constructor): void {
  assert(verbosityLevel >= 0 && Number.isInteger(verbosityLevel), () => `Verbosity level is expected to be an integer >= 0, but got ${verbosityLevel}`);
  for (const all of registered.values()) {
    assert(!all.includes(callbackConstructor), () => 'Duplicate callback constructor.');
  }
  registered.set(verbosityLevel, [...(registered.get(verbosityLevel) ?? []), callbackConstructor]);
}

/** The callbacks of a `fit`, its history last. */
export function configured(given: unknown, yieldEvery: YieldEveryOptions | undefined, verbose: number): { list: CallbackList; history: History } {
  const all = given == null ? [] : Array.isArray(given) ? given : [given];
  const made = all.map((c: BaseCallback | CustomCallbackArgs) => (c instanceof BaseCallback ? c : new CustomCallback(c, yieldEvery)));
  const known = [...registered].filter(([level]) => verbose >= level).flatMap(([, constructors]) => constructors.map((C) => new C()));
  const history = new History();
  return { list: new CallbackList([...known, ...made, history]), history };
}
