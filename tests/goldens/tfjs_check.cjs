// Opens models that wgflow wrote with TensorFlow.js, and compares their outputs with those of the originals.
//
// Called as `node tfjs_check.cjs FOLDER`, as tfjs_check.py, with @tensorflow/tfjs 4.22 where node finds it.
const fs = require('fs');
const path = require('path');
const tf = require('@tensorflow/tfjs');

function arrays(file) {
  const bytes = fs.readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length));
  const kinds = { F32: Float32Array, I32: Int32Array };
  return (kind) => Object.keys(header).filter((k) => new RegExp(`^${kind}[0-9]+$`).test(k)).sort().map((k) => {
    const { dtype, shape, data_offsets: [from, to] } = header[k];
    const own = bytes.subarray(8 + length + from, 8 + length + to);
    return tf.tensor(new kinds[dtype](own.buffer.slice(own.byteOffset, own.byteOffset + own.length)), shape);
  });
}

async function main() {
  const folder = process.argv[2];
  const names = fs.readdirSync(folder).sort();
  const wrong = [];
  for (const name of names) {
    const of = arrays(path.join(__dirname, 'tfjs', name, 'expected.safetensors'));
    try {
      const json = JSON.parse(fs.readFileSync(path.join(folder, name, 'model.json')));
      const data = fs.readFileSync(path.join(folder, name, 'weights.bin'));
      const weightData = data.buffer.slice(data.byteOffset, data.byteOffset + data.length);
      const model = await tf.loadLayersModel(tf.io.fromMemory({ ...json, weightSpecs: json.weightsManifest[0].weights, weightData }));
      const y = [model.predict(of('x').length > 1 ? of('x') : of('x')[0])].flat();
      const off = Math.max(...y.map((t, i) => t.sub(of('y')[i]).abs().max().dataSync()[0]));
      if (!(off < 1e-5)) wrong.push(`${name}: off by ${off}`);
    } catch (e) {
      wrong.push(`${name}: ${e.message.slice(0, 300)}`);
    }
  }
  console.log(`${names.length - wrong.length} of ${names.length} models are the same\n${wrong.join('\n')}`);
  process.exitCode = wrong.length ? 1 : 0;
}

main();
