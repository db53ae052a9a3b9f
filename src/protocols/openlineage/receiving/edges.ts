import type { NodeName, ReportedEdge, ReportedNode } from "#lineage";

import { columnLineage, datasetLineage, jobLineage } from "./event-schema.ts";
import type { Source } from "./event-schema.ts";

/** The edges of the facet `lineage`, whose things without a name are the event's own. */
export function statedEdges(node: ReportedNode, own: NodeName): readonly ReportedEdge[] {
  const facet = node.facets["lineage"];
  if (node.kind === "dataset") {
    const read = datasetLineage.safeParse(facet);
    return read.success ? edgesInto(node, read.data, own) : [];
  }
  const read = jobLineage.safeParse(facet);
  if (!read.success) return [];
  return read.data.entries.flatMap((entry) => edgesInto(nameOf(entry, own), entry, own));
}

/** The edges of the facet `columnLineage` of a data set: between columns, and so between the data sets. */
export function columnEdges(node: ReportedNode): readonly ReportedEdge[] {
  const read = columnLineage.safeParse(node.facets["columnLineage"]);
  if (node.kind !== "dataset" || !read.success) return [];
  return Object.entries(read.data.fields).flatMap(([destinationField, { inputFields }]) =>
    inputFields.map(({ namespace, name, field }) => ({
      origin: { kind: "dataset" as const, namespace, name },
      destination: node,
      originField: field,
      destinationField,
    })),
  );
}

function edgesInto(
  destination: NodeName,
  stated: {
    readonly inputs: readonly Source[];
    readonly fields: Readonly<Record<string, { readonly inputs: readonly Source[] }>>;
  },
  own: NodeName,
): readonly ReportedEdge[] {
  const whole = stated.inputs.map((input) => ({
    origin: nameOf(input, own),
    destination,
    ...(input.field === undefined ? {} : { originField: input.field }),
  }));
  const columns = Object.entries(stated.fields).flatMap(([destinationField, { inputs }]) =>
    inputs.map((input) => ({
      origin: nameOf(input, own),
      destination,
      destinationField,
      ...(input.field === undefined ? {} : { originField: input.field }),
    })),
  );
  // A thing that feeds itself is the job that an entry without a name stands for.
  return [...whole, ...columns].filter(({ origin }) => !isSame(origin, destination));
}

function nameOf({ namespace, name, type }: Source, own: NodeName): NodeName {
  if (namespace === undefined || name === undefined) return own;
  return { kind: type === "JOB" ? "job" : "dataset", namespace, name };
}

function isSame(one: NodeName, other: NodeName): boolean {
  return one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
}
