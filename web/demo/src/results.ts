/** What the network makes of the test images. */

import { SIDE, type Split } from './data';
import { show } from './draw';
import { DIGITS } from './network';

/** Images shown of each kind. */
const SHOWN = 24;

/** The digit that is likeliest, and how likely it is. */
export function best(probabilities: Float32Array, image: number): { digit: number; probability: number } {
  const own = probabilities.subarray(image * DIGITS, (image + 1) * DIGITS);
  const digit = own.indexOf(Math.max(...own));
  return { digit, probability: own[digit] ?? 0 };
}

/** Shows wrong and right predictions; gives the accuracy. */
export function showResults(test: Split, probabilities: Float32Array, wrong: HTMLElement, right: HTMLElement): number {
  const all = Array.from({ length: test.count }, (_, i) => ({ image: i, label: test.labels[i]!, ...best(probabilities, i) }));
  const [bad, good] = [all.filter((r) => r.digit !== r.label), all.filter((r) => r.digit === r.label)];
  const tile = (r: (typeof all)[number]) => {
    const element = document.createElement('div');
    element.className = r.digit === r.label ? 'tile good' : 'tile bad';
    const canvas = document.createElement('canvas');
    canvas.setAttribute('aria-label', `image of a ${r.label}`);
    show(canvas, test.images.subarray(r.image * SIDE * SIDE, (r.image + 1) * SIDE * SIDE));
    element.append(canvas, r.digit === r.label ? `${r.digit}` : `${r.digit}, is ${r.label}`);
    return element;
  };
  wrong.replaceChildren(...bad.slice(0, SHOWN).map(tile));
  if (bad.length === 0) wrong.textContent = 'None.';
  right.replaceChildren(...good.slice(0, SHOWN).map(tile));
  return good.length / test.count;
}
