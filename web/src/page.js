// Reads a WebGPU buffer without waiting for a promise: its bytes are copied into the texture of a canvas as pixels, and the canvas is
// drawn onto one of the 2D kind, whose pixels can be had at once. Colours of a 2D canvas are premultiplied with alpha, which loses
// bits, so the bytes are drawn twice: as opaque, for the three colours, and with alpha, of which only alpha is taken.

const ROW = 256; // pixels
const MAX_ROWS = 2048;

/** Whether WebGPU is there, in a page, a worker, or what looks like one. */
export function hasWebGpu() {
  const place = typeof Window !== 'undefined' || typeof WorkerGlobalScope !== 'undefined';
  return place && typeof navigator !== 'undefined' && !!navigator.gpu;
}

/** Whether there are canvases here. */
export function hasCanvas() {
  return typeof OffscreenCanvas !== 'undefined';
}

/**
 * The first `size` bytes of a buffer with the usage COPY_SRC; `size` is a multiple of 1,024.
 * @param {GPUDevice} device
 * @param {GPUBuffer} buffer
 * @param {number} size
 * @returns {Uint8Array}
 */
export function readThroughCanvas(device, buffer, size) {
  const out = new Uint8Array(size);
  const rows = size / (4 * ROW);
  const height = Math.min(rows, MAX_ROWS);
  const plain = new OffscreenCanvas(ROW, height).getContext('2d', {willReadFrequently: true});
  const views = ['opaque', 'premultiplied'].map((alphaMode) => {
    const canvas = new OffscreenCanvas(ROW, height);
    const context = canvas.getContext('webgpu');
    if (!context || !plain) throw new Error('a canvas cannot be used here; await tensor.data() instead');
    context.configure({device, format: 'bgra8unorm', usage: GPUTextureUsage.COPY_DST, alphaMode});
    return {canvas, context, colours: alphaMode === 'opaque'};
  });
  for (let row = 0; row < rows; row += height) {
    const n = Math.min(height, rows - row);
    const at = row * 4 * ROW;
    for (const {canvas, context, colours} of views) {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToTexture(
          {buffer, offset: at, bytesPerRow: 4 * ROW}, {texture: context.getCurrentTexture()}, {width: ROW, height: n});
      device.queue.submit([encoder.finish()]);
      plain.clearRect(0, 0, ROW, height);
      plain.drawImage(canvas, 0, 0);
      const pixels = plain.getImageData(0, 0, ROW, n).data;
      for (let i = 0; i < pixels.length; i += 4) {
        if (colours) {
          // A texel is blue, green, red, alpha; a pixel is red, green, blue, alpha.
          out[at + i] = pixels[i + 2];
          out[at + i + 1] = pixels[i + 1];
          out[at + i + 2] = pixels[i];
        } else {
          out[at + i + 3] = pixels[i + 3];
        }
      }
    }
  }
  return out;
}

/** POSIX' classes, which JavaScript lacks, as parts of a class. */
const POSIX = {
  alnum: '0-9A-Za-z', alpha: 'A-Za-z', ascii: '\\x00-\\x7f', blank: '\\t ', cntrl: '\\x00-\\x1f\\x7f', digit: '0-9', graph: '!-~', lower: 'a-z',
  print: ' -~', punct: '!-\\/:-@\\[-`\\{-~', space: '\\t\\n\\v\\f\\r ', upper: 'A-Z', word: '0-9A-Za-z_', xdigit: '0-9A-Fa-f',
};

/** White space in RE2's sense. */
const SPACE = '\\t\\n\\f\\r ';

/** An expression in RE2's syntax as JavaScript writes it. */
function translated(pattern) {
  let [out, inClass] = ['', false];
  for (let i = 0; i < pattern.length; i++) {
    const [c, next] = [pattern[i], pattern[i + 1] ?? ''];
    const posix = inClass && /^\[:(\w+):\]/.exec(pattern.slice(i));
    if (c === '\\') {
      i++;
      if ((next === 'p' || next === 'P') && pattern[i + 1] !== '{') out += `\\${next}{${pattern[++i]}}`;
      else if (next === 's') out += inClass ? SPACE : `[${SPACE}]`;
      else if (next === 'S' && !inClass) out += `[^${SPACE}]`;
      else if (next === 'A') out += '^';
      else if (next === 'z') out += '$';
      // JavaScript escapes no other signs.
      else out += /[\w^$\\.*+?()[\]{}|/]/.test(next) || (inClass && next === '-') ? c + next : next;
    } else if (posix && posix[1] in POSIX) {
      out += POSIX[posix[1]];
      i += posix[0].length - 1;
    } else if (c === '[' && !inClass) {
      inClass = true;
      out += next === '^' ? '[^' : '[';
      if (next === '^') i++;
      if (pattern[i + 1] === ']') {
        out += '\\]';
        i++;
      }
    } else if (c === '[') {
      out += '\\[';
    } else {
      if (c === ']') inClass = false;
      out += c;
    }
  }
  return out.replaceAll('(?P<', '(?<');
}

/**
 * The matches of a regular expression in a text: how many groups a match has, the whole included, then the first and last byte of each
 * group of each match in UTF-8, -1 where a group took no part.
 * @param {string} pattern in RE2's syntax, flags such as (?i) in front
 * @param {string} text
 * @param {boolean} global all matches, or the first
 * @returns {Int32Array}
 */
export function findMatches(pattern, text, global) {
  const front = /^\(\?([ims]+)\)/.exec(pattern);
  const body = translated(pattern.slice(front ? front[0].length : 0));
  const regex = new RegExp(body, `dgu${front ? [...new Set(front[1])].join('') : ''}`);
  const encoder = new TextEncoder();
  const bytes = (i) => encoder.encode(text.slice(0, i)).length;
  const out = [];
  let [groups, end] = [0, -1];
  for (const match of text.matchAll(regex)) {
    // RE2 finds nothing empty right behind a match.
    if (match[0] === '' && match.index === end) continue;
    end = match.index + match[0].length;
    groups = match.indices.length;
    for (const range of match.indices) {
      out.push(...(range ? range.map(bytes) : [-1, -1]));
    }
    if (!global) break;
  }
  return Int32Array.from([groups, ...out]);
}
