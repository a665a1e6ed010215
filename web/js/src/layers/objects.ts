/** `tf.initializers`, `tf.regularizers`, `tf.constraints`. */

import { type ConfigDict, Serializable } from '../serialization';
import { convertToTensor } from '../engine/run';
import { Tensor } from '../tensor/tensor';
import type { DataType } from '../types';
import { assert } from '../util/util';
import { wasm } from '../wasm';
import { describe } from './config';

/** What initializers, regularizers and constraints share: a class of Keras and its arguments. */
export abstract class KerasObject extends Serializable {
  /** @internal */
  constructor(
    private readonly kind: string,
    protected readonly args: ConfigDict,
  ) {
    super();
  }
  override getClassName(): string {
    return this.kind;
  }
  getConfig(): ConfigDict {
    return { ...this.args };
  }
  /** @internal The description that the module reads. */
  protected get described(): string {
    return JSON.stringify(describe(this));
  }
}

/** Makes first values of weights. */
export class Initializer extends KerasObject {
  /** A value of a shape. */
  apply(shape: number[], dtype: DataType = 'float32'): Tensor {
    return new Tensor(wasm().initializerCall(this.described, Uint32Array.from(shape), dtype));
  }
}

/** Gives penalties on weights. */
export class Regularizer extends KerasObject {
  /** The penalty on a tensor. */
  apply(x: Tensor): Tensor {
    return new Tensor(wasm().regularizerCall(this.described, convertToTensor(x, 'x', 'regularizer').handle));
  }
}

/** Keeps weights within bounds. */
export class Constraint extends KerasObject {
  /** The nearest value that is allowed. */
  apply(w: Tensor): Tensor {
    return new Tensor(wasm().constraintCall(this.described, convertToTensor(w, 'w', 'constraint').handle));
  }
}

type Args = ConfigDict | undefined;

const initializer =
  (kind: string, check?: (args: ConfigDict) => void) =>
  (args?: object): Initializer => {
    const given = { ...(args as ConfigDict) };
    check?.(given);
    return new Initializer(kind, given);
  };

/** Initializers by name. */
export const initializers = {
  zeros: initializer('Zeros'),
  ones: initializer('Ones'),
  constant: initializer('Constant', (args) =>
    assert(typeof args['value'] === 'number', () => `Expected argument of type ConstantConfig with a number as value but got ${JSON.stringify(args)}`),
  ),
  randomUniform: initializer('RandomUniform'),
  randomNormal: initializer('RandomNormal'),
  truncatedNormal: initializer('TruncatedNormal'),
  identity: initializer('Identity'),
  varianceScaling: initializer('VarianceScaling', (args) => {
    assert(!((args['scale'] as number) < 0), () => `scale must be a positive float. Got: ${args['scale']}`);
    for (const key of ['mode', 'distribution']) {
      const name = args[key];
      if (typeof name === 'string') {
        args[key] = name === 'normal' ? 'truncated_normal' : name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
      }
    }
  }),
  glorotUniform: initializer('GlorotUniform'),
  glorotNormal: initializer('GlorotNormal'),
  heNormal: initializer('HeNormal'),
  heUniform: initializer('HeUniform'),
  leCunNormal: initializer('LecunNormal'),
  leCunUniform: initializer('LecunUniform'),
  orthogonal: initializer('Orthogonal'),
};

/** Regularizers by name. */
export const regularizers = {
  l1l2: (args?: Args): Regularizer => new Regularizer('L1L2', { l1: 0.01, l2: 0.01, ...args }),
  l1: (args?: Args): Regularizer => new Regularizer('L1L2', { l1: args?.['l1'] ?? 0.01, l2: 0 }),
  l2: (args?: Args): Regularizer => new Regularizer('L1L2', { l1: 0, l2: args?.['l2'] ?? 0.01 }),
};

const constraint =
  (kind: string, defaults: ConfigDict) =>
  (args?: object): Constraint =>
    new Constraint(kind, { ...defaults, ...(args as ConfigDict) });

/** Constraints by name. */
export const constraints = {
  maxNorm: constraint('MaxNorm', { maxValue: 2, axis: 0 }),
  unitNorm: constraint('UnitNorm', { axis: 0 }),
  nonNeg: constraint('NonNeg', {}),
  minMaxNorm: constraint('MinMaxNorm', { minValue: 0, maxValue: 1, rate: 1, axis: 0 }),
};

/** What a name of TensorFlow.js stands for: an object with its usual arguments. Names that it does not know are Keras' own. */
export function named(name: string): KerasObject | string {
  const known = { ...initializers, ...regularizers, ...constraints } as Record<string, (args?: object) => KerasObject>;
  const make = known[name];
  return make === undefined || name === 'constant' ? name : make();
}
