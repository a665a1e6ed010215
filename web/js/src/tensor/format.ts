/** Tensors as text, as TensorFlow.js prints them. */

import type { DataType, TypedArray } from '../types';
import { sizeFromShape } from '../util/util';

/** More rows or values than this are cut to the first and last three. */
const LIMIT = 20;
const ENDS = 3;
const DIGITS = 7;

/** The text of `print()`: rows in brackets, columns aligned; with dtype, rank and shape before them if `verbose`. */
export function tensorToString(values: TypedArray | string[], shape: number[], dtype: DataType, verbose: boolean): string {
  const text = (i: number): string => {
    if (dtype === 'complex64') {
      return `${short(values[2 * i] as number)} + ${short(values[2 * i + 1] as number)}j`;
    }
    const v = values[i] as number | string;
    return typeof v === 'string' ? `'${v}'` : dtype === 'bool' ? String(v !== 0) : short(v);
  };
  const head = verbose ? [`  dtype: ${dtype}`, `  rank: ${shape.length}`, `  shape: [${shape}]`, '  values:'] : [];
  let lines: string[];
  if (shape.length === 0) {
    const plain = dtype === 'complex64' || dtype === 'bool';
    lines = [plain ? text(0) : String(values[0])];
  } else {
    lines = rows(text, shape, widths(text, shape), 0, true);
  }
  return ['Tensor', ...head, lines.map((l) => `    ${l}`).join('\n')].join('\n');
}

function short(v: number): string {
  return String(parseFloat(v.toFixed(DIGITS)));
}

/** The widest text of each column; none for a vector. */
function widths(text: (i: number) => string, shape: number[]): number[] {
  const columns = shape[shape.length - 1] as number;
  const found = new Array<number>(columns).fill(0);
  if (shape.length > 1) {
    for (let i = 0, n = sizeFromShape(shape); i < n; i++) {
      found[i % columns] = Math.max(found[i % columns] as number, text(i).length);
    }
  }
  return found;
}

function rows(text: (i: number) => string, shape: number[], pad: number[], at: number, last: boolean): string[] {
  const size = shape[0] as number;
  const cut = size > LIMIT;
  const shown = Array.from({ length: size }, (_, i) => i).filter((i) => !cut || i < ENDS || i >= size - ENDS);
  if (shape.length === 1) {
    const items = shown.map((i) => text(at + i).padEnd(pad[i] ?? 0));
    if (cut) {
      items.splice(ENDS, 0, '...');
    }
    return [`[${items.join(', ')}]`];
  }
  const inner = shape.slice(1);
  const stride = sizeFromShape(inner);
  const lines = shown.flatMap((i) => rows(text, inner, pad, at + i * stride, i === size - 1));
  if (cut) {
    lines.splice(lines.length * (ENDS / shown.length), 0, '...');
  }
  const comma = shape.length === 2 ? ',' : '';
  const end = ']' + (last ? '' : ',' + '\n'.repeat(shape.length - 1));
  if (lines.length === 0) {
    return [` [${end}`];
  }
  return lines.map((l, i) => {
    const first = i === 0 ? `[${l}${comma}` : l;
    if (i === lines.length - 1) {
      return ` ${first}${end}`;
    }
    return i === 0 ? first : ` ${l}${comma}`;
  });
}
