import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { digestOf } from "#kernel/digest";
import type { Ledger, LedgerEventOf } from "#kernel/events";
import type { JobQueue } from "#kernel/jobs";
import type { ExecutionRecord, Pipelines } from "#pipelines";

import {
  declaredOutputs,
  inputsOfExecution,
  inputsOfStep,
  outputsOfStep,
  readProjectDatasets,
} from "./datasets.ts";
import type { DatasetParts, ProjectDatasets } from "./datasets.ts";
import { enqueueLane } from "./delivering.ts";
import { eventOfExecution } from "./event-of-execution.ts";
import type { EventType, RunEvent, TellingContext } from "./event-of-execution.ts";
import { eventOfStep } from "./event-of-step.ts";
import { createFacetMaker } from "./facets.ts";
import * as store from "./store.ts";
import type { KeptEndpoint } from "./store.ts";

export interface NoticingParts extends DatasetParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly pipelines: Pick<Pipelines, "getExecutionRecord" | "getStepRecord">;
  readonly url: () => string;
  readonly version: string;
}

const toldKinds = ["execution.started", "step.started", "step.finished", "execution.finished"] as const;
type ToldEvent = LedgerEventOf<(typeof toldKinds)[number]>;

/** Builds the events for one endpoint. */
type Build = (context: TellingContext) => Promise<readonly RunEvent[]>;

/**
 * Turns what the ledger says of executions and steps into events that wait for their endpoints. The ledger
 * brings an event at least once; an event's id follows from endpoint and ledger, so it waits once.
 *
 * START and an end, once each: a step that is begun again tells RUNNING, and a step that never began,
 * because its result was there or an input was not, tells START together with its end.
 */
export function noticeRuns(parts: NoticingParts): void {
  parts.ledger.on("openlineage", toldKinds, async (event) => {
    const endpoints = (await store.readEndpoints(parts.db)).filter(
      ({ isActive, project }) => isActive && (project === null || project === event.project),
    );
    if (endpoints.length === 0) return;
    const { execution, build } = await read(parts, event);
    // Of what was begun before an endpoint was added it would hear an end without a beginning.
    const hearing = endpoints.filter(({ createdAtMs }) => createdAtMs <= execution.createdAtMs);
    if (hearing.length === 0) return;
    const known = await readProjectDatasets(parts, execution);
    for (const endpoint of hearing) {
      const events = await build(known)(contextFor(parts, endpoint, known));
      await putOut(parts, endpoint, execution.id, event.seq, events);
    }
  });
}

async function read(
  parts: NoticingParts,
  event: ToldEvent,
): Promise<{
  readonly execution: ExecutionRecord;
  readonly build: (known: ProjectDatasets) => Build;
}> {
  if (event.kind === "step.started" || event.kind === "step.finished") {
    const record = await parts.pipelines.getStepRecord(event.subject);
    return { execution: record.execution, build: (known) => buildOfStep(parts, event, record, known) };
  }
  const execution = await parts.pipelines.getExecutionRecord(event.subject);
  return { execution, build: (known) => buildOfExecution(event, execution, known) };
}

const endTypes = { succeeded: "COMPLETE", cached: "COMPLETE", failed: "FAIL" } as const;

function endTypeOf(state: string): EventType {
  return state === "succeeded" || state === "cached" || state === "failed" ? endTypes[state] : "ABORT";
}

function buildOfExecution(
  event: LedgerEventOf<"execution.started" | "execution.finished">,
  execution: ExecutionRecord,
  known: ProjectDatasets,
): Build {
  const { atMs } = event;
  return async (context) => {
    const inputs = inputsOfExecution(context.facets, known);
    const tell = (type: EventType): RunEvent => eventOfExecution(context, execution, { type, atMs, inputs });
    if (event.kind === "execution.started") return [tell("START")];
    // One that was cancelled before anybody worked on it never began.
    const end = tell(endTypeOf(event.data.state));
    return execution.startedAtMs === null ? [tell("START"), end] : [end];
  };
}

function buildOfStep(
  parts: NoticingParts,
  event: LedgerEventOf<"step.started" | "step.finished">,
  record: Awaited<ReturnType<NoticingParts["pipelines"]["getStepRecord"]>>,
  known: ProjectDatasets,
): Build {
  const { atMs } = event;
  return async (context) => {
    const inputs = await inputsOfStep(parts, context.facets, known, record);
    const declared = declaredOutputs(record, known);
    const begin = (type: EventType, attempt: number, reason: string): RunEvent =>
      eventOfStep(context, record, {
        type,
        atMs,
        state: "running",
        attempt,
        reason,
        inputs,
        outputs: declared,
      });
    if (event.kind === "step.started") {
      const { attempt } = event.data;
      return [begin(attempt === 1 ? "START" : "RUNNING", attempt, record.step.reason)];
    }
    const { state, reason } = event.data;
    const { attempt } = record.step;
    const type = endTypeOf(state);
    const outputs =
      type === "COMPLETE" ? await outputsOfStep(parts, context.facets, known, record) : declared;
    const end = eventOfStep(context, record, { type, atMs, state, attempt, reason, inputs, outputs });
    return attempt === 0 ? [begin("START", 0, reason), end] : [end];
  };
}

function contextFor(
  { url, version }: NoticingParts,
  { namespace }: KeptEndpoint,
  { pipelineFile }: ProjectDatasets,
): TellingContext {
  return { facets: createFacetMaker(url()), namespace, url: url(), version, pipelineFile };
}

// One event of the ledger makes two of ours at most.
const placesPerEvent = 2;

async function putOut(
  { db, jobs, clock }: NoticingParts,
  { id: endpoint }: KeptEndpoint,
  lane: string,
  seq: number,
  events: readonly RunEvent[],
): Promise<void> {
  await db.transaction(async () => {
    await store.lockLane(db, endpoint, lane);
    for (const [index, event] of events.entries()) {
      const position = seq * placesPerEvent + index;
      const id = digestOf(Buffer.from(`${endpoint} ${position}`));
      const body = JSON.stringify(event);
      await store.insertOutgoing(db, { id, endpoint, lane, position, body }, clock.nowMs());
    }
    await enqueueLane(jobs, endpoint, lane);
  });
}
