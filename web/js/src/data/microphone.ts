/** `tf.data.microphone`: what a microphone hears. */

import { tensor } from '../ops/creation';
import type { Tensor, Tensor2D, Tensor3D } from '../tensor/tensor';
import type { TensorContainer } from '../types';
import { assert } from '../util/util';
import { END, type Item, LazyIterator } from './iterator';

/** What is recorded. */
export interface MicrophoneConfig {
  sampleRateHz?: 44100 | 48000;
  fftSize?: number;
  columnTruncateLength?: number;
  numFramesPerSpectrogram?: number;
  audioTrackConstraints?: MediaTrackConstraints;
  smoothingTimeConstant?: number;
  includeSpectrogram?: boolean;
  includeWaveform?: boolean;
}

/** Spectrograms `[frames, columns, 1]` and waveforms `[frames * fftSize, 1]`, each recorded when it is asked for. */
export class MicrophoneIterator extends LazyIterator<TensorContainer> {
  private closed = true;
  private stream: MediaStream | undefined;
  private context: AudioContext | undefined;
  private analyser: AnalyserNode | undefined;
  private readonly fftSize: number;
  private readonly columns: number;
  private readonly frames: number;

  private constructor(protected readonly microphoneConfig: MicrophoneConfig) {
    super();
    this.fftSize = microphoneConfig.fftSize ?? 1024;
    const size = Math.log2(this.fftSize);
    assert(
      Number.isInteger(size) && size >= 4 && size <= 14,
      () => `Invalid fftSize: it must be a power of 2 between 2 to 4 and 2 to 14, but got ${this.fftSize}`,
    );
    this.columns = microphoneConfig.columnTruncateLength ?? this.fftSize;
    this.frames = microphoneConfig.numFramesPerSpectrogram ?? 43;
    assert(
      microphoneConfig.includeSpectrogram !== false || microphoneConfig.includeWaveform === true,
      () => 'Both includeSpectrogram and includeWaveform are false. At least one type of data should be returned.',
    );
  }

  override summary(): string {
    return 'microphone';
  }

  /** Opens the microphone. Rejects where there is none. */
  static async create(microphoneConfig: MicrophoneConfig = {}): Promise<MicrophoneIterator> {
    if (typeof document === 'undefined') {
      throw new Error('microphone API is only supported in browser environment.');
    }
    const made = new MicrophoneIterator(microphoneConfig);
    await made.start();
    return made;
  }

  /** Opens the microphone again. */
  async start(): Promise<void> {
    const { audioTrackConstraints, sampleRateHz, smoothingTimeConstant } = this.microphoneConfig;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: audioTrackConstraints ?? true, video: false });
    } catch (e) {
      throw new Error(`Error thrown while initializing video stream: ${(e as Error).message}`);
    }
    this.context = new AudioContext();
    if (sampleRateHz && this.context.sampleRate !== sampleRateHz) {
      throw new Error(`Mismatch in sampling rate: Expected: ${sampleRateHz}; Actual: ${this.context.sampleRate}`);
    }
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = this.fftSize * 2;
    this.analyser.smoothingTimeConstant = smoothingTimeConstant ?? 0;
    this.context.createMediaStreamSource(this.stream).connect(this.analyser);
    this.closed = false;
  }

  async next(): Promise<Item<TensorContainer>> {
    if (this.closed) {
      return END;
    }
    const analyser = this.analyser as AnalyserNode;
    const spectrum = new Float32Array(this.frames * this.columns);
    const wave = new Float32Array(this.frames * this.fftSize);
    const [bins, samples] = [new Float32Array(this.fftSize), new Float32Array(this.fftSize)];
    const period = (this.fftSize / this.getSampleRate()) * 1e3;
    for (let i = 0; i < this.frames; i++) {
      await new Promise((resolve) => setTimeout(resolve, period));
      analyser.getFloatFrequencyData(bins);
      analyser.getFloatTimeDomainData(samples);
      spectrum.set(bins.subarray(0, this.columns), i * this.columns);
      wave.set(samples, i * this.fftSize);
    }
    const value: { [key: string]: Tensor | undefined } = { spectrogram: undefined, waveform: undefined };
    if (this.microphoneConfig.includeSpectrogram !== false) {
      value['spectrogram'] = tensor(spectrum, [this.frames, this.columns, 1]);
    }
    if (this.microphoneConfig.includeWaveform) {
      value['waveform'] = tensor(wave, [wave.length, 1]);
    }
    return { value, done: false };
  }

  /** What is heard from now on. Rejects where the microphone is closed. */
  async capture(): Promise<{ spectrogram: Tensor3D; waveform: Tensor2D }> {
    const item = await this.next();
    if (item.done) {
      throw new Error('The microphone is stopped: start() opens it again.');
    }
    return item.value as unknown as { spectrogram: Tensor3D; waveform: Tensor2D };
  }

  /** Closes the microphone. */
  stop(): void {
    if (!this.closed) {
      this.closed = true;
      this.analyser?.disconnect();
      void this.context?.close();
      this.stream?.getTracks().forEach((track) => track.stop());
    }
  }

  override toArray(): Promise<TensorContainer[]> {
    throw new Error('Can not convert infinite audio stream to array.');
  }

  /** Samples a second. */
  getSampleRate(): number {
    return this.context?.sampleRate ?? 0;
  }
}
