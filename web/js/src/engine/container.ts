/** Tensors in structures. */

import { Tensor } from '../tensor/tensor';

/** All tensors in a structure of lists and objects, each once. */
export function tensorsIn(container: unknown): Tensor[] {
  if (container instanceof Tensor) {
    return [container];
  }
  const found = new Set<Tensor>();
  const seen = new Set<object>();
  const walk = (value: unknown): void => {
    if (value instanceof Tensor) {
      found.add(value);
    } else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !seen.has(value)) {
      seen.add(value);
      Object.values(value).forEach(walk);
    }
  };
  walk(container);
  return [...found];
}
