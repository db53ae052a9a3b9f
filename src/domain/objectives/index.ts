export { parseProjectFile } from "./project-file.ts";
export type {
  DatasetDeclaration,
  DeliveryDeclaration,
  Kpi,
  ModelDeclaration,
  MonitoringDeclaration,
  Objective,
  PipelineDeclaration,
  ProjectFile,
  RetrainDeclaration,
  RetrainTrigger,
  RolloutStep,
} from "./project-file.ts";
export type { Criterion, Requirement } from "./criteria.ts";
export { metrics, traitsOf } from "./metrics.ts";
export type { Metric, MetricTraits, Task } from "./metrics.ts";
export { durationText, percentText } from "./scalars.ts";
export type { Comparison } from "./scalars.ts";
export { boundOf, compares, generateGates, meets } from "./gates.ts";
export type { Gate } from "./gates.ts";
export { decisionRuleOf } from "./decision-rule.ts";
export type { DecisionRule } from "./decision-rule.ts";
export { generateMonitors, monitoringWindowMs, segmentsOf } from "./monitors.ts";
export type { CoverageMonitor, DriftMonitor, DriftSubject, Monitor, PerformanceMonitor } from "./monitors.ts";
export { retrainingPolicyOf } from "./retraining.ts";
export type { RetrainingPolicy } from "./retraining.ts";
export { rolloutPlansOf } from "./rollout-plan.ts";
export type { RolloutPlan } from "./rollout-plan.ts";
export { changesBetween, generate } from "./generated.ts";
export type { Generated } from "./generated.ts";
export { describe, describeAsText, referencedFiles } from "./describe.ts";
export type { DescribedSection, ReferencedFile } from "./describe.ts";
export { choiceOf, domainNotation, domainText, parseDomain } from "./search-space.ts";
export type { SearchDomain, SearchSpace, SearchValue } from "./search-space.ts";
export { studyOf, studySchema } from "./study.ts";
export type { StudyDeclaration, StudyObjective, StudyPruning } from "./study.ts";
export { projectFileJsonSchema } from "./json-schema.ts";
export { problems as objectivesProblems } from "./problems.ts";
export { createObjectives } from "./module.ts";
export type { Charter, Objectives, Project } from "./module.ts";
export { migrations } from "./store.ts";
export type { CharterVersion } from "./store.ts";
