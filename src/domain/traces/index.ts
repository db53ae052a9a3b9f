import "./events.ts";

export { createTraces } from "./module.ts";
export type { Traces, TracesParts } from "./module.ts";
export { migrations } from "./schema.ts";
export { problems } from "./problems.ts";
export { attributeKeys, metadataKeys, spansAreHere, tagKeys, traceStates } from "./entities.ts";
export { checkTag, checkTraceId } from "./validation.ts";
export type { MetricsAsked, TracePlace, TraceSearch, TracesQuestions } from "./questions.ts";
export type { Issue, IssuePage, IssueSearch } from "./issues.ts";
export type { Correlation } from "./correlation.ts";
export type { Aggregation, MetricView } from "./metrics.ts";
export type { MetricRow } from "./store/metrics.ts";
export type {
  Assessment,
  AssessmentError,
  AssessmentKind,
  Attributes,
  Span,
  SpanEvent,
  SpanStatus,
  Trace,
  TraceInfo,
  TracePage,
  TraceState,
} from "./entities.ts";
