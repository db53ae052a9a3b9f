import { parseRequestPart } from "#kernel/http";
import type { Report, ReportedEdge, ReportedNode } from "#lineage";

import { columnEdges, statedEdges } from "./edges.ts";
import { datasetEvent, jobEvent, parentFacet, runEvent } from "./event-schema.ts";
import type { DatasetEvent, JobEvent, RunEvent, Thing } from "./event-schema.ts";

type ReadReport = Omit<Report, "project" | "actor" | "body">;

/**
 * Reads an event of any of the three kinds: with a run it is that of a run, otherwise with a job that of a
 * job, otherwise that of a data set. Throws `request_invalid`, which names the field.
 */
export function readEvent(value: unknown): ReadReport {
  if (has(value, "run")) return ofRun(parseRequestPart(runEvent, value, "body"));
  if (has(value, "job")) return ofJob(parseRequestPart(jobEvent, value, "body"));
  return ofDataset(parseRequestPart(datasetEvent, value, "body"));
}

function ofRun(event: RunEvent): ReadReport {
  const { run, job } = event;
  const parent = parentFacet.safeParse(run.facets?.["parent"]);
  return {
    ...ofJob(event),
    run: {
      runId: run.runId,
      job: { kind: "job", namespace: job.namespace, name: job.name },
      state: event.eventType ?? null,
      parentRunId: parent.success ? parent.data.run.runId : null,
      facets: run.facets ?? {},
    },
  };
}

function ofJob(event: JobEvent): ReadReport {
  const job = nodeOf("job", event.job);
  const inputs = (event.inputs ?? []).map((input) => nodeOf("dataset", input, input.inputFacets));
  const outputs = (event.outputs ?? []).map((output) => nodeOf("dataset", output, output.outputFacets));
  const edges: ReportedEdge[] = [
    ...inputs.map((input) => ({ origin: input, destination: job })),
    ...outputs.map((output) => ({ origin: job, destination: output })),
  ];
  for (const node of [job, ...inputs, ...outputs])
    edges.push(...statedEdges(node, job), ...columnEdges(node));
  return { ...common(event), run: null, nodes: [job, ...inputs, ...outputs], edges: edges.map(bare) };
}

function ofDataset(event: DatasetEvent): ReadReport {
  const node = nodeOf("dataset", event.dataset);
  const edges = [...statedEdges(node, node), ...columnEdges(node)];
  return { ...common(event), run: null, nodes: [node], edges: edges.map(bare) };
}

function common({ eventTime, producer }: DatasetEvent | JobEvent): { atMs: number; producer: string } {
  return { atMs: eventTime, producer };
}

/** A facet marked as deleted becomes null; statistics of one run stand beside the facets of the thing. */
function nodeOf(kind: "job" | "dataset", thing: Thing, ofTheRun?: Thing["facets"]): ReportedNode {
  const facets = Object.entries({ ...thing.facets, ...ofTheRun }).map(([name, facet]) => [
    name,
    facet === null || facet["_deleted"] === true ? null : facet,
  ]);
  const { namespace, name } = thing;
  return { kind, namespace, name, facets: Object.fromEntries(facets) };
}

/** Edges name things; what is said of them stands with the things. */
function bare({ origin, destination, ...fields }: ReportedEdge): ReportedEdge {
  const nameOf = ({ kind, namespace, name }: ReportedEdge["origin"]) => ({ kind, namespace, name });
  return { origin: nameOf(origin), destination: nameOf(destination), ...fields };
}

function has(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Reflect.get(value, key) !== undefined;
}
