/** Handlers over artifacts and functions of the program. */

import type { IOHandler, IOHandlerSync, ModelArtifacts, SaveResult, TrainingConfig, WeightData, WeightsManifestEntry } from './types';

/** A handler that loads what it is given. */
export function fromMemory(
  modelArtifacts: {} | ModelArtifacts,
  weightSpecs?: WeightsManifestEntry[],
  weightData?: WeightData,
  trainingConfig?: TrainingConfig,
): IOHandler {
  const { load } = fromMemorySync(modelArtifacts, weightSpecs, weightData, trainingConfig);
  return { load: async () => (load as () => ModelArtifacts)() };
}

/** As `fromMemory`, without waiting. */
export function fromMemorySync(
  modelArtifacts: {} | ModelArtifacts,
  weightSpecs?: WeightsManifestEntry[],
  weightData?: WeightData,
  trainingConfig?: TrainingConfig,
): IOHandlerSync {
  const given = modelArtifacts as ModelArtifacts;
  const whole = weightSpecs === undefined && (given.modelTopology != null || given.weightSpecs != null);
  return { load: () => (whole ? given : { modelTopology: modelArtifacts, weightSpecs, weightData, trainingConfig }) };
}

/** A handler that saves by a function. */
export function withSaveHandler(saveHandler: (artifacts: ModelArtifacts) => Promise<SaveResult>): IOHandler {
  return { save: saveHandler };
}

/** As `withSaveHandler`, without waiting. */
export function withSaveHandlerSync(saveHandler: (artifacts: ModelArtifacts) => SaveResult): IOHandlerSync {
  return { save: saveHandler };
}
