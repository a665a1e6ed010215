/** Training. The loop over batches is here, so that the page stays responsive: the device works while it runs, and values are read seldom. */

import { dispose, scoped } from '../engine/engine';
import { slice } from '../ops/array';
import { tensor1d } from '../ops/creation';
import { scalar } from '../ops/creation';
import { single } from '../layers/config';
import { Tensor, type Scalar } from '../tensor/tensor';
import { now } from '../util/util';
import { wasm } from '../wasm';
import { type BaseCallback, configured, CustomCallback, type CustomCallbackArgs, type History, type Logs, wantsBatches, type YieldEveryOptions } from './callbacks';
import { type ClassWeight, classWeights, rows, rowsAt, samples, standardize, type TensorData } from './data';
import { handles, type LayersModel } from './model';

type Callbacks = BaseCallback | BaseCallback[] | CustomCallbackArgs | CustomCallbackArgs[];

/** What `fit` takes. */
export interface ModelFitArgs {
  batchSize?: number;
  epochs?: number;
  verbose?: number;
  callbacks?: Callbacks;
  /** Which part of the samples, the last, is not trained on but tested with. */
  validationSplit?: number;
  validationData?: [TensorData, TensorData] | [TensorData, TensorData, TensorData];
  shuffle?: boolean;
  classWeight?: ClassWeight | ClassWeight[] | { [outputName: string]: ClassWeight };
  sampleWeight?: Tensor;
  initialEpoch?: number;
  stepsPerEpoch?: number;
  validationSteps?: number;
  yieldEvery?: YieldEveryOptions;
}

/** Batches that come one by one. */
export interface Batches {
  iterator(): Promise<{ next(): Promise<IteratorResult<unknown> | { value: unknown; done?: boolean }> }>;
  size?: number;
}

/** What `fitDataset` takes. */
export interface ModelFitDatasetArgs {
  epochs: number;
  batchesPerEpoch?: number;
  verbose?: number;
  callbacks?: Callbacks;
  validationData?: [TensorData, TensorData] | [TensorData, TensorData, TensorData] | Batches;
  validationBatchSize?: number;
  validationBatches?: number;
  yieldEvery?: YieldEveryOptions;
  initialEpoch?: number;
  classWeight?: ClassWeight | ClassWeight[] | { [outputName: string]: ClassWeight };
}

/** Longest that a loop holds the page, in milliseconds. */
const SLICE = 12;

/** Lets other events have their turn. */
function turn(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?(): Promise<void> } };
  if (scheduler?.yield !== undefined) {
    return scheduler.yield();
  }
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/** A pass over batches: when it yields, and what it knows of values. */
class Loop {
  private since = now();
  private reading: Promise<unknown> | undefined;
  constructor(private readonly model: LayersModel) {}

  /** Between two batches: other events have their turn where it is time, and the device is waited for where it is a turn behind. */
  async breathe(): Promise<void> {
    if (now() - this.since < SLICE) {
      return;
    }
    await this.reading;
    this.reading = this.model.results();
    await turn();
    this.since = now();
  }

  /** After the last batch. */
  async end(): Promise<void> {
    await this.reading;
    this.reading = undefined;
  }
}

/** Values of batches, put together as those of an epoch. */
class Values {
  private sums: number[] = [];
  private seen = 0;
  add(values: number[], size: number): void {
    values.forEach((v, i) => (this.sums[i] = (this.sums[i] ?? 0) + v * size));
    this.seen += size;
  }
  get means(): number[] {
    return this.sums.map((s) => s / this.seen);
  }
}

function logsOf(names: string[], values: number[], prefix = ''): Logs {
  return Object.fromEntries(names.map((n, i) => [prefix + n, values[i] as number]));
}

/** Steps of training, with callbacks. */
class Trainer {
  readonly history: History;
  private readonly list;
  private readonly each: boolean;
  private values = new Values();
  private readonly loop: Loop;

  constructor(
    readonly model: LayersModel,
    args: { callbacks?: Callbacks; yieldEvery?: YieldEveryOptions; verbose?: number },
    params: { [key: string]: unknown },
  ) {
    const { list, history } = configured(args.callbacks, args.yieldEvery, args.verbose ?? 1);
    this.list = list;
    this.history = model.history = history;
    this.each = wantsBatches(list.callbacks);
    this.loop = new Loop(model);
    list.setModel(model);
    list.setParams(params);
  }

  async begin(): Promise<void> {
    this.model.stopTraining = false;
    await this.list.onTrainBegin();
  }

