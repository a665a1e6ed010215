/** What a model is compiled with: losses, metrics and optimizers, in the module's terms. */

import { scoped } from '../engine/engine';
import { calledBack, given, lent } from '../layers/callback';
import { toCamel, toSnake } from '../layers/config';
import { Tensor } from '../tensor/tensor';
import { OptimizerConstructors as train, type Optimizer } from '../train/index';
import type { NamedTensor } from '../types';
import { wasm } from '../wasm';
import { type LossOrMetricFn, metrics as metricFns } from './metrics';

/** A loss or metric: a name, or a function of labels and predictions. */
export type LossOrMetric = string | LossOrMetricFn;
/** One, one for each output, or by the names of outputs. */
export type PerOutput<T> = T | T[] | { [outputName: string]: T };

/** Names that the module has others for. */
const KERAS: Record<string, string> = {
  mse: 'mean_squared_error',
  MSE: 'mean_squared_error',
  mae: 'mean_absolute_error',
  MAE: 'mean_absolute_error',
  mape: 'mean_absolute_percentage_error',
  MAPE: 'mean_absolute_percentage_error',
  logcosh: 'log_cosh',
  kullbackLeiblerDivergence: 'kl_divergence',
  cosineProximity: 'cosine_similarity',
  cosine: 'cosine_similarity',
};

const LOSSES = new Set(
  (
    'meanSquaredError meanAbsoluteError meanAbsolutePercentageError meanSquaredLogarithmicError squaredHinge hinge categoricalHinge logcosh ' +
    'categoricalCrossentropy sparseCategoricalCrossentropy binaryCrossentropy kullbackLeiblerDivergence poisson cosineProximity ' +
    'mse MSE mae MAE mape MAPE huber klDivergence cosineSimilarity'
  ).split(' '),
);
const METRICS = new Set(
  ('binaryAccuracy categoricalAccuracy sparseCategoricalAccuracy precision recall r2Score cosine sparseTopKCategoricalAccuracy topKCategoricalAccuracy auc').split(' '),
);

/** A function of the program, as the module calls it. */
function callback(f: LossOrMetricFn): (handles: Uint32Array) => Uint32Array {
  const called = (handles: Uint32Array): Uint32Array =>
    calledBack(handles, () =>
      scoped(f.name, () => {
        const [yTrue, yPred] = lent(handles) as [Tensor, Tensor];
        const result: unknown = f(yTrue, yPred);
        if (!(result instanceof Tensor)) {
          throw new Error(`Function ${f.name || 'of labels and predictions'}: wanted a tensor as its result, received ${typeof result}`);
        }
        return given(result);
      }),
    );
  Object.defineProperty(called, 'name', { value: f.name });
  return called;
}

/** A loss as the module knows it. Throws for a name that is not known. */
export function moduleLoss(loss: LossOrMetric): unknown {
  if (typeof loss === 'function') {
    return callback(loss);
  }
  const name = LOSSES.has(loss) ? loss : toCamel(loss);
  if (!LOSSES.has(name)) {
    throw new Error(`Unknown loss ${loss}`);
  }
  return KERAS[name] ?? toSnake(name);
}

/** The name that logs have for a metric. */
export function metricName(metric: LossOrMetric): string {
  if (typeof metric === 'string') {
    return metric === 'accuracy' ? 'acc' : metric === 'crossentropy' ? 'ce' : metric;
  }
  const known = Object.entries(metricFns).find(([, f]) => (f as unknown) === metric);
  return known?.[0] ?? metric.name;
}

/** A metric as the module knows it; `accuracy` is that which fits the loss and the size of the output. Throws for a name that is not known. */
export function moduleMetric(metric: LossOrMetric, loss: LossOrMetric | undefined, size: number | null | undefined): unknown {
  if (typeof metric === 'function') {
    return callback(metric);
  }
  const accuracy = metric === 'accuracy' || metric === 'acc';
  if (accuracy || metric === 'crossentropy' || metric === 'ce') {
    const kind = size === 1 || loss === 'binaryCrossentropy' ? 'binary' : loss === 'sparseCategoricalCrossentropy' ? 'sparse_categorical' : 'categorical';
    return `${kind}_${accuracy ? 'accuracy' : 'crossentropy'}`;
  }
  const name = LOSSES.has(metric) || METRICS.has(metric) ? metric : toCamel(metric);
  if (!LOSSES.has(name) && !METRICS.has(name)) {
    throw new Error(`Unknown metric ${metric}`);
  }
  if (name === 'precision' || name === 'recall' || name === 'auc' || name === 'r2Score') {
    return JSON.stringify({ class_name: { precision: 'Precision', recall: 'Recall', auc: 'AUC', r2Score: 'R2Score' }[name], config: {} });
  }
  return KERAS[name] ?? toSnake(name);
}

/** A list for all outputs. Throws for another number than there are outputs, and for names that are none. */
export function perOutput<T>(what: string, value: PerOutput<T> | undefined, names: string[], spread: boolean): (T | T[] | undefined)[] {
  const single = (v: unknown): boolean => v == null || typeof v !== 'object';
  if (single(value)) {
    return names.map(() => value as T | undefined);
  }
  if (Array.isArray(value)) {
    if (spread) {
      return names.map(() => value);
    }
    if (value.length !== names.length) {
      throw new Error(`When passing an Array as ${what}, it should have one entry per model output. The model has ${names.length} output(s), but you passed ${what}=${value}.`);
    }
    return value;
  }
  const named = value as { [name: string]: T };
  for (const name of Object.keys(named)) {
    if (!names.includes(name)) {
      throw new Error(`Unknown entry in ${what} dictionary: "${name}". Only expected the following keys: ${names}`);
    }
  }
  return names.map((n) => named[n]);
}

