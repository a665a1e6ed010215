/** What all optimizers share. */

import { dispose, scoped } from '../engine/engine';
import { variableGrads } from '../gradients';
import { scalar, variable } from '../ops/creation';
import { state } from '../engine/state';
import { Serializable } from '../serialization';
import type { Scalar, Tensor } from '../tensor/tensor';
import { type Variable, variables } from '../tensor/variable';
import type { NamedTensor, NamedTensorMap } from '../types';

/** What divisions by zero are avoided with, unless given. */
export const EPSILON = 1e-7;

/** A variable of an optimizer, with the name that it is saved by. */
export interface OptimizerVariable {
  originalName: string;
  variable: Variable;
}

/**
 * Changes variables so that a function of them becomes less.
 *
 * ```js
 * const w = tf.variable(tf.scalar(3));
 * const optimizer = tf.train.sgd(0.1);
 * for (let i = 0; i < 10; i++) optimizer.minimize(() => w.square());
 * ```
 */
export abstract class Optimizer extends Serializable {
  /** Names of the optimizer's own variables, one a trained variable each. */
  protected abstract readonly slotNames: readonly string[];
  /** The optimizer's own variables, a list for each name. */
  protected slots: OptimizerVariable[][] = [];
  private steps = 0;

  /** The new value of a variable; own variables are assigned. */
  protected abstract update(value: Variable, gradient: Tensor, slots: Variable[]): Tensor;

  /**
   * Takes the gradients of `f`, a scalar, in `varList` or all trainable variables, and applies them. Gives the scalar if `returnCost`, else
   * null.
   *
   * Throws as `tf.variableGrads` does.
   */
  minimize(f: () => Scalar, returnCost = false, varList?: Variable[]): Scalar | null {
    const { value, grads } = this.computeGradients(f, varList);
    this.applyGradients(varList == null ? grads : varList.map((v) => ({ name: v.name, tensor: grads[v.name] as Tensor })));
    dispose(grads);
    if (returnCost) {
      return value;
    }
    value.dispose();
    return null;
  }

  /** How many times gradients were applied. */
  get iterations(): number {
    return this.steps;
  }

  /** Counts one more time. */
  protected incrementIterations(): void {
    // In a function that is traced, each call counts.
    if (state.effects === undefined) {
      this.steps++;
    } else {
      state.effects.push(() => this.steps++);
    }
  }

  /** As `tf.variableGrads`. */
  computeGradients(f: () => Scalar, varList?: Variable[]): { value: Scalar; grads: NamedTensorMap } {
    return variableGrads(f, varList);
  }

  /** Changes variables by gradients: by name, or a list. */
  applyGradients(variableGradients: NamedTensorMap | NamedTensor[]): void {
    const list = Array.isArray(variableGradients)
      ? variableGradients
      : Object.entries(variableGradients).map(([name, tensor]) => ({ name, tensor }));
    const values = list.map(({ name }) => {
      const value = variables[name];
      if (value === undefined) {
        throw new Error(`applyGradients: wanted the name of a variable that is alive, received '${name}'`);
      }
      return value;
    });
    const slots = (): Variable[][] => values.map((v, i) => this.slotNames.map((slot, k) => this.slot(k, i, `${v.name}/${slot}`, v)));
    if (state.trace !== 0 && this.slotNames.some((_, k) => values.some((_v, i) => this.slots[k]?.[i] === undefined))) {
      state.setup = () => scoped('setup', slots);
      throw new Error('An optimizer makes its variables before it is traced.');
    }
    scoped('applyGradients', () => {
      this.begin();
      const all = slots();
      list.forEach(({ tensor }, i) => {
        const [value, own] = [values[i] as Variable, all[i] as Variable[]];
        if (tensor != null) {
          value.assign(this.update(value, tensor, own));
        }
      });
      this.end();
    });
    this.incrementIterations();
  }

  /** Before the variables of a step. */
  protected begin(): void {}

  /** After the variables of a step. */
  protected end(): void {}

  /** What an own variable starts at. */
  protected initial(value: Variable): Tensor {
    return (value as unknown as Tensor).zerosLike();
  }

  private slot(kind: number, i: number, originalName: string, value: Variable): Variable {
    const list = (this.slots[kind] ??= []);
    list[i] ??= { originalName, variable: variable(this.initial(value), false) };
    return list[i].variable;
  }

  /** Disposes the optimizer's own variables. */
  dispose(): void {
    this.slots.flat().forEach((s) => s.variable.dispose());
    this.slots = [];
  }

  /** The number of steps as a tensor. */
  async saveIterations(): Promise<NamedTensor> {
    return { name: 'iter', tensor: scalar(this.steps, 'int32') };
  }

  /** The number of steps and all own variables, to be saved. */
  async getWeights(): Promise<NamedTensor[]> {
    const own = this.slotNames.flatMap((_, k) => this.slots[k] ?? []);
    return [await this.saveIterations(), ...own.map((s) => ({ name: s.originalName, tensor: s.variable as unknown as Tensor }))];
  }

  /** Takes what `getWeights` gave. Throws where the number of tensors does not fit. */
  async setWeights(weightValues: NamedTensor[]): Promise<void> {
    const values = await this.extractIterations(weightValues);
    const kinds = this.slotNames.length;
    if (kinds === 0 ? values.length !== 0 : values.length % kinds !== 0) {
      throw new Error(`${this.getClassName()} optimizer: wanted ${kinds} tensors for each variable, received ${values.length} in all`);
    }
    const count = kinds === 0 ? 0 : values.length / kinds;
    this.slots.flat().forEach((s) => s.variable.dispose());
    this.slots = this.slotNames.map((_, k) =>
      values.slice(k * count, (k + 1) * count).map((w) => ({ originalName: w.name, variable: variable(w.tensor, false) })),
    );
    this.restored(this.steps);
  }

  /** After weights were taken, with the number of steps before. */
  protected restored(_steps: number): void {}

  /** Takes the number of steps, the first of the weights, and gives the others. */
  protected async extractIterations(weightValues: NamedTensor[]): Promise<NamedTensor[]> {
    const first = weightValues[0];
    if (first === undefined) {
      throw new Error(`setWeights of ${this.getClassName()}: wanted the number of iterations as the first weight, received no weights`);
    }
    this.steps = (await first.tensor.data())[0] as number;
    return weightValues.slice(1);
  }
}
