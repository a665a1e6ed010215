/** The optimizers. */

import { keep, tidy } from '../engine/engine';
import { add, div, maximum, mul, pow, sub } from '../ops/binary';
import { fill, scalar, variable } from '../ops/creation';
import { abs, sqrt, square } from '../ops/unary';
import { type ConfigDict, type Serializable, type SerializableConstructor } from '../serialization';
import type { Scalar, Tensor } from '../tensor/tensor';
import type { Variable } from '../tensor/variable';
import { EPSILON, Optimizer } from './optimizer';

/** A variable as an operand. */
const of = (v: Variable): Tensor => v as unknown as Tensor;

/** `old * decay + fresh * (1 - decay)`. */
function blend(old: Variable, fresh: Tensor, decay: number): Tensor {
  return add(mul(of(old), decay), mul(fresh, 1 - decay));
}

type Cls<T extends Serializable> = SerializableConstructor<T>;

/** Stochastic gradient descent: `w - learningRate * g`. */
export class SGDOptimizer extends Optimizer {
  static className = 'SGD';
  protected readonly slotNames: readonly string[] = [];
  /** The learning rate, negative, as a tensor. */
  protected c!: Scalar;

  constructor(protected learningRate: number) {
    super();
    this.setLearningRate(learningRate);
  }

  protected update(value: Variable, gradient: Tensor, _slots: Variable[]): Tensor {
    return add(mul(this.c, gradient), of(value));
  }

  /** Replaces the learning rate. */
  setLearningRate(learningRate: number): void {
    this.learningRate = learningRate;
    this.c?.dispose();
    this.c = keep(scalar(-learningRate));
  }

  override dispose(): void {
    this.c.dispose();
    super.dispose();
  }

  getConfig(): ConfigDict {
    return { learningRate: this.learningRate };
  }

  static override fromConfig<T extends Serializable>(cls: Cls<T>, config: ConfigDict): T {
    return new cls(config['learningRate']);
  }
}

/** Gradient descent with momentum; looks ahead with `useNesterov`. */
export class MomentumOptimizer extends SGDOptimizer {
  static override className = 'Momentum';
  protected override readonly slotNames = ['momentum'];
  private readonly m: Scalar;

  constructor(
    learningRate: number,
    private momentum: number,
    private useNesterov = false,
  ) {
    super(learningRate);
    this.m = keep(scalar(momentum));
  }

  protected override update(value: Variable, gradient: Tensor, [accumulation]: [Variable]): Tensor {
    const next = add(mul(this.m, of(accumulation)), gradient);
    accumulation.assign(next);
    return add(mul(this.c, this.useNesterov ? add(gradient, mul(next, this.m)) : next), of(value));
  }

  /** Replaces the momentum that `getConfig` tells. */
  setMomentum(momentum: number): void {
    this.momentum = momentum;
  }

  override dispose(): void {
    this.m.dispose();
    super.dispose();
  }

  override getConfig(): ConfigDict {
    return { learningRate: this.learningRate, momentum: this.momentum, useNesterov: this.useNesterov };
  }

  static override fromConfig<T extends Serializable>(cls: Cls<T>, config: ConfigDict): T {
    return new cls(config['learningRate'], config['momentum'], config['useNesterov']);
  }
}

/** Adam: means of gradients and of their squares, corrected for their start at 0. */
export class AdamOptimizer extends Optimizer {
  static className = 'Adam';
  protected readonly slotNames = ['m', 'v'];
  private readonly accBeta1: Variable;
  private readonly accBeta2: Variable;
  protected epsilon: number;

  constructor(
    protected learningRate: number,
    protected beta1: number,
    protected beta2: number,
    epsilon?: number | null,
  ) {
    super();
    this.epsilon = epsilon ?? EPSILON;
    [this.accBeta1, this.accBeta2] = start(beta1, beta2) as [Variable, Variable];
  }

