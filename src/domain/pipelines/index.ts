import "./events.ts";
import "./studies/events.ts";

export { createPipelines } from "./module.ts";
export type { Pipelines, PipelinesParts } from "./module.ts";
export { createNotebookListener } from "./notebooks/listener.ts";
export { migrations } from "./store/schema.ts";
export { createStudies } from "./studies/module.ts";
export type { Studies, StudiesParts } from "./studies/module.ts";
export type { StudyQuestions } from "./studies/questions.ts";
export type { LoggedPoint, StudyRunsPort } from "./studies/ports.ts";
export type { Study, Trial } from "./studies/entities.ts";
export { problems } from "./problems.ts";
export { readPipeline } from "./definition/pipeline.ts";
export type { Pipeline, PipelineSource } from "./definition/pipeline.ts";
export { connect } from "./definition/graph.ts";
export type { Graph } from "./definition/graph.ts";
export type { ProjectFiles } from "./definition/scope.ts";
export type { PipelinesQuestions } from "./questions.ts";
export type { StepResult } from "./store/results.ts";
export type { LogPart } from "./execution/logs.ts";
export type {
  DatasetInput,
  DatasetsPort,
  ListeningToStep,
  PassesPort,
  PipelineProject,
  ProjectsPort,
  RunsPort,
  StepAttempt,
  StepEnding,
  StepListener,
} from "./ports.ts";
export type {
  Difference,
  Execution,
  ExecutionRecord,
  ExecutionState,
  Failure,
  ForeignRun,
  KeyParts,
  PlannedGraph,
  PlannedStage,
  Purpose,
  Stage,
  StageOut,
  StageParameters,
  Step,
  StepExplanation,
  StepOut,
  StepRecord,
  StepState,
} from "./entities.ts";
export type {
  NewVerification,
  StepVerification,
  Verification,
  VerificationSummary,
  VerifiedStage,
} from "./verification/entities.ts";
export type { Verifications } from "./verification/verifications.ts";
export type { Backfill, Backfills, NewBackfill, Partition, PartitionRange } from "./backfills.ts";
export type { NewSchedule, Schedule, Schedules } from "./schedules.ts";
export type { NewTrigger, Trigger, Triggers } from "./triggers.ts";
