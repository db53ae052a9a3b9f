import { jobName, runIdOf } from "#lineage";
import type { ExecutionRecord, ForeignRun } from "#pipelines";

import type { Facet, FacetMaker } from "./facets.ts";

export type EventType = "START" | "RUNNING" | "COMPLETE" | "ABORT" | "FAIL";

/** An event of a run as OpenLineage 2-0-2 has it. */
export interface RunEvent {
  readonly eventTime: string;
  readonly producer: string;
  readonly schemaURL: string;
  readonly eventType: EventType;
  readonly run: { readonly runId: string; readonly facets: Readonly<Record<string, Facet>> };
  readonly job: {
    readonly namespace: string;
    readonly name: string;
    readonly facets: Readonly<Record<string, Facet>>;
  };
  readonly inputs: readonly InputDataset[];
  readonly outputs: readonly OutputDataset[];
}

export interface InputDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets: Readonly<Record<string, Facet>>;
}

export interface OutputDataset extends InputDataset {
  readonly outputFacets: Readonly<Record<string, Facet>>;
}

/** What building events needs to know of this server, and of whom it tells. */
export interface TellingContext {
  readonly facets: FacetMaker;
  /** Of our jobs, as this endpoint is told them. */
  readonly namespace: string;
  /** Where the server is reached. */
  readonly url: string;
  /** Of this program. */
  readonly version: string;
  readonly pipelineFile: string;
}

export const eventSchema = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

/** An event of an execution: the run of a job that is named as its project, as others have a DAG. */
export function eventOfExecution(
  context: TellingContext,
  execution: ExecutionRecord,
  moment: { readonly type: EventType; readonly atMs: number; readonly inputs: readonly InputDataset[] },
): RunEvent {
  const { facets, namespace } = context;
  const { failure } = execution;
  return {
    eventTime: new Date(moment.atMs).toISOString(),
    producer: facets.producer,
    schemaURL: eventSchema,
    eventType: moment.type,
    run: {
      runId: runIdOf(execution.id),
      facets: {
        processing_engine: facets.facet("processing_engine", { name: "gyre", version: context.version }),
        gyre_execution: facets.ownFacet("GyreExecutionRunFacet", describe(context, execution)),
        ...parameterFacet(facets, execution),
        ...nominalTime(facets, execution),
        ...outerParent(facets, execution),
        ...(moment.type === "FAIL" && failure !== null
          ? { errorMessage: errorFacet(facets, execution, failure.message, failure.lastLines ?? []) }
          : {}),
      },
    },
    job: {
      namespace,
      name: jobName(execution.project),
      facets: {
        jobType: facets.facet("jobType", jobTypeOf("DAG")),
        sourceCodeLocation: codeFacet(context, execution),
      },
    },
    inputs: moment.inputs,
    outputs: [],
  };
}

export function jobTypeOf(jobType: "DAG" | "TASK") {
  const emissionPattern = { eventTrigger: "EVENT_BASED", eventContentMode: "ACCUMULATIVE" };
  return { processingType: "BATCH", integration: "GYRE", jobType, emissionPattern };
}

/** The exact code, by the digest of its files: a commit would not say what was changed since. */
export function codeFacet(context: TellingContext, execution: ExecutionRecord): Facet {
  return context.facets.facet("sourceCodeLocation", {
    type: "gyre",
    url: linkOf(context, execution),
    path: context.pipelineFile,
    version: execution.codeDigest,
  });
}

/** The message, and as the trace what was printed last; the language is that of the environment. */
export function errorFacet(
  facets: FacetMaker,
  { environmentDigest }: ExecutionRecord,
  message: string,
  lastLines: readonly string[],
): Facet {
  return facets.facet("errorMessage", {
    message,
    programmingLanguage: environmentDigest === null ? "SHELL" : "PYTHON",
    ...(lastLines.length === 0 ? {} : { stackTrace: lastLines.join("\n") }),
  });
}

export function parentFacet(context: TellingContext, execution: ExecutionRecord): Facet {
  const run = { runId: runIdOf(execution.id) };
  const job = { namespace: context.namespace, name: jobName(execution.project) };
  return context.facets.facet("parent", { run, job, root: rootOf(execution) ?? { run, job } });
}

/** Of what a task elsewhere asked for: the run of that task, so that its hierarchy goes on here. */
function outerParent(facets: FacetMaker, execution: ExecutionRecord): Readonly<Record<string, Facet>> {
  const { parent } = execution.purpose;
  const root = rootOf(execution);
  if (parent === undefined || root === undefined) return {};
  return { parent: facets.facet("parent", { ...namesOf(parent), root }) };
}

/** The outermost run around an execution; without a word of it, its parent is the outermost that is known. */
function rootOf({ purpose: { parent, root } }: ExecutionRecord): object | undefined {
  const outermost = root ?? parent;
  return outermost === undefined ? undefined : namesOf(outermost);
}

function namesOf({ runId, namespace, job }: ForeignRun): object {
  return { run: { runId }, job: { namespace, name: job } };
}

/** For what was begun by a schedule: the time it was meant for. */
export function nominalTime(
  facets: FacetMaker,
  { purpose }: ExecutionRecord,
): Readonly<Record<string, Facet>> {
  if (purpose.nominalAtMs === undefined) return {};
  const nominalStartTime = new Date(purpose.nominalAtMs).toISOString();
  return { nominalTime: facets.facet("nominalTime", { nominalStartTime }) };
}

function parameterFacet(
  facets: FacetMaker,
  { parameters }: ExecutionRecord,
): Readonly<Record<string, Facet>> {
  const given = Object.entries(parameters).map(([key, value]) => ({
    key,
    name: key,
    value: typeof value === "string" ? value : JSON.stringify(value),
  }));
  if (given.length === 0) return {};
  return { executionParameters: facets.facet("executionParameters", { parameters: given }) };
}

function describe(context: TellingContext, execution: ExecutionRecord): object {
  const { id, purpose, targets, codeDigest, environmentDigest } = execution;
  return {
    execution: id,
    link: linkOf(context, execution),
    purpose: purpose.kind,
    reason: purpose.reason,
    targets,
    codeDigest,
    environmentDigest,
  };
}

function linkOf({ url }: TellingContext, { project, id }: ExecutionRecord): string {
  return `${url}/projects/${encodeURIComponent(project)}/executions/${encodeURIComponent(id)}`;
}
