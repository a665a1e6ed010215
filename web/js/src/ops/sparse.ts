/** `tf.sparse`, `tf.string` and ragged tensors: ops that the host computes. */

import { callAll, castTo, convertToTensor, op } from '../engine/run';
import { call } from '../engine/run';
import type { Tensor, Tensor1D, Tensor2D } from '../tensor/tensor';
import type { NamedTensorMap, ScalarLike, TensorLike } from '../types';
import { assert } from '../util/util';

type Input = Tensor | TensorLike;

/** An argument of int32 with so many dimensions. */
function whole(x: Input, arg: string, name: string, rank?: number): Tensor {
  const $x = convertToTensor(x, arg, name, 'int32');
  checkRank($x, arg, rank);
  return $x;
}

function checkRank(x: Tensor, arg: string, rank?: number): void {
  assert(rank === undefined || x.rank === rank, () => `${arg} should be ${rank === 0 ? 'a scalar' : `Tensor${rank}D`} but received shape [${x.shape}]`);
}

/** Results in int32, TensorFlow.js' only integers. */
function narrowed(results: Tensor[]): Tensor[] {
  return results.map((t) => ((t.dtype as string) === 'int64' ? castTo(t, 'int32') : t));
}

/** A sparse tensor with the default in each row that was empty. Throws where an index is out of range. */
export const sparseFillEmptyRows = op({
  sparseFillEmptyRows(
    indices: Tensor2D | TensorLike,
    values: Tensor1D | TensorLike,
    denseShape: Tensor1D | TensorLike,
    defaultValue: Tensor | ScalarLike,
  ): NamedTensorMap {
    const name = 'sparseFillEmptyRows';
    const $values = convertToTensor(values, 'values', name, 'string_or_numeric');
    const $default = convertToTensor(defaultValue as Tensor, 'defaultValue', name, $values.dtype);
    checkRank($values, 'values', 1);
    checkRank($default, 'defaultValue', 0);
    const inputs = [whole(indices, 'indices', name, 2), $values, whole(denseShape, 'denseShape', name, 1), $default];
    const [outputIndices, outputValues, emptyRowIndicator, reverseIndexMap] = narrowed(callAll('SparseFillEmptyRows', inputs)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    return { outputIndices, outputValues, emptyRowIndicator, reverseIndexMap };
  },
});

/** Indices of a sparse tensor in another shape; one dimension may be -1. Throws where sizes differ. */
export const sparseReshape = op({
  sparseReshape(inputIndices: Tensor2D | TensorLike, inputShape: Tensor1D | TensorLike, newShape: Tensor1D | TensorLike): NamedTensorMap {
    const name = 'sparseReshape';
    const inputs = [whole(inputIndices, 'inputIndices', name, 2), whole(inputShape, 'inputShape', name, 1), whole(newShape, 'newShape', name, 1)];
    const [outputIndices, outputShape] = narrowed(callAll('SparseReshape', inputs)) as [Tensor, Tensor];
    return { outputIndices, outputShape };
  },
});

function segments(name: string, row: string, data: Input, indices: Input, segmentIds: Input): Tensor {
  const $data = convertToTensor(data, 'data', name);
  assert($data.rank >= 1, () => 'Data should be at least 1 dimensional but received scalar');
  return call(row, [$data, whole(indices, 'indices', name, 1), whole(segmentIds, 'segmentIds', name, 1)]);
}

/** Means of rows of `data` at indices, by sorted segment ids. Throws where indices or ids are out of range. */
export const sparseSegmentMean = op({
  sparseSegmentMean: (data: Input, indices: Tensor1D | TensorLike, segmentIds: Tensor1D | TensorLike): Tensor =>
    segments('sparseSegmentMean', 'SparseSegmentMean', data, indices, segmentIds),
});
/** Sums of rows of `data` at indices, by sorted segment ids. Throws where indices or ids are out of range. */
export const sparseSegmentSum = op({
  sparseSegmentSum: (data: Input, indices: Tensor1D | TensorLike, segmentIds: Tensor1D | TensorLike): Tensor =>
    segments('sparseSegmentSum', 'SparseSegmentSum', data, indices, segmentIds),
});

/** Joined neighbours of each row of strings, of the widths given. */
export const stringNGrams = op({
  stringNGrams(
    data: Tensor1D | TensorLike,
    dataSplits: Input,
    separator: string,
    nGramWidths: number[],
    leftPad: string,
    rightPad: string,
    padWidth: number,
    preserveShortSequences: boolean,
  ): NamedTensorMap {
    const $data = convertToTensor(data, 'data', 'stringNGrams', 'string');
    checkRank($data, 'data', 1);
    const inputs = [$data, whole(dataSplits, 'dataSplits', 'stringNGrams')];
    const [nGrams, nGramsSplits] = narrowed(
      callAll('StringNGrams', inputs, {
        separator,
        ngram_widths: nGramWidths,
        left_pad: leftPad,
        right_pad: rightPad,
        pad_width: padWidth,
        preserve_short_sequences: preserveShortSequences,
      }),
    ) as [Tensor, Tensor];
    return { nGrams, nGramsSplits };
  },
});

/** Strings split at any character of `delimiter` (everywhere, if it is empty), as a sparse matrix. */
export const stringSplit = op({
  stringSplit(input: Tensor1D | TensorLike, delimiter: Tensor | ScalarLike, skipEmpty = true): NamedTensorMap {
    const $input = convertToTensor(input, 'input', 'stringSplit', 'string');
    const $delimiter = convertToTensor(delimiter as Tensor, 'delimiter', 'stringSplit', 'string');
    checkRank($input, 'input', 1);
    checkRank($delimiter, 'delimiter', 0);
    const [indices, values, shape] = narrowed(callAll('StringSplit', [$input, $delimiter], { skip_empty: skipEmpty })) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    return { indices, values, shape };
  },
});

/** A bucket for each string, by its hash; int32. Throws for fewer than one bucket. */
export const stringToHashBucketFast = op({
  stringToHashBucketFast(input: Input, numBuckets: number): Tensor {
    const $input = convertToTensor(input, 'input', 'stringToHashBucketFast', 'string');
    assert(numBuckets > 0, () => `Number of buckets must be at least 1, but got ${numBuckets}`);
    return narrowed(callAll('StringToHashBucketFast', [$input], { num_buckets: numBuckets }))[0] as Tensor;
  },
});

/** Strings with what a regular expression finds replaced: the first place, or all of them. */
export const staticRegexReplace = op({
  staticRegexReplace(input: Input, pattern: string, rewrite: string, replaceGlobal = true): Tensor {
    const $input = convertToTensor(input, 'input', 'staticRegexReplace', 'string');
    return call('StaticRegexReplace', [$input], { pattern, rewrite, replace_global: replaceGlobal });
  },
});

/** Rows of a ragged tensor at indices. */
export const raggedGather = op({
  raggedGather(
    paramsNestedSplits: Tensor[],
    paramsDenseValues: Input,
    indices: Input,
    outputRaggedRank: number,
  ): { outputNestedSplits: Tensor[]; outputDenseValues: Tensor } {
    const splits = paramsNestedSplits.map((t, i) => whole(t, `tensors${i}`, 'raggedGather'));
    const dense = convertToTensor(paramsDenseValues, 'paramsDenseValues', 'raggedGather', 'string_or_numeric');
    const inputs = [...splits, dense, whole(indices, 'indices', 'raggedGather')];
    const results = narrowed(callAll('RaggedGather', inputs, { OUTPUT_RAGGED_RANK: outputRaggedRank }));
    return { outputNestedSplits: results.slice(0, -1), outputDenseValues: results.at(-1) as Tensor };
  },
});

/** A ragged tensor of ranges. Throws where shapes differ, and for a delta of 0. */
export const raggedRange = op({
  raggedRange(starts: Input, limits: Input, deltas: Input): NamedTensorMap {
    const $starts = convertToTensor(starts, 'starts', 'raggedRange');
    const others = [convertToTensor(limits, 'limits', 'raggedRange', $starts.dtype), convertToTensor(deltas, 'deltas', 'raggedRange', $starts.dtype)];
    const [rtNestedSplits, rtDenseValues] = narrowed(callAll('RaggedRange', [$starts, ...others], { Tsplits: 'int32' })) as [Tensor, Tensor];
    return { rtNestedSplits, rtDenseValues };
  },
});

/** A dense tensor of a ragged one, with a default where rows end. */
export const raggedTensorToTensor = op({
  raggedTensorToTensor(
    shape: Input,
    values: Input,
    defaultValue: Input,
    rowPartitionTensors: Tensor[],
    rowPartitionTypes: string[],
  ): Tensor {
    const name = 'raggedTensorToTensor';
    const $values = convertToTensor(values, 'values', name, 'string_or_numeric');
    const $default = convertToTensor(defaultValue, 'defaultValue', name, $values.dtype);
    const parts = rowPartitionTensors.map((t, i) => whole(t, `tensors${i}`, name));
    return call('RaggedTensorToTensor', [whole(shape, 'shape', name), $values, $default, ...parts], { row_partition_types: rowPartitionTypes });
  },
});

/** `tf.sparse`. */
export const sparse = { sparseFillEmptyRows, sparseReshape, sparseSegmentMean, sparseSegmentSum };
/** `tf.string`. */
export const string = { staticRegexReplace, stringNGrams, stringSplit, stringToHashBucketFast };
