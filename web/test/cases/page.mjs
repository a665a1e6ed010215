// What only a page has: canvases, images, videos, storage, a camera. Each case gives true, or what is wrong.

const same = (got, wanted) => (JSON.stringify(got) === JSON.stringify(wanted) ? true : { got, wanted });

function painted() {
  const canvas = document.createElement('canvas');
  canvas.width = 2;
  canvas.height = 1;
  const context = canvas.getContext('2d');
  context.fillStyle = 'rgb(255, 0, 0)';
  context.fillRect(0, 0, 1, 1);
  context.fillStyle = 'rgb(0, 128, 255)';
  context.fillRect(1, 0, 1, 1);
  return canvas;
}
const PIXELS = [[[255, 0, 0], [0, 128, 255]]];

const model = () => ({
  modelTopology: { class_name: 'Sequential' },
  format: 'layers-model',
  generatedBy: 'test',
  weightSpecs: [{ name: 'w', shape: [2], dtype: 'float32' }],
  weightData: new Float32Array([1, 2]).buffer,
});

async function stored(tf, scheme) {
  const [url, other] = [`${scheme}://a/b`, `${scheme}://c`];
  const saved = await tf.io.getSaveHandlers(url)[0].save(model());
  const listed = Object.keys(await tf.io.listModels()).filter((u) => u.startsWith(scheme));
  await tf.io.copyModel(url, other);
  const loaded = await tf.io.getLoadHandlers(other)[0].load();
  await tf.io.moveModel(url, `${scheme}://d`);
  const after = Object.keys(await tf.io.listModels()).filter((u) => u.startsWith(scheme)).sort();
  await tf.io.removeModel(other);
  await tf.io.removeModel(`${scheme}://d`);
  const lost = await tf.io.getLoadHandlers(other)[0].load().then(() => 'loaded', (e) => e.message);
  return same(
    [saved.modelArtifactsInfo.weightDataBytes, listed, loaded.modelTopology, loaded.format, [...new Float32Array(loaded.weightData)], after, /model/.test(lost)],
    [8, [url], { class_name: 'Sequential' }, 'layers-model', [1, 2], [other, `${scheme}://d`], true],
  );
}

export default {
  'pixels of a canvas': async (tf) => same(await tf.browser.fromPixels(painted()).array(), PIXELS),
  'pixels of ImageData': async (tf) => same(await tf.browser.fromPixels(painted().getContext('2d').getImageData(0, 0, 2, 1)).array(), PIXELS),
  'pixels of an ImageBitmap': async (tf) => same(await tf.browser.fromPixels(await createImageBitmap(painted())).array(), PIXELS),
  'pixels of an image': async (tf) => {
    const image = new Image();
    image.src = painted().toDataURL();
    await image.decode();
    return same([await tf.browser.fromPixels(image).array(), await (await tf.browser.fromPixelsAsync(image)).array()], [PIXELS, PIXELS]);
  },
  'one and four channels': async (tf) => same([await tf.browser.fromPixels(painted(), 1).array(), (await tf.browser.fromPixels(painted(), 4).array())[0][0]], [[[[255], [0]]], [255, 0, 0, 255]]),
  'elements that are no pictures are refused': (tf, t) => t.throws(() => tf.browser.fromPixels(document.createElement('div')), /must be either an HTMLVideoElement/) === 'refused',
  'to a canvas': async (tf) => {
    const canvas = document.createElement('canvas');
    await tf.browser.toPixels(tf.tensor3d([255, 0, 0, 0, 128, 255], [1, 2, 3], 'int32'), canvas);
    return same(await tf.browser.fromPixels(canvas).array(), PIXELS);
  },
  draw: async (tf) => {
    const canvas = document.createElement('canvas');
    tf.browser.draw(tf.tensor3d([1, 0, 0, 0, 0.5, 1], [1, 2, 3]), canvas);
    return same(await tf.browser.fromPixels(canvas).array(), PIXELS);
  },
  'local storage': (tf) => stored(tf, 'localstorage'),
  IndexedDB: (tf) => stored(tf, 'indexeddb'),
  'a full local storage is told': async (tf) => {
    const big = { ...model(), weightData: new ArrayBuffer(20e6) };
    const told = await tf.io.getSaveHandlers('localstorage://big')[0].save(big).then(() => 'saved', (e) => e.message);
    return /size quota being exceeded/.test(told) && Object.keys(await tf.io.listModels()).length === 0 ? true : told;
  },
  'files of a person': async (tf) => {
    const json = { modelTopology: { t: 1 }, weightsManifest: [{ paths: ['./w.bin'], weights: [{ name: 'w', shape: [1], dtype: 'float32' }] }] };
    const files = [new File([JSON.stringify(json)], 'model.json'), new File([new Float32Array([5])], 'w.bin')];
    const a = await tf.io.browserFiles(files).load();
    const lacking = await tf.io.browserFiles(files.slice(0, 1)).load().then(() => 'loaded', (e) => e.message);
    return same([a.modelTopology, await tf.io.decodeWeights(a.weightData, a.weightSpecs).w.array(), lacking], [{ t: 1 }, [5], "Weight file with basename 'w.bin' is not provided."]);
  },
  downloads: async (tf) => {
    const names = [];
    const click = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = function () { names.push(this.download); };
    try {
      await tf.io.getSaveHandlers('downloads://mine')[0].save(model());
    } finally {
      HTMLAnchorElement.prototype.click = click;
    }
    return same(names, ['mine.json', 'mine.weights.bin']);
  },
  'a camera': async (tf) => {
    const camera = await tf.data.webcam(undefined, { resizeWidth: 24, resizeHeight: 16, centerCrop: true });
    const picture = await camera.capture();
    camera.stop();
    const after = await camera.next();
    return same([picture.shape, after.done], [[16, 24, 3], true]);
  },
  'a microphone': async (tf) => {
    const mic = await tf.data.microphone({ fftSize: 64, numFramesPerSpectrogram: 2, columnTruncateLength: 10, includeWaveform: true });
    const heard = await mic.capture();
    mic.stop();
    return same([heard.spectrogram.shape, heard.waveform.shape], [[2, 10, 1], [128, 1]]);
  },
  'values at once': (tf) => same(Array.from(tf.tensor1d([1, 2]).add(1).dataSync()), [2, 3]),
};
