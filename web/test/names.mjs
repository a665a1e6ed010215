// Every public name of TensorFlow.js 4.22.0 is there, or docs/TFJS.md says why not; and what it says is left out is not there.
// names.json lists them by place: `tf`, a namespace such as `tf.image`, or the prototype of a class.

import { readFileSync } from 'node:fs';

/** Names that docs/TFJS.md lists: rows of tables whose first cell is a place and whose second cell is names in backticks. */
function listed() {
  const file = new URL('../../docs/TFJS.md', import.meta.url);
  const out = new Set();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const cells = line.split('|').map((c) => c.trim());
    const place = /^`([^`]+)`$/.exec(cells[1] ?? '')?.[1];
    if (place !== undefined) {
      for (const [, name] of (cells[2] ?? '').matchAll(/`([^`]+)`/g)) {
        out.add(`${place}: ${name}`);
      }
    }
  }
  return out;
}

let made;
/** A small model. */
function chain(tf) {
  return (made ??= tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] }));
}
function compiled(model) {
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return model;
}

/** Instances of classes, for members that constructors make. */
function samples(tf) {
  const buffer = tf.buffer([1]);
  return {
    'Tensor.prototype': tf.scalar(0),
    'TensorBuffer.prototype': buffer,
    'Variable.prototype': tf.Variable?.prototype,
    'Optimizer.prototype': tf.train.sgd(0.1),
    'data.Dataset.prototype': tf.data.array([1]),
    'LayersModel.prototype': compiled(tf.model({ inputs: chain(tf).inputs, outputs: chain(tf).outputs })),
    'Sequential.prototype': compiled(chain(tf)),
    'GraphModel.prototype': new tf.GraphModel('none'),
    'data.CSVDataset.prototype': new tf.data.CSVDataset({ iterator: async () => ({ next: async () => ({ done: true }) }) }),
  };
}

/** Problems, one a line. */
export function missingNames(tf) {
  const places = JSON.parse(readFileSync(new URL('./names.json', import.meta.url), 'utf8'));
  const left = listed();
  const made = samples(tf);
  const problems = [];
  for (const [place, names] of Object.entries(places)) {
    const object = made[place] ?? (place.endsWith('.prototype') ? tf[place.slice(0, -'.prototype'.length)]?.prototype : place.split('.').slice(1).reduce((o, k) => o?.[k], tf));
    const whole = left.delete(`${place}: *`);
    for (const name of names) {
      const there = object != null && name in object;
      const excused = left.delete(`${place}: ${name}`) || whole;
      if (!there && !excused) {
        problems.push(`${place}: ${name} is missing, and docs/TFJS.md gives no reason`);
      } else if (there && excused && !whole) {
        problems.push(`${place}: ${name} is there, but docs/TFJS.md says it is left out`);
      }
    }
    if (whole && object != null && names.every((n) => n in object)) {
      problems.push(`${place}: all is there, but docs/TFJS.md says it is left out`);
    }
  }
  for (const rest of left) {
    problems.push(`docs/TFJS.md lists ${rest}, which is no name of TensorFlow.js`);
  }
  return problems;
}