  protected update(value: Variable, gradient: Tensor, [m, v]: [Variable, Variable]): Tensor {
    const newM = blend(m, gradient, this.beta1);
    const newV = blend(v, square(gradient), this.beta2);
    m.assign(newM);
    v.assign(newV);
    const first = div(newM, sub(1, of(this.accBeta1)));
    const second = div(newV, sub(1, of(this.accBeta2)));
    return add(mul(div(first, add(sqrt(second), this.epsilon)), -this.learningRate), of(value));
  }

  protected override end(): void {
    this.accBeta1.assign(mul(of(this.accBeta1), this.beta1));
    this.accBeta2.assign(mul(of(this.accBeta2), this.beta2));
  }

  protected override restored(steps: number): void {
    tidy(() => {
      this.accBeta1.assign(pow(this.beta1, steps + 1));
      this.accBeta2.assign(pow(this.beta2, steps + 1));
    });
  }

  override dispose(): void {
    this.accBeta1.dispose();
    this.accBeta2.dispose();
    super.dispose();
  }

  getConfig(): ConfigDict {
    return { learningRate: this.learningRate, beta1: this.beta1, beta2: this.beta2, epsilon: this.epsilon };
  }

  static override fromConfig<T extends Serializable>(cls: Cls<T>, config: ConfigDict): T {
    return new cls(config['learningRate'], config['beta1'], config['beta2'], config['epsilon']);
  }
}

/** Scalars as variables that no gradient is taken in. */
function start(...values: number[]): Variable[] {
  const made: Variable[] = [];
  tidy(() => {
    made.push(...values.map((v) => variable(scalar(v) as unknown as Tensor, false)));
  });
  return made;
}

/** Adam with the greatest gradient in place of the mean of squares. */
export class AdamaxOptimizer extends Optimizer {
  static className = 'Adamax';
  protected readonly slotNames = ['m', 'v'];
  private readonly accBeta1: Variable;
  private readonly iteration: Variable;
  protected epsilon: number;

  constructor(
    protected learningRate: number,
    protected beta1: number,
    protected beta2: number,
    epsilon?: number | null,
    protected decay = 0,
  ) {
    super();
    this.epsilon = epsilon ?? EPSILON;
    [this.iteration, this.accBeta1] = start(0, beta1) as [Variable, Variable];
  }

  protected update(value: Variable, gradient: Tensor, [m, norm]: [Variable, Variable]): Tensor {
    const newM = blend(m, gradient, this.beta1);
    const newNorm = maximum(mul(of(norm), this.beta2), abs(gradient));
    m.assign(newM);
    norm.assign(newNorm);
    const rate = div(-this.learningRate, add(mul(of(this.iteration), this.decay), 1));
    return add(mul(div(rate, sub(1, of(this.accBeta1))), div(newM, add(newNorm, this.epsilon))), of(value));
  }

  protected override end(): void {
    this.iteration.assign(add(of(this.iteration), 1));
    this.accBeta1.assign(mul(of(this.accBeta1), this.beta1));
  }

  protected override restored(steps: number): void {
    tidy(() => {
      this.iteration.assign(scalar(steps) as unknown as Tensor);
      this.accBeta1.assign(pow(this.beta1, steps + 1));
    });
  }

  override dispose(): void {
    this.accBeta1.dispose();
    this.iteration.dispose();
    super.dispose();
  }

  getConfig(): ConfigDict {
    return { learningRate: this.learningRate, beta1: this.beta1, beta2: this.beta2, epsilon: this.epsilon, decay: this.decay };
  }

  static override fromConfig<T extends Serializable>(cls: Cls<T>, config: ConfigDict): T {
    return new cls(config['learningRate'], config['beta1'], config['beta2'], config['epsilon'], config['decay']);
  }
}

/** Steps scaled by the means of squared gradients and of squared steps. */
export class AdadeltaOptimizer extends Optimizer {
  static className = 'Adadelta';
  protected readonly slotNames = ['accum_grad', 'accum_var'];
  protected epsilon: number;

