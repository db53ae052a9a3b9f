import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Experiment, TrackingQuestions } from "#tracking";

import { problems } from "./problems.ts";
import { completeTraces, readTraces } from "./store/traces.ts";
import type { StoredTrace } from "./store/traces.ts";
import type { TraceInfo } from "./entities.ts";
import { invalid } from "./validation.ts";

/** Finds things by the ids clients use, or throws the problem that says what is missing. */
export interface Lookups {
  trace(traceId: string): Promise<StoredTrace>;
  info(traceId: string): Promise<TraceInfo>;
  experiment(id: string): Promise<Experiment>;
  /** An experiment that takes new traces: a deleted one does not. */
  activeExperiment(id: string): Promise<Experiment>;
}

export function createLookups(db: Database, tracking: Pick<TrackingQuestions, "getExperiment">): Lookups {
  const trace: Lookups["trace"] = async (traceId) => {
    const [row] = await readTraces(db, [traceId]);
    if (row === undefined) throw traceNotFound(traceId);
    return row;
  };
  return {
    trace,
    async info(traceId) {
      const [info] = await completeTraces(db, [await trace(traceId)]);
      if (info === undefined) throw traceNotFound(traceId);
      return info;
    },
    experiment: (id) => tracking.getExperiment(id),
    async activeExperiment(id) {
      const experiment = await tracking.getExperiment(id);
      if (experiment.state === "active") return experiment;
      throw invalid(`The experiment ${id} must be in the 'active' state. Current state is deleted.`);
    },
  };
}

export function traceNotFound(traceId: string): Problem {
  return new Problem(problems.trace_not_found, {
    message: `Trace with ID '${traceId.slice(0, 200)}' not found.`,
  });
}

export function traceElsewhere(traceId: string): Problem {
  return new Problem(problems.trace_elsewhere, {
    message: `The trace '${traceId.slice(0, 200)}' belongs to another experiment.`,
  });
}