  async epochBegin(epoch: number): Promise<void> {
    await this.list.onEpochBegin(epoch);
    this.values = new Values();
    wasm().modelResetMetrics(this.model.handle);
  }

  /** One batch. `make` gives inputs, labels and weights, which are disposed. */
  async batch(index: number, size: number, make: () => [Tensor[], Tensor[], Tensor[]]): Promise<void> {
    const { model } = this;
    const { bound } = model.needCompiled();
    const logs: Logs = { batch: index, size };
    await this.list.onBatchBegin(index, logs);
    if (this.each) {
      wasm().modelResetMetrics(model.handle);
    }
    step(model, make);
    bound.end();
    if (this.each) {
      const values = await model.results();
      this.values.add(values, size);
      Object.assign(logs, logsOf(model.metricsNames, values));
    }
    await this.list.onBatchEnd(index, logs);
    for (const c of this.list.callbacks) {
      if (c instanceof CustomCallback) {
        await c.maybeWait(index, async () => (this.each ? logs : { ...logs, ...logsOf(model.metricsNames, await model.results()) }));
      }
    }
    await this.loop.breathe();
  }

  async epochEnd(epoch: number, validation: (() => Promise<number[]>) | undefined): Promise<void> {
    const { model } = this;
    await this.loop.end();
    const values = this.each ? this.values.means : await model.results();
    const logs = logsOf(model.metricsNames, values);
    if (validation !== undefined && !model.stopTraining) {
      // The values of labels that are not trained on come first in logs, as in TensorFlow.js.
      const tested = logsOf(model.metricsNames, await validation(), 'val_');
      await this.list.onEpochEnd(epoch, { ...tested, ...logs });
      return;
    }
    await this.list.onEpochEnd(epoch, logs);
  }

  async end(): Promise<History> {
    await this.list.onTrainEnd();
    return this.history;
  }
}

/** Runs a step on what `make` gives. */
function step(model: LayersModel, make: () => [Tensor[], Tensor[], Tensor[]]): void {
  const { bound } = model.needCompiled();
  bound.begin();
  scoped('step', () => {
    const [x, y, weights] = make();
    wasm().modelTrainStep(model.handle, handles(x), handles(y), handles(weights));
  });
  model.refresh();
}

/** Weights of samples: by class, given, or none; a list for all outputs. */
function weightsOf(model: LayersModel, y: Tensor[], classes: ModelFitArgs['classWeight'], given: Tensor | undefined): Tensor[] {
  if (classes == null) {
    return given === undefined ? [] : y.map(() => given);
  }
  const list = Array.isArray(classes) ? classes : model.outputNames.map((n) => (n in classes ? (classes as { [n: string]: ClassWeight })[n] : classes)) as ClassWeight[];
  if (list.length !== y.length) {
    throw new Error(`When passing an array as classWeight, it should have one entry per model output: wanted ${y.length}, received ${list.length}`);
  }
  return y.map((t, i) => {
    const own = classWeights(t, list[i] as ClassWeight);
    return given === undefined ? own : own.mul(given);
  });
}

/** Tests in batches, without holding the page; the loss and the metrics. */
async function test(model: LayersModel, x: Tensor[], y: Tensor[], batchSize: number): Promise<number[]> {
  const n = x[0]?.shape[0] as number;
  const loop = new Loop(model);
  wasm().modelResetMetrics(model.handle);
  for (let at = 0; at < n; at += batchSize) {
    const end = Math.min(n, at + batchSize);
    scoped('test', () => wasm().modelTestStep(model.handle, handles(rows(x, at, end)), handles(rows(y, at, end)), new Uint32Array()));
    await loop.breathe();
  }
  await loop.end();
  return model.results();
}

/** What is disposed at the end: tensors that were made of what the program gave. */
function made(all: Tensor[], given: unknown): Tensor[] {
  const own = new Set<unknown>(given instanceof Tensor ? [given] : Object.values(given as object));
  return all.filter((t) => !own.has(t));
}

/** Runs a training, of which there may be one at a time. */
async function training<T>(model: LayersModel, f: () => Promise<T>): Promise<T> {
  model.needCompiled();
  if (model.isTraining) {
    throw new Error('Cannot start training because another fit() call is ongoing.');
  }
  model.isTraining = true;
  try {
    return await f();
  } finally {
    model.isTraining = false;
  }
}