  constructor(
    protected learningRate: number,
    protected rho: number,
    epsilon?: number | null,
  ) {
    super();
    this.epsilon = epsilon ?? EPSILON;
  }

  protected update(value: Variable, gradient: Tensor, [grads, updates]: [Variable, Variable]): Tensor {
    const scale = div(sqrt(add(of(updates), this.epsilon)), sqrt(add(of(grads), this.epsilon)));
    const step = mul(scale, gradient);
    const newGrads = blend(grads, square(gradient), this.rho);
    const newUpdates = blend(updates, square(step), this.rho);
    grads.assign(newGrads);
    updates.assign(newUpdates);
    return add(mul(step, -this.learningRate), of(value));
  }

  getConfig(): ConfigDict {
    return { learningRate: this.learningRate, rho: this.rho, epsilon: this.epsilon };
  }

  static override fromConfig<T extends Serializable>(cls: Cls<T>, config: ConfigDict): T {
    return new cls(config['learningRate'], config['rho'], config['epsilon']);
  }
}

/** Steps scaled by the sum of all squared gradients. */
export class AdagradOptimizer extends Optimizer {
  static className = 'Adagrad';
  protected readonly slotNames = ['accumulator'];

  constructor(
    protected learningRate: number,
    private initialAccumulatorValue = 0.1,
  ) {
    super();
  }

  protected override initial(value: Variable): Tensor {
    return fill(value.shape, this.initialAccumulatorValue);
  }

  protected update(value: Variable, gradient: Tensor, [accumulator]: [Variable]): Tensor {
    const next = add(of(accumulator), square(gradient));
    accumulator.assign(next);
    return add(mul(div(gradient, sqrt(add(next, EPSILON))), -this.learningRate), of(value));
  }

  getConfig(): ConfigDict {
    return { learningRate: this.learningRate, initialAccumulatorValue: this.initialAccumulatorValue };
  }

  static override fromConfig<T extends Serializable>(cls: Cls<T>, config: ConfigDict): T {
    return new cls(config['learningRate'], config['initialAccumulatorValue']);
  }
}

/** Steps scaled by the mean of squared gradients; less the square of their mean if `centered`. */
export class RMSPropOptimizer extends Optimizer {
  static className = 'RMSProp';
  protected readonly slotNames: readonly string[];
  protected epsilon: number;

  constructor(
    protected learningRate: number,
    protected decay = 0.9,
    protected momentum = 0,
    epsilon?: number | null,
    private centered = false,
  ) {
    super();
    if (learningRate == null) {
      throw new Error('learningRate for RMSPropOptimizer must be defined.');
    }
    this.epsilon = epsilon ?? EPSILON;
    this.slotNames = centered ? ['rms', 'momentum', 'mg'] : ['rms', 'momentum'];
  }

  protected update(value: Variable, gradient: Tensor, [squares, moments, means]: Variable[]): Tensor {
    const newSquares = blend(squares as Variable, square(gradient), this.decay);
    let under: Tensor;
    if (means === undefined) {
      under = add(newSquares, this.epsilon);
    } else {
      const newMeans = blend(means, gradient, this.decay);
      means.assign(newMeans);
      under = sub(newSquares, add(square(newMeans), this.epsilon));
    }
    const step = div(mul(gradient, this.learningRate), sqrt(under));
    const newMoments = add(mul(of(moments as Variable), this.momentum), step);
    squares?.assign(newSquares);
    moments?.assign(newMoments);
    return sub(of(value), newMoments);
  }

  getConfig(): ConfigDict {
    return {
      learningRate: this.learningRate,
      decay: this.decay,
      momentum: this.momentum,
      epsilon: this.epsilon,
      centered: this.centered,
    };
  }

  static override fromConfig<T extends Serializable>(cls: Cls<T>, config: ConfigDict): T {
    return new cls(config['learningRate'], config['decay'], config['momentum'], config['epsilon'], config['centered']);
  }
}
