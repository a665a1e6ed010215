/** Optimizers of the program for those that the module read. */

import { OptimizerConstructors, type Optimizer } from '../train/index';

/** An optimizer of a class and configuration of Keras. */
export function train(className: string, c: Record<string, any>): Optimizer {
  const t = OptimizerConstructors;
  const rate = typeof c['learning_rate'] === 'number' ? c['learning_rate'] : 0.001;
  switch (className) {
    case 'SGD':
      return c['momentum'] ? t.momentum(rate, c['momentum'], c['nesterov']) : t.sgd(rate);
    case 'RMSprop':
      return t.rmsprop(rate, c['rho'], c['momentum'], c['epsilon'], c['centered']);
    case 'Adagrad':
      return t.adagrad(rate, c['initial_accumulator_value']);
    case 'Adadelta':
      return t.adadelta(rate, c['rho'], c['epsilon']);
    case 'Adamax':
      return t.adamax(rate, c['beta_1'], c['beta_2'], c['epsilon']);
    default:
      return t.adam(rate, c['beta_1'], c['beta_2'], c['epsilon']);
  }
}
