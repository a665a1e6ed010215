/** `tf.data.webcam`: pictures of a camera. */

import { fromPixels } from '../browser/index';
import { tidy } from '../engine/engine';
import { image } from '../ops/image';
import { tensor1d, tensor2d } from '../ops/creation';
import type { Tensor3D, Tensor4D } from '../tensor/tensor';
import { assert } from '../util/util';
import { END, type Item, LazyIterator } from './iterator';

/** Which camera, and what size pictures have. */
export interface WebcamConfig {
  facingMode?: 'user' | 'environment';
  deviceId?: string;
  resizeWidth?: number;
  resizeHeight?: number;
  /** Cuts the middle out in the wanted shape instead of stretching. */
  centerCrop?: boolean;
}

/** Pictures of a camera, each taken when it is asked for: int32 `[height, width, 3]`. */
export class WebcamIterator extends LazyIterator<Tensor3D> {
  private closed = true;
  private stream: MediaStream | undefined;

  private constructor(
    protected readonly webcamVideoElement: HTMLVideoElement,
    protected readonly webcamConfig: WebcamConfig,
  ) {
    super();
  }

  override summary(): string {
    return 'webcam';
  }

  /** Opens the camera. Rejects where there is none, or no size is given by the element or the configuration. */
  static async create(webcamVideoElement?: HTMLVideoElement, webcamConfig: WebcamConfig = {}): Promise<WebcamIterator> {
    if (typeof document === 'undefined') {
      throw new Error('tf.data.webcam is only supported in browser environment.');
    }
    let video = webcamVideoElement;
    if (!video) {
      const { resizeWidth, resizeHeight } = webcamConfig;
      assert(!!resizeWidth && !!resizeHeight, () => 'Please provide webcam video element, or resizeWidth and resizeHeight to create a hidden video element.');
      video = document.createElement('video');
      video.width = resizeWidth as number;
      video.height = resizeHeight as number;
    }
    const made = new WebcamIterator(video, webcamConfig);
    await made.start();
    return made;
  }

  /** Opens the camera again. */
  async start(): Promise<void> {
    const { facingMode, deviceId } = this.webcamConfig;
    const video = this.webcamVideoElement;
    assert(
      facingMode === undefined || facingMode === 'user' || facingMode === 'environment',
      () => `Invalid webcam facing mode: ${facingMode}. Please provide 'user' or 'environment'`,
    );
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: {
          ...(deviceId ? { deviceId } : {}),
          facingMode: facingMode ?? 'user',
          ...(video.width ? { width: video.width } : {}),
          ...(video.height ? { height: video.height } : {}),
        },
      });
    } catch (e) {
      throw new Error(`Error thrown while initializing video stream: ${(e as Error).message}`);
    }
    video.srcObject = this.stream;
    video.muted = true;
    const loaded = new Promise((resolve) => {
      video.onloadeddata = resolve;
    });
    await video.play();
    if (video.readyState < 2) {
      await loaded;
    }
    this.closed = false;
  }

  async next(): Promise<Item<Tensor3D>> {
    return this.closed ? END : { value: this.cropAndResizeFrame(fromPixels(this.webcamVideoElement)), done: false };
  }

  /** A picture in the configured size; the picture given is disposed. */
  cropAndResizeFrame(img: Tensor3D): Tensor3D {
    const { resizeWidth, resizeHeight, centerCrop } = this.webcamConfig;
    const [height, width] = img.shape as [number, number, number];
    const size: [number, number] = [resizeHeight ?? height, resizeWidth ?? width];
    if (size[0] === height && size[1] === width) {
      return img;
    }
    const result = tidy(() => {
      const [h, w] = centerCrop ? [Math.min(1, size[0] / height), Math.min(1, size[1] / width)] : [1, 1];
      const box = [(1 - h) / 2, (1 - w) / 2, (1 + h) / 2, (1 + w) / 2];
      const picture = img.toFloat().expandDims<Tensor4D>(0);
      const cropped = image.cropAndResize(picture, tensor2d(box, [1, 4]), tensor1d([0], 'int32'), size, 'bilinear');
      return cropped.reshape<Tensor3D>(cropped.shape.slice(1));
    });
    img.dispose();
    return result;
  }

  /** The picture now. Rejects where the camera is closed. */
  async capture(): Promise<Tensor3D> {
    const item = await this.next();
    if (item.done) {
      throw new Error('The webcam is stopped: start() opens it again.');
    }
    return item.value;
  }

  /** Closes the camera. */
  stop(): void {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.webcamVideoElement.srcObject = null;
    this.closed = true;
  }

  override toArray(): Promise<Tensor3D[]> {
    throw new Error('Can not convert infinite video stream to array.');
  }
}
