/** The digits that the page trains on: IDX files, as the library ships them. */

/** Images as one plane of bytes, and their labels. */
export interface Split {
  images: Uint8Array;
  labels: Uint8Array;
  count: number;
}

/** Pixels of a side. */
export const SIDE = 8;

async function idx(name: string): Promise<{ sizes: number[]; bytes: Uint8Array }> {
  const response = await fetch(`data/${name}`);
  if (!response.ok || response.body === null) {
    throw new Error(`data/${name} could not be loaded (${response.status} ${response.statusText})`);
  }
  // A server may have unpacked the file on the way.
  let all = new Uint8Array(await response.arrayBuffer());
  if (all[0] === 0x1f && all[1] === 0x8b) {
    const unpacked = new Blob([all]).stream().pipeThrough(new DecompressionStream('gzip'));
    all = new Uint8Array(await new Response(unpacked).arrayBuffer());
  }
  const view = new DataView(all.buffer);
  const rank = all[3] ?? 0;
  const sizes = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  return { sizes, bytes: all.subarray(4 + 4 * rank) };
}

async function split(kind: 'train' | 'test'): Promise<Split> {
  const [images, labels] = await Promise.all([idx(`${kind}-images-idx3-ubyte.gz`), idx(`${kind}-labels-idx1-ubyte.gz`)]);
  const [count = 0, height, width] = images.sizes;
  if (height !== SIDE || width !== SIDE || labels.sizes[0] !== count) {
    throw new Error(`the ${kind} images are ${height}x${width}, and there are ${labels.sizes[0]} labels for ${count} of them`);
  }
  return { images: images.bytes, labels: labels.bytes, count };
}

/** Loads the images to train on and to test with. */
export async function loadDigits(): Promise<{ train: Split; test: Split }> {
  const [train, test] = await Promise.all([split('train'), split('test')]);
  return { train, test };
}
