import type { LineageGraph, LineageNode, ModelVersion } from "./index.ts";

/** What a version came from, as a graph: data, code and environment into the execution, its run, the version. */
export function lineageOf(
  version: ModelVersion,
  datasets: readonly { readonly id: string; readonly dataset: string; readonly number: number }[],
): LineageGraph {
  const { project, origin } = version;
  const self: LineageNode = {
    id: version.id,
    kind: "model_version",
    label: `${version.model} ${version.number}`,
    link: `/projects/${project}/models/${version.model}/${version.number}`,
  };
  const maker = origin.executionId ?? version.id;
  const nodes: LineageNode[] = [];
  const edges: { from: string; to: string; label: string }[] = [];
  const add = (node: LineageNode, to: string, label: string): void => {
    nodes.push(node);
    edges.push({ from: node.id, to, label });
  };

  for (const { id, dataset, number } of datasets) {
    const link = `/projects/${project}/data/${dataset}/${number}`;
    add({ id, kind: "dataset_version", label: `${dataset} ${number}`, link }, maker, "read by");
  }
  if (origin.codeDigest !== null) {
    add(
      { id: origin.codeDigest, kind: "code", label: `code ${short(origin.codeDigest)}`, link: null },
      maker,
      "ran in",
    );
  }
  if (origin.environmentDigest !== null) {
    const label = `environment ${short(origin.environmentDigest)}`;
    add({ id: origin.environmentDigest, kind: "environment", label, link: null }, maker, "used by");
  }
  if (origin.executionId !== null) {
    const link = `/projects/${project}/executions/${origin.executionId}`;
    add({ id: origin.executionId, kind: "execution", label: "execution", link }, version.id, "made");
  }
  if (origin.runId !== null) {
    const link = `/projects/${project}/runs/${origin.runId}`;
    add({ id: origin.runId, kind: "run", label: `run ${short(origin.runId)}`, link }, version.id, "trained");
    if (origin.executionId !== null)
      edges.push({ from: origin.executionId, to: origin.runId, label: "tracked as" });
  }
  return { nodes: [...nodes, self], edges };
}

function short(digest: string): string {
  return digest.slice(0, 8);
}
