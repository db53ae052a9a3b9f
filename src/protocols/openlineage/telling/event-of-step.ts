import { jobName, runIdOf } from "#lineage";
import type { StepRecord } from "#pipelines";

import {
  codeFacet,
  errorFacet,
  eventSchema,
  jobTypeOf,
  nominalTime,
  parentFacet,
} from "./event-of-execution.ts";
import type {
  EventType,
  InputDataset,
  OutputDataset,
  RunEvent,
  TellingContext,
} from "./event-of-execution.ts";

export interface StepMoment {
  readonly type: EventType;
  readonly atMs: number;
  readonly state: string;
  readonly attempt: number;
  readonly reason: string;
  readonly inputs: readonly InputDataset[];
  readonly outputs: readonly OutputDataset[];
}

/** An event of a step: one run, however often it was tried, within the run of its execution. */
export function eventOfStep(context: TellingContext, record: StepRecord, moment: StepMoment): RunEvent {
  const { facets, namespace } = context;
  const { execution, step, stage } = record;
  const isEnd = moment.type !== "START" && moment.type !== "RUNNING";
  return {
    eventTime: new Date(moment.atMs).toISOString(),
    producer: facets.producer,
    schemaURL: eventSchema,
    eventType: moment.type,
    run: {
      runId: runIdOf(step.id),
      facets: {
        parent: parentFacet(context, execution),
        processing_engine: facets.facet("processing_engine", { name: "gyre", version: context.version }),
        gyre_step: facets.ownFacet("GyreStepRunFacet", {
          execution: execution.id,
          step: step.id,
          stage: step.stage,
          state: moment.state,
          attempt: moment.attempt,
          reason: moment.reason,
          ...(isEnd ? { cacheKey: step.cacheKey, trackingRun: step.runId, metrics: step.metrics } : {}),
        }),
        ...nominalTime(facets, execution),
        ...(moment.type === "FAIL"
          ? {
              errorMessage: errorFacet(
                facets,
                execution,
                step.failure?.message ?? moment.reason,
                step.lastLines,
              ),
            }
          : {}),
      },
    },
    job: {
      namespace,
      name: jobName(execution.project, step.stage),
      facets: {
        jobType: facets.facet("jobType", jobTypeOf("TASK")),
        sourceCode: facets.facet("sourceCode", { language: "shell", sourceCode: stage.commands.join("\n") }),
        sourceCodeLocation: codeFacet(context, execution),
        ...(stage.description === null
          ? {}
          : { documentation: facets.facet("documentation", { description: stage.description }) }),
      },
    },
    inputs: moment.inputs,
    outputs: moment.outputs,
  };
}
