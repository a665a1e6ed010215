/** The field to draw in, and how a drawing becomes an image as the network knows them. */

import { SIDE } from './data';

/** Cells of the bitmap that an image's pixels count: 4x4 each, as the images of the data set were made. */
const FINE = 32;
const CELL = FINE / SIDE;

/** Lets the user draw, and calls `changed` after each stroke's step. */
export function makePad(canvas: HTMLCanvasElement, changed: () => void): { clear(): void; image(): Uint8Array } {
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  let last: [number, number] | undefined;
  const place = (e: PointerEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [((e.clientX - box.left) * canvas.width) / box.width, ((e.clientY - box.top) * canvas.height) / box.height];
  };
  const stroke = (to: [number, number]) => {
    const from = last ?? to;
    context.strokeStyle = 'white';
    context.lineWidth = canvas.width / 11;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    last = to;
    changed();
  };
  canvas.addEventListener('pointerdown', (e) => {
    canvas.setPointerCapture(e.pointerId);
    last = undefined;
    stroke(place(e));
  });
  canvas.addEventListener('pointermove', (e) => {
    if (canvas.hasPointerCapture(e.pointerId)) stroke(place(e));
  });
  return {
    clear() {
      context.clearRect(0, 0, canvas.width, canvas.height);
      changed();
    },
    image: () => shrink(context.getImageData(0, 0, canvas.width, canvas.height)),
  };
}

/** The drawing, moved and scaled to fill the image, as counts of inked cells. */
function shrink(drawn: ImageData): Uint8Array {
  const { width, height, data } = drawn;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[4 * (y * width + x) + 3]! > 127) {
        [left, right] = [Math.min(left, x), Math.max(right, x)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      }
    }
  }
  const image = new Uint8Array(SIDE * SIDE);
  if (right < 0) return image;
  // Height fills the image; the width keeps its proportion, and stays within.
  const size = Math.max(bottom - top + 1, right - left + 1);
  const [startX, startY] = [(left + right + 1 - size) / 2, (top + bottom + 1 - size) / 2];
  for (let y = 0; y < FINE; y++) {
    for (let x = 0; x < FINE; x++) {
      const [px, py] = [Math.floor(startX + ((x + 0.5) * size) / FINE), Math.floor(startY + ((y + 0.5) * size) / FINE)];
      const inside = px >= 0 && py >= 0 && px < width && py < height;
      if (inside && data[4 * (py * width + px) + 3]! > 127) {
        const at = Math.floor(y / CELL) * SIDE + Math.floor(x / CELL);
        image[at] = Math.min(255, image[at]! + 255 / (CELL * CELL) + 0.5);
      }
    }
  }
  return image;
}

/** Shows an image on a canvas, one pixel a cell. */
export function show(canvas: HTMLCanvasElement, image: Uint8Array): void {
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext('2d')!;
  const pixels = context.createImageData(SIDE, SIDE);
  image.forEach((v, i) => pixels.data.set([v, v, v, 255], 4 * i));
  context.putImageData(pixels, 0, 0);
}