/** `LayersModel.fit`. */
export function fit(model: LayersModel, x: TensorData, y: TensorData, args: ModelFitArgs): Promise<History> {
  return training(model, async () => {
    const { batchSize = 32, epochs = 1, initialEpoch = 0, shuffle = true, validationSplit, validationData } = args;
    if (!(batchSize > 0) || !Number.isInteger(batchSize)) {
      throw new Error(`batchSize is required to be a positive integer, but got ${batchSize}`);
    }
    if (validationSteps(args)) {
      throw new Error('Can only use `validationSteps` when doing step-wise training, i.e., `stepsPerEpoch` must be set.');
    }
    if (validationSplit != null && !(validationSplit >= 0 && validationSplit < 1)) {
      throw new Error(`validationSplit: wanted a number in [0, 1), received ${validationSplit}`);
    }
    const owned: Tensor[] = [];
    const own = (all: Tensor[], given: unknown): Tensor[] => {
      owned.push(...made(all, given));
      return all;
    };
    try {
      const standard = model.standardized(x, y);
      let [xs, ys] = [own(standard[0], x), own(standard[1], y)];
      let weights = own(weightsOf(model, ys, args.classWeight, args.sampleWeight), args.sampleWeight === undefined ? {} : args.sampleWeight);
      let tested: [Tensor[], Tensor[]] | undefined;
      if (validationData != null) {
        if (validationData.length !== 2) {
          throw new Error(
            validationData.length === 3
              ? 'validationData including sample weights is not supported yet.'
              : `When passing validation data, it must contain 2 (valX, valY) or 3 (valX, valY, valSampleWeight) items; ${validationData} is invalid.`,
          );
        }
        const [vx, vy] = model.standardized(validationData[0], validationData[1]);
        tested = [own(vx, validationData[0]), own(vy, validationData[1])];
      } else if (validationSplit) {
        const all = samples(xs, ys);
        const at = Math.floor(all * (1 - validationSplit));
        tested = [own(rows(xs, at, all), {}), own(rows(ys, at, all), {})];
        [xs, ys, weights] = [own(rows(xs, 0, at), {}), own(rows(ys, 0, at), {}), own(rows(weights, 0, at), {})];
      }
      const n = samples(xs, ys);
      const batches = Math.min(Math.ceil(n / batchSize), args.stepsPerEpoch ?? Infinity);
      const trainer = new Trainer(model, args, { epochs, initialEpoch, samples: n, steps: args.stepsPerEpoch ?? null, batchSize, doValidation: tested !== undefined, metrics: model.metricsNames });
      await trainer.begin();
      for (let epoch = initialEpoch; epoch < epochs && !model.stopTraining; epoch++) {
        await trainer.epochBegin(epoch);
        const order = shuffle ? tensor1d(Int32Array.from(wasm().shuffledIndices(n)), 'int32') : undefined;
        if (order !== undefined) {
          order.kept = true;
        }
        for (let b = 0; b < batches && !model.stopTraining; b++) {
          const [begin, end] = [b * batchSize, Math.min(n, (b + 1) * batchSize)];
          await trainer.batch(b, end - begin, () => {
            const places = order === undefined ? undefined : slice(order as Tensor, [begin], [end - begin]);
            const take = (all: Tensor[]): Tensor[] => (places === undefined ? rows(all, begin, end) : rowsAt(all, places));
            return [take(xs), take(ys), take(weights)];
          });
        }
        order?.dispose();
        const last = tested;
        await trainer.epochEnd(epoch, last && (() => test(model, last[0], last[1], batchSize)));
      }
      return await trainer.end();
    } finally {
      dispose(owned as never);
    }
  });
}

function validationSteps(args: ModelFitArgs): boolean {
  return args.validationSteps != null && args.stepsPerEpoch == null;
}

/** Inputs and labels of what a dataset gives. Throws where they are not `{xs, ys}`. */
function ofDataset(model: LayersModel, value: unknown): [Tensor[], Tensor[]] {
  const { xs, ys } = (Array.isArray(value) ? { xs: value[0], ys: value[1] } : (value ?? {})) as { xs?: TensorData; ys?: TensorData };
  if (xs == null || ys == null) {
    throw new Error(`A Dataset iterator for fitDataset() is expected to generate objects of the form \`{xs: xVal, ys: yVal}\`, where the two values may be \`tf.Tensor\`, an array of Tensors, or a map of string to Tensor. The provided Dataset instead generates ${JSON.stringify(value)}`);
  }
  return [
    standardize(xs, model.inputNames, model.feedInputShapes, 'input'),
    standardize(ys, model.outputNames, model.targetShapes(), 'target'),
  ];
}

/** Disposes what a dataset gave. */
function release(value: unknown): void {
  dispose(value as never);
}

