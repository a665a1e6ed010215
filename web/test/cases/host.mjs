// tf.util, tf.io, tf.data, tf.browser, tf.test_util, tf.serialization, tf.backend_util.

const f16 = (...bits) => Uint16Array.of(...bits).buffer;

export default {
  'util of shapes': (tf) => [tf.util.sizeFromShape([2, 3]), tf.util.computeStrides([2, 3, 4]), tf.util.parseAxisParam(-1, [2, 3]), tf.util.parseAxisParam(null, [2, 3]), tf.util.squeezeShape([1, 2, 1]), tf.util.inferFromImplicitShape([-1, 2], 6), tf.util.arraysEqual([1, 2], [1, 2]), tf.util.arraysEqualWithNull([1, null], [1, 3]), tf.util.isScalarShape([]), tf.util.sizeToSquarishShape(10), tf.util.locToIndex([1, 2], 2, [3]), tf.util.indexToLoc(5, 2, [3])],
  'util of arrays': (tf) => [tf.util.flatten([[1, [2]], 3]), tf.util.toNestedArray([2, 2], new Float32Array([1, 2, 3, 4])), tf.util.toTypedArray([1, 2], 'int32'), tf.util.sum([1, 2]), tf.util.clamp(0, 5, 3), tf.util.nearestLargerEven(3), tf.util.nearestDivisor(12, 5), tf.util.distSquared([1, 2], [3, 5]), tf.util.rightPad('a', 3), tf.util.makeOnesTypedArray(2, 'int32'), tf.util.makeZerosTypedArray(2, 'bool'), tf.util.makeZerosNestedTypedArray([2, 1], 'float32'), tf.util.getTypedArrayFromDType('float32', 2), tf.util.tanh(0.5)],
  'util of dtypes': (tf) => [tf.util.inferDtype(1), tf.util.inferDtype(['a']), tf.util.inferDtype(new Int32Array(1)), tf.util.inferDtype(true), tf.util.bytesPerElement('complex64'), tf.util.hasEncodingLoss('float32', 'int32'), tf.util.hasEncodingLoss('int32', 'float32'), tf.util.isValidDtype('bool'), tf.util.isTypedArray(new Float32Array(1)), tf.util.isString('a'), tf.util.isBoolean(true), tf.util.isNumber(1), tf.util.isInt(1.5), tf.util.isFunction(() => 1), tf.util.isPromise(Promise.resolve())],
  'util of strings': (tf) => [tf.util.encodeString('aé'), tf.util.decodeString(tf.util.encodeString('aé')), tf.util.bytesFromStringArray([new Uint8Array(3), new Uint8Array(2)])],
  'util shuffles': (tf) => { const a = [1, 2, 3, 4]; const b = [10, 20, 30, 40]; tf.util.shuffleCombo(a, b); tf.util.shuffle([1]); return [a.every((v, i) => b[i] === v * 10), Array.from(tf.util.createShuffledIndices(4)).sort()]; },
  'util asserts': (tf, t) => [t.throws(() => tf.util.assert(false, () => 'no'), /no/), t.throws(() => tf.util.assertShapesMatch([1], [2], 'here'), /here Shapes 1 and 2 must match/), t.throws(() => tf.util.parseAxisParam(3, [1]), /range \[-1, 1\)/)],
  backend_util: (tf) => [tf.backend_util.assertAndGetBroadcastShape([2, 1], [3]), tf.backend_util.getBroadcastDims([1, 3, 1], [2, 3, 4]), tf.backend_util.getReductionAxes([3, 1], [2, 3, 4]), tf.backend_util.computeOutAndReduceShapes([2, 3, 4], [1]), tf.backend_util.expandShapeToKeepDim([2, 4], [1]), tf.backend_util.getAxesPermutation([0], 3), tf.backend_util.getUndoAxesPermutation([1, 2, 0]), tf.backend_util.getInnerMostAxes(2, 4), tf.backend_util.combineLocations([1], [2], [0]), tf.backend_util.mergeRealAndImagArrays(new Float32Array([1, 2]), new Float32Array([3, 4])), tf.backend_util.prepareSplitSize(tf.zeros([4]), [1, -1])],
  'backend_util refuses shapes that do not fit': (tf, t) => t.throws(() => tf.backend_util.assertAndGetBroadcastShape([2], [3]), /could not be broadcast together/),
  test_util: (tf, t) => { tf.test_util.expectArraysClose([1, 2], [1, 2.0001]); tf.test_util.expectArraysEqual([1], [1]); tf.test_util.expectNumbersClose(1, 1); tf.test_util.expectValuesInRange([1], 0, 2); return t.throws(() => tf.test_util.expectArraysClose([1], [2]), /Arrays differ/); },
  serialization: (tf, t) => {
    class Thing extends tf.serialization.Serializable { static className = `Thing${Math.random()}`; constructor(c) { super(); this.c = c; } getConfig() { return { c: 1 }; } }
    tf.serialization.registerClass(Thing);
    return [tf.serialization.SerializationMap.getMap().classNameMap[Thing.className][0] === Thing, new Thing(1).getClassName() === Thing.className, tf.serialization.getRegisteredName(Thing).startsWith('Custom>'), t.throws(() => tf.serialization.registerClass(class {}), /className/)];
  },

  'io: weights there and back': async (tf) => {
    const tensors = { a: tf.tensor2d([1, 2, 3, 4], [2, 2]), b: tf.tensor1d([1, -2], 'int32'), c: tf.tensor1d([true, false]) };
    const { data, specs } = await tf.io.encodeWeights(tensors);
    const back = tf.io.decodeWeights(data, specs);
    const part = tf.io.decodeWeights([data.slice(0, 5), data.slice(5)], specs);
    return [specs, new Uint8Array(data), back.a, back.b, back.c, part.a];
  },
  'io: quantised weights': (tf) => {
    const d = tf.io.decodeWeights(Uint8Array.of(0, 128, 255).buffer, [{ name: 'q', shape: [3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.1, min: -1 } }]);
    const e = tf.io.decodeWeights(f16(0x3c00, 0xc000, 0x0001, 0x7bff), [{ name: 'h', shape: [4], dtype: 'float32', quantization: { dtype: 'float16' } }]);
    const f = tf.io.decodeWeights(f16(0, 1000), [{ name: 'i', shape: [2], dtype: 'int32', quantization: { dtype: 'uint16', scale: 0.1, min: 5 } }]);
    return [d.q, e.h, f.i];
  },
  'io: truncated weights are refused': (tf, t) => t.mine(() => t.throws(() => tf.io.decodeWeights(new ArrayBuffer(4), [{ name: 'w', shape: [2], dtype: 'float32' }]), /Weight 'w': wanted 4 bytes more/)),
  'io: unknown quantisation is refused': (tf, t) => t.throws(() => tf.io.decodeWeights(new ArrayBuffer(4), [{ name: 'w', shape: [2], dtype: 'float32', quantization: { dtype: 'uint8' } }]), /min and scale/),
  'io: weights as a stream': async (tf) => {
    const { data, specs } = await tf.io.encodeWeights({ a: tf.tensor1d([1, 2, 3]) });
    const stream = new ReadableStream({ start(c) { c.enqueue(data.slice(0, 5)); c.enqueue(data.slice(5)); c.close(); } });
    return (await tf.io.decodeWeightsStream(stream, specs)).a;
  },
  'io: memory and functions': async (tf) => {
    const artifacts = { modelTopology: { a: 1 }, weightSpecs: [], weightData: new ArrayBuffer(0) };
    const loaded = await tf.io.fromMemory(artifacts).load();
    const saved = await tf.io.withSaveHandler(async (x) => ({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(x) })).save(artifacts);
    return [loaded.modelTopology, saved.modelArtifactsInfo.modelTopologyBytes, saved.modelArtifactsInfo.weightDataBytes, tf.io.fromMemorySync(artifacts).load().modelTopology];
  },
  'io: http': async (tf, t) => {
    const files = {
      'http://x/m/model.json?k=1': JSON.stringify({ modelTopology: { t: 1 }, format: 'layers-model', weightsManifest: [{ paths: ['w1', 'w2'], weights: [{ name: 'w', shape: [2], dtype: 'float32' }] }] }),
      'http://x/m/w1?k=1': new Float32Array([1]).buffer,
      'http://x/m/w2?k=1': new Float32Array([2]).buffer,
    };
    const fetchFunc = async (url) => (files[url] === undefined ? new Response('', { status: 404 }) : new Response(files[url]));
    const steps = [];
    const a = await tf.io.http('http://x/m/model.json?k=1', { fetchFunc }).load();
    void steps;
    const w = tf.io.decodeWeights(a.weightData, a.weightSpecs).w;
    return [a.modelTopology, a.format, w, tf.io.isHTTPScheme('https://a'), await t.rejects(tf.io.http('http://x/none.json', { fetchFunc }).load(), /failed with status code 404/), t.throws(() => tf.io.http(''), /must not be null, undefined or empty/)];
  },
  'io: saving by http': async (tf) => {
    let got;
    const fetchFunc = async (url, init) => { got = [url, init.method, [...init.body.keys()], JSON.parse(await init.body.get('model.json').text())]; return new Response('ok'); };
    const r = await tf.io.http('http://x/up', { fetchFunc }).save({ modelTopology: { t: 1 }, format: 'layers-model', weightSpecs: [{ name: 'w', shape: [1], dtype: 'float32' }], weightData: new ArrayBuffer(4) });
    return [got[0], got[1], got[2], got[3].modelTopology, got[3].weightsManifest, r.modelArtifactsInfo.weightDataBytes];
  },
  'io: weights of a manifest': async (tf, t) => {
    const manifest = [{ paths: ['p1'], weights: [{ name: 'a', shape: [1], dtype: 'float32' }, { name: 'b', shape: [1], dtype: 'int32' }] }];
    const load = tf.io.weightsLoaderFactory(async (urls) => urls.map(() => Uint8Array.from([0, 0, 128, 63, 7, 0, 0, 0]).buffer));
    const all = await load(manifest, 'http://x');
    const one = await load(manifest, 'http://x', ['b']);
    return [all.a, all.b, Object.keys(one), await t.rejects(load(manifest, '', ['z']), /Could not find weights in manifest with names: z/)];
  },
  'io: routers': (tf) => {
    const router = (url) => (typeof url === 'string' && url.startsWith('mine://') ? { load: async () => ({}), save: async () => ({}) } : null);
    tf.io.registerLoadRouter(router);
    tf.io.registerSaveRouter(router);
    return [tf.io.getLoadHandlers('mine://a').length, tf.io.getSaveHandlers('mine://a').length, tf.io.getLoadHandlers('other://a').length, tf.io.getSaveHandlers('http://a/b').length];
  },
  'io: pieces of memory': (tf) => {
    const c = new tf.io.CompositeArrayBuffer([Uint8Array.of(1, 2, 3).buffer, Uint8Array.of(4, 5).buffer]);
    return [c.byteLength, new Uint8Array(c.slice(1, 4)), new Uint8Array(c.slice()), new Uint8Array(tf.io.CompositeArrayBuffer.join([Uint8Array.of(9).buffer])), new Uint8Array(tf.io.concatenateArrayBuffers([Uint8Array.of(1).buffer, Uint8Array.of(2).buffer]))];
  },
  'io: models without a scheme are refused': async (tf, t) => [await t.rejects(tf.io.removeModel('nothing'), /does not contain a scheme/), await t.rejects(tf.io.copyModel('a://b', 'a://b'), /Old path and new path are the same/)],

  'data: array': async (tf) => { const d = tf.data.array([1, 2, 3, 4]); return [d.size, await d.toArray(), await d.map((x) => x * 2).filter((x) => x > 2).toArray(), await d.skip(1).take(2).toArray(), await d.repeat(2).toArray(), await d.concatenate(tf.data.array([9])).toArray(), await d.mapAsync(async (x) => x + 1).prefetch(2).toArray(), d.batch(3).size, d.batch(3, false).size, d.repeat().size, d.filter(() => true).size]; },
  'data: batches': async (tf) => { const d = tf.data.array([{ x: [1, 2], y: 3 }, { x: [4, 5], y: 6 }, { x: [7, 8], y: 9 }]).batch(2); const b = await d.toArray(); return [b.length, b[0].x, b[0].y, b[1].x]; },
  'data: shuffle keeps the elements': async (tf) => { const d = tf.data.array([1, 2, 3, 4, 5]).shuffle(3, 'seed'); return [d.size, (await d.toArray()).sort()]; },
  'data: shuffle wants a size': (tf, t) => t.throws(() => tf.data.array([1]).shuffle(), /requires bufferSize/),
  'data: zip': async (tf) => { const z = tf.data.zip({ a: tf.data.array([1, 2]), b: tf.data.array(['x', 'y', 'z']) }); return [z.size, await z.toArray()]; },
  'data: generator and func': async (tf) => {
    function* three() { yield 1; yield 2; yield 3; }
    let i = 0;
    return [await tf.data.generator(three).toArray(), await tf.data.func(() => ({ value: ++i, done: i > 2 })).toArray(), await tf.data.generator(async function* () { yield 7; }).toArray()];
  },
  'data: forEachAsync and iterator': async (tf) => { const seen = []; await tf.data.array([1, 2]).forEachAsync((x) => seen.push(x)); const it = await tf.data.array([5]).iterator(); return [seen, (await it.next()).value, (await it.next()).done]; },
  'data: csv': async (tf, t) => {
    const source = { iterator: () => new tf.data.FileDataSource(new TextEncoder().encode('a,b,c\r\n1,"x, ""y""",true\n2,,false\n')).iterator() };
    const d = new tf.data.CSVDataset(source, { columnConfigs: { c: { isLabel: true, dtype: 'bool' }, b: { default: 'none' } } });
    const bad = new tf.data.CSVDataset(source, { columnNames: ['only'] });
    return [await d.columnNames(), await d.toArray(), await t.rejects(bad.columnNames(), /does not match the length of the header/)];
  },
  'data: batch refuses no elements': (tf, t) => t.throws(() => tf.data.array([1]).batch(0), /batchSize needs to be positive/),
  'data: zip refuses numbers': (tf, t) => t.throws(() => tf.data.zip(3), /must be an object or array/),

  'browser: pixels': (tf) => [tf.browser.fromPixels({ data: Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255), width: 2, height: 1 }), tf.browser.fromPixels({ data: Uint8Array.of(1, 2, 3, 255), width: 1, height: 1 }, 4)],
  'browser: to pixels': async (tf, t) => [Array.from(await tf.browser.toPixels(tf.tensor2d([[0, 0.5], [1, 0.25]]))), Array.from(await tf.browser.toPixels(tf.tensor3d([1, 2, 3], [1, 1, 3], 'int32'))), await t.rejects(tf.browser.toPixels(tf.tensor2d([[2]])), /must be in the range \[0 - 1\]/), await t.rejects(tf.browser.toPixels(tf.zeros([1, 1, 2])), /depth of size/)],
  'browser: refuses null': (tf, t) => t.throws(() => tf.browser.fromPixels(null), /can not be null/),
};
