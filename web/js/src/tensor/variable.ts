/** `tf.Variable`. */

import { type DataId, dropHandle, share, state } from '../engine/state';
import type { Rank } from '../types';
import { arraysEqual } from '../util/util';
import { wasm } from '../wasm';
import { Tensor } from './tensor';

/** All variables that are alive, by name. */
export const variables: { [name: string]: Variable } = {};

/**
 * A tensor whose value can be replaced: what training changes. Gradients are taken in variables that are trainable.
 *
 * ```js
 * const w = tf.variable(tf.zeros([3]));
 * w.assign(tf.ones([3]));
 * ```
 */
export class Variable<R extends Rank = Rank> extends Tensor<R> {
  /** Whether optimizers change it. */
  trainable: boolean;
  /** Its name; no two variables that are alive share one. */
  name: string;
  private readonly stored: number;
  /** The value in the trace that is written, and which trace that is. */
  private traced = 0;
  private trace = 0;

  /** @internal Programs call `tf.variable`. */
  constructor(initialValue: Tensor<R>, trainable: boolean, name: string, stored?: number) {
    const adopted = stored !== undefined;
    super(adopted ? 0 : wasm().tensorClone(initialValue.handle), adopted ? undefined : (initialValue.dataId as DataId), initialValue.shape, initialValue.dtype);
    this.trainable = trainable;
    this.name = name;
    this.stored = stored ?? wasm().variableNew(this.held.handle, name, trainable);
    variables[name] = this as unknown as Variable;
  }

  /** @internal The variable of a handle, which it owns from here on: a weight that a layer made. */
  static adopt(stored: number, trainable: boolean, name: string): Variable {
    const value = new Tensor(wasm().variableRead(stored));
    const made = new Variable(value, trainable, name, stored);
    value.dispose();
    return made;
  }

  /** @internal The module's handle of the variable. */
  get variableHandle(): number {
    return this.stored;
  }

  /** @internal No scope disposes variables. */
  protected override get scoped(): boolean {
    return false;
  }

  /** @internal The value now, or at this point of the function that is traced. */
  override get handle(): number {
    this.throwIfDisposed();
    if (state.trace !== 0) {
      if (this.trace !== state.trace) {
        this.endTrace();
        this.traced = wasm().variableRead(this.stored);
        this.trace = state.trace;
      }
      return this.traced;
    }
    if (this.held.handle === 0) {
      this.held.handle = wasm().variableRead(this.stored);
    }
    return this.held.handle;
  }

  /**
   * Replaces the value.
   *
   * Throws where shape or dtype differ from the variable's.
   */
  assign(newValue: Tensor<R>): void {
    if (newValue.dtype !== this.dtype) {
      throw new Error(`dtype of the new value (${newValue.dtype}) and previous value (${this.dtype}) must match`);
    }
    if (!arraysEqual(newValue.shape, this.shape)) {
      throw new Error(`shape of the new value (${newValue.shape}) and previous value (${this.shape}) must match`);
    }
    this.throwIfDisposed();
    wasm().variableAssign(this.stored, newValue.handle);
    if (state.trace !== 0) {
      this.endTrace();
    } else {
      dropHandle(this.held);
      share(this.held, newValue.dataId as DataId);
    }
  }

  /** @internal The value may have changed, as a compiled function ran. */
  refresh(): void {
    this.endTrace();
    dropHandle(this.held);
  }

  /** Gives variable and value back. */
  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.endTrace();
    wasm().tensorFree(this.stored);
    if (variables[this.name] === (this as unknown as Variable)) {
      delete variables[this.name];
    }
    super.dispose();
  }

  private endTrace(): void {
    if (this.traced !== 0) {
      wasm().tensorFree(this.traced);
    }
    this.traced = this.trace = 0;
  }
}
