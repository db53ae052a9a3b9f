import "./events.ts";

export { createTracking } from "./module.ts";
export type { Tracking, TrackingParts } from "./module.ts";
export { migrations } from "./schema.ts";
export { problems } from "./problems.ts";
export { checkArtifactPath } from "./artifact-path.ts";
export { createPointsDigest } from "./points-digest.ts";
export { checkName, limits } from "./validation.ts";
export type { KeyValue } from "./validation.ts";
export { parseFilter, parseOrdering } from "./filter.ts";
export type { Comparator, Condition, Field, Ordering, SearchGrammar } from "./filter.ts";
export type {
  ExperimentSearch,
  LoggedModelSearch,
  OpenArtifact,
  RunSearch,
  TrackingQuestions,
} from "./questions.ts";
export { tokenize } from "./tokens.ts";
export type { Token } from "./tokens.ts";
export type { ExperimentProject } from "./store/experiments.ts";
export type { DatasetSummary } from "./store/inputs.ts";
export type { MeasuredOn } from "./store/model-search.ts";
export type {
  ArtifactEntry,
  ArtifactFile,
  ArtifactOwner,
  DatasetInput,
  Experiment,
  LifecycleState,
  LoggedModel,
  LoggedModelMetric,
  LoggedModelStatus,
  MetricPoint,
  MetricSeries,
  ModelOutput,
  NewMetricPoint,
  Page,
  Run,
  RunStatus,
  SeriesBucket,
  TrackedDataset,
} from "./entities.ts";
