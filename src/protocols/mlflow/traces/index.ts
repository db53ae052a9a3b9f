import type { Route } from "#kernel/http";

import { createAssessmentCalls } from "./assessments.ts";
import { createTraceCalls } from "./calls.ts";
import { createTraceFileRoutes } from "./files.ts";
import { createIssueCalls } from "./issues.ts";
import { createOldTraceCalls } from "./old-calls.ts";
import { createOtlpRoute } from "./otlp.ts";
import type { TraceParts } from "./parts.ts";
import { createTraceSearchCalls } from "./search-calls.ts";

/** Traces and assessments in MLflow's two versions, and spans as OpenTelemetry exports them. */
export function createTraceRoutes(parts: TraceParts): readonly Route[] {
  const calls = [
    ...createTraceCalls(parts),
    ...createTraceSearchCalls(parts),
    ...createOldTraceCalls(parts),
    ...createAssessmentCalls(parts.traces),
    ...createIssueCalls(parts),
  ];
  return [...calls.flat(), ...createTraceFileRoutes(parts), createOtlpRoute(parts)];
}
