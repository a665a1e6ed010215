// Runs cases and writes what they give as plain data; the same for TensorFlow.js and for this package.

import arrays from './cases/arrays.mjs';
import elementwise from './cases/elementwise.mjs';
import engine from './cases/engine.mjs';
import host from './cases/host.mjs';
import layers from './cases/layers.mjs';
import later from './cases/later.mjs';
import networks from './cases/networks.mjs';
import programs from './cases/programs.mjs';
import training from './cases/training.mjs';
import tutorials from './cases/tutorials.mjs';

/** Cases by group. */
export const groups = { elementwise, arrays, networks, later, engine, host, programs, layers, training, tutorials };

/** What a case gives, as data: tensors with dtype, shape and values; numbers that JSON lacks as strings. */
async function plain(value) {
  value = await value;
  if (value === null || value === undefined) {
    return null;
  }
  if (typeof value === 'object' && 'dataId' in value) {
    const data = await value.data();
    return { dtype: value.dtype, shape: value.shape, values: await plain(Array.from(data)) };
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : String(value);
  }
  if (ArrayBuffer.isView(value)) {
    return plain(Array.from(value));
  }
  if (Array.isArray(value)) {
    return Promise.all(value.map(plain));
  }
  if (typeof value === 'object') {
    const entries = await Promise.all(Object.entries(value).map(async ([k, v]) => [k, await plain(v)]));
    return Object.fromEntries(entries);
  }
  return value;
}

/** What cases expect of errors. `ours` tells whether messages are looked at, or only that there is an error. */
function expectations(ours) {
  const check = (e, pattern) => {
    const message = String(e?.message ?? e);
    if (ours && !pattern.test(message)) {
      throw new Error(`wanted a message like ${pattern}, received: ${message}`);
    }
    return 'refused';
  };
  return {
    throws(f, pattern) {
      try {
        f();
      } catch (e) {
        return check(e, pattern);
      }
      throw new Error(`wanted an error like ${pattern}, but nothing was thrown`);
    },
    async rejects(promise, pattern) {
      try {
        await promise;
      } catch (e) {
        return check(e, pattern);
      }
      throw new Error(`wanted an error like ${pattern}, but nothing was rejected`);
    },
    /** What this package refuses and TensorFlow.js does not. */
    mine: (f) => (ours ? f() : 'refused'),
  };
}

/** Runs one case. */
export async function run(tf, f, ours) {
  return plain(f(tf, expectations(ours)));
}

/** Where two results differ, in words; undefined where they are the same up to the tolerance. */
export function difference(got, wanted, path = '', tolerance = 1e-4) {
  if (typeof wanted === 'number' && typeof got === 'number') {
    const far = Math.abs(got - wanted) > tolerance * Math.max(1, Math.abs(wanted));
    return far ? `${path}: wanted ${wanted}, received ${got}` : undefined;
  }
  if (wanted !== null && typeof wanted === 'object' && got !== null && typeof got === 'object') {
    const keys = new Set([...Object.keys(wanted), ...Object.keys(got)]);
    for (const k of keys) {
      const d = difference(got[k], wanted[k], `${path}/${k}`, tolerance);
      if (d !== undefined) {
        return d;
      }
    }
    return undefined;
  }
  return got === wanted || (got == null && wanted == null) ? undefined : `${path}: wanted ${JSON.stringify(wanted)}, received ${JSON.stringify(got)}`;
}
