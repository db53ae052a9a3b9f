import type { GraphNode, LineageGraph, ReportedRun } from "#lineage";

const types = { job: "JOB", dataset: "DATASET" } as const;

export function presentNode({ key, kind, namespace, name, facets, updatedAtMs, link }: GraphNode) {
  return {
    id: key,
    type: types[kind],
    data: { id: { namespace, name }, namespace, name, updatedAt: timeOf(updatedAtMs), facets, link },
  };
}

/** As Marquez gives a graph: each node with the edges at it. Edges between columns stand apart. */
export function presentGraph({ nodes, edges, isCut }: LineageGraph) {
  const whole = new Map<string, { origin: string; destination: string }>();
  for (const { origin, destination, originField, destinationField } of edges) {
    if (originField === null && destinationField === null) {
      whole.set(`${origin}\n${destination}`, { origin, destination });
    }
  }
  const ends = [...whole.values()];
  return {
    graph: nodes.map((node) => ({
      ...presentNode(node),
      inEdges: ends.filter(({ destination }) => destination === node.key),
      outEdges: ends.filter(({ origin }) => origin === node.key),
    })),
    columns: edges
      .filter(({ originField, destinationField }) => originField !== null || destinationField !== null)
      .map(({ origin, destination, originField, destinationField }) => ({
        origin,
        destination,
        originField,
        destinationField,
      })),
    isCut,
  };
}

export function presentRun({ runId, job, state, parentRunId, startedAtMs, endedAtMs, facets }: ReportedRun) {
  return {
    id: runId,
    job: { namespace: job.namespace, name: job.name },
    state,
    parentId: parentRunId,
    startedAt: startedAtMs === null ? null : timeOf(startedAtMs),
    endedAt: endedAtMs === null ? null : timeOf(endedAtMs),
    facets,
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
