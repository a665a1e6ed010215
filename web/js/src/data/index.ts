/** `tf.data`. */

import type { TensorContainer } from '../types';
import { CSVDataset, type CSVConfig } from './csv';
import { type Dataset, datasetFromIteratorFn } from './dataset';
import { iteratorFromFunction } from './iterator';
import { MicrophoneIterator, type MicrophoneConfig } from './microphone';
import { URLDataSource } from './sources';
import { WebcamIterator, type WebcamConfig } from './webcam';

/** A dataset of the rows of a file of comma-separated values. */
export function csv(source: RequestInfo, csvConfig: CSVConfig = {}): CSVDataset {
  return new CSVDataset(new URLDataSource(source), csvConfig);
}

/** A dataset of what a function gives, until it says `{done: true}`. */
export function func<T extends TensorContainer>(f: () => IteratorResult<T> | Promise<IteratorResult<T>>): Dataset<T> {
  const elements = iteratorFromFunction<T>(f);
  return datasetFromIteratorFn(async () => elements);
}

/** A dataset of what a generator gives; each iteration calls it anew. */
export function generator<T extends TensorContainer>(
  generator: () => Iterator<T> | Promise<Iterator<T>> | AsyncIterator<T>,
): Dataset<T> {
  return datasetFromIteratorFn(async () => {
    const made = await generator();
    return iteratorFromFunction<T>(() => made.next() as IteratorResult<T> | Promise<IteratorResult<T>>);
  });
}

/** Pictures of a camera. */
export function webcam(webcamVideoElement?: HTMLVideoElement, webcamConfig?: WebcamConfig): Promise<WebcamIterator> {
  return WebcamIterator.create(webcamVideoElement, webcamConfig);
}

/** What a microphone hears. */
export function microphone(microphoneConfig?: MicrophoneConfig): Promise<MicrophoneIterator> {
  return MicrophoneIterator.create(microphoneConfig);
}

/** The version of TensorFlow.js whose `tf.data` this follows. */
export const version_data = '4.22.0';

export { type ColumnConfig, type CSVConfig, CSVDataset } from './csv';
export { array, Dataset, zip } from './dataset';
export type { MicrophoneConfig } from './microphone';
export { FileDataSource, TextLineDataset, URLDataSource } from './sources';
export type { WebcamConfig } from './webcam';