/** An optimizer by its name, with the arguments that TensorFlow.js gives those. */
export function optimizerOf(name: string): Optimizer {
  const made: Record<string, () => Optimizer> = {
    adagrad: () => train.adagrad(0.01),
    adadelta: () => train.adadelta(1, 0.95, 1e-7),
    adam: () => train.adam(0.001, 0.9, 0.999, 1e-7),
    adamax: () => train.adamax(0.002, 0.9, 0.999, 1e-7, 0),
    rmsprop: () => train.rmsprop(0.001, 0.9, 0, 1e-7),
    sgd: () => train.sgd(0.01),
  };
  const make = made[name.toLowerCase()];
  if (make === undefined) {
    throw new Error(`Unknown Optimizer ${name}`);
  }
  return make();
}

type Config = Record<string, any>;

/** Optimizers of the module, by class. */
const OPTIMIZERS: Record<string, (c: Config) => [string, object]> = {
  SGD: (c) => ['SGD', { learning_rate: c['learningRate'] }],
  Momentum: (c) => ['SGD', { learning_rate: c['learningRate'], momentum: c['momentum'], nesterov: c['useNesterov'] }],
  Adam: (c) => ['TfjsAdam', { learning_rate: c['learningRate'], beta_1: c['beta1'], beta_2: c['beta2'], epsilon: c['epsilon'] }],
  Adamax: (c) => ['Adamax', { learning_rate: rate(c), beta_1: c['beta1'], beta_2: c['beta2'], epsilon: c['epsilon'] }],
  RMSProp: (c) => ['RMSprop', { learning_rate: c['learningRate'], rho: c['decay'], momentum: c['momentum'], epsilon: c['epsilon'], centered: c['centered'] }],
  Adagrad: (c) => ['Adagrad', { learning_rate: c['learningRate'], initial_accumulator_value: c['initialAccumulatorValue'] }],
  Adadelta: (c) => ['TfjsAdadelta', { learning_rate: c['learningRate'], rho: c['rho'], epsilon: c['epsilon'] }],
};

function rate(c: Config): unknown {
  const decay = c['decay'] as number | undefined;
  const config = { initial_learning_rate: c['learningRate'], decay_steps: 1, decay_rate: decay };
  return decay ? { class_name: 'InverseTimeDecay', config } : c['learningRate'];
}

/** An optimizer of the program, and the module's that does its work in a model. */
export class BoundOptimizer {
  private rate: number;
  private readonly freed = new FinalizationRegistry<number>((h) => wasm().tensorFree(h));

  constructor(
    readonly optimizer: Optimizer,
    readonly handle: number,
  ) {
    this.rate = this.current();
    this.freed.register(this, handle);
    const own = optimizer as unknown as { getWeights(): Promise<NamedTensor[]>; setWeights(w: NamedTensor[]): Promise<void> };
    own.getWeights = async () => [
      await optimizer.saveIterations(),
      ...this.slots((h) => ({ name: wasm().variableName(h), tensor: new Tensor(wasm().variableRead(h)) })),
    ];
    own.setWeights = async (values) => {
      const count = this.slots(() => 0).length + 1;
      if (values.length !== count) {
        throw new Error(`setWeights of ${optimizer.getClassName()}: wanted ${count} tensors, received ${values.length}`);
      }
      this.slots((h, i) => wasm().variableAssign(h, (values[i + 1] as NamedTensor).tensor.handle));
    };
  }

  /** Makes the module's optimizer. Throws for classes that it does not have. */
  static of(optimizer: Optimizer): BoundOptimizer {
    const make = OPTIMIZERS[optimizer.getClassName()];
    if (make === undefined) {
      throw new Error(`compile: wanted an optimizer of tf.train, received one of class ${optimizer.getClassName()}; train with its minimize()`);
    }
    const [class_name, config] = make({ ...optimizer.getConfig() });
    return new BoundOptimizer(optimizer, wasm().optimizerNew(JSON.stringify({ class_name, config })));
  }

  private current(): number {
    return (this.optimizer as unknown as { learningRate: number }).learningRate;
  }

  /** Before a step: the learning rate that the program may have set. */
  begin(): void {
    const rate = this.current();
    if (rate !== this.rate) {
      this.rate = rate;
      wasm().optimizerSetLearningRate(this.handle, rate);
    }
  }

  /** After a step. */
  end(): void {
    (this.optimizer as unknown as { incrementIterations(): void }).incrementIterations();
  }

  /** Calls `f` on what it keeps for variables that are trained. */
  private slots<T>(f: (handle: number, index: number) => T): T[] {
    const all = Array.from(wasm().optimizerVariables(this.handle));
    // The first are the number of steps and the learning rate.
    const results = all.slice(2).map(f);
    all.forEach((h) => wasm().tensorFree(h));
    return results;
  }
}
