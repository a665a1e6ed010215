/** `tf.train`: optimizers by name. */

import { registerClass, type SerializableConstructor, type Serializable } from '../serialization';
import {
  AdadeltaOptimizer,
  AdagradOptimizer,
  AdamaxOptimizer,
  AdamOptimizer,
  MomentumOptimizer,
  RMSPropOptimizer,
  SGDOptimizer,
} from './optimizers';

for (const cls of [
  AdadeltaOptimizer,
  AdagradOptimizer,
  AdamOptimizer,
  AdamaxOptimizer,
  MomentumOptimizer,
  RMSPropOptimizer,
  SGDOptimizer,
]) {
  registerClass(cls as unknown as SerializableConstructor<Serializable>);
}

/** Makes optimizers; `tf.train` is this class. */
export class OptimizerConstructors {
  /** Stochastic gradient descent. */
  static sgd(learningRate: number): SGDOptimizer {
    return new SGDOptimizer(learningRate);
  }
  /** Gradient descent with momentum. */
  static momentum(learningRate: number, momentum: number, useNesterov = false): MomentumOptimizer {
    return new MomentumOptimizer(learningRate, momentum, useNesterov);
  }
  /** RMSProp. Throws without a learning rate. */
  static rmsprop(learningRate: number, decay = 0.9, momentum = 0, epsilon: number | null = null, centered = false): RMSPropOptimizer {
    return new RMSPropOptimizer(learningRate, decay, momentum, epsilon, centered);
  }
  /** Adam. */
  static adam(learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon: number | null = null): AdamOptimizer {
    return new AdamOptimizer(learningRate, beta1, beta2, epsilon);
  }
  /** Adadelta. */
  static adadelta(learningRate = 0.001, rho = 0.95, epsilon: number | null = null): AdadeltaOptimizer {
    return new AdadeltaOptimizer(learningRate, rho, epsilon);
  }
  /** Adamax. */
  static adamax(learningRate = 0.002, beta1 = 0.9, beta2 = 0.999, epsilon: number | null = null, decay = 0): AdamaxOptimizer {
    return new AdamaxOptimizer(learningRate, beta1, beta2, epsilon, decay);
  }
  /** Adagrad. */
  static adagrad(learningRate: number, initialAccumulatorValue = 0.1): AdagradOptimizer {
    return new AdagradOptimizer(learningRate, initialAccumulatorValue);
  }
}

export { Optimizer, type OptimizerVariable } from './optimizer';
export {
  AdadeltaOptimizer,
  AdagradOptimizer,
  AdamaxOptimizer,
  AdamOptimizer,
  MomentumOptimizer,
  RMSPropOptimizer,
  SGDOptimizer,
} from './optimizers';
