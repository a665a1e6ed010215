/** Weights of layers. */

import { state } from '../engine/state';
import type { Tensor } from '../tensor/tensor';
import { Variable, variables } from '../tensor/variable';
import type { DataType } from '../types';
import { assert } from '../util/util';
import type { Constraint } from './objects';
import type { Shape } from './symbol';

/** A weight of a layer. */
export class LayerVariable {
  readonly id = state.nextVariableId++;
  /** The layer's name and its own. */
  readonly name: string;
  readonly originalName: string;
  private value: Variable | undefined;
  private during: Tensor | undefined;

  /** @internal Made by layers. */
  constructor(
    name: string,
    readonly shape: Shape,
    readonly dtype: DataType,
    private trained: boolean,
    readonly constraint: Constraint | null = null,
  ) {
    this.name = this.originalName = name;
  }

  /** The `tf.Variable` that it is. */
  get val(): Variable {
    assert(this.value !== undefined, () => `Weight ${this.name} has no value yet: its layer is not built.`);
    return this.value as Variable;
  }

  /** Whether training changes it. */
  get trainable(): boolean {
    return this.trained;
  }
  set trainable(trainable: boolean) {
    this.trained = trainable;
    if (this.value !== undefined) {
      this.value.trainable = trainable;
    }
  }

  /** @internal Whether it has a value. */
  get bound(): boolean {
    return this.value !== undefined;
  }

  /** @internal Takes a handle of a variable. */
  bind(handle: number): void {
    let name = this.name;
    for (let i = 1; name in variables; i++) {
      name = `${this.name}_${i}`;
    }
    this.value = Variable.adopt(handle, this.trained, name);
  }

  /** The value now. */
  read(): Tensor {
    return this.during ?? (this.val as unknown as Tensor);
  }

  /** @internal What `read` gives while its layer is called, which may be traced. */
  lend(value: Tensor | undefined): void {
    this.during = value;
  }

  /** Replaces the value. Throws where the shape differs. */
  write(newVal: Tensor): this {
    const value = this.val;
    if ((newVal as unknown as Variable) !== value) {
      value.assign(this.constraint === null ? newVal : this.constraint.apply(newVal));
    }
    return this;
  }

  /** @internal The value may have changed. */
  refresh(): void {
    this.value?.refresh();
  }

  /** Lets the value go. */
  dispose(): void {
    this.value?.dispose();
  }
}

/** The values of weights. */
export function batchGetValue(all: LayerVariable[]): Tensor[] {
  return all.map((v) => v.read());
}