/** `LayersModel.fitDataset`. */
export function fitDataset(model: LayersModel, dataset: Batches, args: ModelFitDatasetArgs): Promise<History> {
  return training(model, async () => {
    if (args == null) {
      throw new Error('For fitDataset(), the 2nd argument (config) is required, but it is not provided in this call.');
    }
    const { epochs, batchesPerEpoch, validationData, initialEpoch = 0 } = args;
    const positive = (value: number | undefined, what: string): void => {
      if (!(value !== undefined && value > 0 && Number.isInteger(value))) {
        throw new Error(`For fitDataset(), config.${what} is expected to be a positive integer, but got ${value}`);
      }
    };
    positive(epochs, 'epochs');
    if (batchesPerEpoch != null) {
      positive(batchesPerEpoch, 'batchesPerEpoch');
    }
    if ((args as ModelFitArgs).validationSplit != null) {
      throw new Error('`validationSplit` is not supported by `fitDataset()`. Use validationData instead.');
    }
    const trainer = new Trainer(model, args, { epochs, initialEpoch, samples: null, steps: batchesPerEpoch ?? dataset.size ?? null, batchSize: null, doValidation: validationData != null, metrics: model.metricsNames });
    const validation =
      validationData == null
        ? undefined
        : async (): Promise<number[]> => {
            if (!Array.isArray(validationData)) {
              return testDataset(model, validationData, args.validationBatches);
            }
            const [vx, vy] = model.standardized(validationData[0], validationData[1]);
            try {
              return await test(model, vx, vy, args.validationBatchSize ?? 32);
            } finally {
              dispose([...made(vx, validationData[0]), ...made(vy, validationData[1])] as never);
            }
          };
    await trainer.begin();
    let iterator = await dataset.iterator();
    for (let epoch = initialEpoch; epoch < epochs && !model.stopTraining; epoch++) {
      await trainer.epochBegin(epoch);
      if (batchesPerEpoch == null && epoch > initialEpoch) {
        iterator = await dataset.iterator();
      }
      for (let b = 0; b < (batchesPerEpoch ?? Infinity) && !model.stopTraining; b++) {
        const { value, done } = (await iterator.next()) as { value: unknown; done?: boolean };
        if (value == null || done) {
          if (batchesPerEpoch != null) {
            console.warn(
              `You provided \`batchesPerEpoch\` as ${batchesPerEpoch}, but your dataset iterator ran out of data after ${b} batches; interrupting training. ` +
                'Make sure that your dataset can generate at least `batchesPerEpoch * epochs` batches. You may need to use the repeat() function when building your dataset.',
            );
          }
          break;
        }
        const [xs, ys] = ofDataset(model, value);
        await trainer.batch(b, xs[0]?.shape[0] as number, () => [xs, ys, weightsOf(model, ys, args.classWeight, undefined)]);
        release([value, xs, ys]);
      }
      await trainer.epochEnd(epoch, validation);
    }
    return trainer.end();
  });
}

/** Tests with a dataset; the loss and the metrics. */
async function testDataset(model: LayersModel, dataset: Batches, batches: number | undefined): Promise<number[]> {
  const iterator = await dataset.iterator();
  const loop = new Loop(model);
  wasm().modelResetMetrics(model.handle);
  for (let b = 0; b < (batches ?? Infinity); b++) {
    const { value, done } = (await iterator.next()) as { value: unknown; done?: boolean };
    if (value == null || done) {
      if (batches != null) {
        console.warn(`Your dataset iterator ran out of data during evaluateDataset(): wanted ${batches} batches, received ${b}.`);
      }
      break;
    }
    const [xs, ys] = ofDataset(model, value);
    wasm().modelTestStep(model.handle, handles(xs), handles(ys), new Uint32Array());
    release([value, xs, ys]);
    await loop.breathe();
  }
  await loop.end();
  return model.results();
}

/** `LayersModel.evaluateDataset`. */
export async function evaluateDataset(model: LayersModel, dataset: Batches, args: { batches?: number } = {}): Promise<Scalar | Scalar[]> {
  model.needCompiled();
  if (args.batches != null && !(args.batches > 0 && Number.isInteger(args.batches))) {
    throw new Error(`Test loop expects \`batches\` to be a positive integer, but received ${JSON.stringify(args.batches)}`);
  }
  const values = await testDataset(model, dataset, args.batches);
  return single(values.map((v) => scalar(v)));
}

/** `LayersModel.trainOnBatch`. */
export async function trainOnBatch(model: LayersModel, x: TensorData, y: TensorData): Promise<number | number[]> {
  const { bound } = model.needCompiled();
  wasm().modelResetMetrics(model.handle);
  step(model, () => [...model.standardized(x, y), []]);
  bound.end();
  return single(await model.results());
}
