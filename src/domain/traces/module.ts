import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import type { TrackingQuestions } from "#tracking";

import { createAssessmentOrders } from "./assessment-orders.ts";
import type { TracesCommands } from "./commands.ts";
import { createTraceImports } from "./import-orders.ts";
import { createIssues } from "./issues.ts";
import type { Issues } from "./issues.ts";
import { createLinkOrders } from "./link-orders.ts";
import { createLookups } from "./lookups.ts";
import { createQuestions } from "./questions.ts";
import type { TracesQuestions } from "./questions.ts";
import { createRoutes } from "./routes.ts";
import { createLogSpans } from "./span-orders.ts";
import { createTraceOrders } from "./trace-orders.ts";

export interface Traces extends TracesQuestions, Issues {
  readonly commands: TracesCommands;
  readonly routes: readonly Route[];
}

export interface TracesParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly tracking: Pick<TrackingQuestions, "getExperiment" | "experimentIdsOf">;
}

/** Builds traces, spans and assessments. Apply tracking's migrations first, then `migrations`. */
export function createTraces({ db, ledger, clock, tracking }: TracesParts): Traces {
  const lookups = createLookups(db, tracking);
  const parts = { db, ledger, lookups, nowMs: () => clock.nowMs() };
  const questions = createQuestions({ db, lookups });
  const { orders: issueOrders, ...issues } = createIssues(parts);
  return {
    ...questions,
    ...issues,
    commands: {
      ...issueOrders,
      logSpans: createLogSpans(parts),
      ...createTraceOrders(parts),
      ...createAssessmentOrders(parts),
      ...createLinkOrders(parts),
      imports: createTraceImports(parts),
    },
    routes: createRoutes(questions, tracking),
  };
}
