import './style.css';
import * as tf from 'wgflow';
import { Curves } from './curves';
import { loadDigits } from './data';
import { makePad, show } from './draw';
import { DIGITS, makeNetwork, probabilities, tensors } from './network';
import { best, showResults } from './results';

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const problem = element('problem');

/** Tells the user what went wrong, in the page. */
function tell(text: string): void {
  problem.textContent = text;
  problem.hidden = false;
}

/** Opens the adapter, or the CPU where there is none. */
async function open(): Promise<void> {
  await tf.ready();
  if (tf.getBackend() === 'webgpu') {
    const adapter = await (navigator as Navigator & { gpu: GPU }).gpu.requestAdapter();
    const { vendor = '', architecture = '', description = '' } = adapter?.info ?? {};
    element('adapter').textContent = `WebGPU: ${description || [vendor, architecture].filter(Boolean).join(' ') || 'an adapter'}`;
    return;
  }
  element('adapter').textContent = 'CPU';
  tell(
    'This browser has no WebGPU, or finds no adapter for it, so the page computes on the CPU and is slower. Current versions of Chrome, Edge, ' +
      'Firefox and Safari have WebGPU; it may be switched off in their settings, or the graphics driver may be too old.',
  );
}

async function main(): Promise<void> {
  const bars = Array.from({ length: DIGITS }, (_, digit) => {
    const item = document.createElement('li');
    item.innerHTML = `<span>${digit}</span><i><b></b></i><span>0 %</span>`;
    element('bars').append(item);
    return { bar: item.querySelector('b')!, text: item.lastElementChild as HTMLElement };
  });
  await open();

  let model: tf.LayersModel | undefined;
  let asked = 0;
  const answer = async () => {
    const image = pad.image();
    show(element<HTMLCanvasElement>('seen'), image);
    const [own, drawn] = [++asked, image.some((v) => v > 0)];
    const all = model && drawn ? await probabilities(model, image, 1) : new Float32Array(DIGITS);
    // A later stroke may have been answered already.
    if (own !== asked) return;
    element('digit').textContent = drawn && model ? String(best(all, 0).digit) : '–';
    bars.forEach(({ bar, text }, digit) => {
      const percent = 100 * (all[digit] ?? 0);
      bar.style.width = `${percent}%`;
      text.textContent = `${percent.toFixed(0)} %`;
    });
  };
  const guarded = () => void answer().catch((e: Error) => tell(e.message));
  const pad = makePad(element('pad'), guarded);
  element('clear').addEventListener('click', () => pad.clear());

  const digits = await loadDigits();
  const judge = async (): Promise<number> => {
    const all = await probabilities(model!, digits.test.images, digits.test.count);
    const accuracy = showResults(digits.test, all, element('wrong'), element('right'));
    element('score').textContent = `${(100 * accuracy).toFixed(1)} % of the 360 test images are recognised.`;
    return accuracy;
  };
  try {
    model = (await tf.loadLayersModel('model/model.json')) as tf.LayersModel;
    await judge();
    guarded();
  } catch (e) {
    element('whose').textContent = 'no model yet: train one';
    tell(`The model that comes with the page could not be loaded: ${(e as Error).message}`);
  }

  const curves = { loss: new Curves(element('loss')), accuracy: new Curves(element('accuracy')) };
  const [train, stop] = [element<HTMLButtonElement>('train'), element<HTMLButtonElement>('stop')];
  element<HTMLFormElement>('form').addEventListener('submit', (event) => {
    event.preventDefault();
    train.disabled = true;
    stop.disabled = false;
    problem.hidden = true;
    fit()
      .catch((e: Error) => tell(e.message))
      .finally(() => {
        train.disabled = false;
        stop.disabled = true;
      });
  });

  async function fit(): Promise<void> {
    const network = makeNetwork();
    const [epochs, batchSize] = [element<HTMLInputElement>('epochs').valueAsNumber, element<HTMLInputElement>('batch').valueAsNumber];
    const steps = Math.ceil(digits.train.count / batchSize);
    const [own, test] = [tensors(digits.train), tensors(digits.test)];
    const halt = () => (network.stopTraining = true);
    stop.addEventListener('click', halt);
    curves.loss.clear();
    curves.accuracy.clear();
    const start = performance.now();
    try {
      await network.fit(own.x, own.y, {
        epochs,
        batchSize,
        validationData: [test.x, test.y],
        callbacks: {
          onBatchEnd: (batch) => {
            const progress = element<HTMLProgressElement>('progress');
            progress.value = (Number(progress.dataset.epoch ?? 0) + (batch + 1) / steps) / epochs;
          },
          onEpochEnd: (epoch, logs) => {
            element('progress').dataset.epoch = String(epoch + 1);
            const [seconds, l] = [(performance.now() - start) / 1000, logs as Record<string, number>];
            curves.loss.add(epoch + 1, l.loss!, l.val_loss!);
            curves.accuracy.add(epoch + 1, l.acc!, l.val_acc!);
            element('status').textContent =
              `epoch ${epoch + 1} of ${epochs}: loss ${l.loss!.toFixed(3)}, test accuracy ${(100 * l.val_acc!).toFixed(1)} %, ${seconds.toFixed(1)} s`;
          },
        },
      });
    } finally {
      stop.removeEventListener('click', halt);
      tf.dispose([own.x, own.y, test.x, test.y]);
      element('progress').dataset.epoch = '0';
    }
    model?.dispose();
    model = network;
    await judge();
    guarded();
    element('whose').textContent = 'the model that you trained in this page';
  }
}

main().catch((e: Error) => tell(e.message));
